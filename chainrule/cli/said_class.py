"""The class that is said of a row, moved by --threshold, and the level of --interval.

Imports NumPy and errors. What predicts asks it, before any row is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError


@dataclass(frozen=True)
class Threshold:
    """From which chance on one of two classes is said.

    Parameters
    ----------
    place : int
        Of that class.
    chance : float
    classes : sequence of str
    """

    place: int
    chance: float
    classes: Sequence[str]

    def chosen(self, shares: NDArray[np.float64]) -> NDArray[np.int64]:
        """The place of each row's class."""
        return np.where(shares[:, self.place] >= self.chance, self.place, 1 - self.place)

    def __str__(self) -> str:
        own, other = self.classes[self.place], self.classes[1 - self.place]
        return f"{own!r} is said where its chance is {self.chance:g} or more, else {other!r}"


def threshold_of(given: str | None, classes: Sequence[str], kind: str) -> Threshold | None:
    """What --threshold says: CHANCE, of the last of two classes, or CLASS=CHANCE.

    Parameters
    ----------
    kind : str
        What stands for each class: "probability", or "score".
    """
    if given is None:
        return None
    name, equals, number = given.rpartition("=")
    try:
        chance = float(number)
    except ValueError:
        raise ArgumentError(
            f"--threshold is a chance, or CLASS=CHANCE; found {given}.",
            do="Write it as --threshold 0.3, or with the class: --threshold yes=0.3",
        ) from None
    if not 0 < chance < 1:
        raise ArgumentError(f"--threshold is a chance between 0 and 1; found {number}.")
    if len(classes) != 2:
        what = f"{len(classes)} classes" if classes else "numbers"
        raise ArgumentError(
            f"--threshold chooses between two classes, but this run answers {what}.",
            do="Leave it out.",
        )
    if kind != "probability":
        raise ArgumentError(
            "--threshold is a chance, but the loss of this net gives scores.",
            do="Leave it out; or train with --loss softmax_cross_entropy.",
        )
    if equals and name not in classes:
        raise ArgumentError(
            f"--threshold names the class {name!r}, which this run does not know.",
            do=f"Name {classes[0]!r} or {classes[1]!r}.",
        )
    return Threshold(list(classes).index(name) if equals else 1, chance, classes)


def level_of(given: float | None, classes: Sequence[str], has_intervals: bool) -> float | None:
    """What --interval says; refused where there are no intervals."""
    if given is None:
        return None
    if not 0 < given < 1:
        raise ArgumentError(
            f"--interval is a share of the rows between 0 and 1; found {given:g}.",
            do="Write it as --interval 0.9",
        )
    if classes or not has_intervals:
        what = "answers classes" if classes else "is one plain net, which gives none"
        raise ArgumentError(
            f"--interval is for the numbers of tables' nets (--preset), but this run {what}.",
            do="Leave it out.",
        )
    return given
