"""Second to fourth derivatives from values alone: wide central and one-sided differences.

Imports numbers. higher_order.py holds the rule's derivatives against them; nothing here knows a
rule.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb

import numpy as np

from chainrule.doctor.numbers import ROUNDINGS, SURE, TINY, WIDEST, extrapolated

LEVELS = 8
EPS = float(np.finfo(float).eps)
SCALES = (1.0, 2.0**-4, 2.0**-10)  # of the longest step: a pole or a kink may lie near
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
        The value at t, and the size of the terms that it is the sum of; None for no value.
    order : int
    reach : float
        A step that moves the function by about its own scale; shorter ones are tried too.
    """
    kept: dict[float, tuple[float, float]] = {}

    def at(t: float) -> tuple[float, float]:
        if t not in kept:
            kept[t] = line(t) or (np.nan, np.nan)
        return kept[t]

    best, sides, side_bars = (0.0, np.inf), [0.0, 0.0], [np.inf, np.inf]
    for scale in dict.fromkeys(s * r for s in SCALES for r in (1.0, reach)):
        value, bar = _ladder(at, order, scale, centred=True)
        best = min(best, (value, bar), key=lambda each: each[1])
        for side, sign in enumerate((-1.0, 1.0)):
            value, bar = _ladder(at, order, sign * scale, centred=False)
            if bar < side_bars[side]:
                sides[side], side_bars[side] = value, bar
    return Derivative(*best, (sides[0], sides[1]), (side_bars[0], side_bars[1]))


def _ladder(
    at: Callable[[float], tuple[float, float]], order: int, scale: float, centred: bool
) -> tuple[float, float]:
    """Differences at halved steps, extrapolated to a step of 0: value and error bar."""
    weights = [(-1.0) ** (order - j) * comb(order, j) for j in range(order + 1)]
    offsets = [float(j) for j in range(order + 1)]
    if centred and order % 2:  # the mean of the steps before and behind: -1/2, 1, 0, -1, 1/2
        weights = [(a + b) / 2 for a, b in zip([0.0, *weights], [*weights, 0.0], strict=True)]
        offsets = [float(j) for j in range(order + 2)]
    if centred:
        offsets = [offset - (len(offsets) - 1) / 2 for offset in offsets]
    rungs: list[np.ndarray] = []
    sizes: list[float] = []
    steps = [scale * WIDEST / 2**level for level in range(LEVELS)]
    for step in steps:
        values = [at(offset * step) for offset in offsets]
        with np.errstate(all="ignore"):
            total = sum(w * v for w, (v, _) in zip(weights, values, strict=True))
            rungs.append(np.array([total / step**order]))
        sizes.append(max(size for _, size in values))
    # A value near 0 may be the difference of larger ones: the size is that of wider steps too.
    size = float(np.max(np.array(sizes), initial=0.0, where=np.isfinite(sizes)))
    spread = sum(map(abs, weights))
    noise = [np.array([(ROUNDINGS * EPS * size + TINY) * spread / abs(s) ** order]) for s in steps]
    value, bar = extrapolated(rungs, noise, first=2 if centred else 1, apart=2 if centred else 1)
    return float(value[0]), float(bar[0])
