"""What preprocessing knows of each column: numbers to standardise, categories, the target.

Plain frozen data. Imports nothing of this package; preprocessing.py applies it, learning.py
makes it, records.py writes it.
"""

from dataclasses import dataclass
from typing import Literal

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Numeric:
    """A column that becomes (x - mean) / std."""

    name: str
    mean: float
    std: float

    @property
    def features(self) -> tuple[str, ...]:
        """The one column of x."""
        return (self.name,)


@dataclass(frozen=True)
class Categorical:
    """A text column that becomes one column of zeros and ones per category."""

    name: str
    categories: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns of x, one per category."""
        return tuple(f"{self.name}={category}" for category in self.categories)


@dataclass(frozen=True)
class Classes:
    """A target of class names; a label is the index of its name."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Quantity:
    """A target that becomes (y - mean) / std."""

    name: str
    mean: float
    std: float


Column = Numeric | Categorical
Target = Classes | Quantity
