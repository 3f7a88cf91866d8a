"""Pictures as data URIs: an array of colours becomes a PNG inside the page.

Imports NumPy and the standard library. templates.py shows weights with it.
"""

import struct
import zlib
from base64 import b64encode
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

# A diverging scale that colour-blind readers can tell apart: blue, paper, orange.
# Source: Okabe and Ito 2008, "Color universal design".
NEGATIVE = (0, 114, 178)
NEUTRAL = (247, 247, 247)
POSITIVE = (213, 94, 0)


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
