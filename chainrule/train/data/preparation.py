"""Prepared: a table's numbers without gaps, and its categories as codes; what any net starts from.

Imports the data model. preprocessing.py makes it from what was learned of each column.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.columns import Categorical, Column, Moment, Numeric
from chainrule.train.data.objects import BOOLEAN_WORDS
from chainrule.train.data.tables import Table, Text, refuse_infinite
from chainrule.train.data.times import parts_of
from chainrule.train.data.wording import counted, figure, listing

Array = NDArray[Any]
UNFAMILIAR, FEWEST_CELLS = 0.9, 5  # share of new categories that is a warning, from so many cells
EXAMPLES = 3
RANGES_OFF = 3.0  # so many times what training covers, beyond it, is far


@dataclass(frozen=True, eq=False)
class Prepared:
    """Rows, ready for a net of any kind.

    Parameters
    ----------
    numbers : ndarray, float64, (N, K)
        In their own units, the median in a gap; column after column in memory. Pictures: their
        own dtype.
    columns : tuple of Numeric
        What is known of each of the K columns: name, mean, std.
    codes : ndarray, int64, (N, C)
        The category of each row, 0..size-1; -1 for one that training never had. Where training
        had gaps they are the last code.
    categorical : tuple of Categorical
        What is known of each of the C columns; its `size` is the number of codes.
    gaps : ndarray, bool, (N, G)
        Where a number or a date is missing, of the columns that had gaps in training.
    gap_names : tuple of str
        Names of the G columns.
    filled, new : mapping of str to int
        Cells of each column that were missing, and cells with a category never seen.
    warnings : tuple of str
        The columns that hold hardly anything that training knew, in words.
    """

    numbers: Array
    columns: tuple[Numeric, ...]
    codes: NDArray[np.int64]
    categorical: tuple[Categorical, ...]
    gaps: NDArray[np.bool_]
    gap_names: tuple[str, ...]
    filled: dict[str, int] = field(default_factory=dict[str, int])
    new: dict[str, int] = field(default_factory=dict[str, int])
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was filled in, in words."""
        found = [
            f"{counted(sum(count.values()), noun)} {what}: "
            + listing([f"{name!r} {number:,}" for name, number in count.items()])
            for count, noun, what in (
                (self.filled, "gap", "filled in as in training"),
                (self.new, "cell", "with a category that training never had"),
            )
            if count
        ]
        far = self._far()
        return (*found, *([f"numbers far from those of training: {listing(far)}"] if far else ()))

    def _far(self) -> list[str]:
        """Where numbers lie beyond those of training by far, or most of a column does at all."""
        if self.numbers.dtype.kind != "f":  # of pictures
            return []
        found = list[str]()
        for column, numbers in zip(self.columns, self.numbers.T, strict=True):
            if column.least is None or column.most is None:
                continue
            # What lies at the bounds is held there, as the far ones of training were.
            least = column.least if column.low is None else np.nextafter(column.low, np.inf)
            most = column.most if column.high is None else np.nextafter(column.high, -np.inf)
            beyond = np.maximum(least - numbers, numbers - most)
            is_held = column.low is not None
            is_far = beyond > (0 if is_held else RANGES_OFF * (most - least))
            if not is_far.any() and FEWEST_CELLS <= (beyond > 0).sum() > len(numbers) / 2:
                is_far = beyond > 0
            if is_far.any():
                one, covered = float(numbers[is_far.argmax()]), (column.least, column.most)
                span = " to ".join(map(figure, covered))
                found.append(
                    f"{column.name!r} {is_far.sum():,} (such as {figure(one)}; in training {span})"
                )
        return found


def prepare(columns: Sequence[Column], table: Table) -> Prepared:
    """Fill in what is missing and number the categories, as was learned."""
    filled, new = dict[str, int](), dict[str, int]()
    numeric, categorical = list[Numeric](), list[Categorical]()
    codes, gaps, gap_names = list[Array](), list[Array](), list[str]()
    arrays, warnings = list[Array](), list[str]()
    place = {name: index for index, name in enumerate(table.numeric)}
    for column in columns:
        if isinstance(column, Categorical):
            categorical.append(column)
            codes.append(_codes(column, table, filled, new))
            warnings += _unfamiliar(column, table.texts[column.name], new.get(column.name, 0))
            continue
        if isinstance(column, Numeric):
            given = _numbers(column, table, place)
            numeric.append(column)
            arrays.append(given)
            missing = _missing(column, given, table)
        else:
            times = _times(column, table)
            parts = parts_of(times)
            numeric.extend(column.parts)
            arrays.extend(parts[part.name] for part in column.parts)
            missing = np.isnat(times)
        if missing is not None and missing.any():
            filled[column.name] = int(np.count_nonzero(missing))
        if column.has_gaps:
            gaps.append(np.zeros(len(table), bool) if missing is None else missing)
            gap_names.append(column.name)
    return Prepared(
        _filled(numeric, arrays, table, place),
        tuple(numeric),
        _side_by_side(codes, len(table), np.int64),
        tuple(categorical),
        _side_by_side(gaps, len(table), np.bool_),
        tuple(gap_names),
        filled,
        new,
        tuple(warnings),
    )


def _numbers(column: Numeric, table: Table, place: dict[str, int]) -> Array:
    if column.name not in place:
        raise wrong_kind(table, column.name, table.kind_of(column.name), "numbers")
    return table.numbers[:, place[column.name]]


