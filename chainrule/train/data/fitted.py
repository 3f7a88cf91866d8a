"""fit_table: a table in memory or in a file, prepared for a net of any kind; what estimators call.

Imports the other files of this package. Nothing is split here, and nothing standardised yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, ShapeError
from chainrule.train.data.amounts import amounts_in, as_numbers
from chainrule.train.data.frames import column_of, columns_of_frame
from chainrule.train.data.inference import infer
from chainrule.train.data.learning import learn
from chainrule.train.data.marks import MARKS, without_marks
from chainrule.train.data.preparation import Prepared, prepare
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.remarks import told_thousands
from chainrule.train.data.sources import open_table, resolve
from chainrule.train.data.tables import Columns, Places, RawData, Text
from chainrule.train.data.texts import spread
from chainrule.train.data.wanted import Wanted, wanted_of, wish_of

TARGET = "target"  # what an array of answers is called if it has no name


@dataclass(frozen=True, eq=False)
class Fitted:
    """What was learned of a table, and its rows.

    Parameters
    ----------
    preprocessing : Preprocessing
        Prepares later tables the same way: ``preprocessing.prepare(table)``; ``roles`` in it say
        what was done with each column.
    prepared : Prepared
        Numbers, codes and gaps of the rows below.
    y : ndarray
        Class indices, int64, (N,); or standardised, float32, (N, 1).
    answers : ndarray, (N,)
        Class indices; or the numbers themselves, float64.
    rows : ndarray, int64, (N,)
        Which rows of the table these are: one without an answer is left out.
    notes : tuple of str
        What a reader should know.
    """

    preprocessing: Preprocessing
    prepared: Prepared
    y: NDArray[Any]
    answers: NDArray[Any]
    rows: NDArray[np.int64]
    notes: tuple[str, ...]


def fit_table(
    table: Any,
    target: Any,
    *,
    drop: Sequence[str] = (),
    categorical: Sequence[str] = (),
    numeric: Sequence[str] = (),
    missing: Sequence[str] = (),
    task: str = "auto",
    decimal: str | None = None,
    query: str | None = None,
) -> Fitted:
    """Infer what each column is for, learn what preparing it takes, and prepare all rows.

    Parameters
    ----------
    table : frame, mapping of str to array_like, ndarray (N, D), or path
        Any table that `load` takes, and matrices.
    target : str or array_like, (N,)
        The column to predict, or the answers themselves.
    drop, categorical, numeric, missing, task, decimal, query
        As for `load`.

    Returns
    -------
    Fitted

    Raises
    ------
    DataError
        As `load`.

    Examples
    --------
    >>> table = {"size": [50, 70, None, 65, 90], "town": ["A", "B", "A", None, "B"]}
    >>> fitted = fit_table(table, [1.5, 2.5, 1.0, 2.0, 3.5])
    >>> fitted.prepared.numbers.ravel().tolist()
    [50.0, 70.0, 67.5, 65.0, 90.0]
    >>> fitted.prepared.codes.ravel().tolist()
    [0, 1, 0, 2, 1]
    >>> later = fitted.preprocessing.prepare({"town": ["C"], "size": [80]})
    >>> later.codes.tolist(), later.notes
    ([[2]], ("1 cell with a category that training never had: 'town' 1",))
    """
    wanted = wanted_of(drop, categorical, numeric, missing, task, decimal=decimal)
    return fit_wanted(table, target, wanted, query)


def fit_wanted(table: Any, target: Any, wanted: Wanted, query: str | None = None) -> Fitted:
    """The same of what a user says in one piece."""
    columns = _columns(table, wanted, query)
    if not isinstance(target, str):
        wanted.refuse_unknown(columns.names, "")
        columns, target = _with_answers(columns, target)
    raw = infer(columns, columns.source, target, wanted)
    return fit_rows(raw, np.arange(len(raw.table)))


def numbers_of(
    answers: Any, table: Any, decimal: str = ""
) -> tuple[NDArray[np.float64], Columns | None, tuple[str, ...]]:
    """Answers that came as texts, read as a target column is; a frame's columns; and notes.

    Parameters
    ----------
    answers : array_like, (N,)
    table : frame or ndarray
        The texts of a frame and the answers tell of each other how decimals are written.
    decimal : str
        The decimal sign whatever they tell; "" if they do.

    Raises
    ------
    DataError
        The first answer that is no number.
    """
    is_frame: bool = not isinstance(table, np.ndarray)
    own = columns_of_frame(table) if is_frame else Columns(TARGET, {}, Places.rows(len(answers)))
    columns, name = _with_answers(replace(own, said=decimal), answers)
    values = without_marks(columns.values[name], MARKS)
    found = amounts_in(columns, name, values, is_asked=True) if isinstance(values, Text) else None
    if found is None or not isinstance(values, Text):
        return as_numbers(columns, name, values), own if is_frame else None, ()
    notes = (*found.notes, *told_thousands(columns, name, found.written.unit))
    numbers = spread(values, found.of_values)
    return numbers, replace(own, proven=columns.shown) if is_frame else None, notes


def fit_rows(raw: RawData, rows: NDArray[np.int64]) -> Fitted:
    """The same of some rows of a table whose columns have their parts."""
    preprocessing = learn(raw, rows)
    if len(rows) < len(raw.table):
        raw = replace(
            raw.take(rows), answered=rows if raw.answered is None else raw.answered[rows]
        )
    y = preprocessing.labels(raw.target, raw.table.places)
    return Fitted(
        preprocessing,
        prepare(preprocessing.columns, raw.table),
        y,
        y if isinstance(raw.target, Text) else raw.target,
        np.arange(len(raw.table)) if raw.answered is None else raw.answered,
        raw.notes,
    )


def _columns(table: Any, wanted: Wanted, query: str | None) -> Columns:
    if not isinstance(table, str | PathLike):
        return columns_of_frame(table)
    found = resolve(cast("str | PathLike[str]", table), None)
    if isinstance(found, str):
        raise ArgumentError(
            f"{found!r} is the name of a data set, not a table.",
            do="Write ./NAME for a file of that name; or load the set.",
        )
    return open_table(found, wish_of(wanted, query))


def _with_answers(columns: Columns, answers: Any) -> tuple[Columns, str]:
    """The table with one column more, whose name no other has."""
    name = TARGET
    while name in columns.names:
        name = f"{name}_"
    values = column_of(name, answers)
    if len(values) != len(columns):
        raise ShapeError(
            f"a table has an answer for each row; found {len(values)} answers for "
            f"{len(columns)} rows.",
            do="Pass both with the same rows.",
        )
    return replace(columns, values={**columns.values, name: values}), name
