"""Features: numbers and codes as the inputs of a net, each centred, scaled and smoothly clipped.

Imports NumPy. The estimators learn them from the training rows, with the rows' weights.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
MOST_CATEGORIES = 60  # of a column that have an input each; the rarer ones share one
MOST = 1e12  # beyond it an input is FAR to the last digit, and the square of 1e200 overflows
FAR = 3.0  # what inputs are clipped to; x / sqrt(1 + (x / 3)**2), as in the source


@dataclass(frozen=True)
class Layout:
    """What stands where among the inputs of a net: numbers first, then gaps, then categories.

    Attributes
    ----------
    numbers, gaps : int
    categories : tuple of int
        Inputs of each column of categories.
    """

    numbers: int
    gaps: int
    categories: tuple[int, ...]

    @property
    def inputs(self) -> int:
        """All of them."""
        return self.numbers + self.gaps + sum(self.categories)


@dataclass(frozen=True, eq=False)
class Features:
    """What was learned of each column.

    Missing numbers become the median, and a column of their own says where they were; each
    category has a column that is 1 where it stands, beyond the 60 most frequent one together.
    Then all are centred by the median and divided by the range of the middle half (by half the
    whole range where that is 0; a constant becomes 0), and clipped smoothly, so that one huge cell
    cannot ruin the net.

    Attributes
    ----------
    medians : ndarray, (K,)
    gaps : ndarray of int64
        Places of the number columns that had gaps.
    sizes : ndarray of int64
        Codes of each category column.
    places : ndarray of int64
        For each code of each category column in turn, which of the column's inputs it has.
    centre, factor : ndarray, (D,)

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 (preprocessing).
    """

    medians: Array
    gaps: Array
    sizes: Array
    places: Array
    centre: Array
    factor: Array

    @classmethod
    def learned(
        cls,
        numbers: Array,
        codes: Array,
        sizes: tuple[int, ...],
        weights: Array,
        embedded_above: int | None = None,
    ) -> "Features":
        """From the training rows; columns of more categories than that stay ones and zeros."""
        medians = np.zeros(numbers.shape[1])
        for place, column in enumerate(numbers.T):
            known = ~np.isnan(column) & (weights > 0)
            if known.any():
                medians[place] = _quantiles(column[known], weights[known], 0.5)
        gaps = np.flatnonzero(np.isnan(numbers).any(0))
        places = [
            _places(column, size, weights) for column, size in zip(codes.T, sizes, strict=True)
        ]
        open_end = cls(
            medians,
            gaps,
            np.array(sizes, np.int64),
            np.concatenate([np.empty(0, np.int64), *places]),
            np.empty(0),
            np.empty(0),
        )
        raw = open_end._raw(numbers, codes)
        low, centre, high = _quantiles(raw, weights, (0.25, 0.5, 0.75))
        spread: Array = high - low
        spread = np.where(spread == 0, (raw.max(0) - raw.min(0)) / 2, spread)
        with np.errstate(over="ignore", divide="ignore"):
            factor = np.where(spread > 0, 1 / spread, 0.0)
        factor[~np.isfinite(factor)] = 0.0
        layout = open_end.layout()
        ends = layout.numbers + layout.gaps + np.cumsum(layout.categories, dtype=np.int64)
        for end, width in zip(ends, layout.categories, strict=True):
            if embedded_above is not None and width > embedded_above:
                centre[end - width : end], factor[end - width : end] = 0.0, 1.0
        return replace(open_end, centre=centre, factor=factor)

    def inputs(self, numbers: Array, codes: Array) -> Array:
        """The inputs of a net, float32, (N, D)."""
        x = self._raw(numbers, codes)
        x -= self.centre
        x *= self.factor
        np.minimum(np.maximum(x, -MOST, out=x), MOST, out=x)  # np.clip takes longer for one row
        spread = np.square(x / FAR)
        spread += 1.0
        x /= np.sqrt(spread, out=spread)
        return np.asarray(x, np.float32)

    def layout(self) -> Layout:
        """What stands where."""
        categories = tuple(len(inputs) for _, inputs in self._categories)
        return Layout(len(self.medians), len(self.gaps), categories)

    @cached_property
    def _categories(self) -> list[tuple[Array, Array]]:
        """Of each column: the input of each code, -1 for the code -1; and its inputs."""
        each = np.split(self.places, np.cumsum(self.sizes)[:-1]) if len(self.sizes) else []
        return [
            (np.append(places, -1), np.arange(int(places.max(initial=-1)) + 1)) for places in each
        ]

    @cached_property
    def _ends(self) -> tuple[int, ...]:
        """Where the numbers end, the gaps, and each column of categories."""
        widths = (len(self.medians), len(self.gaps), *(len(x) for _, x in self._categories))
        return tuple(accumulate(widths))

    def _raw(self, numbers: Array, codes: Array) -> Array:
        missing, ends = np.isnan(numbers), self._ends
        x = np.empty((len(numbers), ends[-1]))
        x[:, : ends[0]] = np.where(missing, self.medians, numbers)
        x[:, ends[0] : ends[1]] = missing[:, self.gaps]
        for place, (places, inputs) in enumerate(self._categories):
            own = places[codes[:, place]][:, None] == inputs
            x[:, ends[place + 1] : ends[place + 2]] = own
        return x


def _places(codes: Array, size: int, weights: Array) -> Array:
    """An input for each of the most frequent codes, in their order; one more for all others."""
    if size <= MOST_CATEGORIES:
        return np.arange(size)
    known = codes >= 0
    counts = np.bincount(codes[known], weights[known], minlength=size)
    kept = np.sort(np.argsort(-counts, kind="stable")[:MOST_CATEGORIES])
    places = np.full(size, MOST_CATEGORIES)
    places[kept] = np.arange(MOST_CATEGORIES)
    return places


def _quantiles(x: Array, weights: Array, shares: Any) -> Any:
    """Along the first axis; a row of weight 2 counts as two rows."""
    if (weights == weights[0]).all():
        return np.quantile(x, shares, axis=0, method="inverted_cdf")
    return np.quantile(x, shares, axis=0, method="inverted_cdf", weights=weights)
