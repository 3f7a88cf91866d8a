"""Tables in memory: frames of pandas, polars or Arrow, dicts of arrays, matrices.

Imports objects.py, and narwhals when a frame is given: it reads each library's frames through
whatever the user has installed. sources.py uses it.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, DTypeError, MissingLibraryError, ShapeError, describe
from chainrule.spec import is_masked
from chainrule.train.data.delimited import refuse_twice
from chainrule.train.data.objects import booleans, values_of
from chainrule.train.data.tables import Columns, Places, Values

NAME = "the table"


def columns_of_frame(table: Any) -> Columns:
    """A table in memory as columns.

    Parameters
    ----------
    table : Columns, mapping of str to array_like, ndarray or frame
        A matrix (N, D) has the columns x0, x1, ...; a structured array those of its fields.

    Raises
    ------
    DTypeError
        Something else.
    ShapeError
        Columns of different lengths, or with more than one axis.
    DataError
        A column name twice.
    """
    if isinstance(table, Columns):
        return table
    if isinstance(table, np.ndarray):
        return _columns(_of_matrix(cast("NDArray[Any]", table)))
    if isinstance(table, Mapping):
        given = cast("Mapping[Any, Any]", table)
        return _columns({str(name): _array(str(name), each) for name, each in given.items()})
    return _columns(_of_frame(table))


def column_of(name: str, column: Any) -> Values:
    """A column in memory: an array, a list, a series."""
    return _values(_array(name, column))[0]


def _columns(arrays: Mapping[str, "NDArray[Any] | list[Any]"]) -> Columns:
    values, nested = dict[str, Values](), set[str]()
    for name, array in arrays.items():
        values[name], is_nested = _values(array)
        if is_nested:
            nested.add(name)
    lengths = {name: len(each) for name, each in arrays.items()}
    if len(set(lengths.values())) > 1:
        shortest, longest = (pick(lengths, key=lengths.__getitem__) for pick in (min, max))
        raise ShapeError(
            "the columns of a table are equally long, but these are not.",
            found=[f"{name!r}  {lengths[name]} rows" for name in (shortest, longest)],
            do="Give every column a value in every row, None where nothing is known.",
        )
    if not values:
        raise DataError(f"{NAME} has no columns.", do="Give it at least one.")
    return Columns(NAME, values, Places.rows(next(iter(lengths.values()))), frozenset(nested))


def _values(array: "NDArray[Any] | list[Any]") -> tuple[Values, bool]:
    """Numbers as float64, times in microseconds, anything else by what its cells are."""
    if isinstance(array, list):
        return values_of(array)
    match array.dtype.kind:
        case "b":
            return booleans(array), False
        case "i" | "u" | "f":
            return array.astype(np.float64, copy=False), False
        case "M":
            return array.astype("M8[us]"), False
        case "m":
            return array / np.timedelta64(1, "s"), False
        case "c":
            raise DTypeError(
                "a column of complex numbers cannot be learned from.",
                found=[describe("column", array)],
                do="Give its real and its imaginary part as columns of their own.",
            )
        case _:
            return values_of(array.astype(object))


def _array(name: str, column: Any) -> NDArray[Any]:
    """A column of a dict; lists of mixed values stay what they are."""
    if isinstance(column, list | tuple):
        cells = list(cast("list[Any]", column))
        array = np.empty(len(cells), object)
        array[:] = cells
        return array
    array = np.asarray(with_gaps(column))
    if array.ndim != 1:
        raise ShapeError(
            f"a column is one value per row, but {name!r} has {array.ndim} axes.",
            found=[describe(name, array)],
            do="Pass it with shape (N,).",
        )
    return array


def _of_matrix(matrix: NDArray[Any]) -> dict[str, NDArray[Any]]:
    if matrix.dtype.names:
        return {name: np.asarray(with_gaps(matrix[name])) for name in matrix.dtype.names}
    if matrix.ndim != 2:
        raise ShapeError(
            f"a table has rows and columns, but this array has {matrix.ndim} axes.",
            found=[describe("table", matrix)],
            do="Pass it with shape (N, D).",
        )
    return {
        f"x{place}": np.asarray(with_gaps(matrix[:, place])) for place in range(matrix.shape[1])
    }


def with_gaps(array: Any) -> Any:
    """An array with gaps where a mask hides its elements: np.asarray would show them.

    What has no mask stays what it is.
    """
    if not is_masked(array):
        return array
    if not np.ma.is_masked(array):
        return np.asarray(array)
    match array.dtype.kind:
        case "i" | "u" | "f":
            return array.astype(np.float64).filled(np.nan)
        case "M" | "m":
            return array.filled(np.array("NaT", array.dtype))
        case _:
            cells = np.array(array.data, object)
            cells[np.ma.getmaskarray(array)] = None
            return cells


def _of_frame(table: Any) -> dict[str, "NDArray[Any] | list[Any]"]:
    narwhals = _narwhals()
    try:
        frame = narwhals.from_native(table, eager_only=True)
    except TypeError:
        raise DTypeError(
            f"a table is a frame, a dict of arrays or a matrix; found {type(table).__name__}.",
            do="Pass a pandas, polars or Arrow table, or {name: array}.",
        ) from None
    except narwhals.exceptions.NarwhalsError as error:
        raise DataError(
            "this frame cannot be read.", found=[str(error).splitlines()[0]], do="Mend it first."
        ) from None
    refuse_twice([str(name) for name in frame.columns], NAME)
    return {str(series.name): _of_series(narwhals, series) for series in frame.iter_columns()}


def _of_series(narwhals: Any, series: Any) -> "NDArray[Any] | list[Any]":
    kind = series.dtype
    if kind == narwhals.Boolean and not series.null_count():
        return series.to_numpy().astype(bool)
    if kind.is_numeric():
        if series.null_count():
            series = series.cast(narwhals.Float64).fill_null(float("nan"))
        return series.to_numpy().astype(np.float64)
    if kind == narwhals.Datetime or kind == narwhals.Date:
        series = series.cast(narwhals.Datetime("us", getattr(kind, "time_zone", None)))
        if getattr(kind, "time_zone", None):
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.to_numpy().astype("M8[us]")
    if kind == narwhals.Duration:
        return series.to_numpy().astype("m8[us]")
    return series.to_list()


def _narwhals() -> Any:
    try:
        # Here, not above: only frames need it.
        import narwhals.stable.v2 as library  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            "frames are read through narwhals, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"; or pass a dict of arrays.',
        ) from error
    return library
