"""What users give as rows, as the estimators take it: a frame, a dict of columns or an array.

Imports errors and train.data. The estimators ask it first, in training and for every answer.
"""

from collections.abc import Mapping
from os import PathLike
from typing import Any, cast

import numpy as np

from chainrule.errors import DTypeError, ShapeError, describe
from chainrule.estimators.single_row import is_mapping
from chainrule.train.data.frames import with_gaps

ROWS = "Pass a frame of pandas or polars, a dict of columns, or an array of numbers (N, D)"
FILE = (
    "Read it first, as by pandas.read_csv(path); or let chainrule read the file to train:\n"
    "model.fit_table(chainrule.train.data.fit_table(path, target))."
)


def taken(x: Any) -> Any:
    """The rows, or a table of the same rows: records as columns, a lazy frame collected.

    Raises
    ------
    DTypeError
        What holds no rows: a path, a series, None, a number, a generator.
    ShapeError
        An array without two axes.
    """
    if isinstance(x, np.ndarray):
        array = cast("np.ndarray[Any, np.dtype[Any]]", x)
        if array.ndim < 2 and not array.dtype.names:
            raise _no_rows(array)
        return array if array.dtype.names else with_gaps(array)
    kind = cast("Any", type(x))
    if is_mapping(x):
        return x
    if isinstance(x, list | tuple):
        return _of_list(cast("list[Any]", x))
    if hasattr(kind, "collect_schema") and hasattr(kind, "collect"):
        return x.collect()  # a lazy frame of polars
    if isinstance(x, str | bytes | PathLike):
        path: Any = cast("Any", x)
        raise DTypeError("rows are a table, but this is a text.", found=[f"{path!r:.80}"], do=FILE)
    if hasattr(kind, "to_frame") and not hasattr(kind, "columns"):
        raise DTypeError(
            f"rows are a table, but this is one {kind.__name__}.",
            do=f"{ROWS};\nof one row its dict of cells: series.to_dict(). Of one column: "
            "series.to_frame().",
        )
    if isinstance(x, type) or not (hasattr(kind, "__len__") or hasattr(kind, "__array__")):
        what = f"the class {x.__name__}" if isinstance(x, type) else kind.__name__
        if isinstance(x, int | float | complex | np.generic):
            raise _no_rows(np.asarray(x))
        raise DTypeError(f"rows are a table, but this is {what}.", do=f"{ROWS}.")
    return x


def _of_list(rows: "list[Any]") -> Any:
    """A list of rows; of records a dict of columns, None where a record lacks a name."""
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: [row.get(name) for row in rows] for name in names}
    if not any(hasattr(row, "__len__") or hasattr(row, "__array__") for row in rows):
        raise _no_rows(np.asarray(rows))
    return rows


def _no_rows(array: "np.ndarray[Any, np.dtype[Any]]") -> ShapeError:
    axes = "one axis" if array.ndim else "none"
    return ShapeError(
        f"an array of rows has two axes, (N, D), but this has {axes}.",
        found=[describe("X", array)],
        do="Reshape your data: array.reshape(1, -1) if it is one row, array.reshape(-1, 1) if it "
        "is one\ncolumn.",
    )
