"""Columns from Python's own values, as spreadsheets, SQLite and object arrays hand them over.

Imports tables.py. spreadsheets.py, databases.py and frames.py use it. Nothing here runs Python
code for each cell: sets and maps of built-in types do.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.tables import Text, Values

NUMBERS = (int, float, Decimal, Fraction, np.integer, np.floating)
BOOLEANS = (bool, np.bool_)
NO_NUMBERS = (*BOOLEANS, np.timedelta64)  # whose classes inherit from those of whole numbers
BLANKS = ("NAType", "NaTType", "MaskedConstant")  # of pandas and of NumPy's masked arrays
NESTED = (list, dict, tuple, set, bytes, bytearray, np.ndarray)
BOOLEAN_WORDS = ("false", "true")
SECONDS_PER_HOUR, SECONDS_PER_MINUTE = 3600, 60


def values_of(cells: "Sequence[Any] | NDArray[Any]") -> tuple[Values, bool]:
    """A column from its cells, None in a gap; and whether they are lists or records."""
    array = np.empty(len(cells), object)
    array[:] = cells
    kinds = set[type](map(type, array))
    if kinds == {str}:  # the most frequent case, and the largest columns
        return text_of(array), False
    blank = {kind for kind in kinds if kind is type(None) or kind.__name__ in BLANKS}
    gaps = _of_kinds(array, blank)
    kinds -= blank
    if all(issubclass(kind, BOOLEANS) for kind in kinds) and kinds:
        return booleans(np.where(gaps, False, array).astype(bool), gaps), False
    if all(issubclass(kind, NUMBERS) and not issubclass(kind, NO_NUMBERS) for kind in kinds):
        array[gaps] = np.nan
        return array.astype(np.float64), False
    if all(issubclass(kind, datetime) for kind in kinds):
        return _moments(array, gaps), False
    if all(issubclass(kind, date | np.datetime64) for kind in kinds):
        array[gaps] = None
        return np.array(array.tolist(), "M8[us]"), False
    if all(issubclass(kind, time | timedelta | np.timedelta64) for kind in kinds):
        seconds = [np.nan if gap else _seconds(x) for x, gap in zip(array, gaps, strict=True)]
        return np.array(seconds), False
    return text_of(array, gaps), any(issubclass(kind, NESTED) for kind in kinds)


def booleans(is_true: NDArray[np.bool_], gaps: NDArray[np.bool_] | None = None) -> Text:
    """A column of truth values as text."""
    codes = is_true.astype(np.int64)
    return Text(BOOLEAN_WORDS, codes if gaps is None else np.where(gaps, -1, codes))


def written(number: float) -> str:
    """A number as a category or a class is named: 3 rather than 3.0, and no -0."""
    number = float(number) + 0.0
    return f"{number:.0f}" if number.is_integer() else repr(number)


def cells_of(values: Values) -> list[str]:
    """A column as it is written, nothing in a gap."""
    if isinstance(values, Text):
        return [*map([*values.values, ""].__getitem__, values.codes.tolist())]
    if values.dtype.kind == "M":
        return ["" if np.isnat(each) else str(each) for each in values]
    return ["" if each != each else written(each) for each in values.tolist()]


def text_of_numbers(numbers: NDArray[Any]) -> Text:
    """Numbers as categories, in the order of their sizes; NaN is a gap."""
    different, codes = np.unique(numbers, return_inverse=True)  # NaN comes last, once
    known = int(np.count_nonzero(~np.isnan(different)))
    codes = np.where(codes < known, codes, -1)
    return Text(tuple(map(written, different[:known].tolist())), codes)


def joined(parts: Sequence[Values]) -> Values:
    """The rows of several columns, one below the other; text if one of them is text."""
    if not any(isinstance(part, Text) for part in parts):
        arrays = [part for part in parts if not isinstance(part, Text)]
        if len({array.dtype.kind for array in arrays}) == 1:
            return np.concatenate(arrays)
    texts = [part if isinstance(part, Text) else as_text(part) for part in parts]
    values = sorted({value for text in texts for value in text.values})
    place = {value: index for index, value in enumerate(values)}
    codes = [
        np.array([*map(place.__getitem__, text.values), -1], np.int64)[text.codes]
        for text in texts
    ]
    return Text(tuple(values), np.concatenate(codes))


def as_text(values: NDArray[Any]) -> Text:
    """Numbers or times as categories."""
    if values.dtype.kind != "M":
        return text_of_numbers(values)
    different, codes = np.unique(values, return_inverse=True)
    known = int(np.count_nonzero(~np.isnat(different)))
    names = tuple(np.datetime_as_string(different[:known], unit="auto").tolist())
    return Text(names, np.where(codes < known, codes, -1))


def _of_kinds(array: NDArray[Any], kinds: set[type]) -> NDArray[np.bool_]:
    if not kinds:
        return np.zeros(len(array), bool)
    return np.fromiter(map(kinds.__contains__, map(type, array)), bool, len(array))


def _moments(array: NDArray[Any], gaps: NDArray[np.bool_]) -> NDArray[Any]:
    """Points in time; those with a zone in UTC."""
    cells = [None if gap else _in_utc(x) for x, gap in zip(array, gaps, strict=True)]
    return np.array(cells, "M8[us]")


def _in_utc(moment: datetime) -> datetime:
    ahead = moment.utcoffset()
    plain = moment.replace(tzinfo=None)
    return plain if ahead is None else plain - ahead


def _seconds(cell: "time | timedelta | np.timedelta64") -> float:
    if isinstance(cell, np.timedelta64):
        return float(cell / np.timedelta64(1, "s"))
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    whole = SECONDS_PER_HOUR * cell.hour + SECONDS_PER_MINUTE * cell.minute + cell.second
    return whole + cell.microsecond / 1e6


def text_of(array: NDArray[Any], gaps: "NDArray[np.bool_] | None" = None) -> Text:
    """A column of texts. Numbers among them are written as `written` does; blanks are gone."""
    cells: list[Any] = (array if gaps is None else np.where(gaps, "", array)).tolist()
    if set(map(type, cells)) - {str}:
        cells = [_cell(cell) for cell in cells]
    words = sorted(set(cells))
    code = {word: index for index, word in enumerate(words)}
    return Text.written(words, np.fromiter(map(code.__getitem__, cells), np.int64, len(cells)))


def _cell(cell: Any) -> str:
    if isinstance(cell, (float, np.floating)):
        number = float(cast(float, cell))
        return "" if isnan(number) else written(number)
    if isinstance(cell, BOOLEANS):
        return BOOLEAN_WORDS[bool(cast(bool, cell))]
    return str(cell)
