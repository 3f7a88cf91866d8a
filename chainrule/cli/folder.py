"""The folder of a run: chosen, shown to be writable, and held before training starts.

Imports errors, runs and train.files. training.py works inside it.
"""

import contextlib
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from chainrule.errors import ArgumentError, OutputError
from chainrule.runs import ESTIMATOR, NET
from chainrule.train.files import prepare_folder

try:
    import fcntl
except ImportError:  # Windows, whose locks know no folders
    fcntl = None

RUNS = Path("runs")
HISTORY, CONFIG = "history.csv", "config.toml"
METRICS, REPORT = "metrics.json", "report.html"
FILES = (NET, ESTIMATOR, HISTORY, CONFIG, METRICS, REPORT)


@contextmanager
def run_folder(out: Path | None, name: str, overwrite: bool) -> Generator[Path]:
    """A folder for the files of a run; taken away again if an error leaves it empty.

    Parameters
    ----------
    out : Path or None
        What the user asked for; None is the first free one of runs/name, runs/name-2, ...
    name : str
        Of the data set.
    overwrite : bool
        Whether the files of another run may be replaced in the folder that was asked for.
    """
    wanted = RUNS / _usable(name) if out is None else out
    new = [place for place in (wanted, *wanted.parents) if not os.path.lexists(place)]
    if out is None:
        folder = _first_free(wanted)
        new = [folder, *(place for place in new if place != wanted)]
    else:
        folder = prepare_folder(out)
    with _held(folder):
        if out is not None:
            _refuse_taken(folder, overwrite)
        try:
            yield folder
        except BaseException:
            for place in new:
                with contextlib.suppress(OSError):  # not empty: something was written
                    place.rmdir()
            raise


def leave_only(folder: Path, *written: str) -> None:
    """Take away what another run left there, which would be read for this one's."""
    for name in FILES:
        if name not in written:
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _held(folder: Path) -> Generator[None]:
    """Keep other commands from writing their run here too; a process that dies lets go.

    Raises
    ------
    ArgumentError
        If another command holds it.
    """
    handle = None if fcntl is None else _locked(folder)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _locked(folder: Path) -> int:
    """The folder, opened and locked."""
    assert fcntl is not None
    while True:
        handle = os.open(prepare_folder(folder), os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(handle)
            raise ArgumentError(
                f"another command is writing its run into {folder}.",
                do="Choose another folder, or wait until it has ended.",
            ) from error
        except OSError:  # a file system that knows no locks
            return handle
        if os.path.isdir(folder) and os.path.samestat(os.fstat(handle), os.stat(folder)):
            return handle
        os.close(handle)  # its last holder took the empty folder away meanwhile


def _usable(name: str) -> str:
    """A name that every file system takes and every shell leaves alone."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"


def _first_free(wanted: Path) -> Path:
    """Make the first folder that does not exist yet; two commands never get the same one."""
    prepare_folder(wanted.parent)
    for number in count(1):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputError(
                f"the folder {folder} cannot be made: {error.strerror or error}.",
                do="Choose another place: --out FOLDER",
            ) from error
        return folder
    raise AssertionError  # count() does not end


def _refuse_taken(folder: Path, overwrite: bool) -> None:
    """Raise where files of a run, or of the same names, stand and are not to be replaced."""
    held = [name for name in FILES if os.path.lexists(folder / name)]
    if held and not overwrite:
        raise ArgumentError(
            f"{folder} already holds {', '.join(held)}.",
            do="Choose another folder, or replace them: --overwrite",
        )
