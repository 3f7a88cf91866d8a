"""Raw rows, wherever they came from: numbers in one matrix, texts as codes into their values.

Imports NumPy and chainrule.errors. Every source makes a RawData; learning.py and
preprocessing.py read it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.wording import counted

# A net computes in float32; squares of larger numbers would not even fit float64's exponent.
LARGEST_NUMBER = float(np.finfo(np.float32).max)

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Text:
    """A column of texts: row i holds ``values[codes[i]]``."""

    values: tuple[str, ...]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, cells: Iterable[str]) -> "Text":
        """Number the texts in sorted order."""
        cells = list(cells)
        values = sorted(set(cells))
        code = {value: index for index, value in enumerate(values)}
        return cls(tuple(values), np.fromiter(map(code.__getitem__, cells), np.int64, len(cells)))

    def take(self, rows: Rows) -> "Text":
        return replace(self, codes=self.codes[rows])

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, eq=False)
class Places:
    """Where each row stands in its source, for messages: "line 17" of a file, or "row 16"."""

    unit: str
    numbers: NDArray[np.int64]

    @classmethod
    def rows(cls, count: int) -> "Places":
        """Rows that came without a file, counted from 1."""
        return cls("row", np.arange(1, count + 1))

    def __getitem__(self, row: int) -> str:
        return f"{self.unit} {self.numbers[row]}"


@dataclass(frozen=True, eq=False)
class Table:
    """Raw input columns: no target, nothing standardised yet.

    Parameters
    ----------
    source : str
        Name of the data set or file, for messages.
    order : tuple of str
        All columns as the source orders them.
    numeric : tuple of str
        Names of the columns of `numbers`.
    numbers : ndarray, (N, len(numeric))
        Any real dtype: pictures stay uint8 until they are needed.
    texts : mapping of str to Text
        The other columns.
    """

    source: str
    order: tuple[str, ...]
    numeric: tuple[str, ...]
    numbers: NDArray[Any]
    texts: Mapping[str, Text]
    places: Places

    @classmethod
    def of_numbers(cls, source: str, names: Iterable[str], numbers: NDArray[Any]) -> "Table":
        """A table of numbers only."""
        names = tuple(names)
        return cls(source, names, names, numbers, {}, Places.rows(len(numbers)))

    def take(self, rows: Rows) -> "Table":
        texts = {name: text.take(rows) for name, text in self.texts.items()}
        places = replace(self.places, numbers=self.places.numbers[rows])
        return replace(self, numbers=self.numbers[rows], texts=texts, places=places)

    def __len__(self) -> int:
        return len(self.places.numbers)


@dataclass(frozen=True, eq=False)
class RawData:
    """A table and its target: Text for classes (in the order of their indices), else float64.

    The last `test_rows` rows are the set's own test part; 0 if it has none.
    """

    name: str
    table: Table
    target_name: str
    target: Text | NDArray[np.float64]
    image_shape: tuple[int, int] | None = None
    test_rows: int = 0

    @property
    def strata(self) -> NDArray[np.int64]:
        """What the split keeps in proportion: the class of each row; 0 throughout for numbers."""
        if isinstance(self.target, Text):
            return self.target.codes
        return np.zeros(len(self.target), np.int64)

    def take(self, rows: Rows) -> "RawData":
        taken = self.target.take(rows) if isinstance(self.target, Text) else self.target[rows]
        return replace(self, table=self.table.take(rows), target=taken)


def refuse_unusable_numbers(
    numbers: NDArray[Any], names: tuple[str, ...], places: Places, source: str = ""
) -> None:
    """Raise a DataError if a number is NaN, infinite, or too large for float32.

    Parameters
    ----------
    numbers : ndarray, (N, len(names))
    """
    if numbers.dtype.kind in "bu":  # bools and unsigned bytes (pictures) are always usable
        return
    usable = np.abs(numbers) <= LARGEST_NUMBER  # False for NaN as well
    if usable.all():
        return
    row, column = (int(index) for index in np.argwhere(~usable)[0])
    bad = int(usable.size - np.count_nonzero(usable))
    raise DataError(
        f"{counted(bad, 'number')} cannot be used: a net computes with finite float32 numbers.",
        found=[
            f"first   {numbers[row, column]} in column {names[column]!r}, {places[row]}",
            *([f"source  {source}"] if source else []),
        ],
        do="Remove such rows, or fill them in (with the column's median, for example).",
    )
