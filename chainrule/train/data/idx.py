"""Reader of IDX files, the format of MNIST and Fashion-MNIST; plain or gzipped.

A file is 0, 0, a byte for the element type, a byte for the number of axes, the axes' lengths as
big-endian 32-bit numbers, and then the elements, the last axis fastest. Imports NumPy and
chainrule.errors; fashion.py uses it.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "The IDX file format".
"""

import gzip
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError

UNSIGNED_BYTE = 0x08  # the element type of every MNIST-like file
GZIP_MAGIC = b"\x1f\x8b"
LARGEST_DEFLATE_RATIO = 1032  # zlib's manual: no stream grows more than this when unpacked


def read_idx(path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read items of a known shape: uint8, (N, *item_shape).

    The header is checked against the shape and against the file's own size before anything is
    allocated, and the elements must fill the rest of the file exactly.
    """
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            raw.seek(0)
            largest = path.stat().st_size * (LARGEST_DEFLATE_RATIO if is_packed else 1)
            stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if is_packed else raw
            shape = _read_header(stream, path.name, item_shape, largest)
            return _read_elements(stream, path.name, shape)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _malformed(path.name, f"it does not unpack: {error}") from None
    except OSError as error:
        raise _malformed(path.name, f"it cannot be read: {error.strerror}") from None


def _read_header(
    stream: IO[bytes], name: str, item_shape: tuple[int, ...], largest: int
) -> tuple[int, ...]:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise _malformed(name, f"it starts with {magic.hex(' ') or 'nothing'}, not with 00 00")
    if magic[2] != UNSIGNED_BYTE:
        raise _malformed(
            name, f"its element type is 0x{magic[2]:02x}; pictures and labels are bytes, 0x08"
        )
    axes = 1 + len(item_shape)
    if magic[3] != axes:
        raise _malformed(name, f"it has {magic[3]} axes where {axes} belong")
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise _malformed(name, "it ends inside its header")
    shape = cast(tuple[int, ...], struct.unpack(f">{axes}I", lengths))
    if shape[1:] != item_shape:
        raise _malformed(name, f"its items have shape {shape[1:]}, not {item_shape}")
    if math.prod(shape) > largest:
        raise _malformed(
            name, f"its header promises {math.prod(shape)} elements, more than the file can hold"
        )
    return shape


def _read_elements(stream: IO[bytes], name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    promised = math.prod(shape)
    # One byte more than promised shows a longer file, and makes gzip check its own checksum.
    elements = stream.read(promised + 1)
    if len(elements) != promised:
        held = "more" if len(elements) > promised else str(len(elements))
        raise _malformed(name, f"its header promises {promised} elements; it holds {held}")
    return np.frombuffer(elements, np.uint8).reshape(shape)


def _malformed(name: str, reason: str) -> DataError:
    return DataError(
        f"{name} is not a whole IDX file: {reason}.",
        do="Copy or install the file again.",
    )
