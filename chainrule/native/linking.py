"""Linking: an object file laid into memory, joined with what it calls.

Imports the name of arrays. The engine asks it before LLVM's linker, which must be started first
and takes ten times as long, where all there is to do for a kernel is to write some distances into
its code. A file that is no plain one of 64-bit Linux on x86, or that wants more than that, is left
to LLVM: ``linked`` answers None.

The first pages hold the code, its constants and the jumps to functions elsewhere, which may be
anywhere in memory; the pages after them what it writes. All distances are within these pages, so
that the picture of them is made before it is known where they will lie. ``laid`` makes one to keep
instead of the file: to bring it into memory takes a fifth of the time.

Source: System V Application Binary Interface, chapter 4 (object files), and its AMD64 supplement,
version 1.0, sections 4.2 to 4.4.
"""

import ctypes
import functools
import json
import mmap
import platform
import struct
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from chainrule.native.arrays import Array

Called = Callable[[str], int | None]  # where a function begins, by its name
MAGIC = b"\x7fELF\x02\x01\x01"  # 64 bits, little-endian, version 1
RELOCATABLE_X86 = 1, 62
NOTHING, CONTENT, SYMBOLS, NAMES = 0, 1, 2, 3  # kinds of sections
RELOCATIONS, NOTE, ROOM = 4, 7, 8
KNOWN = frozenset({NOTHING, CONTENT, SYMBOLS, NAMES, RELOCATIONS, NOTE, ROOM})
WRITTEN, LOADED, CODE, MERGED, TEXTS = 1, 2, 4, 16, 32  # their flags
PLAIN = WRITTEN | LOADED | CODE | MERGED | TEXTS
GLOBAL = 16  # what is known to other files has this or more in its ``info``
FILE, OF_THREADS = 4, 6  # kinds of symbols; from the second on they are not plain
ELSEWHERE, RESERVED = 0, 0xFF00  # numbers of sections
DISTANCE, CALL = 2, 4  # kinds of relocations: R_X86_64_PC32, R_X86_64_PLT32
RELOCATION = np.dtype([("place", "<i8"), ("kind", "<u4"), ("symbol", "<u4"), ("added", "<i8")])
JUMP = b"\xff\x25\2\0\0\0\xcc\xcc"  # jmp *2(rip): to the address in the next word
STUB = len(JUMP) + 8
ADDRESS = len(JUMP), STUB  # where in such a jump the address stands
LINE = 64  # bytes of a cache line: code and constants share none
LARGEST = 2**30  # bytes: distances have 32 bits
LAID = b"chainrule pages 1\n"  # a picture begins so, then the length of the facts and these
_LENGTH = 4  # bytes of a length
_READ, _WRITE, _RUN = 1, 2, 4  # PROT_READ, PROT_WRITE, PROT_EXEC
_OWN_PAGES = 0x02 | 0x20  # MAP_PRIVATE | MAP_ANONYMOUS
_FAILED = ctypes.c_void_p(-1).value


class Memory:
    """Pages that hold machine code, given back when nobody holds this object any more.

    Parameters
    ----------
    picture : bytes
        What they hold.
    run : int
        How many of the first bytes, in whole pages, are run and no longer written.

    Attributes
    ----------
    address : int

    Raises
    ------
    OSError
        Where the system gives none.
    """

    def __init__(self, picture: bytes, run: int) -> None:
        self._size, self.address = len(picture), 0
        found = _libc().mmap(None, self._size, _READ | _WRITE, _OWN_PAGES, -1, 0)
        if found in (None, _FAILED):
            raise OSError(ctypes.get_errno(), "no memory for machine code")
        self.address = int(found)
        ctypes.memmove(self.address, picture, self._size)
        if _libc().mprotect(self.address, run, _READ | _RUN):
            raise OSError(ctypes.get_errno(), "memory may not be run")

    def __del__(self, ends: Callable[[], bool] = sys.is_finalizing) -> None:
        if self.address and not ends():  # where the interpreter ends, a daemon may be running it
            _libc().munmap(self.address, self._size)


