"""Reductions: many elements become one; and the softmax family, which divides by one.

Imports the families, letters and movement. Sums are pairwise on every axis; extremes share ties.
"""

from math import inf, prod
from typing import Any

import numpy as np

from chainrule.graph.families import Composite, Pulled, Reduction
from chainrule.graph.op import op
from chainrule.ops.letters.logic import equal, logical_and, where
from chainrule.ops.letters.transcendental import exp, log
from chainrule.ops.movement import cast, concatenate, reshape, transpose
from chainrule.ops.sums import accurate_sum
from chainrule.spec import normalize_axes


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(3, 4)), 1


@op("sum", numpy=np.sum, onnx="ReduceSum", gate="gradient distributor", samples=_matrix)
class Sum(Reduction):
    """Sum over the axes (by default over all), pairwise: float32 keeps its digits."""

    bounded = True

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
        if x.dtype.kind != "f":
            x = x.astype(np.float64)
        return accurate_sum(x, axes, self.keepdims) / np.asarray(_count(x, axes), x.dtype)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (self.spread(upstream / _count(x, normalize_axes(self.axis, x.ndim)), x.shape),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """Linear: the op itself."""
        return self(tangents[0])


class _Extreme(Reduction):
    """The largest or smallest element: a router, whose ties share the gradient equally."""

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        winners = self.winners(x, out)
        ties = Sum.function(cast(winners, x.dtype), self.axis, self.keepdims)
        return (where(winners, self.spread(upstream / ties, x.shape), 0),)

    def winners(self, x: Any, out: Any) -> Any:
        """Where the extreme element stands."""
        return equal(x, self.spread(out, x.shape))

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
        The sum of squares is divided by the number of elements minus ddof.
    """

    axis: Any = None
    ddof: int = 0
    keepdims: bool = False

    def forward(self, x: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        far = _centred(x, axes)
        left = np.asarray(_count(x, axes) - self.ddof, x.dtype)
        return accurate_sum(far * far, axes, self.keepdims) / left

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        share = upstream * (2 / (_count(x, axes) - self.ddof))
        return (self.spread(share, x.shape) * _centred(x, axes),)


@op("logsumexp", edges=True, samples=_matrix)
class LogSumExp(Reduction):
    """log(sum(exp(x))) over the axes, without overflow; -inf where all elements are -inf.

    Parameters
    ----------
    where : bool array, optional
        The elements that count. A row of which none does gives -inf, with the gradient 0.
    """

    def forward(self, x: Any, where: Any = None) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        if where is not None:
            x = np.where(where, x, np.asarray(-inf, x.dtype))
        largest = np.max(x, axis=axes, keepdims=True)
        shift = np.where(np.isfinite(largest), largest, 0).astype(x.dtype)  # inf - inf is NaN
        out = np.log(accurate_sum(np.exp(x - shift), axes, True)) + shift
        return out if self.keepdims else np.squeeze(out, axes)

    def backward(self, upstream: Any, x: Any, *mask_and_out: Any) -> Any:
        *mask, out = mask_and_out
        # exp(x - out) would lose digits at 1e6; and infinite entries share it among them.
        shares = softmax(x, self.axis, *mask)
        shares = where(equal(self.spread(out, x.shape), -inf), 0, shares)
        return self.spread(upstream, x.shape) * shares, *(None for _ in mask)


@op("softmax", onnx="Softmax", edges=True, samples=_matrix)
class Softmax(Composite):
    """exp(x) / sum(exp(x)) along an axis (or several): scores become shares that add up to 1.

    +inf takes everything (several of them share); -inf takes nothing.

    Parameters
    ----------
    axis : int or tuple of int, default -1
        Where the shares add up to 1: the classes of a row.
    where : bool array, optional
        The elements that take part; the others receive 0, and so does a row without any.
    """

    axis: Any = -1
    rows_axis = "axis"

    def forward(self, x: Any, where: Any = None) -> Any:
        normalize_axes(self.axis, x.ndim)  # an axis that is missing is this op's error
        if where is not None:
            return _masked_softmax(x, self.axis, where)
        weights = exp(_below_largest(x, self.axis))
        return weights / Sum.function(weights, self.axis, True)

    def backward(self, upstream: Any, x: Any, *mask_and_out: Any) -> Any:
        *mask, out = mask_and_out
        for takes_part in mask:
            if takes_part is not None:  # what arrives elsewhere may be infinite
                upstream = where(takes_part, upstream, 0)
        weighted = upstream * out
        return weighted - out * Sum.function(weighted, self.axis, True), *(None for _ in mask)


@op("log_softmax", onnx="LogSoftmax", edges=True, samples=_matrix)
class LogSoftmax(Composite):
    """The logarithm of softmax, without the loss of digits of taking it afterwards."""

    axis: Any = -1
    rows_axis = "axis"

    def forward(self, x: Any) -> Any:
        normalize_axes(self.axis, x.ndim)
        shifted = _below_largest(x, self.axis)
        return shifted - log(Sum.function(exp(shifted), self.axis, True))

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (upstream - exp(out) * Sum.function(upstream, self.axis, True),)


def _masked_softmax(x: Any, axis: Any, mask: Any) -> Any:
    below = _below_largest(where(mask, x, -inf), axis)
    weights = where(mask, exp(where(mask, below, 0)), 0)
    total = Sum.function(weights, axis, True)
    return weights / where(total > 0, total, 1)


def _below_largest(x: Any, axis: Any) -> Any:
    """x minus its largest element along the axis: exp(89) overflows float32."""
    largest = Max.function(x, axis, True)
    return where(equal(x, largest), 0, x - where(largest > -inf, largest, 0))


def _centred(x: Any, axes: tuple[int, ...]) -> Any:
    return x - Mean.function(x, axes, True)


def _count(x: Any, axes: tuple[int, ...]) -> int:
    return prod(x.shape[i] for i in axes)


total, mean, softmax, log_softmax = (
    Sum.function,
    Mean.function,
    Softmax.function,
    LogSoftmax.function,
)
largest, smallest = Max.function, Min.function
