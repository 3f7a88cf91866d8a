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
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError

UNSIGNED_BYTE = 0x08  # the element type of every MNIST-like file
GZIP_MAGIC = b"\x1f\x8b"
PIECE = 1 << 18  # bytes read at a time: they stay in the cache until they are copied
LARGEST_DEFLATE_RATIO = 1032  # zlib's manual: no stream grows more than this when unpacked


def read_idx(path: Path, item_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read items of a known shape: uint8, (N, *item_shape)."""
    return read_idx_files([path], item_shape)[0]


def read_idx_files(
    paths: Sequence[Path], item_shape: tuple[int, ...]
) -> tuple[NDArray[np.uint8], list[int]]:
    """Read the items of several files into one array, and say how many each file holds.

    Each header is checked against the shape and against its file's own size before anything is
    allocated, and the elements must fill the rest of the file exactly.
    """
    counts: list[int] = []
    for path in paths:
        with _opened(path) as stream:
            counts.append(_read_header(stream, path, item_shape)[0])
    items = np.empty((sum(counts), *item_shape), np.uint8)
    first = 0
    for path, count in zip(paths, counts, strict=True):
        with _opened(path) as stream:
            _read_header(stream, path, item_shape)
            _read_elements(stream, path.name, items[first : first + count].reshape(-1))
        first += count
    return items, counts


@contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    """The file's content, unpacked if need be; what cannot be read is said in our words."""
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            raw.seek(0)
            yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if is_packed else raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _malformed(path.name, f"it does not unpack: {error}") from None
    except OSError as error:
        raise _malformed(path.name, f"it cannot be read: {error.strerror}") from None


def _read_header(stream: IO[bytes], path: Path, item_shape: tuple[int, ...]) -> tuple[int, ...]:
    name = path.name
    is_packed = isinstance(stream, gzip.GzipFile)
    largest = path.stat().st_size * (LARGEST_DEFLATE_RATIO if is_packed else 1)
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


def _read_elements(stream: Any, name: str, elements: NDArray[np.uint8]) -> None:
    promised, held = len(elements), 0
    while held < promised and (count := stream.readinto(elements[held : held + PIECE])):
        held += count
    # A byte more than promised shows a longer file, and makes gzip check its own checksum.
    is_longer = bool(stream.read(1))
    if held < promised or is_longer:
        found = "more" if is_longer else str(held)
        raise _malformed(name, f"its header promises {promised} elements; it holds {found}")


def _malformed(name: str, reason: str) -> DataError:
    return DataError(
        f"{name} is not a whole IDX file: {reason}.",
        do="Copy or install the file again.",
    )
