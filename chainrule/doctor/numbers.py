"""Derivatives from values alone: a ladder of differences, each slope with its own error bar.

Imports NumPy and subject. truth.py makes expected gradients of them; nothing here knows a rule.

A step that is too wide feels the curvature and the kinks nearby; one that is too narrow drowns in
rounding. So the step is halved eight times, the differences are extrapolated to a step of 0
(Richardson 1911, Ridders 1982), and of all extrapolations the one whose two errors add up to the
least is kept, for each entry and each result on its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Along = Callable[[Array], Array | None]  # an input to all its results in one row; None: no value

LEVELS = 8
WIDEST = 0.25  # the widest step, in units of the entry's scale
SAFETY = 4  # the smaller of many error estimates flatters
ROUNDINGS = 4  # of a result, in units of its last digit
SURE = 5  # a kink is one when its two slopes differ by so many error bars
GOOD = 1e-8  # relative error bar at which no other scale is tried
TINY = 2.0**-1022  # the smallest normal number
SHORT = 2.0**-20  # of the scale: the step that confirms a ladder
CLEAR = 1e-4  # relative error bar of a slope that needs no other scale
FINER = 2.0**-10  # of the last scale that is tried, where a kink or an edge lies near
COMPLEX_STEP = 1e-30  # no difference is taken, so no digit is lost (Squire and Trapp 1998)
CONFIRMS = 100  # error bars that a difference must rise above to confirm a complex step
LAST_DIGITS = 64  # of a complex step, in units of the last one


@dataclass(frozen=True)
class Slopes:
    """Slopes of all results in one entry; left and right differ at a kink."""

    value: Array
    bar: Array
    left: Array
    right: Array

    @property
    def kinked(self) -> Array:
        """Where the two sides differ."""
        return self.left != self.right


def slopes(along: Along, x: Array, place: tuple[int, ...], eps: float) -> Slopes:
    """Slopes of every result as one entry of ``x`` moves.

    Parameters
    ----------
    along : callable
        Results of a changed ``x`` as one row of float64; None where there is no value.
    x : array of float64
    place : tuple of int
    eps : float
        Last digit of the results, relative.
    """
    best: Slopes | None = None
    start = along(x)
    level = 0.0 if start is None else np.abs(start[np.isfinite(start)]).max(initial=0.0)
    for scale in _scales(x, place):
        found = _ladder(along, start, x, place, scale, eps)
        if found is None:
            continue
        best = found if best is None else _better(best, found)
        size = max(np.abs(best.value).max(initial=0.0), level / max(scale, 1.0))
        if (best.bar <= GOOD * size).all() and not best.kinked.any():
            break
    if best is None:
        unknown = np.zeros(0 if start is None else start.shape)
        return Slopes(unknown, np.full(unknown.shape, np.inf), unknown, unknown)
    return best


def _scales(x: Array, place: tuple[int, ...]) -> Iterable[float]:
    """Sizes by which an entry may move: its array's, its own, 1, and a much finer one."""
    finite = np.abs(x[np.isfinite(x)])
    typical, own = float(finite.max(initial=0.0)), float(abs(x[place]))
    if not np.isfinite(own):
        return ()
    first = max(own, min(1.0, typical)) or 1.0
    wanted = (first, own, typical, 1.0, first * FINER)
    return tuple(dict.fromkeys(s for s in wanted if s > 0))


def _better(one: Slopes, other: Slopes) -> Slopes:
    """Entry by entry the one that is known better; a kink only where no scale is free of it.

    A scale on which nothing moves says less than one on which something does: underflow may hide
    the change.
    """
    size = np.maximum(np.abs(one.value), np.abs(other.value))
    keeps, clear = (~each.kinked & (each.bar <= CLEAR * size + TINY) for each in (one, other))
    keeps &= ~(clear & (one.value == 0) & (np.abs(other.value) > SURE * other.bar))
    clear &= ~(keeps & (other.value == 0) & (np.abs(one.value) > SURE * one.bar))
    take = np.where(clear == keeps, other.bar < one.bar, clear)
    pairs = zip(
        (other.value, other.bar, other.left, other.right),
        (one.value, one.bar, one.left, one.right),
        strict=True,
    )
    return Slopes(*(np.where(take, new, old) for new, old in pairs))


def _ladder(
    along: Along, start: Array | None, x: Array, place: tuple[int, ...], scale: float, eps: float
) -> Slopes | None:
    """Central slopes, and the jump between the one-sided ones, extrapolated to a step of 0."""
    if start is None:
        return None
    rows: list[Array] = []
    steps: list[tuple[float, float]] = []
    for level in range(LEVELS):
        up, down = x.copy(), x.copy()
        up[place] += scale * WIDEST / 2**level
        down[place] -= scale * WIDEST / 2**level
        right, left = float(up[place] - x[place]), float(x[place] - down[place])
        if not (0 < right < np.inf and 0 < left < np.inf):
            return None
        above, below = along(up), along(down)
        if above is None or below is None:
            above = below = np.full(start.shape, np.nan)
        rows += [above, below]
        steps.append((right, left))
    higher, lower = np.array(rows[::2]), np.array(rows[1::2])
    centre, jump, noise = _rungs(start, higher, lower, np.array(steps), eps)
    rungs: Array = np.stack([centre, jump], 1)
    noises: Array = np.stack([noise, 4 * noise], 1)
    (value, gap), (bar, gap_bar) = extrapolated(rungs, noises, first=np.array([[2], [1]]))
    still = (centre == 0).all(0) & (jump == 0).all(0)
    bar = np.where(still, np.minimum(bar, (eps * np.abs(start) + TINY) / scale), bar)
    size = np.abs(value) + np.abs(gap)
    kinked = (np.abs(gap) > SURE * gap_bar) & (np.abs(gap) > 1e-5 * size) & np.isfinite(bar)
    half = np.where(kinked, gap / 2, 0.0)
    bar = np.where(kinked, bar + gap_bar, bar)
    bar = np.where(np.isfinite(start), bar, np.inf)
    bar = np.where(_holds_close_by(along, x, place, scale, eps, value, bar), bar, np.inf)
    return Slopes(value, bar, value - half, value + half)