def _times(column: Moment, table: Table) -> Array:
    if column.name not in table.times:
        raise wrong_kind(table, column.name, table.kind_of(column.name), "dates")
    return table.times[column.name]


def _missing(column: Numeric, numbers: Array, table: Table) -> "NDArray[np.bool_] | None":
    """Where a column has gaps; None if gaps are an error, which standardising tells."""
    if column.median is None:
        return None
    refuse_infinite(numbers, column.name, table.places, table.source)
    return np.isnan(numbers)


def _filled(
    columns: list[Numeric], arrays: list[Array], table: Table, place: dict[str, int]
) -> Array:
    """The columns beside each other; the table's own matrix where nothing is to be changed."""
    as_they_are = [column.name for column in columns] == list(table.numeric)
    if as_they_are and not any(_changes(*pair) for pair in zip(columns, arrays, strict=True)):
        return table.numbers
    dtype = np.result_type(*(array.dtype for array in arrays)) if arrays else np.float64
    numbers = np.empty((len(table), len(columns)), dtype, order="F")
    for index, (column, given) in enumerate(zip(columns, arrays, strict=True)):
        numbers[:, index] = given
        if column.low is not None and column.high is not None:
            np.clip(numbers[:, index], column.low, column.high, out=numbers[:, index])
        if column.median is not None:
            numbers[np.isnan(given), index] = column.median
    return numbers


def _changes(column: Numeric, numbers: Array) -> bool:
    held = column.low is not None
    return held or (column.median is not None and bool(np.isnan(numbers).any()))


def _codes(
    column: Categorical, table: Table, filled: dict[str, int], new: dict[str, int]
) -> NDArray[np.int64]:
    if column.name not in table.texts:
        raise wrong_kind(table, column.name, table.kind_of(column.name), "text")
    text = table.texts[column.name]
    known = CodeBook(column.categories)
    gap = len(column.categories) if column.has_gaps else -1
    code_of = np.array([*map(known.code, text.values), -1], np.int64)
    codes = code_of[text.codes]
    is_gap = text.codes < 0
    if is_gap.any():
        if not column.takes_new:
            raise _gap(column.name, table, int(np.argmax(is_gap)))
        filled[column.name] = int(np.count_nonzero(is_gap))
    is_new = (codes < 0) & ~is_gap
    if is_new.any():
        _refuse_or_count(column, table, text, is_new, new)
    return np.where(codes < 0, gap, codes)


def _refuse_or_count(
    column: Categorical, table: Table, text: Text, is_new: Array, new: dict[str, int]
) -> None:
    if not column.takes_new:
        row = int(np.argmax(is_new))
        value = text.values[int(text.codes[row])]
        raise DataError(
            f"column {column.name!r} holds {value!r} in {table.places[row]}, "
            "which no training row had.",
            found=[f"known   {listing(column.categories)}"],
            do="Correct the value, or train again on data that has it.",
        )
    new[column.name] = int(np.count_nonzero(is_new))


def _unfamiliar(column: Categorical, text: Text, new: int) -> list[str]:
    """A warning where hardly a cell holds a category of the training rows."""
    cells = int(np.count_nonzero(text.codes >= 0))
    if cells < FEWEST_CELLS or new < UNFAMILIAR * cells or not column.categories:
        return []
    known = CodeBook(column.categories)
    counts = np.bincount(text.codes[text.codes >= 0], minlength=len(text.values))
    often: list[int] = np.argsort(-counts, kind="stable").tolist()
    held = [text.values[place] for place in often if counts[place]]
    strange = [repr(value) for value in held if known.code(value) < 0]
    return [
        f"{column.name!r}: training had none of the categories in {new:,} of {cells:,} cells, "
        f"{_some(strange)} here and {_some([*map(repr, column.categories)])} in training; its "
        "coding has probably changed, and these cells count as gaps"
    ]


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:EXAMPLES]) + (", ..." if len(values) > EXAMPLES else "")


class CodeBook:
    """From a name to its place among the names; "3.0" is also found where it is called "3".

    And a truth value however it is written: readers of files make "True" of a text and of a bool.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._known = {name: index for index, name in enumerate(names)}
        self._truths = {
            name.lower(): index
            for name, index in self._known.items()
            if name.lower() in BOOLEAN_WORDS
        }

    def code(self, value: str) -> int:
        """The place of a name; -1 if nobody knows it."""
        if value in self._known:
            return self._known[value]
        try:
            number = float(value) + 0.0  # + 0.0: no "-0"
        except ValueError:
            return self._truths.get(value.lower(), -1)
        written = f"{number:.0f}" if number.is_integer() else repr(number)
        return self._known.get(written, -1)


def wrong_kind(table: Table, name: str, found: str, learned: str) -> DataError:
    """Say that a column is no longer what it was."""
    return DataError(
        f"column {name!r} of {table.source} holds {found}; the net learned it as {learned}.",
        do="Write the column as it was in the training data.",
    )


def _gap(name: str, table: Table, row: int) -> DataError:
    return DataError(
        f"column {name!r} of {table.source} has no value in {table.places[row]}, "
        "and the net was trained without gaps.",
        do="Fill the cell in, or train again: tables with gaps are learned as they are.",
    )


def _side_by_side(arrays: list[Array], rows: int, dtype: Any) -> Array:
    found = np.empty((rows, len(arrays)), dtype, order="F")
    for index, array in enumerate(arrays):
        found[:, index] = array
    return found
