"""read_rows: rows for a net that is already trained, read the way its training rows were.

Imports the other files of this package. `chainrule predict` uses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.columns import Categorical, Classes, Moment
from chainrule.train.data.door import Progress
from chainrule.train.data.frames import columns_of_frame
from chainrule.train.data.later import answers_of, refuse_missing, typed
from chainrule.train.data.marks import MARKS
from chainrule.train.data.objects import cells_of
from chainrule.train.data.preparation import Prepared
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.roles import tells_rows_apart
from chainrule.train.data.sources import is_frame, open_named, open_table, resolve
from chainrule.train.data.tables import Columns, Table, Text
from chainrule.train.data.wanted import Wish


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows that a trained net can read.

    Parameters
    ----------
    preprocessing : Preprocessing
    table : Table
        The columns that are read.
    prepared : Prepared
    y : ndarray or None
        As in a Dataset, of the rows that have one; None if the source has no such column.
    answered : ndarray, int64
        Which rows have a target.
    notes : tuple of str
        What was filled in, in words.
    named : mapping of str to list of str
        The columns that name the rows, as they are written.
    """

    preprocessing: Preprocessing
    table: Table
    prepared: Prepared
    y: NDArray[Any] | None
    answered: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    named: Mapping[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def warnings(self) -> tuple[str, ...]:
        """The columns that hold hardly anything that training knew, in words."""
        return self.prepared.warnings

    @cached_property
    def x(self) -> NDArray[np.float32]:
        """Inputs of a net, (N, D)."""
        return self.preprocessing.matrix(self.prepared, self.table.places, self.table.source)


def read_rows(
    source: Any, preprocessing: Preprocessing, folder: str | PathLike[str] | None = None
) -> tuple[NDArray[np.float32], NDArray[Any] | None]:
    """Inputs, and targets if every row of the source has one.

    Parameters
    ----------
    source : str, path, frame or mapping of str to array_like
        A table, or the name of a data set (all its rows), as for `load`. Columns are found by
        name, in any order; those the net does not read are ignored, whatever they hold.
    preprocessing : Preprocessing
        That of the training data.
    folder : str or path, optional
        Where fashion-mnist is, as for `load`.

    Returns
    -------
    x : ndarray, float32, (N, D)
    y : ndarray or None
        As in a Dataset; None if a row lacks it.
    """
    rows = open_rows(source, preprocessing, folder)
    return rows.x, rows.y if len(rows.answered) == len(rows.x) else None


def open_rows(
    source: Any,
    preprocessing: Preprocessing,
    folder: str | PathLike[str] | None = None,
    query: str | None = None,
    progress: Progress | None = None,
) -> Rows:
    """As `read_rows`, with the rows that lack a target, and with what was filled in."""
    if is_frame(source):
        return _of_columns(columns_of_frame(source), preprocessing)
    found = resolve(source, folder)
    if not isinstance(found, str):
        wish = _wish(preprocessing, query, progress)
        return _of_columns(open_table(found, wish), preprocessing)
    raw = open_named(found, folder)
    rows = Rows(preprocessing, raw.table, preprocessing.prepare(raw.table), None, np.arange(0))
    if raw.target_name != preprocessing.target.name:
        return rows
    y = preprocessing.labels(raw.target, raw.table.places)
    return replace(rows, y=y, answered=np.arange(len(y)))


def _wish(preprocessing: Preprocessing, query: str | None, progress: Progress | None) -> Wish:
    """Categories, dates and names of rows stay as they are written."""
    columns, target = preprocessing.columns, preprocessing.target
    texts = {each.name for each in columns if isinstance(each, Categorical | Moment)}
    texts.update(role.name for role in preprocessing.roles if tells_rows_apart(role))
    if isinstance(target, Classes):
        texts.add(target.name)
    marks = preprocessing.marks or MARKS
    known = frozenset(texts), marks, query, progress
    return Wish(*known, signs=preprocessing.decimals, decimal=preprocessing.decimal)


def _of_columns(columns: Columns, preprocessing: Preprocessing) -> Rows:
    columns = preprocessing.as_written(columns)
    refuse_missing(preprocessing.columns, columns.names, columns.source)
    table = typed(columns, preprocessing.columns, preprocessing.marks)
    prepared = preprocessing.prepare(table)
    named = {
        role.name: cells_of(columns.values[role.name])
        for role in preprocessing.roles
        if tells_rows_apart(role) and role.name in columns.names
    }
    notes = (*columns.notes, *prepared.notes)
    rows = Rows(preprocessing, table, prepared, None, np.arange(0), notes, named)
    target = preprocessing.target
    if target.name not in columns.names:
        return rows
    values = answers_of(columns, target, preprocessing.marks)
    has = values.codes >= 0 if isinstance(values, Text) else ~np.isnan(values)
    answered = np.flatnonzero(has)
    known = values.take(answered) if isinstance(values, Text) else values[answered]
    places = table.take(answered).places
    return replace(rows, y=preprocessing.labels(known, places), answered=answered)
