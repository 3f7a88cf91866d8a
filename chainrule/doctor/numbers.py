"""Derivatives from values alone: a ladder of differences, each slope with its own error bar.

Imports NumPy and subject. truth.py makes expected gradients of them; nothing here knows a rule.

A step that is too wide feels the curvature and the kinks nearby; one that is too narrow drowns in
rounding. So the step is halved eight times, the differences are extrapolated to a step of 0
(Richardson 1911, Ridders 1982), and of all extrapolations the one whose two errors add up to the
least is kept, for each entry and each result on its own.
"""

from collections.abc import Callable, Sequence
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
TOGETHER = 4096  # slopes that are extrapolated at once
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


def slopes(along: Along, x: Array, places: Sequence[tuple[int, ...]], eps: float) -> list[Slopes]:
    """Slopes of every result as some entries of ``x`` move, one at a time.

    Parameters
    ----------
    along : callable
        Results of a changed ``x`` as one row of float64; None where there is no value.
    x : array of float64
    places : sequence of tuple of int
    eps : float
        Last digit of the results, relative.
    """
    start = along(x)
    if start is None or not start.size:
        unknown = np.zeros(0)
        return [Slopes(unknown, unknown, unknown, unknown) for _ in places]
    most = max(TOGETHER // start.size, 1)
    parts = [places[i : i + most] for i in range(0, len(places), most)]
    return [row for part in parts for row in _slopes(along, start, x, part, eps)]


def _slopes(
    along: Along, start: Array, x: Array, places: Sequence[tuple[int, ...]], eps: float
) -> list[Slopes]:
    """The slopes in a few entries: those that one scale does not settle are tried at the next."""
    zero, unsure = np.zeros(start.shape), np.full(start.shape, np.inf)
    best = [Slopes(zero, unsure, zero, zero)] * len(places)
    level = np.abs(start[np.isfinite(start)]).max(initial=0.0)
    scales = [_scales(x, place) for place in places]
    tried = set[int]()
    for attempt in range(max(map(len, scales), default=0)):
        unsettled = [i for i, own in enumerate(scales) if attempt < len(own)]
        moves = [Move(x, places[i], scales[i][attempt]) for i in unsettled]
        for i, found in zip(unsettled, _ladders(along, start, moves, eps), strict=True):
            if found is None:
                continue
            best[i] = _better(best[i], found) if i in tried else found
            tried.add(i)
            size = max(np.abs(best[i].value).max(), level / max(scales[i][attempt], 1.0))
            if (best[i].bar <= GOOD * size).all() and not best[i].kinked.any():
                scales[i] = ()
    return best


def _scales(x: Array, place: tuple[int, ...]) -> Sequence[float]:
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


@dataclass(frozen=True, eq=False)
class Move:
    """One entry of an input, and how far it may move."""

    x: Array
    place: tuple[int, ...]
    scale: float

    def by(self, share: float) -> tuple[Array, Array, tuple[float, float]]:
        """The input with more and with less there, and how much that is on either side."""
        up, down = self.x.copy(), self.x.copy()
        up[self.place] += self.scale * share
        down[self.place] -= self.scale * share
        here = self.x[self.place]
        return up, down, (float(up[self.place] - here), float(here - down[self.place]))


def _ladders(along: Along, start: Array, moves: Sequence[Move], eps: float) -> list[Slopes | None]:
    """Central slopes, and the jump between the one-sided ones, extrapolated to a step of 0.

    None where a step is none: it is lost in the entry's rounding, or leaves all numbers.
    """
    climbed = [(move, _climbed(along, start.shape, move)) for move in moves]
    known = [(move, rows) for move, rows in climbed if rows is not None]
    if not known:
        return [None] * len(moves)
    # Arrays of levels, entries and results.
    higher, lower, steps = (np.stack(part, 1) for part in zip(*(r for _, r in known), strict=True))
    scale = np.array([[move.scale] for move, _ in known])
    centre, jump, noise = _rungs(start, higher, lower, steps, eps)
    rungs: Array = np.stack([centre, jump], 1)
    noises: Array = np.stack([noise, 4 * noise], 1)
    (value, gap), (bar, gap_bar) = extrapolated(rungs, noises, first=np.array([[[2]], [[1]]]))
    still = (centre == 0).all(0) & (jump == 0).all(0)
    bar = np.where(still, np.minimum(bar, (eps * np.abs(start) + TINY) / scale), bar)
    size = np.abs(value) + np.abs(gap)
    kinked = (np.abs(gap) > SURE * gap_bar) & (np.abs(gap) > 1e-5 * size) & np.isfinite(bar)
    half = np.where(kinked, gap / 2, 0.0)
    bar = np.where(kinked, bar + gap_bar, bar)
    bar = np.where(np.isfinite(start), bar, np.inf)
    close = _hold_close_by(along, [move for move, _ in known], eps, value, bar)
    bar = np.where(close, bar, np.inf)
    rows = map(Slopes, value, bar, value - half, value + half)
    return [None if climb is None else next(rows) for _, climb in climbed]


def _climbed(
    along: Along, shape: tuple[int, ...], move: Move
) -> tuple[Array, Array, Array] | None:
    """Results above and below at each level, and the steps there; None where one is none."""
    above, below = np.full((2, LEVELS, *shape), np.nan)
    steps = np.zeros((LEVELS, 2))
    for level in range(LEVELS):
        up, down, step = move.by(WIDEST / 2**level)
        if not all(0 < side < np.inf for side in step):
            return None
        rows, steps[level] = (along(up), along(down)), step
        if rows[0] is not None and rows[1] is not None:
            above[level], below[level] = rows
    return above, below, steps


def _rungs(
    start: Array, above: Array, below: Array, steps: Array, eps: float
) -> tuple[Array, Array, Array]:
    """Central slopes, jumps between one-sided ones, and the noise of either."""
    right, left = steps[..., :1], steps[..., 1:]
    with np.errstate(all="ignore"):
        centre = (above - below) / (right + left)
        jump = (above - start) / right - (start - below) / left
        size = np.maximum(np.abs(above), np.abs(below))
        moves = (above != below) | (above != start)
        moved = np.where(moves, size, 0.0).max(-1, keepdims=True, initial=0.0)
        lost = ROUNDINGS * eps * np.maximum(size, 0.1 * moved)
        still = (above == below) & (above == start)
        lost = np.where(still, eps * size, lost) + TINY  # what underflow may hide
        return centre, jump, lost / (right + left)


def _hold_close_by(
    along: Along, moves: Sequence[Move], eps: float, value: Array, bar: Array
) -> Array:
    """Whether each slope is also that of one very short step.

    Wide steps over sin(1e8) all give nearly 0, and agree with one another.
    """
    above, below, width = np.zeros(value.shape), np.zeros(value.shape), np.zeros((len(value), 1))
    for i, move in enumerate(moves):
        up, down, _ = move.by(SHORT)
        rows = along(up), along(down)
        if rows[0] is not None and rows[1] is not None:
            above[i], below[i] = rows
            width[i] = up[move.place] - down[move.place]
    with np.errstate(all="ignore"):
        short = (above - below) / width
        size = np.maximum(np.abs(above), np.abs(below)).max(-1, keepdims=True, initial=0.0)
        rounding = 2 * ROUNDINGS * (eps * size + TINY) / width
        near = np.abs(short - value) <= rounding + bar + 1e-3 * (np.abs(value) + np.abs(short))
    return near | (width <= 0)


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