def _rungs(
    start: Array, above: Array, below: Array, steps: Array, eps: float
) -> tuple[Array, Array, Array]:
    """Central slopes, jumps between one-sided ones, and the noise of either: a row a step."""
    right, left = steps[:, :1], steps[:, 1:]
    with np.errstate(all="ignore"):
        centre = (above - below) / (right + left)
        jump = (above - start) / right - (start - below) / left
        size = np.maximum(np.abs(above), np.abs(below))
        moves = (above != below) | (above != start)
        moved = np.where(moves, size, 0.0).max(1, keepdims=True, initial=0.0)
        lost = ROUNDINGS * eps * np.maximum(size, 0.1 * moved)
        still = (above == below) & (above == start)
        lost = np.where(still, eps * size, lost) + TINY  # what underflow may hide
        return centre, jump, lost / (right + left)


def _holds_close_by(
    along: Along, x: Array, place: tuple[int, ...], scale: float, eps: float, value: Any, bar: Any
) -> Array:
    """Whether a slope is also that of one very short step.

    Wide steps over sin(1e8) all give nearly 0, and agree with one another.
    """
    up, down = x.copy(), x.copy()
    up[place] += scale * SHORT
    down[place] -= scale * SHORT
    width = float(up[place] - down[place])
    above, below = along(up), along(down)
    if above is None or below is None or width <= 0:
        return np.ones(value.shape, bool)
    with np.errstate(all="ignore"):
        short = (above - below) / width
        size = np.maximum(np.abs(above), np.abs(below)).max(initial=0.0)
        rounding = 2 * ROUNDINGS * (eps * size + TINY) / width
        return np.abs(short - value) <= rounding + bar + 1e-3 * (np.abs(value) + np.abs(short))


def extrapolated(rungs: Array, noise: Array, first: Any, apart: Any = 2) -> tuple[Array, Array]:
    """The limit at a step of 0, and its error bar: of truncation and of rounding.

    ``first`` is the power of the step with which the error begins: 2 for central differences,
    1 for the jump between one-sided ones; the next ones are larger by ``apart`` each. Arrays give
    each ladder of several its own.
    """
    count = len(rungs) - 1
    values = np.zeros((count, count, *rungs.shape[1:]))  # by the narrowest step, then by power
    bars = np.full(values.shape, np.inf)
    with np.errstate(all="ignore"):
        for j in range(count):
            weight = 1 / (np.ldexp(1.0, first + apart * j) - 1)
            wide, narrow = rungs[:-1], rungs[1:]
            rungs = narrow + (narrow - wide) * weight
            noise = noise[1:] * (1 + weight) + noise[:-1] * weight
            gap = np.maximum(np.abs(rungs - narrow), np.abs(rungs - wide))
            values[j:, j], bars[j:, j] = rungs, SAFETY * (gap + noise)
    values, bars = (each.reshape(count * count, *each.shape[2:]) for each in (values, bars))
    bars = np.where(bars < np.inf, bars, np.inf)  # NaN: a step that left the domain
    best = bars.argmin(0)[None]
    bar = np.take_along_axis(bars, best, 0)[0]
    return np.where(np.isfinite(bar), np.take_along_axis(values, best, 0)[0], 0.0), bar


def complex_slopes(along: Callable[[Array], Array | None], x: Array, place: Any) -> Array | None:
    """Slopes by a complex step, for a function that is analytic and takes complex numbers."""
    step = COMPLEX_STEP * (float(abs(x[place])) or 1.0)
    moved = x.astype(complex)
    moved[place] += 1j * step
    row = along(moved)
    return None if row is None or row.dtype.kind != "c" else row.imag / step


def confirmed(exact: Array, found: Slopes) -> Slopes | None:
    """Slopes of a complex step where differences confirm them; None if they contradict anywhere.

    abs, max and .real drop the imaginary part without a word, so a complex step is believed
    only beside differences, and its small error bar only where these can tell it from 0.
    """
    known = np.isfinite(found.bar) & ~found.kinked
    size = np.abs(found.value)
    with np.errstate(all="ignore"):
        near = np.abs(exact - found.value) <= 2 * found.bar + 1e-9 * size
    if not (np.isfinite(exact).all() and near[known].all()):
        return None
    sure = known & (size > CONFIRMS * found.bar)
    sharp = LAST_DIGITS * np.finfo(float).eps * np.abs(exact)
    sharp = np.maximum(sharp, LAST_DIGITS * np.finfo(float).eps * 1e-2 * size.max(initial=0.0))
    bar = np.where(sure, np.minimum(sharp, found.bar), found.bar)
    value = np.where(sure, exact, found.value)
    flat = found.left == found.right
    left, right = (np.where(flat, value, side) for side in (found.left, found.right))
    return Slopes(value, bar, left, right)
