"""By which column rows are split: in its order, or so that rows that hold the same stay together.

Imports the data model and texts.py. inference.py reads the keys, loading.py splits by them.
"""

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data.split import Split, split_groups, split_latest, split_rows
from chainrule.train.data.tables import Columns, RawData, Text, Values
from chainrule.train.data.texts import numbers_in, order_of, spread, times_in
from chainrule.train.data.thousands import decimal_of
from chainrule.train.data.wording import figure

Kind = Literal["random", "time", "group"]
RANDOM = "random"


def kind_of(split: str) -> tuple[Kind, str]:
    """The kind of a split and its column: of "time:day", "group:shop" or "random".

    Raises
    ------
    ArgumentError
        If it is anything else.
    """
    kind, _, column = split.partition(":")
    if split == RANDOM or (kind in ("time", "group") and column):
        return cast(Kind, kind), column
    raise ArgumentError(
        f"split is random, time:COLUMN or group:COLUMN; found {split!r}.",
        do="Name the column behind a colon, such as split='time:day'.",
    )


def keys_of(columns: Columns, split: str) -> NDArray[Any] | None:
    """What the rows are split by: times as numbers, or codes of groups; None for "random".

    Raises
    ------
    UnknownNameError
        A column that is not there.
    DataError
        A row that holds nothing there; texts that are neither dates nor numbers, for times.
    """
    kind, name = kind_of(split)
    if kind == RANDOM:
        return None
    if name not in columns.names:
        raise UnknownNameError("column", name, columns.names)
    values = columns.values[name]
    keys = _times(columns, name, values) if kind == "time" else _groups(values)
    nothing = np.isnan(keys) if kind == "time" else keys < 0
    if nothing.any():
        row = int(np.argmax(nothing))
        raise DataError(
            f"column {name!r} of {columns.source} holds nothing in {columns.places[row]}, "
            "but the rows are split by it.",
            found=[f"rows without it  {int(np.count_nonzero(nothing)):,}"],
            do="Fill it in, leave these rows out, or split at random.",
        )
    if keys.min() == keys.max():
        raise DataError(
            f"column {name!r} of {columns.source} holds the same in every row: nothing can be "
            "split by it.",
            do="Name another column, or split at random.",
        )
    return keys


def are_dates(columns: Columns, split: str) -> bool:
    """Whether the rows are split by dates, whose keys are microseconds since 1970."""
    kind, name = kind_of(split)
    if kind != "time":
        return False
    values = columns.values[name]
    found = _ordered(columns, values) if isinstance(values, Text) else values
    return found is not None and _is_time(found)


def told_start(raw: RawData, rows: NDArray[np.int64]) -> str:
    """The key of the first of some rows that are split in time: a date, or a number."""
    if raw.keys is None or raw.keys.dtype.kind != "f" or not len(rows):
        return ""
    first = float(raw.keys[rows].min())
    if not raw.are_dates:
        return figure(first)
    return str(np.datetime64(int(first), "us").astype("M8[s]")).removesuffix("T00:00:00")


def split_raw(raw: RawData, validation: float, test: float, seed: int) -> Split:
    """Rows for training, watching and testing, as the raw data are to be split."""
    if raw.keys is None:
        return split_rows(raw.strata, validation, test, seed, own_test_rows=raw.test_rows)
    if raw.keys.dtype.kind == "f":
        return split_latest(raw.keys, validation, test)
    return split_groups(raw.keys, validation, test, seed)


def _times(columns: Columns, name: str, values: Values) -> NDArray[np.float64]:
    if isinstance(values, Text):
        found = _ordered(columns, values)
        if found is None:
            raise DataError(
                f"column {name!r} of {columns.source} holds texts that are no dates and no "
                "numbers, so its rows have no order.",
                found=[f"first text   {values.values[values.codes[0]]!r}, {columns.places[0]}"],
                do=f"Keep rows with the same text together: split='group:{name}' (on the command "
                f"line: --split group:{name}).",
            )
        values = spread(values, found)
    if _is_time(values):
        return np.where(np.isnat(values), np.nan, values.astype("M8[us]").astype(np.float64))
    return values.astype(np.float64)


def _ordered(columns: Columns, text: Text) -> NDArray[Any] | None:
    """The texts as numbers or as times, if all of them are such."""
    numbers = numbers_in(text.values, decimal_of(columns, text.values))
    if numbers is not None and not np.isnan(numbers).any():
        return numbers
    times = times_in(text.values, order_of(text.values))
    return None if times is None or np.isnat(times).any() else times


def _is_time(values: NDArray[Any]) -> bool:
    return values.dtype.kind == "M"


def _groups(values: Values) -> NDArray[np.int64]:
    if isinstance(values, Text):
        return values.codes
    nothing = np.isnat(values) if _is_time(values) else np.isnan(values)
    found = np.unique(values, return_inverse=True)
    return np.where(nothing, -1, found[1])
