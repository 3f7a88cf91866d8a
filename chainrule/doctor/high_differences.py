"""Second to fourth derivatives from values alone: wide central and one-sided differences.

Imports numbers. higher_order.py holds the rule's derivatives against them; nothing here knows a
rule.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb, isfinite

import numpy as np

from chainrule.doctor.numbers import ROUNDINGS, SURE, TINY, WIDEST, extrapolated

LEVELS = 8
EPS = float(np.finfo(float).eps)
SCALES = (1.0, 2.0**-4, 2.0**-10)  # of the longest step: a pole or a kink may lie near
SIGNS = (-1.0, 1.0)  # of the steps on the left, and on the right
KINK = 1e-2  # share of a derivative by which its two sides differ at a kink

Line = Callable[[float], tuple[float, float] | None]  # t to value and size of its terms


@dataclass(frozen=True)
class Derivative:
    """A derivative of some order at 0, with its error bar, and the one on either side.

    Parameters
    ----------
    value, bar : float
        The bar is infinite where nothing is known.
    sides, side_bars : tuple of float
        From values on the left alone, and on the right alone.
    """

    value: float
    bar: float
    sides: tuple[float, float]
    side_bars: tuple[float, float]

    @property
    def kinked(self) -> bool:
        """Whether the function itself has no such derivative: its two sides differ."""
        left, right = self.sides
        bars = sum(self.side_bars)
        return abs(left - right) > max(SURE * bars, KINK * max(abs(left), abs(right)))

    @property
    def confirmed(self) -> bool:
        """Whether both sides say the same: wide steps over sin(1e8 x) agree by accident."""
        pairs = zip(self.sides, self.side_bars, strict=True)
        slack = self.bar + KINK * abs(self.value)
        return all(abs(self.value - s) <= slack + SURE * bar for s, bar in pairs)

    def may_be(self, found: float, slack: float, bars: float) -> bool:
        """Whether a number lies between the sides, as far as these are known."""
        low = min(s - bars * b for s, b in zip(self.sides, self.side_bars, strict=True))
        high = max(s + bars * b for s, b in zip(self.sides, self.side_bars, strict=True))
        return low - slack <= found <= high + slack


UNKNOWN = Derivative(0.0, np.inf, (0.0, 0.0), (np.inf, np.inf))


def derivative(line: Line, order: int, reach: float) -> Derivative:
    """The derivative of one order at 0 of a function of one number.

    Parameters
    ----------
    line : callable
        The value at t, and the size of the terms that it is the sum of; None for no value. It is
        asked for many t more than once.
    order : int
    reach : float
        A step that moves the function by about its own scale; shorter ones are tried too.
    """
    scales = tuple(dict.fromkeys(s * r for s in SCALES for r in (1.0, reach)))
    with np.errstate(all="ignore"):
        centres = [_rungs(line, order, scale, centred=True) for scale in scales]
        ahead = [_rungs(line, order, s * sign, centred=False) for s in scales for sign in SIGNS]
    kinds = np.array([2] * len(centres) + [1] * len(ahead))
    rungs, noise = np.moveaxis(np.array(centres + ahead), 0, -1)
    values, bars = (each.tolist() for each in extrapolated(rungs, noise, kinds, apart=kinds))
    found = list(zip(values, bars, strict=True))
    centred, by_side = found[: len(scales)], (found[len(scales) :: 2], found[len(scales) + 1 :: 2])
    best = min(((0.0, np.inf), *centred), key=_bar)
    left, right = (min(((0.0, np.inf), *side), key=_bar) for side in by_side)
    return Derivative(*best, (left[0], right[0]), (left[1], right[1]))


def _bar(found: tuple[float, float]) -> float:
    return found[1]


def _rungs(line: Line, order: int, scale: float, centred: bool) -> tuple[list[float], list[float]]:
    """Differences at halved steps, and the noise of each."""
    weights = [(-1.0) ** (order - j) * comb(order, j) for j in range(order + 1)]
    offsets = [float(j) for j in range(order + 1)]
    if centred and order % 2:  # the mean of the steps before and behind: -1/2, 1, 0, -1, 1/2
        weights = [(a + b) / 2 for a, b in zip([0.0, *weights], [*weights, 0.0], strict=True)]
        offsets = [float(j) for j in range(order + 2)]
    if centred:
        offsets = [offset - (len(offsets) - 1) / 2 for offset in offsets]
    rungs: list[float] = []
    sizes: list[float] = []
    steps = [scale * WIDEST / 2**level for level in range(LEVELS)]
    for step in steps:
        values = [line(offset * step) or (np.nan, np.nan) for offset in offsets]
        total = sum(w * v for w, (v, _) in zip(weights, values, strict=True))
        rungs.append(total / step**order)
        sizes.append(max(size for _, size in values))
    # A value near 0 may be the difference of larger ones: the size is that of wider steps too.
    size = max([0.0, *filter(isfinite, sizes)])
    spread = sum(map(abs, weights))
    return rungs, [(ROUNDINGS * EPS * size + TINY) * spread / abs(s) ** order for s in steps]
