"""Rows for what is already learned: each column read as the part it had in training.

Imports roles.py, texts.py and the data model. preprocessing.py and rows.py use it.
"""

import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.amounts import as_numbers, unread
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Moment,
    Numeric,
    Quantity,
    Target,
    Written,
)
from chainrule.train.data.marks import MARKS, without_marks, without_words
from chainrule.train.data.objects import as_text
from chainrule.train.data.preparation import CodeBook
from chainrule.train.data.tables import Columns, Table, Text, Values, table_of
from chainrule.train.data.texts import all_times_in, spread
from chainrule.train.data.wording import LISTED_AT_MOST, counted, listing

READ_AS = "Write the column as it was in the training data."


def typed(columns: Columns, known: Sequence[Column], marks: tuple[str, ...]) -> Table:
    """The columns that are known, with the types they had in training; the others are ignored.

    Raises
    ------
    DataError
        A missing column; the first cell that is not what its column holds.
    """
    refuse_missing(known, columns.names, columns.source)
    return table_of(columns, {column.name: _values(columns, column, marks) for column in known})


def answers_of(columns: Columns, target: Target, marks: tuple[str, ...]) -> Values:
    """The target's values; a gap where a row has none."""
    values = _marked(columns, target.name, marks)
    if not isinstance(target, Classes):
        return as_numbers(columns, target.name, values, _written(target))
    return values if isinstance(values, Text) else as_text(values)


def refuse_missing(known: Sequence[Column], present: Sequence[str], source: str) -> None:
    """Raise a DataError that names the columns a table lacks."""
    there = set(present)
    missing = [column.name for column in known if column.name not in there]
    if missing:
        read = {column.name for column in known}
        others = [name for name in present if name not in read]
        if len(present) > LISTED_AT_MOST:  # where some go unnamed, then those that are read
            present = [*others, *(name for name in present if name in read)]
        renamed = [f"{name!r}: did you mean {other!r}?" for name, other in _near(missing, others)]
        raise DataError(
            f"{source} lacks {counted(len(missing), 'column')} that the net reads: "
            f"{listing(missing)}.",
            found=[*renamed[:LISTED_AT_MOST], f"columns of {source}: {listing(present)}"],
            do="Give the columns the names they had in the training data; their order is free.",
        )


def _near(missing: Sequence[str], others: Sequence[str]) -> list[tuple[str, str]]:
    """Columns that are missing, each with the one that has nearly its name; case is no matter."""
    plain = dict[str, str]()
    for other in others:
        plain.setdefault(_letters(other), other)
    found = [(name, get_close_matches(_letters(name), plain, n=1)) for name in missing]
    return [(name, plain[near[0]]) for name, near in found if near]


def _letters(name: str) -> str:
    """Letters and digits alone, small and without accents: Fläche, FLÄCHE and fla_che are one."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name).casefold()))


def _marked(columns: Columns, name: str, marks: tuple[str, ...]) -> Values:
    return without_marks(columns.values[name], marks or MARKS)


def _values(columns: Columns, column: Column, marks: tuple[str, ...]) -> Values:
    values = _marked(columns, column.name, marks)
    if isinstance(column, Categorical):
        return _categories(columns, column, values)
    if isinstance(column, Moment):
        return _times(columns, column, values)
    return as_numbers(columns, column.name, values, _written(column))


def _written(part: Numeric | Quantity) -> Written:
    return Written(part.unit, part.words, part.decimal)


def _categories(columns: Columns, column: Categorical, values: Values) -> Text:
    if isinstance(values, Text):
        return values
    text, code = as_text(values), CodeBook(column.categories).code
    if text.values and column.categories and all(code(value) < 0 for value in text.values):
        raise _changed(columns, column.name, values, "text")
    return text


def _times(columns: Columns, column: Moment, values: Values) -> NDArray[Any]:
    if not isinstance(values, Text):
        if values.dtype.kind == "M" or np.isnan(values).all():
            return values.astype("M8[us]")
        raise _changed(columns, column.name, values, "dates")
    values = without_words(values, column.words)
    times = all_times_in(values.values, column.order)
    row = unread(values, times, np.isnat)
    if row is not None:
        cell = values.values[values.codes[row]]
        raise DataError(
            f"column {column.name!r} of {columns.source} holds {cell!r} "
            f"in {columns.places[row]} where a date belongs.",
            do="Correct the cell: dates are written as in the training data.",
        )
    return spread(values, times)


def _changed(columns: Columns, name: str, values: NDArray[Any], learned: str) -> DataError:
    held = "dates" if values.dtype.kind == "M" else "numbers"
    return DataError(
        f"column {name!r} of {columns.source} holds {held}; the net learned it as {learned}.",
        do=READ_AS,
    )
