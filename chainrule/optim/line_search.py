"""A line search for the strong Wolfe conditions: how far to go along a direction.

Imports the standard library only; L-BFGS uses it. The loss must fall enough, and its slope must
become flat enough: then the curvature that L-BFGS learns from the step is positive.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Any

ENOUGH_FALL = 1e-4  # c1 of the source: the least share of the fall that the first slope promises
FLAT_ENOUGH = 0.9  # c2 of the source, for quasi-Newton directions
FARTHER = 2.0  # how much longer each step is while the loss still falls steeply
LONGEST = 1e10  # a loss that falls this far has no minimum
MARGIN = 0.1  # a trial point keeps this share of the bracket away from both of its ends


@dataclass(frozen=True)
class Point:
    """A step length, and what the loss does there; ``extra`` is whatever the caller keeps."""

    length: float
    loss: float
    slope: float
    extra: Any = None

    @property
    def usable(self) -> bool:
        """Whether loss and slope are numbers."""
        return isfinite(self.loss) and isfinite(self.slope)


Evaluate = Callable[[float], Point]


def wolfe_search(evaluate: Evaluate, start: Point, length: float, tries: int = 25) -> Point | None:
    """A point that meets the strong Wolfe conditions, or the lowest one found; None if none fell.

    Parameters
    ----------
    evaluate : callable
        The point at a step length.
    start : Point
        The point at length 0; its slope is negative.
    length : float
        The first length tried.
    tries : int, default 25
        Evaluations at most.

    Source
    ------
    Nocedal and Wright 2006, "Numerical optimization", algorithms 3.5 and 3.6.
    """
    search = _Search(evaluate, start, tries)
    before = start
    while search.left and length < LONGEST:
        here = search.look(length)
        if not search.falls_enough(here) or (here.loss >= before.loss and before is not start):
            return search.zoom(before, here)
        if search.flat_enough(here):
            return here
        if here.slope >= 0:
            return search.zoom(here, before)
        before, length = here, length * FARTHER
    return search.best


class _Search:
    """The evaluations of one search: how many are left, and the lowest point so far."""

    def __init__(self, evaluate: Evaluate, start: Point, tries: int) -> None:
        self.evaluate = evaluate
        self.start = start
        self.left = tries
        self.best: Point | None = None

    def look(self, length: float) -> Point:
        self.left -= 1
        here = self.evaluate(length)
        lowest = self.start if self.best is None else self.best
        if here.usable and here.loss < lowest.loss:
            self.best = here
        return here

    def falls_enough(self, here: Point) -> bool:
        start = self.start
        return here.usable and (here.loss <= start.loss + ENOUGH_FALL * here.length * start.slope)

    def flat_enough(self, here: Point) -> bool:
        return abs(here.slope) <= -FLAT_ENOUGH * self.start.slope

    def zoom(self, low: Point, high: Point) -> Point | None:
        """Shrink a bracket whose lower end falls enough and slopes towards the other end."""
        while self.left and low.length != high.length:
            here = self.look(_between(low, high))
            if not self.falls_enough(here) or here.loss >= low.loss:
                high = here
                continue
            if self.flat_enough(here):
                return here
            if here.slope * (high.length - low.length) >= 0:
                high = low
            low = here
        return self.best


def _between(low: Point, high: Point) -> float:
    """The minimum of the cubic through both ends, kept away from them; or the middle."""
    width = high.length - low.length
    middle = low.length + 0.5 * width
    if not high.usable:
        return low.length + MARGIN * width
    # Nocedal and Wright, equation 3.59.
    bend = low.slope + high.slope - 3 * (low.loss - high.loss) / (low.length - high.length)
    square = bend * bend - low.slope * high.slope
    if not 0 <= square < inf:
        return middle
    root = sqrt(square) if width > 0 else -sqrt(square)
    below = high.slope - low.slope + 2 * root
    if below == 0:
        return middle
    found = high.length - width * (high.slope + root - bend) / below
    share = (found - low.length) / width
    return found if MARGIN <= share <= 1 - MARGIN else middle
