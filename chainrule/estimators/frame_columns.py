"""Columns: a frame as it comes, as numbers and codes of categories; learned once, then read.

Imports NumPy and errors. The one file that knows what frames look like: whoever prepares tables in
another way hands out the same two arrays.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule.errors import DataError

Array = np.ndarray[Any, np.dtype[Any]]
MISSING = frozenset({"", "NA", "N/A", "null", "none", "None", "?", "-", "NaN", "nan", "<NA>"})
MOST_CATEGORIES = 60  # of a column; the rarer ones are taken together


@dataclass(frozen=True)
class Column:
    """What is known of a column of the training table.

    Attributes
    ----------
    name : str
    kind : {"number", "category", "left out"}
    categories : tuple of str
        The most frequent ones; the others share one code after these.
    why : str
        For people: why it is read like this.
    """

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    why: str = ""

    def record(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Columns:
    """The columns of a frame, in their order in training.

    Attributes
    ----------
    columns : tuple of Column
    """

    columns: tuple[Column, ...]

    def of_kind(self, kind: str) -> list[Column]:
        """Those of one kind."""
        return [column for column in self.columns if column.kind == kind]

    def sizes(self) -> tuple[int, ...]:
        """How many codes each category column has, the one for rarer values included."""
        return tuple(len(column.categories) + 1 for column in self.of_kind("category"))

    def read(self, frame: Any) -> tuple[Array, Array]:
        """Numbers (N, K) with NaN for gaps, and codes (N, C) with -1 for gaps.

        Raises
        ------
        DataError
            If a column is missing or holds something else than in training.
        """
        rows = len(frame)
        numbers = [self._numbers(frame, column) for column in self.of_kind("number")]
        codes = [self._codes(frame, column) for column in self.of_kind("category")]
        return (
            np.column_stack(numbers) if numbers else np.empty((rows, 0)),
            np.column_stack(codes) if codes else np.empty((rows, 0), np.int64),
        )

    def _numbers(self, frame: Any, column: Column) -> Array:
        values = cells_of(frame, column.name)
        found = as_numbers(values)
        if found is None:
            odd = next(
                x for x in texts_of(values).tolist() if as_numbers(np.array([x], object)) is None
            )
            raise DataError(
                f"column {column.name!r} holds numbers in training, but here {odd!r}.",
                do="Correct the cell, or leave it empty.",
            )
        return found

    def _codes(self, frame: Any, column: Column) -> Array:
        texts = texts_of(cells_of(frame, column.name))
        known = {name: code for code, name in enumerate(column.categories)}
        values, places = np.unique(texts, return_inverse=True)
        codes = [-1 if x in MISSING else known.get(x, len(known)) for x in values.tolist()]
        return np.array(codes, np.int64)[places.reshape(-1)]

    def __str__(self) -> str:
        width = max((len(column.name) for column in self.columns), default=0)
        return "\n".join(f"{c.name:<{width}}  {c.kind:<8}  {c.why}" for c in self.columns)


def is_frame(x: Any) -> bool:
    """Whether x has columns with names, as pandas and polars have them."""
    return hasattr(x, "columns") and hasattr(x, "__getitem__") and not isinstance(x, np.ndarray)


def learned(frame: Any) -> Columns:
    """How each column of a frame is read.

    Raises
    ------
    DataError
        If no column can be learned from.
    """
    names = [str(name) for name in frame.columns]
    found = Columns(tuple(_learned(name, cells_of(frame, name)) for name in names))
    if all(column.kind == "left out" for column in found.columns):
        raise DataError(
            "no column can be learned from.",
            found=[f"{column.name}   {column.why}" for column in found.columns[:8]],
            do="Give columns with at least two values.",
        )
    return found


def refuse_twins(frame: Any) -> None:
    """Raise where two columns have one name.

    Raises
    ------
    DataError
    """
    names = [str(name) for name in frame.columns]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"two columns are called {twice!r}.", do="Give each a name of its own.")


def cells_of(frame: Any, name: str) -> Array:
    """The cells of a column: numbers, or objects."""
    place = next((own for own in frame.columns if str(own) == name), None)
    if place is None:
        raise DataError(
            f"this table has no column {name!r}, which training had.",
            found=[f"columns   {', '.join(map(str, frame.columns))}"],
            do="Give all columns of the training table; their order does not matter.",
        )
    return np.asarray(frame[place])


def as_numbers(cells: Array) -> Array | None:
    """The cells as float64 with NaN for gaps; None where one of them is no number."""
    if cells.dtype.kind in "biuf":
        return cells.astype(np.float64)
    if cells.dtype.kind in "mM":
        days = cells.astype(f"{cells.dtype.kind}8[s]").astype(np.int64) / 86400.0
        return np.where(np.isnat(cells), np.nan, days)
    if any(isinstance(x, str) for x in cells.tolist()):
        return None
    try:
        return np.array([np.nan if _is_gap(x) else float(x) for x in cells.tolist()])
    except (TypeError, ValueError):
        return None


def texts_of(cells: Array) -> Array:
    """The cells as texts; "" for gaps."""
    return np.array(["" if _is_gap(x) else str(x) for x in cells.tolist()], object).astype(str)


def _learned(name: str, cells: Array) -> Column:
    numbers = as_numbers(cells)
    if numbers is not None:
        finite = numbers[~np.isnan(numbers)]
        if not len(finite) or ((finite == finite[0]).all() and len(finite) == len(numbers)):
            return Column(name, "left out", why="it holds one value")
        return Column(name, "number", why="dates, in days" if cells.dtype.kind == "M" else "")
    texts = texts_of(cells)
    given = [x for x in texts.tolist() if x not in MISSING]
    values, counts = np.unique(np.array(given, str), return_counts=True)
    if len(values) < 2 and len(given) == len(texts):
        return Column(name, "left out", why="it holds one value")
    if len(values) > max(len(texts) // 2, MOST_CATEGORIES):
        return Column(name, "left out", why="nearly every row has a value of its own, as a name")
    kept = _most(values.tolist(), counts.tolist())
    rest = f", {len(values) - len(kept)} rare ones together" if len(kept) < len(values) else ""
    return Column(name, "category", tuple(sorted(kept)), f"{len(values)} categories{rest}")


def _most(values: Iterable[str], counts: Iterable[int]) -> list[str]:
    """The most frequent values; of equally frequent ones those that come first."""
    ranked = sorted(zip(counts, values, strict=True), key=lambda pair: (-pair[0], pair[1]))
    return [value for _, value in ranked[:MOST_CATEGORIES]]


def _is_gap(x: Any) -> bool:
    if x is None or (isinstance(x, str) and x.strip() in MISSING):
        return True
    try:
        return bool(x != x)  # NaN and NaT; pandas' NA answers neither way
    except TypeError:
        return True
