"""Pictures as data URIs: an array of colours becomes a PNG inside the page.

Imports NumPy and the standard library. templates.py shows weights with it.
"""

import struct
import zlib
from base64 import b64encode
from math import isqrt
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# A diverging scale that colour-blind readers can tell apart: blue, paper, orange.
# Source: Okabe and Ito 2008, "Color universal design".
NEGATIVE = (0, 114, 178)
NEUTRAL = (247, 247, 247)
POSITIVE = (213, 94, 0)

SMALLEST = 7  # pixels on a side of what may be a picture
ROWS = 20, 500  # from which it is told: no fewer, and no more
LIKE = 0.3  # correlation of neighbouring pixels ...
MORE = 0.15  # ... and by how much it exceeds that of any two: else the columns are no picture


def diverging(values: Array) -> Array:
    """Colours (..., 3) of numbers from -1 (blue) over 0 (paper) to 1 (orange)."""
    values = np.clip(np.nan_to_num(values), -1, 1)[..., None]
    neutral = np.array(NEUTRAL, np.float64)
    end = np.where(values < 0, np.array(NEGATIVE), np.array(POSITIVE))
    return np.round(neutral + np.abs(values) * (end - neutral)).astype(np.uint8)


def png_uri(colours: Array) -> str:
    """A picture (height, width, 3) of bytes as ``data:image/png;base64,...``."""
    height, width, _ = colours.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each row starts with its filter: none
    rows[:, 1:] = colours.reshape(height, 3 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits, red green blue
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    content = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)
    return "data:image/png;base64," + b64encode(content).decode("ascii")


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def shape_of_picture(x: Array) -> tuple[int, int] | None:
    """Height and width where rows are pictures: by their axes, or where neighbours are alike."""
    if x.ndim == 3:
        return x.shape[1], x.shape[2]
    side = isqrt(x.shape[1]) if x.ndim == 2 else 0
    if side < SMALLEST or side * side != x.shape[1] or len(x) < ROWS[0]:
        return None
    some = x[:: max(len(x) // ROWS[1], 1)].astype(np.float64)
    spread = some.std(axis=0)
    scaled = (some - some.mean(axis=0)) / np.where(spread > 0, spread, 1)
    picture = scaled.reshape(len(some), side, side)
    seen = (spread > 0).reshape(side, side)
    near: list[float] = []
    for one, other, both in (
        (picture[:, 1:], picture[:, :-1], seen[1:] & seen[:-1]),
        (picture[:, :, 1:], picture[:, :, :-1], seen[:, 1:] & seen[:, :-1]),
    ):
        alike = (one * other).mean(axis=0)
        near.append(float(alike[both].mean()) if both.any() else 0.0)
    mixed = scaled[:, np.random.default_rng(0).permutation(x.shape[1])]
    any_two = float((scaled * mixed).mean(axis=0).mean())
    return (side, side) if min(near) > max(LIKE, any_two + MORE) else None
