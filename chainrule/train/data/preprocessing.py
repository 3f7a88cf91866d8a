"""Preprocessing: from raw columns to the standardised matrix a net reads, and back.

Imports the data model beside it. `learning.learn` makes it from training rows; it is saved with
the model, so that later rows are read the way the training rows were.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chainrule.errors import DataError, ShapeError, describe
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Numeric,
    Target,
    Task,
)
from chainrule.train.data.records import preprocessing_record, read_preprocessing_record
from chainrule.train.data.standardising import standardised
from chainrule.train.data.tables import Places, Table, Text
from chainrule.train.data.wording import counted, listing


@dataclass(frozen=True)
class Preprocessing:
    """How raw rows become inputs and labels, learned from the training rows alone.

    Parameters
    ----------
    columns : tuple of Numeric or Categorical
        The raw input columns, in the order of the net's inputs. Columns are found by name.
    target : Classes or Quantity
        Class names, or mean and std of the target.
    """

    columns: tuple[Column, ...]
    target: Target

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

    def apply(self, table: Table) -> NDArray[np.float32]:
        """Inputs of a net: float32, C-contiguous, (N, D). Columns that it never saw are left out.

        Raises
        ------
        DataError
            A missing column, a number that is not finite, or a category unknown to training.
        """
        refuse_missing_columns(self, table.order, table.source)
        x = np.empty((len(table), len(self.features)), np.float32)
        place, numeric_places = 0, list[int]()
        for column in self.columns:
            if isinstance(column, Categorical):
                _write_one_hot(x[:, place : place + len(column.categories)], column, table)
            else:
                numeric_places.append(place)
            place += len(column.features)
        numeric = [column for column in self.columns if isinstance(column, Numeric)]
        if numeric:
            _write_standardised(x, numeric_places, numeric, table)
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
        return preprocessing_record(self.columns, self.target)

    @classmethod
    def from_json(cls, text: str) -> "Preprocessing":
        """Read what :meth:`to_json` wrote; a DataError if it is anything else."""
        return cls(*read_preprocessing_record(text))


def refuse_missing_columns(
    preprocessing: Preprocessing, present: tuple[str, ...], source: str
) -> None:
    """Raise a DataError that names the columns a table lacks."""
    known = set(present)
    missing = [column.name for column in preprocessing.columns if column.name not in known]
    if missing:
        raise DataError(
            f"{source} lacks {counted(len(missing), 'column')} that the net reads: "
            f"{listing(missing)}.",
            found=[f"columns of {source}: {listing(present)}"],
            do="Give the columns the names they had in the training data; their order is free.",
        )


def _write_standardised(
    x: NDArray[np.float32], places: list[int], columns: list[Numeric], table: Table
) -> None:
    index = {name: number for number, name in enumerate(table.numeric)}
    for column in columns:
        if column.name not in index:
            raise _wrong_kind(table, column.name, "text", "numbers")
    numbers = table.numbers[:, _run([index[column.name] for column in columns])]
    run = _run(places)
    if isinstance(run, slice):
        standardised(numbers, columns, table.places, table.source, out=x[:, run])
    else:  # texts stand between the numbers
        x[:, run] = standardised(numbers, columns, table.places, table.source)


def _run(places: list[int]) -> "slice | list[int]":
    """Neighbouring columns as a slice, which copies nothing."""
    first, last = places[0], places[-1]
    return slice(first, last + 1) if places == list(range(first, last + 1)) else places


def _write_one_hot(x: NDArray[np.float32], column: Categorical, table: Table) -> None:
    if column.name not in table.texts:
        raise _wrong_kind(table, column.name, "numbers", "text")
    text = table.texts[column.name]
    known = {category: index for index, category in enumerate(column.categories)}
    index_of = np.array([known.get(value, -1) for value in text.values], np.int64)
    indices = index_of[text.codes]
    if (indices < 0).any():
        row = int(np.argmax(indices < 0))
        raise DataError(
            f"column {column.name!r} holds {text.values[text.codes[row]]!r} in "
            f"{table.places[row]}, which no training row had.",
            found=[f"known   {listing(column.categories)}"],
            do="Correct the value, or train again on data that has it.",
        )
    x[:] = 0
    x[np.arange(len(indices)), indices] = 1


def _wrong_kind(table: Table, name: str, found: str, learned: str) -> DataError:
    return DataError(
        f"column {name!r} of {table.source} holds {found}; the net learned it as {learned}.",
        do="Write the column as it was in the training data.",
    )


def _class_indices(target: Classes, text: Text, places: Places) -> NDArray[np.int64]:
    known = {name: index for index, name in enumerate(target.classes)}
    index_of = np.array([_class_index(known, value) for value in text.values], np.int64)
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


def _class_index(known: dict[str, int], value: str) -> int:
    """Index of a class name, also of "3.0" where the class is called "3"; -1 if unknown."""
    if value in known:
        return known[value]
    try:
        number = float(value) + 0.0  # + 0.0: no "-0"
    except ValueError:
        return -1
    return known.get(f"{number:.0f}", -1) if number.is_integer() else -1


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