class _Picture(NamedTuple):
    """Pages to be laid anywhere in memory.

    Attributes
    ----------
    content : bytes
    run : int
        How many of the first bytes are run and no longer written.
    places : dict of str to int
        Where the functions begin in it.
    far : list of (int, str)
        Where jumps to functions elsewhere stand in it, and their names.
    """

    content: bytes
    run: int
    places: Mapping[str, int]
    far: Sequence[tuple[int, str]]


def laid(image: bytes) -> bytes:
    """An object file as pages, which ``linked`` takes too; one that is for LLVM as it is."""
    if not _is_known_here():
        return image
    try:
        found = _laid(image)
    except _BAD:
        return image
    facts = json.dumps(found[1:]).encode()
    return LAID + len(facts).to_bytes(_LENGTH, "little") + facts + found.content


def is_laid(image: bytes) -> bool:
    """Whether this is what ``laid`` makes, of which LLVM knows nothing."""
    return image.startswith(LAID)


def linked(
    image: bytes, exports: Iterable[str], called: Called
) -> tuple[Mapping[str, int], Any] | None:
    """Where functions of an object file begin in memory, and what holds them there.

    Parameters
    ----------
    image : bytes
        The file, or what ``laid`` has made of it.
    exports : iterable of str
        Those that are asked for.
    called : callable
        Where a function begins that the file calls, or None.

    Returns
    -------
    tuple of (dict of str to int, object), or None
        None where LLVM is to do it.
    """
    if not _is_known_here():
        return None
    try:
        found = _kept(image) if is_laid(image) else _laid(image)
        content = bytearray(found.content)
        for place, name in found.far:
            _let_jump(content, place, called(name))
        memory = Memory(bytes(content), found.run)
        return {name: memory.address + found.places[name] for name in exports}, memory
    except _BAD:
        return None


def _kept(image: bytes) -> _Picture:
    """The picture in what ``laid`` has made."""
    begin = len(LAID) + _LENGTH
    end = begin + int.from_bytes(image[len(LAID) : begin], "little")
    found = _Picture(image[end:], *json.loads(image[begin:end]))
    if not 0 <= found.run <= len(found.content):
        raise _NotPlainError
    return found


def _let_jump(content: bytearray, place: int, address: int | None) -> None:
    """Write where a function elsewhere begins into the jump to it."""
    if address is None or not 0 <= place <= len(content) - STUB:
        raise _NotPlainError
    first, end = ADDRESS
    content[place + first : place + end] = address.to_bytes(end - first, "little")


def in_process(name: str) -> int | None:
    """Where a function of this process begins: one of libc's."""
    with_address = getattr(_libc(), name, None)
    return None if with_address is None else ctypes.cast(with_address, ctypes.c_void_p).value


@functools.cache
def _is_known_here() -> bool:
    return sys.platform == "linux" and platform.machine() == "x86_64" and sys.maxsize > 2**32


@functools.cache
def _libc() -> Any:
    libc: Any = ctypes.CDLL(None, use_errno=True)
    address, size, number = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    libc.mmap.restype = address
    libc.mmap.argtypes = address, size, number, number, number, ctypes.c_long
    libc.mprotect.argtypes = address, size, number
    libc.munmap.argtypes = address, size
    return libc


class _NotPlainError(Exception):
    """A file that is for LLVM."""


_BAD = _NotPlainError, struct.error, LookupError, ValueError, TypeError, OSError


class _Section(NamedTuple):
    """The header of a section, in the order of the file."""

    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    each: int


class _Symbol(NamedTuple):
    """An entry of the table of symbols, in the order of the file."""

    name: int
    info: int
    other: int
    section: int
    value: int
    size: int


