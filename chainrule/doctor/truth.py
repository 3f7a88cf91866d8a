"""Truth: what the gradient is, by numbers, with an error bar and, at kinks, a range per entry.

Imports numbers and subject. check judges rules by it; hypotheses ask it at other points too.
"""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.doctor.numbers import Slopes, complex_slopes, confirmed, slopes
from chainrule.doctor.subject import Subject, copies, float_results

Array = np.ndarray[Any, Any]
MOST_ENTRIES = 512  # of one input that are all moved; of a larger one, a sample is
SAMPLE = 48


@dataclass(frozen=True)
class Expected:
    """A gradient as it should be.

    Parameters
    ----------
    value : array
    bar : array
        How far each entry may be from the truth; infinite where nothing is known.
    size : array
        The sum of the terms' absolute values: what rounding errors are relative to.
    low, high : array
        Between the one-sided slopes; equal to ``value`` away from kinks.
    """

    value: Array
    bar: Array
    size: Array
    low: Array
    high: Array

    @property
    def known(self) -> Array:
        """Where there is an error bar."""
        return np.isfinite(self.bar)

    @property
    def scale(self) -> float:
        """Largest entry."""
        return float(np.abs(self.value[self.known]).max(initial=0.0))

    @property
    def kinked(self) -> Array:
        """Where the point lies on a kink."""
        return self.low != self.high

    @property
    def complete(self) -> bool:
        """Whether every entry is known and smooth."""
        return bool((self.known & ~self.kinked).all())


@dataclass(eq=False)
class Truth:
    """Slopes of all results in the entries of each input, measured once and kept."""

    subject: Subject
    wide: tuple[Any, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    _measured: dict[int, tuple[list[int], list[Slopes]]] = field(
        default_factory=dict[int, tuple[list[int], list[Slopes]]]
    )

    def __post_init__(self) -> None:
        outs = self.subject.outs()
        self.shapes = tuple(out.shape for out in outs)
        self.eps = max((float(np.finfo(out.dtype).eps) for out in outs), default=0.0)
        self.wide = self.subject.astype(np.float64).operands
        if self.eps < np.finfo(np.float64).eps:
            self.eps = float(np.finfo(np.float64).eps)

    def expected(self, position: int, upstreams: tuple[Array, ...]) -> Expected:
        """The gradient of <upstream, result> in one input."""
        shape = self.wide[position].shape
        entries, rows = self.measured(position)
        weights = np.concatenate([np.ravel(u).astype(float) for u in upstreams] or [np.zeros(0)])
        value, size, low, high = (np.zeros(shape) for _ in range(4))
        bar = np.full(shape, np.inf)
        for entry, row in zip(entries, rows, strict=True):
            place = np.unravel_index(entry, shape)
            used = weights != 0
            terms = weights * row.value
            value[place], size[place] = terms[used].sum(), np.abs(terms[used]).sum()
            bar[place] = (np.abs(weights) * row.bar)[used].sum()
            ends = np.sort([weights * row.left, weights * row.right], axis=0)
            # One side of a kink is one side of all terms; any mixture of them is allowed.
            smooth = not row.kinked[used].any()
            low[place] = value[place] if smooth else ends[0][used].sum()
            high[place] = value[place] if smooth else ends[1][used].sum()
        return Expected(value, bar, size, low, high)

    def jacobian(self, position: int) -> Array | None:
        """Slopes of all results (columns) in all entries (rows); None for a sampled input."""
        entries, rows = self.measured(position)
        if len(entries) < self.wide[position].size:
            return None
        return np.array([row.value for row in rows])

    def measured(self, position: int) -> tuple[list[int], list[Slopes]]:
        """The slopes in the entries of one input."""
        if position not in self._measured:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                self._measured[position] = self._measure(position)
        return self._measured[position]

    def _measure(self, position: int) -> tuple[list[int], list[Slopes]]:
        x = self.wide[position]
        entries = list(range(x.size))
        if x.size > MOST_ENTRIES:
            rng = np.random.default_rng(position)
            entries = sorted(rng.choice(x.size, SAMPLE, replace=False).tolist())

        def along(moved: Array) -> Array | None:
            return self._row(position, moved)

        places = [tuple(int(k) for k in np.unravel_index(entry, x.shape)) for entry in entries]
        found = slopes(along, x, places, self.eps)
        exact: list[Array | None] = []
        analytic = self.eps <= np.finfo(np.float64).eps
        for place in places:
            exact.append(complex_slopes(along, x, place) if analytic else None)
            analytic = exact[-1] is not None
        if analytic and all(e is not None for e in exact):
            better = [
                confirmed(e, row) for e, row in zip(exact, found, strict=True) if e is not None
            ]
            if all(row is not None for row in better):
                found = [row for row in better if row is not None]
        return entries, found

    def _row(self, position: int, moved: Array) -> Array | None:
        """All results at a changed input, in one row; None where the function refuses it."""
        operands = copies(self.wide)
        operands[position] = moved
        try:
            outs = float_results(self.subject.run(*operands))
        except Exception:
            return None
        if tuple(out.shape for out in outs) != self.shapes:
            return None
        kind = complex if moved.dtype.kind == "c" else float
        if kind is complex and any(out.dtype.kind != "c" for out in outs):
            return None
        rows = [np.ravel(out).astype(kind) for out in outs]
        return rows[0] if len(rows) == 1 else np.concatenate(rows or [np.zeros(0)])
