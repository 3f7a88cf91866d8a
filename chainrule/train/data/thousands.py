"""Thousands or decimals: by which sign a column's cells are read, and which are in doubt.

Imports decimal_signs.py, unit_signs.py and the data model. amounts.py, roles.py and remarks.py
ask.
"""

from collections.abc import Callable, Sequence

import numpy as np

from chainrule.errors import DataError
from chainrule.train.data.decimal_signs import COMMA, POINT, SIGNS, is_open, shown_by, sign_of
from chainrule.train.data.tables import Columns, Text
from chainrule.train.data.unit_signs import without_unit


def decimal_of(columns: Columns, cells: Sequence[str], known: str = "") -> str:
    """The sign before the decimals of a column's cells, which are without units."""

    def shown() -> frozenset[str]:
        return columns.shown

    return columns.said or sign_of(cells, known, shown)


def doubt_in(columns: Columns, name: str, unit: str = "") -> str | None:
    """A cell of a column of numbers such as 2.111, where none tells whether it is a thousand.

    All cells with a sign have three digits after it: decimals would hardly end at the third place
    every time.
    """
    values = columns.values[name]
    if columns.said or not isinstance(values, Text):
        cell = None if columns.said else columns.doubts.get(name)
        return None if cell is None or len(columns.shown) == 1 else cell
    given = without_unit(values.values, unit)
    if not any(map(is_open, given)) or shown_by(given) or len(columns.shown) == 1:
        return None
    decimal = decimal_of(columns, given)

    def shows_it(cell: str) -> bool:
        return is_open(cell) and decimal in cell

    row = _first(values, given, shows_it)
    return given[int(values.codes[row])]


def refuse_two_signs(columns: Columns, name: str, text: Text, unit: str) -> None:
    """Raise where cells prove both signs, and others may be thousands by the one or the other."""
    given = without_unit(text.values, unit)
    if len(shown_by(given)) < len(SIGNS) or not any(map(is_open, given)):
        return

    def told(is_wanted: Callable[[str], bool]) -> str:
        row = _first(text, given, is_wanted)
        return f"{text.values[text.codes[row]]!r} in {columns.places[row]}"

    raise DataError(
        f"column {name!r} of {columns.source} has decimal points and decimal commas, so "
        f"{told(is_open)} may be a thousand or not.",
        found=[
            f"point  {told(lambda cell: POINT in shown_by([cell]))}",
            f"comma  {told(lambda cell: COMMA in shown_by([cell]))}",
        ],
        do='Write them alike; or say which it is: decimal="," or decimal="." (on the command '
        "line: --decimal).",
    )


def _first(text: Text, given: Sequence[str], is_wanted: Callable[[str], bool]) -> int:
    """The first row with such a cell."""
    return int(np.argmax(np.append([*map(is_wanted, given)], False)[text.codes]))
