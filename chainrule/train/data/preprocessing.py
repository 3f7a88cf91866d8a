"""Preprocessing: from raw columns to the standardised matrix a net reads, and back.

Imports the data model beside it. `learning.learn` makes it from training rows; it is saved with
the model, so that later rows are read the way the training rows were.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.errors import DataError, ShapeError, describe
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Numeric,
    Quantity,
    Role,
    Target,
    Task,
)
from chainrule.train.data.decimal_signs import COMMA
from chainrule.train.data.frames import columns_of_frame
from chainrule.train.data.later import refuse_missing, typed
from chainrule.train.data.preparation import CodeBook, Prepared, prepare
from chainrule.train.data.records import preprocessing_record, read_preprocessing_record
from chainrule.train.data.standardising import standardised
from chainrule.train.data.tables import Columns, Places, Table, Text
from chainrule.train.data.wording import listing


@dataclass(frozen=True)
class Preprocessing:
    """How raw rows become inputs and labels, learned from the training rows alone.

    Parameters
    ----------
    columns : tuple of Numeric, Categorical or Moment
        The raw input columns, in the order of the net's inputs. Columns are found by name.
    target : Classes or Quantity
        Class names, or mean and std of the target.
    roles : tuple of Role
        What was done with each column of the table, in its order, and why; () for a data set
        whose columns are known.
    marks : tuple of str
        What stands for a gap, where the user said so; () for the usual marks.
    decimal : str
        The decimal sign where the user said so, whatever the cells show; else "".
    """

    columns: tuple[Column, ...]
    target: Target
    roles: tuple[Role, ...] = ()
    marks: tuple[str, ...] = ()
    decimal: str = ""

    @property
    def decimals(self) -> dict[str, str]:
        """The decimal sign of each column that has one, by which later rows are read, too."""
        parts = (*self.columns, self.target)
        numbers = [part for part in parts if isinstance(part, Numeric | Quantity)]
        return {part.name: part.decimal for part in numbers if part.decimal}

    @property
    def has_decimal_commas(self) -> bool:
        """Whether numbers of some column were written like 1.234,5."""
        return COMMA in self.decimals.values()

    @property
    def task(self) -> Task:
        """The kind of target: "classification" or "regression"."""
        return "classification" if isinstance(self.target, Classes) else "regression"

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns of x."""
        return tuple(name for column in self.columns for name in column.features)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; () for regression."""
        return self.target.classes if isinstance(self.target, Classes) else ()

    def prepare(self, table: Any) -> Prepared:
        """Numbers without gaps and codes of categories: what a net of any kind starts from.

        Parameters
        ----------
        table : Table, frame, mapping of str to array_like, or matrix
            Rows with the columns of the training table, in any order; more are ignored.

        Raises
        ------
        DataError
            A missing column, a number that is not finite, a column of another kind.
        """
        return prepare(self.columns, self.table(table))

    def table(self, table: Any) -> Table:
        """Any table with the types that its columns had in training."""
        if isinstance(table, Table):
            refuse_missing(self.columns, table.order, table.source)
            return table
        return typed(self.as_written(columns_of_frame(table)), self.columns, self.marks)

    def as_written(self, columns: Columns) -> Columns:
        """Columns with the decimal sign that the user said of the training table."""
        return replace(columns, said=self.decimal) if self.decimal else columns

    def apply(self, table: Any) -> NDArray[np.float32]:
        """Inputs of a net: float32, C-contiguous, (N, D). Columns that it never saw are left out.

        Raises
        ------
        DataError
            As :meth:`prepare`; and a number that is beyond float32 once it is standardised.
        """
        table = self.table(table)
        return self.matrix(prepare(self.columns, table), table.places, table.source)

    def matrix(
        self, prepared: Prepared, places: Places | None = None, source: str = ""
    ) -> NDArray[np.float32]:
        """Standardised numbers, ones at the categories and at the gaps: what `apply` gives.

        Parameters
        ----------
        places, source
            Where the rows stand, for messages. Default: counted from 1.
        """
        x = np.empty((len(prepared), len(self.features)), np.float32)
        place, numeric_places = 0, list[int]()
        codes, gaps = iter(prepared.codes.T), iter(prepared.gaps.T)
        for column in self.columns:
            if isinstance(column, Categorical):
                _write_ones(x[:, place : place + column.size], next(codes))
            else:
                numbers = len(column.features) - column.has_gaps
                numeric_places.extend(range(place, place + numbers))
                if column.has_gaps:
                    x[:, place + numbers] = next(gaps)
            place += len(column.features)
        if numeric_places:
            run, rows = _run(numeric_places), places or Places.rows(len(prepared))
            if isinstance(run, slice):  # texts do not stand between the numbers
                standardised(prepared.numbers, prepared.columns, rows, source, out=x[:, run])
            else:
                x[:, run] = standardised(prepared.numbers, prepared.columns, rows, source)
        return x

    def labels(self, values: "Text | ArrayLike", places: Places | None = None) -> NDArray[Any]:
        """Targets of a net: class indices, int64, (N,); or standardised, float32, (N, 1).

        Parameters
        ----------
        values : Text or array_like, (N,)
            Class names (whole numbers stand for their digits), or numbers.
        places : Places, optional
            Where the rows stand, for messages. Default: counted from 1.
        """
        if isinstance(self.target, Classes):
            text = values if isinstance(values, Text) else _text(values)
            return _class_indices(self.target, text, places or Places.rows(len(text)))
        numbers = _numbers(self.target.name, values)
        return standardised(numbers[:, None], [self.target], places or Places.rows(len(numbers)))

    def original(self, y: ArrayLike) -> NDArray[np.float64]:
        """A net's answers to a regression in the target's own unit: float64, (N,)."""
        if isinstance(self.target, Classes):
            raise DataError(
                f"the target {self.target.name!r} is a class and has no unit.",
                do="Take classes[scores.argmax(axis=1)] for a classification.",
            )
        return np.asarray(y, np.float64).reshape(-1) * self.target.std + self.target.mean

    def to_json(self) -> str:
        """Everything as JSON text; :meth:`from_json` gives it back exactly, to the last bit."""
        return preprocessing_record(
            *(self.columns, self.target, self.roles, self.marks, self.decimal),
        )

    @classmethod
    def from_json(cls, text: str) -> "Preprocessing":
        """Read what :meth:`to_json` wrote; a DataError if it is anything else."""
        return cls(*read_preprocessing_record(text))


def _run(places: list[int]) -> "slice | list[int]":
    """Neighbouring columns as a slice, which copies nothing."""
    first, last = places[0], places[-1]
    return slice(first, last + 1) if places == list(range(first, last + 1)) else places


def _write_ones(x: NDArray[np.float32], codes: NDArray[np.int64]) -> None:
    """A one at each row's code; none for a code of -1."""
    x[:] = 0
    known = np.flatnonzero(codes >= 0)
    x[known, codes[known]] = 1


def _class_indices(target: Classes, text: Text, places: Places) -> NDArray[np.int64]:
    index_of = np.array(list(map(CodeBook(target.classes).code, text.values)), np.int64)
    indices = index_of[text.codes]
    if (indices < 0).any():
        row = int(np.argmax(indices < 0))
        raise DataError(
            f"the target {target.name!r} holds {text.values[text.codes[row]]!r} in {places[row]}, "
            "which is none of the classes.",
            found=[f"classes {listing(target.classes)}"],
            do="Correct the value, or train again on data that has this class.",
        )
    return indices


def _text(values: ArrayLike) -> Text:
    array = _one_axis(values)
    return Text.of(str(value) for value in array.tolist())


def _numbers(name: str, values: "Text | ArrayLike") -> NDArray[np.float64]:
    if isinstance(values, Text):
        values = np.array(values.values)[values.codes]
    array = _one_axis(values)
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"the target {name!r} must be numbers: {error}.", do="Correct that value."
        ) from None


def _one_axis(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ShapeError(
            f"labels are one value per row, but these have {array.ndim} axes.",
            found=[describe("values", array)],
            do="Pass them with shape (N,).",
        )
    return array
