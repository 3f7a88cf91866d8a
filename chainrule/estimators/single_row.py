"""One row of a table, cell by cell, where each cell is plainly what its column holds.

Imports train.data's model. Reading asks it first: what is done for whole columns takes longer
than the net for one row. A cell that needs a second look leaves the row to it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import isinf, nan
from typing import Any, cast

import numpy as np

from chainrule.train.data.columns import Categorical, Column, Moment, Numeric
from chainrule.train.data.objects import BOOLEAN_WORDS
from chainrule.train.data.times import parts_of

Array = np.ndarray[Any, np.dtype[Any]]
Cells = Mapping[str, Any]
NUMBERS = frozenset({float, int, np.float64, np.float32, np.int64, np.int32})
TRUTH_VALUES = frozenset({bool, np.bool_})
SEQUENCES = (list, tuple, np.ndarray)


def cells_of(x: Any, names: "list[Any] | None" = None) -> Cells | None:
    """Name and cell of each column of one row; None where x is several rows, or none.

    Parameters
    ----------
    x : frame of pandas or polars, or mapping of str to a cell or to a list of them
    names : list, optional
        Of a frame's columns, where they are known.
    """
    if is_mapping(x):
        return _cells_of_mapping(cast("Mapping[Any, Any]", x))
    kind = cast("Any", type(x))
    if not hasattr(kind, "to_numpy") or len(x) != 1:
        return None
    row: Iterable[Any]
    if hasattr(kind, "row"):
        row = x.row(0)
    elif hasattr(kind, "_iter_column_arrays"):
        # Private in pandas, whose public ways to one row take longer than the net.
        row = [column[0] for column in x._iter_column_arrays()]
    else:
        row = x.to_numpy(dtype=object)[0]
    return dict(zip(map(str, names_of(x) if names is None else names), row, strict=True))


def names_of(frame: Any) -> list[Any]:
    """Of its columns: a list already, or an index of pandas."""
    names = frame.columns
    return cast("list[Any]", names.tolist() if hasattr(names, "tolist") else list(names))


def is_mapping(x: Any) -> bool:
    """Whether x is a dict of columns or cells; some sparse matrices of SciPy are dicts too."""
    return isinstance(x, Mapping) and not hasattr(cast("Any", x), "shape")


def _cells_of_mapping(x: Mapping[Any, Any]) -> Cells | None:
    cells = dict[str, Any]()
    for name, cell in x.items():
        if isinstance(cell, SEQUENCES):
            cells_of_column = cast("Sequence[Any]", cell)
            if len(cells_of_column) != 1:
                return None
            cells[str(name)] = cells_of_column[0]
        elif hasattr(cell, "__len__") and not isinstance(cell, str):  # a series
            return None
        else:
            cells[str(name)] = cell
    return cells


def read_cells(columns: Sequence[Column], cells: Cells) -> tuple[Array, Array] | None:
    """Numbers (1, K), NaN for gaps, and codes (1, C); None if a cell needs a second look."""
    numbers, codes = list[float](), list[int]()
    for column in columns:
        cell = cells.get(column.name)
        if isinstance(column, Categorical):
            code = _code(column, cell)
            if code < 0:
                return None
            codes.append(code)
        elif isinstance(column, Moment):
            if type(cell) is not datetime and type(cell).__name__ != "Timestamp":
                return None
            if cast(datetime, cell).tzinfo:
                return None
            parts = parts_of(np.array([cell], "M8[us]"))
            numbers += [_held(part, float(parts[part.name][0])) for part in column.parts]
        else:
            if type(cell) not in NUMBERS or isinf(cast(float, cell)):
                return None
            numbers.append(_held(column, float(cast(float, cell))))
    return np.array([numbers], np.float64), np.array([codes], np.int64)


def _code(column: Categorical, cell: Any) -> int:
    """-1 for a gap, a new category, and for what may be one in other words."""
    if type(cell) in TRUTH_VALUES:
        cell = BOOLEAN_WORDS[bool(cell)]
    known = type(cell) is str and cell in column.categories
    return column.categories.index(cell) if known else -1


def _held(column: Numeric, number: float) -> float:
    """Within what training held its numbers in."""
    if number != number:
        return nan
    if column.low is not None and column.high is not None:
        return min(max(number, column.low), column.high)
    return number
