"""Sorting: order, rank and position. The gradient of an element follows it to its new place.

Imports the families, letters, movement, indexing and reductions. Sorting is stable: equal
elements keep their order, and so do their gradients.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnsupportedError, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.families import Composite, Reduction, Structured
from chainrule.graph.op.operands import unmasked
from chainrule.graph.op.operation import op
from chainrule.ops.indexing import take, take_along_axis
from chainrule.ops.letters.logic import isnan, where
from chainrule.ops.movement import reshape, shaped, transpose
from chainrule.ops.reductions import mean
from chainrule.spec import is_list, normalize_axes

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _row(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(3, 5)), 1


class _Positions(Structured):
    """Integers that no gradient flows through: there is no formula to read."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.spells_out = False


@op("argsort", numpy=np.argsort, flat=True, samples=_row)
class ArgSort(_Positions):
    """The positions that would sort a tensor along an axis; equal elements keep their order.

    Parameters
    ----------
    axis : int or None, default -1
        None sorts the flattened tensor.
    kind, stable : optional
        Accepted for NumPy's sake: every sort is stable here.
    """

    primitive = "order"
    axis: int | None = -1
    kind: str | None = None
    stable: bool | None = None

    def forward(self, a: Any) -> Any:
        return np.argsort(a, axis=self.axis, kind="stable")


@op("sort", smooth=False, numpy=np.sort, gate="gradient router", samples=_row)
class Sort(Composite):
    """Elements in rising order along an axis, NaN last; equal elements keep their order.

    Parameters
    ----------
    axis : int or None, default -1
        None sorts the flattened tensor.
    kind, stable : optional
        Accepted for NumPy's sake: every sort is stable here.
    """

    axis: int | None = -1
    kind: str | None = None
    stable: bool | None = None

    def forward(self, a: Any) -> Any:
        if type(a) is np.ndarray:
            return np.sort(a, axis=self.axis)  # equal values need no order, and this is faster
        if self.axis is None:
            a = reshape(a, (-1,))
        axis = -1 if self.axis is None else self.axis
        return take_along_axis(a, argsort(a, axis), axis)


