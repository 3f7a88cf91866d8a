"""Cache: compiled kernels in a folder of the user's, which the next process need not compile.

Imports nothing of chainrule. The engine asks it before it compiles; whatever is wrong with the
folder or a file in it, the answer is "not there", and the kernel is compiled.

A file is MAGIC, the SHA-256 of what follows, the keys under which it is kept (their number, then
one after the other), what its entry says of the code (its length, then a line for each name that
is imported, and for each function its name and number), then the code: an object file, or the
pages that were made of it. It is written beside its place, flushed to the disk and moved there, so
that a reader finds all of it or nothing. What was compiled together is one file, which has a name
for each of its keys.
"""

import contextlib
import hashlib
import math
import os
import sys
import tempfile
import time
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "CHAINRULE_CACHE"  # another folder; empty: no cache
LARGEST = 256 * 1024**2  # bytes of all files; those go that were of no use for the longest time
OLDEST = 90 * 86400.0  # seconds: who was of no use for so long is of another machine or net
ABANDONED = 3600.0  # seconds: a temporary file as old as this was left by a process that died
MAGIC = b"chainrule object 2\n"
_DIGEST, _SIZE = 32, 4  # bytes of a SHA-256, and of a length
_SUFFIX, _TEMPORARY = ".object", ".part"


@dataclass(frozen=True)
class Entry:
    """Machine code, the names of the functions of others that it calls, and its own.

    ``functions`` are those that others may ask for, each with a number that they need to know.
    """

    image: bytes
    imports: tuple[str, ...]
    functions: tuple[tuple[str, int], ...] = ()


@dataclass
class Cache:
    """The folder, and what has become of it.

    Attributes
    ----------
    closed : str
        Why nothing can be kept at all, or "".
    note : str
        Why the last entry was not kept, or "".
    hits, misses : int
        Entries that were found there, and that were not.
    """

    closed: str = ""
    note: str = ""
    hits: int = 0
    misses: int = 0
    _shrunk: bool = False

    def get(self, key: bytes) -> Entry | None:
        """What was put there under this key, if it is whole."""
        found, folder = None, self._folder()
        if folder:
            with contextlib.suppress(OSError):
                found = _read(f"{folder}{os.sep}{key.hex()}{_SUFFIX}", key)
        self.hits += found is not None
        self.misses += found is None
        return found

    def put(self, key: bytes, entry: Entry, *more: bytes) -> None:
        """Keep an entry, under several keys; where that cannot be done, ``note`` says why."""
        folder = self.folder()
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            keys = (key, *more)
            _write([folder / (each.hex() + _SUFFIX) for each in keys], _packed(keys, entry))
            self._shrink_once(folder)
            self.note = ""
        except OSError as error:
            self.note = f"compiled kernels are not kept: {error}"

    def _shrink_once(self, folder: Path) -> None:
        """Looking at thousands of files takes longer than compiling: once in a process's life."""
        if not self._shrunk:
            self._shrunk = True
            _shrink(folder)

    def folder(self) -> Path | None:
        """Where files are kept, or None."""
        found = self._folder()
        return Path(found) if found else None

    def _folder(self) -> str:
        """Where files are kept, or "". Each kernel asks; a Path takes as long as reading it."""
        chosen = "" if self.closed else os.environ.get(VARIABLE)
        if chosen == "":
            self.note = self.closed or f"{VARIABLE} is empty"
            return ""
        if chosen is not None:
            return chosen
        users = _users_folder()
        if not users:
            self.note = "compiled kernels are not kept: this user has no home folder"
        return users and f"{users}{os.sep}chainrule"


def digest(*parts: str | bytes) -> bytes:
    """A key: the SHA-256 of texts, each with its length, so that none runs into the next."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "little") + data)
    return hashed.digest()


def _users_folder() -> str:
    """Where this user's programs keep what can be made again; "" for a user without a home."""
    chosen = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    if sys.platform != "darwin" and os.path.isabs(chosen):
        return chosen
    home = os.path.expanduser("~")
    if home == "~":
        return ""
    return os.path.join(
        home, *(("Library", "Caches") if sys.platform == "darwin" else (".cache",))
    )


def _packed(keys: Sequence[bytes], entry: Entry) -> bytes:
    lines = "\n".join([*entry.imports, *(f"{name} {n}" for name, n in entry.functions)]).encode()
    head = [_size(keys), *keys, _size(lines), lines]
    body = b"".join([*head, entry.image])
    return MAGIC + hashlib.sha256(body).digest() + body


def _size(of: Sized) -> bytes:
    return len(of).to_bytes(_SIZE, "little")


def _read(path: str, key: bytes) -> Entry | None:
    """A file's entry; None if it is damaged, stands under a wrong name, or is another user's."""
    with open(path, "rb", buffering=0) as file:
        about = os.fstat(file.fileno())
        if about.st_size > LARGEST or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
            return None  # what it holds would be run
        data = file.read()
    start = len(MAGIC) + _DIGEST
    body = data[start:]
    if data[:start] != MAGIC + hashlib.sha256(body).digest():
        return None
    keys, rest = _taken(body, _DIGEST)
    if key not in (keys[i : i + _DIGEST] for i in range(0, len(keys), _DIGEST)):
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # the oldest go first: this one has just been of use
    lines, image = _taken(rest)
    words = [line.split() for line in lines.decode().splitlines()]
    functions = tuple((each[0], int(each[1])) for each in words if len(each) > 1)
    return Entry(image, tuple(each[0] for each in words if len(each) == 1), functions)


def _taken(data: bytes, each: int = 1) -> tuple[bytes, bytes]:
    """Some bytes, whose number stands before them, and the rest."""
    end = _SIZE + each * int.from_bytes(data[:_SIZE], "little")
    return data[_SIZE:end], data[end:]


def _write(paths: Sequence[Path], data: bytes) -> None:
    """All of it or nothing, whenever the process or the machine stops; one file of many names."""
    first, *more = paths
    handle, temporary = tempfile.mkstemp(_TEMPORARY, first.stem[:16], first.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        for path in more:
            _link(temporary, path)
        os.replace(temporary, first)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _link(file: str, path: Path) -> None:
    """One more name of a file; where the disk knows no such thing, the kernel is not found there.

    A name that is taken already is taken away from its file, which may have been damaged.
    """
    with contextlib.suppress(OSError):
        beside = f"{file[: -len(_TEMPORARY)]}-{path.stem[:16]}{_TEMPORARY}"
        os.link(file, beside)
        os.replace(beside, path)


def _shrink(folder: Path) -> None:
    """Remove what dead processes have left, what is of no use, and the oldest above the limit."""
    files: list[tuple[float, int, str]] = []
    limits, now = {_TEMPORARY: ABANDONED, _SUFFIX: OLDEST}, time.time()
    with os.scandir(folder) as entries:
        for each in entries:
            suffix = os.path.splitext(each.name)[1]
            with contextlib.suppress(OSError):  # another process has removed it
                about = each.stat()
                if now - about.st_mtime > limits.get(suffix, math.inf):
                    os.unlink(each.path)
                elif suffix == _SUFFIX:
                    size = about.st_size // max(about.st_nlink, 1)
                    files.append((about.st_mtime, size, each.path))
    total = sum(size for _, size, _ in files)
    if total <= LARGEST:
        return
    for _, size, path in sorted(files):
        if total <= LARGEST:
            break
        with contextlib.suppress(OSError):
            os.unlink(path)
        total -= size
