"""The folder of a run: chosen and shown to be writable before training starts.

Imports errors and train.files. training.py works inside it.
"""

import contextlib
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from chainrule.errors import ArgumentError, OutputError
from chainrule.train.files import prepare_folder

RUNS = Path("runs")
MODEL, HISTORY, CONFIG, REPORT = "model.safetensors", "history.csv", "config.toml", "report.html"
FILES = (MODEL, HISTORY, CONFIG, REPORT)


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
        folder = _asked_for(out, overwrite)
    try:
        yield folder
    except BaseException:
        for place in new:
            with contextlib.suppress(OSError):  # not empty: something was written
                place.rmdir()
        raise


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


def _asked_for(folder: Path, overwrite: bool) -> Path:
    held = [name for name in FILES if os.path.lexists(folder / name)]
    if held and not overwrite:
        raise ArgumentError(
            f"{folder} already holds {', '.join(held)}.",
            do="Choose another folder, or replace them: --overwrite",
        )
    return prepare_folder(folder)
