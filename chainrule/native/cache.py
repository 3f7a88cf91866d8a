"""Cache: compiled plans in a folder of the user's, so that the next process need not compile them.

Imports nothing of chainrule. The engine asks it before it compiles; whatever is wrong with the
folder or a file in it, the answer is "not there", and the plan is compiled.

A file is MAGIC, the SHA-256 of what follows, the key, then the names that the object file
imports (their length, then one a line), then the object file. It is written beside its place,
flushed to the disk and moved there, so that a reader finds all of it or nothing.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "CHAINRULE_CACHE"  # another folder; empty: no cache
LARGEST = 256 * 1024**2  # bytes of all files; the oldest go
ABANDONED = 3600.0  # seconds: a temporary file as old as this was left by a process that died
MAGIC = b"chainrule object 1\n"
_DIGEST = 32  # bytes of a SHA-256
_SUFFIX, _TEMPORARY = ".object", ".part"


@dataclass(frozen=True)
class Entry:
    """An object file, and the names of the functions of others that it calls."""

    image: bytes
    imports: tuple[str, ...]


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
        found, folder = None, self.folder()
        if folder is not None:
            with contextlib.suppress(OSError):
                found = _read(folder / (key.hex() + _SUFFIX), key)
        self.hits += found is not None
        self.misses += found is None
        return found

    def put(self, key: bytes, entry: Entry) -> None:
        """Keep an entry; where that cannot be done, ``note`` says why."""
        folder = self.folder()
        if folder is None:
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(folder / (key.hex() + _SUFFIX), _packed(key, entry))
            self._shrink_once(folder)
            self.note = ""
        except OSError as error:
            self.note = f"compiled plans are not kept: {error}"

    def _shrink_once(self, folder: Path) -> None:
        """Looking at thousands of files takes longer than compiling: once in a process's life."""
        if not self._shrunk:
            self._shrunk = True
            _shrink(folder)

    def folder(self) -> Path | None:
        """Where files are kept, or None."""
        chosen = "" if self.closed else os.environ.get(VARIABLE)
        if chosen == "":
            self.note = self.closed or f"{VARIABLE} is empty"
            return None
        if chosen is not None:
            return Path(chosen)
        try:
            return _users_folder() / "chainrule"
        except RuntimeError as error:  # a user without a home
            self.note = f"compiled plans are not kept: {error}"
            return None


def digest(*parts: str | bytes) -> bytes:
    """A key: the SHA-256 of texts, each with its length, so that none runs into the next."""
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "little") + data)
    return hashed.digest()


def _users_folder() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    name = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    chosen = Path(os.environ.get(name, ""))
    return chosen if chosen.is_absolute() else Path.home() / ".cache"


def _packed(key: bytes, entry: Entry) -> bytes:
    names = "\n".join(entry.imports).encode()
    body = key + len(names).to_bytes(4, "little") + names + entry.image
    return MAGIC + hashlib.sha256(body).digest() + body


def _read(path: Path, key: bytes) -> Entry | None:
    """A file's entry; None if it is damaged, stands under a wrong name, or is another user's."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        if about.st_size > LARGEST or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
            return None  # what it holds would be run
        data = file.read()
    start = len(MAGIC) + _DIGEST
    body = data[start:]
    if data[:start] != MAGIC + hashlib.sha256(body).digest() or body[:_DIGEST] != key:
        return None
    begin = _DIGEST + 4
    end = begin + int.from_bytes(body[_DIGEST:begin], "little")
    with contextlib.suppress(OSError):
        os.utime(path)  # the oldest go first: this one has just been of use
    return Entry(body[end:], tuple(body[begin:end].decode().split()))


def _write(path: Path, data: bytes) -> None:
    """All of it or nothing, whenever the process or the machine stops."""
    handle, temporary = tempfile.mkstemp(_TEMPORARY, path.stem[:16], path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _shrink(folder: Path) -> None:
    """Remove what a process that died has left, and the oldest files above the limit."""
    files: list[tuple[float, int, Path]] = []
    for each in folder.iterdir():
        with contextlib.suppress(OSError):  # another process has removed it
            about = each.stat()
            if each.suffix == _TEMPORARY and time.time() - about.st_mtime > ABANDONED:
                each.unlink()
            elif each.suffix == _SUFFIX:
                files.append((about.st_mtime, about.st_size, each))
    total = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if total <= LARGEST:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size
