"""What preprocessing knows of each column: its role, numbers to standardise, categories, dates.

Plain frozen data. Imports nothing of this package; preprocessing.py applies it, learning.py
makes it, records.py writes it.
"""

from dataclasses import dataclass, field
from typing import Literal

Task = Literal["classification", "regression"]
Kind = Literal["numeric", "boolean", "categorical", "date and time", "target", "left out"]

MISSING = "missing"  # what a gap is called among the categories and the features


@dataclass(frozen=True)
class Role:
    """What is done with a column of the table, and why.

    Parameters
    ----------
    name : str
    kind : str
        "numeric", "boolean", "categorical", "date and time", "target" or "left out".
    reason : str
        In a few words, such as "numbers, 12 gaps".
    """

    name: str
    kind: Kind
    reason: str


@dataclass(frozen=True)
class Written:
    """How the cells of a column are written, but for what they say.

    Parameters
    ----------
    unit : str
        What stands beside each number, such as "€" or "kg".
    words : tuple of str
        Texts that stand for a gap in this column, in lower case.
    decimal : str
        The sign before the decimals, by which 1.234 and 1,234 are read; "" where no cell asked.
    """

    unit: str = ""
    words: tuple[str, ...] = ()
    decimal: str = ""


@dataclass(frozen=True)
class Numeric:
    """A column that becomes (x - mean) / std.

    Parameters
    ----------
    name : str
    mean, std : float
    median : float or None
        What stands in for a gap. None: a gap is an error.
    has_gaps : bool
        Whether the training rows had gaps: then a column of zeros and ones says where they are.
    low, high : float or None
        Numbers beyond them are held there: one cell of 1e9 would leave nothing of the others.
    unit, words, decimal
        As in `Written`.
    least, most : float or None
        The smallest and the largest number of the training rows; None in older records.
    """

    name: str
    mean: float
    std: float
    median: float | None = None
    has_gaps: bool = False
    low: float | None = None
    high: float | None = None
    unit: str = ""
    words: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    decimal: str = field(default="", compare=False)  # the same rows, however written

    @property
    def features(self) -> tuple[str, ...]:
        """The one column of x, and a second for its gaps."""
        return (self.name, f"{self.name}={MISSING}") if self.has_gaps else (self.name,)


@dataclass(frozen=True)
class Categorical:
    """A text column that becomes one column of zeros and ones per category.

    Parameters
    ----------
    name : str
    categories : tuple of str
    has_gaps : bool
        Whether the training rows had gaps: they are a category of their own, the last.
    takes_new : bool
        Whether a category that training never saw is read as a gap; else it is an error.
    """

    name: str
    categories: tuple[str, ...]
    has_gaps: bool = False
    takes_new: bool = False

    @property
    def size(self) -> int:
        """The number of codes: one for each category, and one for gaps if training had them."""
        return len(self.categories) + self.has_gaps

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of x, one per code."""
        names = tuple(f"{self.name}={category}" for category in self.categories)
        # Two signs: a category may be called "missing" itself.
        return (*names, f"{self.name}=={MISSING}") if self.has_gaps else names


@dataclass(frozen=True)
class Moment:
    """A column of dates or times that becomes its parts, standardised.

    Parameters
    ----------
    name : str
    parts : tuple of Numeric
        Some of year, month, weekday (0 is Monday), hour and elapsed (days since 1970).
    order : str
        How a written date is read: "ymd", "dmy" or "mdy".
    has_gaps : bool
        Whether the training rows had gaps.
    words : tuple of str
        As in `Written`.
    """

    name: str
    parts: tuple[Numeric, ...]
    order: str
    has_gaps: bool = False
    words: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of x, one per part, and one for gaps if training had them."""
        names = tuple(f"{self.name}.{part.name}" for part in self.parts)
        return (*names, f"{self.name}={MISSING}") if self.has_gaps else names


@dataclass(frozen=True)
class Classes:
    """A target of class names; a label is the index of its name."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Quantity:
    """A target that becomes (y - mean) / std; the others as in `Written`."""

    name: str
    mean: float
    std: float
    unit: str = ""
    words: tuple[str, ...] = ()
    decimal: str = field(default="", compare=False)  # the same rows, however written


Column = Numeric | Categorical | Moment
Target = Classes | Quantity