@op("median", gate="gradient router", smooth=False, numpy=np.median, samples=_row)
class Median(Composite):
    """The middle element over the axes (by default over all), or the mean of the two middle ones.

    NaN where any element is NaN.
    """

    axis: Any = None
    keepdims: bool = False

    def forward(self, a: Any) -> Any:
        axes = normalize_axes(self.axis, a.ndim)
        rows = _sorted_rows(a, axes)
        count = rows.shape[-1]
        middle = rows[..., max(0, (count - 1) // 2) : count // 2 + 1]
        out = _nan_where_any(mean(middle, -1), rows)
        return reshape(out, _reduced(a.shape, axes, self.keepdims))


@op(
    "sample_quantile",
    smooth=False,
    gate="gradient router",
    numpy=np.quantile,
    samples=lambda rng: (rng.normal(size=(3, 5)), 0.3, 1),
)
class SampleQuantile(Composite):
    """The value that a share q of the elements lies below; several q stand along a new first axis.

    Parameters
    ----------
    q : float or sequence of float
        Shares, from 0 to 1. No gradient flows into them.
    axis : int, tuple of int or None, default None
        The axes that are sorted together; None means all.
    keepdims : bool, default False
        Whether these axes stay, with length 1.
    method : {"linear", "lower", "higher", "midpoint", "nearest"}, default "linear"
        What is answered between two elements.

    Notes
    -----
    NaN where any element is NaN. ``quantile(a, 0.3)`` calls this op too: with a tensor in the
    place of 0.3 it is the loss of that name.
    """

    q: Any
    axis: Any = None
    keepdims: bool = False
    method: str = "linear"

    def __post_init__(self) -> None:
        if isinstance(self.q, Symbol):
            raise UnsupportedError(
                "no gradient flows into the shares q of a quantile, so q cannot be a tensor.",
                found=[describe("q", self.q)],
                do="Give numbers, such as q=0.5.",
            )
        shares = np.asarray(unmasked(self.q), np.float64)
        if not np.all((shares >= 0) & (shares <= 1)):
            raise ArgumentError(
                f"the shares of a quantile lie between 0 and 1, but q is {self.q}.",
                do="Give q=0.25, or call percentile with 25.",
            )
        if self.method not in METHODS:
            raise ArgumentError(
                f"quantile knows no method {self.method!r}.", do=f"Known: {', '.join(METHODS)}."
            )
        object.__setattr__(self, "q", _hashable(shares.tolist()))

    def forward(self, a: Any) -> Any:
        axes = normalize_axes(self.axis, a.ndim)
        rows = _sorted_rows(a, axes)
        if rows.shape[-1] == 0:
            raise ValueError("there is no quantile of nothing")
        place = np.asarray(self.q) * (rows.shape[-1] - 1)
        below, share = self._between(place)
        low = take(rows, below, -1)
        high = take(rows, np.asarray(np.where(share > 0, np.ceil(place), below), np.intp), -1)
        share = share.astype(rows.dtype if rows.dtype.kind == "f" else np.float64)
        near, hit = share < 0.5, share == 0
        start = where(near, low, high)  # the nearer end, as NumPy does
        if hit.any():  # an element that is hit needs no neighbour: inf - inf would be NaN
            low, high = where(hit, 0, low), where(hit, 0, high)
        out = _nan_where_any(start + (high - low) * (share - ~near), rows, place.ndim)
        before = out.ndim - place.ndim
        out = transpose(out, (*range(before, out.ndim), *range(before)))
        return reshape(out, (*place.shape, *_reduced(a.shape, axes, self.keepdims)))

    def _between(self, place: Any) -> tuple[Any, Any]:
        """The position below each place, and the share of the next one."""
        if self.method == "nearest":
            place = np.rint(place)
        elif self.method == "lower":
            place = np.floor(place)
        elif self.method == "higher":
            place = np.ceil(place)
        below = np.floor(place)
        share: Any = np.asarray(place - below)
        if self.method == "midpoint":
            share = np.where(share > 0, 0.5, 0.0)
        return below.astype(np.intp), share


@op(
    "percentile",
    smooth=False,
    gate="gradient router",
    numpy=np.percentile,
    samples=lambda rng: (rng.normal(size=(3, 5)), 30, 1),
)
class Percentile(Composite):
    """The value that q percent of the elements lie below; see ``sample_quantile``.

    Parameters
    ----------
    q : float or sequence of float
        Percentages, from 0 to 100.
    """

    q: Any
    axis: Any = None
    keepdims: bool = False
    method: str = "linear"

    def __post_init__(self) -> None:
        if not isinstance(self.q, Symbol):
            shares = np.asarray(unmasked(self.q), np.float64)
            object.__setattr__(self, "q", _hashable(shares.tolist()))

    def forward(self, a: Any) -> Any:
        shares = self.q if isinstance(self.q, Symbol) else np.asarray(self.q) / 100
        return SampleQuantile(shares, self.axis, self.keepdims, self.method)(a)


@op("argmax", numpy=np.argmax, onnx="ArgMax", flat=True, samples=_row)
class ArgMax(Reduction):
    """The position of the largest element along an axis; the first of several."""

    primitive, combines, numbers_are_rows = "reduce", "argmax", True

    def forward(self, a: Any) -> Any:
        return np.argmax(a, axis=self.axis, keepdims=self.keepdims)


@op("argmin", numpy=np.argmin, onnx="ArgMin", flat=True, samples=_row)
class ArgMin(Reduction):
    """The position of the smallest element along an axis; the first of several."""

    primitive, combines, numbers_are_rows = "reduce", "argmin", True

    def forward(self, a: Any) -> Any:
        return np.argmin(a, axis=self.axis, keepdims=self.keepdims)


def _sorted_rows(a: Any, axes: tuple[int, ...]) -> Any:
    """The axes flattened into one, the last, and sorted along it."""
    rest = tuple(i for i in range(a.ndim) if i not in axes)
    length = prod(a.shape[i] for i in axes)
    rows = reshape(transpose(shaped(a), (*rest, *axes)), (*(a.shape[i] for i in rest), length))
    return sort(rows, -1)


def _nan_where_any(out: Any, rows: Any, extra: int = 0) -> Any:
    """NaN where a row holds one: sorting has put it at the end."""
    if rows.dtype.kind != "f" or rows.shape[-1] == 0:
        return out
    last = reshape(rows[..., -1], (*rows.shape[:-1], *(1,) * extra))
    return where(isnan(last), np.asarray(np.nan, rows.dtype), out)


def _reduced(shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> tuple[int, ...]:
    return tuple(1 if i in axes else n for i, n in enumerate(shape) if keepdims or i not in axes)


def _hashable(values: Any) -> Any:
    return tuple(map(_hashable, values)) if is_list(values) else values


argsort, sort = ArgSort.function, Sort.function
