"""Which source a name or a path means.

Imports the sources beside it. loading.py and rows.py use it.
"""

import difflib
import os
from os import PathLike
from pathlib import Path

from chainrule.errors import ArgumentError, DataError, MissingDataError, UnknownNameError
from chainrule.train.data import bundled, fashion, generated
from chainrule.train.data.inference import TASKS, infer
from chainrule.train.data.sheet import read_sheet
from chainrule.train.data.tables import RawData, Text

NAMES = (*bundled.NAMES, *generated.NAMES, fashion.NAME)


def names() -> tuple[str, ...]:
    """Names of the data sets that `load` knows."""
    return NAMES


def open_source(
    source: str | PathLike[str],
    target: str | None,
    folder: str | PathLike[str] | None,
    task: str = "auto",
) -> RawData:
    """Raw rows of a data set or a CSV file, with their target."""
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)
    found = resolve(source, folder)
    if isinstance(found, Path):
        return infer(read_sheet(found), found.stem, target, task)
    if target is not None:
        raise ArgumentError(
            f"the data set {found!r} has its own target; target={target!r} has no meaning here.",
            do="Leave target out, or give the path of a CSV file.",
        )
    raw = open_named(found, folder)
    own = "classes" if isinstance(raw.target, Text) else "numbers"
    if task not in ("auto", own):
        raise ArgumentError(
            f"the answers of the data set {found!r} are {own}, not {task}.",
            do="Leave task out, or give the path of a CSV file.",
        )
    return raw


def open_named(name: str, folder: str | PathLike[str] | None) -> RawData:
    """Raw rows of one of `names()`."""
    if name in bundled.NAMES:
        return bundled.bundled(name)
    if name in generated.NAMES:
        return generated.generated(name)
    return fashion.fashion_mnist(folder)


def resolve(source: str | PathLike[str], folder: str | PathLike[str] | None) -> str | Path:
    """The data set's name, or the path of a file that exists."""
    if not isinstance(source, str | PathLike):
        raise ArgumentError(
            f"a data set is named by a text or a path; found {type(source).__name__}.",
            do="Pass a name or the path of a CSV file. Arrays of your own go straight to fit().",
        )
    if folder is not None and source != fashion.NAME:
        raise ArgumentError(
            f"folder= tells where {fashion.NAME} is; {os.fspath(source)!r} does not need it.",
            do="Leave folder out, or give the whole path of a CSV file.",
        )
    if isinstance(source, str) and source in NAMES:
        return source
    path = Path(os.path.expanduser(source))
    if source and os.path.isdir(path):
        raise DataError(
            f"{path} is a folder, not a CSV file.", do="Give the path of one file inside it."
        )
    if source and os.path.exists(path):
        return path
    raise _nothing_there(source, path)


def _nothing_there(source: str | PathLike[str], path: Path) -> Exception:
    """Somebody who wrote an ending or a folder meant a file; anybody else, a name."""
    text = str(os.fspath(source))
    if not (isinstance(source, PathLike) or path.suffix or len(path.parts) > 1):
        return UnknownNameError("data set", text, NAMES, do="A CSV file is given by its path.")
    neighbours = _neighbours(path)
    near_file = difflib.get_close_matches(path.name, neighbours, n=1)
    near_set = difflib.get_close_matches(path.stem, NAMES, n=1, cutoff=0.5)
    hints = [f"Did you mean {str(path.with_name(near_file[0]))!r}?"] if near_file else []
    hints += [f"Did you mean the data set {near_set[0]!r}?"] if near_set else []
    hints += [f"Give the path of a CSV file, or one of: {', '.join(NAMES)}."]
    return MissingDataError(f"there is no file {text!r}.", do="\n".join(hints))


def _neighbours(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path.parent))
    except OSError:
        return []
