"""Bounds: integers that must lie in a range are looked at before anything reads by them.

Imports alone and errors.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from chainrule.errors import ChainruleError, IndexRangeError, NonFiniteError
from chainrule.plan.alone import Alone, View, X, must
from chainrule.plan.loops_as_text import lengths
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.steps import Ref

FINITE = "finite"  # what a check of 1 (a number) or 0 (NaN or infinite) asks about


@dataclass(frozen=True)
class Bounds(Alone[X]):
    """Every element of an integer tensor lies in [low, high); else the run ends with a status.

    The status names this check (its number among the kernels), the place and the value found.
    """

    source: X
    low: int
    high: int
    about: str  # for the message: "label", "index", or FINITE

    made: ClassVar[tuple[str, ...]] = ()
    guards: ClassVar[bool] = True
    may_end: ClassVar[bool] = True
    title: ClassVar[str] = "check"

    def run(self: "Bounds[View]", memory: Memory) -> None:
        """Raise for the first element that is out of range."""
        values = memory.view(self.source.access, self.source.shape)
        wrong = np.flatnonzero((values < self.low) | (values >= self.high))
        if wrong.size:
            place = int(wrong[0])
            raise self.failure(place, int(values.reshape(-1)[place]))

    def failure(self: "Bounds[View]", place: int, value: int) -> ChainruleError:
        """The words of ops/indexing.py, which looks before eager runs."""
        if self.about == FINITE:
            return NonFiniteError("a loss became NaN or infinite.", do="Nothing has been updated.")
        shape = self.source.shape
        where = tuple(int(i) for i in np.unravel_index(place, shape)) if shape else ()
        if self.about == "label":
            row = where[0] if where else 0
            return IndexRangeError(
                f"label {value} in row {row} is outside the {self.high} classes.",
                do=f"Labels run from 0 to {self.high - 1}; give the last layer one unit per "
                "class.",
            )
        return IndexRangeError(
            f"{self.about} {value} at {where} is outside an axis of length {self.high}.",
            do=f"It may run from {self.low} to {self.high - 1}.",
        )

    def check(self: "Bounds[Ref]") -> None:
        """Only whole numbers have bounds here."""
        must(np.dtype(self.source.dtype).kind in "iu", "bounds are of whole numbers")

    def loops(self: "Bounds[View]") -> str:
        """The shape of what is looked at."""
        return lengths(self.source.shape)

    def what(self) -> str:
        """What must lie where."""
        return f"{self.about} in [{self.low}, {self.high})"
