"""Which source a name or a path means.

Imports the sources beside it. loading.py and rows.py use it.
"""

import difflib
import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, DataError, MissingDataError, UnknownNameError
from chainrule.train.data import bundled, fashion, generated
from chainrule.train.data.door import Progress
from chainrule.train.data.frames import columns_of_frame
from chainrule.train.data.inference import infer
from chainrule.train.data.opening import open_files, open_standard_input
from chainrule.train.data.split_keys import RANDOM
from chainrule.train.data.tables import Columns, RawData, Text
from chainrule.train.data.wanted import Wanted, Wish, wish_of

OF_TABLES = (
    "drop",
    "categorical",
    "numeric",
    "missing",
    "decimal",
)  # what is said of a table's columns
NAMES = (*bundled.NAMES, *generated.NAMES, fashion.NAME)


def names() -> tuple[str, ...]:
    """Names of the data sets that `load` knows."""
    return NAMES


def open_source(
    source: Any,
    target: str | None,
    folder: str | PathLike[str] | None,
    wanted: Wanted,
    query: str | None = None,
    progress: Progress | None = None,
) -> RawData:
    """Raw rows of a data set or a table, with their target."""
    if is_frame(source):
        return infer(columns_of_frame(source), "table", target, wanted)
    found = resolve(source, folder)
    if not isinstance(found, str):
        columns = open_table(found, wish_of(wanted, query, progress))
        return infer(columns, found.name, target, wanted)
    if target is not None:
        raise ArgumentError(
            f"the data set {found!r} has its own target; target={target!r} has no meaning here.",
            do="Leave target out, or give the path of a CSV file.",
        )
    _refuse_wishes(found, wanted, query)
    raw = open_named(found, folder)
    own = "classes" if isinstance(raw.target, Text) else "numbers"
    if wanted.task not in ("auto", own):
        raise ArgumentError(
            f"the answers of the data set {found!r} are {own}, not {wanted.task}.",
            do="Leave task out, or give the path of a CSV file.",
        )
    return raw


def _refuse_wishes(name: str, wanted: Wanted, query: str | None) -> None:
    """The columns of a data set with a name are known."""
    given = {option: getattr(wanted, option) for option in OF_TABLES} | {"query": query}
    given["split"] = wanted.split != RANDOM
    for option, value in given.items():
        if value:
            raise ArgumentError(
                f"the columns of the data set {name!r} are known; {option} has no meaning here.",
                do=f"Leave {option} out, or give the path of a table.",
            )


@dataclass(frozen=True)
class Files:
    """Where a table is: one file, several that are read together, or () for standard input."""

    paths: tuple[Path, ...]

    @property
    def name(self) -> str:
        """What a run on it is called: the file's name without its endings."""
        if not self.paths:
            return "stdin"
        name = self.paths[0].name
        endings = [suffix for suffix in (".gz", ".zst") if name.lower().endswith(suffix)]
        return Path(name[: -len(endings[0])] if endings else name).stem


def open_table(files: Files, wish: Wish) -> Columns:
    """The columns of a table in files."""
    return open_files(files.paths, wish) if files.paths else open_standard_input(wish)


def is_frame(source: Any) -> bool:
    """Whether this is a table in memory rather than the name of one."""
    return not isinstance(source, str | PathLike | np.ndarray | bytes) and (
        isinstance(source, Columns | Mapping) or hasattr(source, "columns")
    )


def open_named(name: str, folder: str | PathLike[str] | None) -> RawData:
    """Raw rows of one of `names()`."""
    if name in bundled.NAMES:
        return bundled.bundled(name)
    if name in generated.NAMES:
        return generated.generated(name)
    return fashion.fashion_mnist(folder)


def resolve(source: str | PathLike[str], folder: str | PathLike[str] | None) -> str | Files:
    """The data set's name, or files that exist."""
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
    if source in ("-", "./-"):
        return Files(())
    path = Path(os.path.expanduser(source))
    if source and os.path.isdir(path):
        raise DataError(
            f"{path} is a folder, not a CSV file.", do="Give the path of one file inside it."
        )
    if source and os.path.exists(path):
        return Files((path,))
    if any(sign in str(path) for sign in "*?["):
        found = sorted(place for place in glob.glob(str(path), recursive=True))
        files = tuple(Path(place) for place in found if not os.path.isdir(place))
        if files:
            return Files(files)
    raise _nothing_there(source, path)


def _nothing_there(source: str | PathLike[str], path: Path) -> Exception:
    """Somebody who wrote an ending or a folder meant a file; anybody else, a name."""
    text = str(os.fspath(source))
    if not (isinstance(source, PathLike) or path.suffix or len(path.parts) > 1):
        return UnknownNameError("data set", text, NAMES, do="A CSV file is given by its path.")
    neighbours = _neighbours(path)
    near_file = difflib.get_close_matches(path.name, neighbours, n=1)
    near_set = [] if near_file else difflib.get_close_matches(path.stem, NAMES, n=1, cutoff=0.7)
    hints = [f"Did you mean {str(path.with_name(near_file[0]))!r}?"] if near_file else []
    hints += [f"Did you mean the data set {near_set[0]!r}?"] if near_set else []
    hints += [f"Give the path of a CSV file, or one of: {', '.join(NAMES)}."]
    return MissingDataError(f"there is no file {text!r}.", do="\n".join(hints))


def _neighbours(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path.parent))
    except OSError:
        return []
