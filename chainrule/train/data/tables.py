"""Raw rows, wherever they came from: numbers, texts as codes into their values, points in time.

Imports decimal_signs.py and unit_signs.py. Every source makes a RawData; learning.py and
preprocessing.py read it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.columns import Role, Written
from chainrule.train.data.decimal_signs import COMMA, POINT, SIGNS, shown_by
from chainrule.train.data.unit_signs import number_of
from chainrule.train.data.wording import counted

# A net computes in float32; squares of larger numbers would not even fit float64's exponent.
LARGEST_NUMBER = float(np.finfo(np.float32).max)

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Text:
    """A column of texts: row i holds ``values[codes[i]]``; a gap has the code -1."""

    values: tuple[str, ...]
    codes: NDArray[np.int64]

    @classmethod
    def of(cls, cells: Iterable[str]) -> "Text":
        """Number the texts in sorted order."""
        cells = list(cells)
        values = sorted(set(cells))
        code = {value: index for index, value in enumerate(values)}
        return cls(tuple(values), np.fromiter(map(code.__getitem__, cells), np.int64, len(cells)))

    @classmethod
    def written(cls, written: Sequence[str], codes: NDArray[np.int64]) -> "Text":
        """Number the texts in sorted order, freed from the blanks around them; "" is a gap.

        Parameters
        ----------
        written : sequence of str
            Different texts.
        codes : ndarray, int64, (N,)
            Which of them a row holds; -1 in a gap.
        """
        trimmed = [each.strip() for each in written]
        values = sorted(set(trimmed) - {""})
        if values == trimmed:
            return cls(tuple(values), codes)
        code = {value: index for index, value in enumerate(values)} | {"": -1}
        return cls(tuple(values), np.array([*map(code.__getitem__, trimmed), -1], np.int64)[codes])

    def take(self, rows: Rows) -> "Text":
        return replace(self, codes=self.codes[rows])

    def used(self) -> "Text":
        """The same column without the values that no row holds."""
        is_there = np.bincount(self.codes[self.codes >= 0], minlength=len(self.values)) > 0
        if is_there.all():
            return self
        place = np.append(np.where(is_there, np.cumsum(is_there) - 1, -1), -1)
        values = tuple(value for value, there in zip(self.values, is_there, strict=True) if there)
        return Text(values, place[self.codes])

    def __len__(self) -> int:
        return len(self.codes)


@dataclass(frozen=True, eq=False)
class Places:
    """Where each row stands in its source, for messages: "line 17" of a file, or "row 16".

    Parameters
    ----------
    unit : str
    numbers : ndarray, int64, (N,)
    find : callable, optional
        From a number to the place, where finding it takes time. Default: unit and number.
    """

    unit: str
    numbers: NDArray[np.int64]
    find: Callable[[int], str] | None = None

    @classmethod
    def rows(cls, count: int) -> "Places":
        """Rows that came without a file, counted from 1."""
        return cls("row", np.arange(1, count + 1))

    def __getitem__(self, row: int) -> str:
        number = int(self.numbers[row])
        return f"{self.unit} {number}" if self.find is None else self.find(number)


Values = Text | NDArray[Any]  # numbers, NaN in a gap; or datetime64[us], NaT in a gap


@dataclass(frozen=True, eq=False)
class Columns:
    """A table as it came, before it is known what its columns are for.

    Parameters
    ----------
    source : str
        Name of the file or the kind of table, for messages.
    values : mapping of str to Values
        In the order of the source.
    places : Places
    nested : frozenset of str
        Columns whose cells hold lists or records, written as text.
    notes : tuple of str
        What a reader should know: an encoding that was guessed.
    decimal : str
        The sign before the decimals of numbers that came as text and are numbers here; "" where
        numbers came as such.
    proven : frozenset of str
        Decimal signs that cells of the source prove, besides the texts here.
    doubts : mapping of str to str
        A cell of each column of such numbers that may be thousands: 2.111 beside 361.
    said : str
        The decimal sign as the user said it, whatever the cells show.
    """

    source: str
    values: Mapping[str, Values]
    places: Places
    nested: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    decimal: str = ""
    proven: frozenset[str] = frozenset()
    doubts: Mapping[str, str] = field(default_factory=dict[str, str])
    said: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.values)

    @cached_property
    def shown(self) -> frozenset[str]:
        """The decimal signs that cells prove, of whatever column."""
        found = self.proven
        for values in self.values.values():
            if isinstance(values, Text) and len(found) < len(SIGNS):
                signed = [each for each in values.values if POINT in each or COMMA in each]
                found = shown_by([*map(number_of, signed)], found)
        return found

    def __len__(self) -> int:
        return len(self.places.numbers)


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
        Columns of categories.
    times : mapping of str to ndarray, datetime64[us]
        Columns of dates and times.
    """

    source: str
    order: tuple[str, ...]
    numeric: tuple[str, ...]
    numbers: NDArray[Any]
    texts: Mapping[str, Text]
    places: Places
    times: Mapping[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])

    @classmethod
    def of_numbers(cls, source: str, names: Iterable[str], numbers: NDArray[Any]) -> "Table":
        """A table of numbers only."""
        names = tuple(names)
        return cls(source, names, names, numbers, {}, Places.rows(len(numbers)))

    def kind_of(self, name: str) -> str:
        """What a column holds, in a word."""
        if name in self.texts:
            return "text"
        return "dates" if name in self.times else "numbers"

    def take(self, rows: Rows) -> "Table":
        texts = {name: text.take(rows) for name, text in self.texts.items()}
        times = {name: time[rows] for name, time in self.times.items()}
        places = replace(self.places, numbers=self.places.numbers[rows])
        numbers = taken(self.numbers, rows)
        return replace(self, numbers=numbers, texts=texts, times=times, places=places)

    def __len__(self) -> int:
        return len(self.places.numbers)


