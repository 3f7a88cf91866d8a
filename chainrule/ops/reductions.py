"""Reductions: many elements become one.

Imports the families, letters and movement. Sums keep their digits on every axis, half precision
is computed in float32; extremes share ties.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.families import Composite, Pulled, Reduction
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import equal, logical_and, where
from chainrule.ops.movement import cast, reshape, transpose, widened
from chainrule.ops.parts import concatenate
from chainrule.ops.scaling import freedom
from chainrule.ops.sums import accurate_sum
from chainrule.spec import normalize_axes


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(3, 4)), 1


@op("sum", numpy=np.sum, onnx="ReduceSum", gate="gradient distributor", samples=_matrix)
class Sum(Reduction):
    """Sum over the axes (by default over all).

    Notes
    -----
    float32 and half precision are added in float64 and rounded once: within 2 units in the last
    place of the sum of the magnitudes, up to 2**26 elements. float64 is added pairwise.
    """

    bounded = True
    primitive, combines = "reduce", "sum"

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, np.ndim(x))
        if x.dtype.kind == "f":
            return accurate_sum(x, axes, self.keepdims)
        return np.sum(x, axis=axes, keepdims=self.keepdims)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (self.spread(upstream, x.shape),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """Linear: the op itself."""
        return self(tangents[0])


@op("mean", numpy=np.mean, onnx="ReduceMean", gate="gradient distributor", samples=_matrix)
class Mean(Reduction):
    """Mean over the axes (by default over all)."""

    bounded = True

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        dtype = _result_dtype(x)
        x = widened(x) if dtype == x.dtype else x.astype(dtype)
        out = summed(x, axes, self.keepdims) / np.asarray(_count(x, axes), x.dtype)
        return out.astype(dtype, copy=False)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        count = _count(x, normalize_axes(self.axis, x.ndim))
        return (self.spread(widened(upstream) / count, x.shape),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """Linear: the op itself."""
        return self(tangents[0])


def summed(x: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """The sum over axes, of arrays and of symbols."""
    if isinstance(x, Symbol):
        return Sum.function(x, axes, keepdims)
    return accurate_sum(x, axes, keepdims)


class _Extreme(Reduction):
    """The largest or smallest element: a router, whose ties share the gradient equally."""

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        winners = self.winners(x, out)
        ties = Sum.function(widened(cast(winners, x.dtype)), self.axis, self.keepdims)
        return (where(winners, self.spread(upstream / ties, x.shape), 0),)

    def winners(self, x: Any, out: Any) -> Any:
        """Where the extreme element stands."""
        return equal(x, self.spread(out, x.shape))

    def branch(self, *operands: Any) -> Any:
        """Where the extreme element stands."""
        (x,) = operands
        return self.winners(x, self.forward(x))

    def pull(self, upstream: Any, live: Any, inputs: Any, out: Any, wanted: Any) -> Pulled:
        """The rule; all but the winners are dead."""
        gradients, below = super().pull(upstream, live, inputs, out, wanted)
        winners = self.winners(inputs[0], out)
        return gradients, [winners if below is None else logical_and(winners, below[0])]


@op(
    "max",
    smooth=False,
    numpy=(np.max, np.amax),
    onnx="ReduceMax",
    gate="gradient router",
    samples=_matrix,
)
class Max(_Extreme):
    """The largest element along the axes, which receives the upstream gradient; ties share it."""

    primitive, combines = "reduce", "max"

    def forward(self, x: Any) -> Any:
        return np.max(x, axis=normalize_axes(self.axis, x.ndim), keepdims=self.keepdims)


@op(
    "min",
    smooth=False,
    numpy=(np.min, np.amin),
    onnx="ReduceMin",
    gate="gradient router",
    samples=_matrix,
)
class Min(_Extreme):
    """The smallest element along the axes, which receives the upstream gradient; ties share it."""

    primitive, combines = "reduce", "min"

    def forward(self, x: Any) -> Any:
        return np.min(x, axis=normalize_axes(self.axis, x.ndim), keepdims=self.keepdims)


@op("prod", numpy=np.prod, onnx="ReduceProd", gate="swap multiplier", samples=_matrix)
class Prod(Composite):
    """Product over the axes: a tree of multiplications, so that zeros need no division."""

    axis: Any = None
    keepdims: bool = False

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        rest = tuple(i for i in range(x.ndim) if i not in axes)
        shape = tuple(x.shape[i] for i in rest)
        if x.dtype.kind in "iub":  # as NumPy, and as in a sum: narrow products would wrap around
            x = cast(x, np.uint64 if x.dtype.kind == "u" else np.int64)
        factors = reshape(transpose(x, (*axes, *rest)), (_count(x, axes), *shape))
        while factors.shape[0] > 1:
            half = factors.shape[0] // 2
            pairs = factors[:half] * factors[half : 2 * half]
            if factors.shape[0] % 2:  # the odd one out joins the last pair
                last = pairs[half - 1 :] * factors[2 * half :]
                pairs = last if half == 1 else concatenate([pairs[: half - 1], last], 0)
            factors = pairs
        if factors.shape[0] == 0:  # the sum of nothing is 0, the product 1
            factors = Sum.function(factors, 0) + 1
        return reshape(factors, self._shape(x, axes))

    def _shape(self, x: Any, axes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            1 if i in axes else n for i, n in enumerate(x.shape) if self.keepdims or i not in axes
        )


@op("var", numpy=np.var, samples=_matrix)
class Var(Reduction):
    """Variance over the axes: the mean square distance from the mean, in two passes.

    Parameters
    ----------
    ddof : int, default 0
        The sum of squares is divided by the number of elements minus ddof, and by 0 where that
        is negative.
    """

    axis: Any = None
    ddof: int = 0
    keepdims: bool = False

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        far = _centred(widened(x), axes)
        out = summed(far * far, axes, self.keepdims) / freedom(far, axes, self.ddof)
        return out.astype(_result_dtype(x), copy=False)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        upstream, x = widened(upstream), widened(x)
        share = upstream * (2 / freedom(x, axes, self.ddof))
        return (self.spread(share, x.shape) * _centred(x, axes),)


def _centred(x: Any, axes: tuple[int, ...]) -> Any:
    return x - Mean.function(x, axes, True)


def centred(x: Any, axes: tuple[int, ...]) -> Any:
    """The distances from the mean: exactly 0 where all are equal, whatever rounds their mean."""
    first = tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(len(x.shape)))
    moved = x - x[first]
    return moved - Mean.function(moved, axes, True)


def _result_dtype(x: Any) -> np.dtype[Any]:
    """Of a mean or a spread: whole numbers have one too, which is a floating-point number."""
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)


def _count(x: Any, axes: tuple[int, ...]) -> int:
    return prod(x.shape[i] for i in axes)


total, mean = Sum.function, Mean.function
largest, smallest = Max.function, Min.function