def _laid(image: bytes) -> _Picture:
    """The picture of an object file, with jumps that lead nowhere yet."""
    sections = _sections(image)
    (table,) = [x for x in sections if x.kind == SYMBOLS]
    symbols = [_Symbol(*x) for x in struct.iter_unpack("<IBBHQQ", _content(image, table))]
    texts = sections[table.link].offset
    # Most symbols are constants of this file alone, which nobody asks for by their names.
    names = [_text(image, texts + x.name) if x.info >= GLOBAL else "" for x in symbols]
    far = [i for i, x in enumerate(symbols) if x.section == ELSEWHERE and x.name]
    starts, stub, run, size = _layout(sections, len(far))
    picture = np.zeros(size, np.uint8)
    for section, start in zip(sections, starts, strict=True):
        if section.flags & LOADED and section.kind != ROOM:
            picture[start : start + section.size] = np.frombuffer(_content(image, section), "u1")
    places = [_place(x, sections, starts) for x in symbols]
    own = {x: place for x, place in zip(names, places, strict=True) if place >= 0 and x}
    for i in far:
        places[i] = stub
        picture[stub : stub + len(JUMP)] = np.frombuffer(JUMP, "u1")
        stub += STUB
    for section in sections:
        if section.kind == RELOCATIONS and sections[section.info].flags & LOADED:
            room = starts[section.info], sections[section.info].size
            _relocate(picture, room, _content(image, section), np.array(places), far)
    return _Picture(picture.tobytes(), run, own, [(places[i], names[i]) for i in far])


def _sections(image: bytes) -> list[_Section]:
    """The headers of the sections, if all of them are known here."""
    if not image.startswith(MAGIC) or struct.unpack_from("<HH", image, 16) != RELOCATABLE_X86:
        raise _NotPlainError
    (start,), (count,) = struct.unpack_from("<Q", image, 40), struct.unpack_from("<H", image, 60)
    headers = image[start : start + 64 * count]
    found = [_Section(*x) for x in struct.iter_unpack("<IIQQQQIIQQ", headers)]
    loaded = [x for x in found if x.flags & LOADED]
    plain = all(x.flags & ~PLAIN == 0 and x.kind in (CONTENT, ROOM) for x in loaded)
    if not plain or not all(x.kind in KNOWN for x in found):
        raise _NotPlainError
    return found


def _layout(sections: Sequence[_Section], far: int) -> tuple[list[int], int, int, int]:
    """Where each section begins, and the jumps, the pages that are written, and the end of all."""
    starts = [0] * len(sections)

    def lay(written: int, end: int) -> int:
        for i, section in enumerate(sections):
            if section.flags & (LOADED | WRITTEN) == LOADED | written:
                starts[i] = _rounded(end, max(section.align, LINE))
                end = starts[i] + section.size
        return end

    stubs = _rounded(lay(0, 0), LINE)
    run = _rounded(stubs + far * STUB, mmap.PAGESIZE)
    end = lay(WRITTEN, run)
    if end > LARGEST:
        raise _NotPlainError
    return starts, stubs, run, _rounded(end, mmap.PAGESIZE)


def _rounded(place: int, step: int) -> int:
    return -(-place // step) * step


def _content(image: bytes, section: _Section) -> bytes:
    return image[section.offset : section.offset + section.size]


def _text(image: bytes, place: int) -> str:
    return image[place : image.index(b"\0", place)].decode()


def _place(symbol: _Symbol, sections: Sequence[_Section], starts: Sequence[int]) -> int:
    """Where a symbol of this file stands in the picture; -1 for what stands nowhere."""
    if symbol.info & 15 == FILE or symbol.section == ELSEWHERE:
        return -1
    if symbol.info & 15 >= OF_THREADS or symbol.section >= RESERVED:
        raise _NotPlainError
    section = sections[symbol.section]
    if symbol.value > section.size:
        raise _NotPlainError
    return starts[symbol.section] + symbol.value if section.flags & LOADED else -1


def _relocate(
    picture: Array, room: tuple[int, int], table: bytes, places: Array, far: Sequence[int]
) -> None:
    """Write distances into a section, from where they stand: to symbols, with what is added."""
    each = np.frombuffer(table, RELOCATION)
    kind, symbol, at = each["kind"], each["symbol"], each["place"]
    is_call = kind == CALL
    if not np.all(is_call | (kind == DISTANCE)) or np.isin(symbol[~is_call], far).any():
        raise _NotPlainError
    start, size = room
    if np.any((at < 0) | (at > size - 4)) or np.any(places[symbol] < 0):
        raise _NotPlainError
    at = at + start
    distance = (places[symbol] + each["added"] - at).astype("<i4")
    picture[at[:, None] + np.arange(4)] = distance.view(np.uint8).reshape(-1, 4)