def table_of(columns: Columns, used: Mapping[str, Values]) -> Table:
    """Columns as a table: numbers in one matrix, column after column in memory."""
    texts = {name: values for name, values in used.items() if isinstance(values, Text)}
    others = {name: values for name, values in used.items() if not isinstance(values, Text)}
    times = {name: values for name, values in others.items() if values.dtype.kind == "M"}
    numeric = {name: values for name, values in others.items() if name not in times}
    numbers = np.empty((len(columns), len(numeric)), order="F")
    for index, values in enumerate(numeric.values()):
        numbers[:, index] = values
    return Table(
        columns.source, tuple(used), tuple(numeric), numbers, texts, columns.places, times
    )


@dataclass(frozen=True, eq=False)
class RawData:
    """A table and its target: Text for classes (in the order of their indices), else float64.

    The last `test_rows` rows are the set's own test part; 0 if it has none. `roles` say what was
    done with each column of a table whose columns were inferred, `orders` how its dates are read,
    `marks` what stands for a gap where the user said so, `answered` which rows of the source these
    are where some had no answer, `keys` what the rows are split by (times as float64, codes of
    groups as int64), `are_dates` whether those times are microseconds since 1970, `named` the
    columns that are left out because they name the rows, `decimal` what the user said of decimal
    signs, `written` how the cells of its columns are written, and `notes` what a reader should
    know.
    """

    name: str
    table: Table
    target_name: str
    target: Text | NDArray[np.float64]
    image_shape: tuple[int, int] | None = None
    test_rows: int = 0
    roles: tuple[Role, ...] = ()
    orders: Mapping[str, str] = field(default_factory=dict[str, str])
    marks: tuple[str, ...] = ()
    answered: Rows | None = None
    keys: NDArray[Any] | None = None
    are_dates: bool = False
    named: Mapping[str, Values] = field(default_factory=dict[str, Values])
    decimal: str = ""
    written: Mapping[str, Written] = field(default_factory=dict[str, Written])
    notes: tuple[str, ...] = ()

    @property
    def strata(self) -> NDArray[np.int64]:
        """What the split keeps in proportion: the class of each row; 0 throughout for numbers."""
        if isinstance(self.target, Text):
            return self.target.codes
        return np.zeros(len(self.target), np.int64)

    def take(self, rows: Rows) -> "RawData":
        target = self.target.take(rows) if isinstance(self.target, Text) else self.target[rows]
        return replace(self, table=self.table.take(rows), target=target)


def taken(numbers: NDArray[Any], rows: Rows) -> NDArray[Any]:
    """Rows of a matrix, in the matrix's own order in memory: column by column, or row by row."""
    return numbers.T[:, rows].T if numbers.flags.f_contiguous else numbers[rows]


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
    if not numbers.size or max(map(abs, map(float, (numbers.min(), numbers.max())))) <= (
        LARGEST_NUMBER  # False for NaN as well
    ):
        return
    usable = np.abs(numbers) <= LARGEST_NUMBER
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


def refuse_infinite(numbers: NDArray[np.float64], name: str, places: Places, source: str) -> None:
    """Raise a DataError if a number is infinite or beyond float32; a gap is neither."""
    if not numbers.size:
        return
    # fmin and fmax pass gaps by.
    largest = max(abs(float(pick.reduce(numbers))) for pick in (np.fmin, np.fmax))
    if largest > LARGEST_NUMBER:
        known = np.where(np.isnan(numbers), 0.0, numbers)
        refuse_unusable_numbers(known[:, None], (name,), places, source)
