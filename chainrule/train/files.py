"""Writing a file so that a crash at any moment leaves either the old one or the new one.

Imports errors only. The history, saved models and the command line write through it.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from chainrule.errors import OutputError

FOR_EVERYBODY = 0o666  # a new file's permissions, before the process's mask


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write a file beside its place, make it durable, then move it there in one step.

    A link is followed; a pipe or a device is written directly, for there is nothing to lose.

    Parameters
    ----------
    content : bytes or str
        A text is written as UTF-8.

    Raises
    ------
    OutputError
        If the folder is missing, cannot be written, or is full. What stood there still stands.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        if _is_special(path):
            Path(path).write_bytes(data)
        else:
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise OutputError(
            f"{os.fspath(path)} cannot be written: {error.strerror or error}.",
            do="Choose a folder that exists, may be written and has room.",
        ) from error


def prepare_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder, with those above it, and show that files can be written there.

    Call it before the work whose results it shall hold.

    Raises
    ------
    OutputError
        If the folder cannot be made or written; a file in the way is named.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        blocked = _file_in_the_way(folder)
        reason = f"{blocked} is a file" if blocked else error.strerror or str(error)
        raise OutputError(
            f"the folder {folder} cannot be written: {reason}.",
            do="Choose another folder, or one that you may write.",
        ) from error


def _is_special(path: str | os.PathLike[str]) -> bool:
    """Whether something stands there that is neither a file nor a folder."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _replace(target: Path, data: bytes) -> None:
    handle, beside = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, FOR_EVERYBODY & ~_umask())  # mkstemp's files are its owner's alone
        os.replace(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
    _sync_folder(target.parent)


def _umask() -> int:
    """The bits that new files of this process do not get; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where a folder can be opened at all."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _file_in_the_way(folder: Path) -> Path | None:
    """The folder itself or one above it, if that is a file."""
    for place in (folder, *folder.parents):
        if os.path.lexists(place):
            return None if place.is_dir() else place
    return None
