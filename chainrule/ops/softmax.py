"""The softmax family: shares that add up to 1, their logarithms, and the logarithm of the sum.

Imports the families, letters and reductions. Everything is shifted by the largest element, since
exp(89) overflows float32, and a logarithm of the sum is log1p of all but the largest: where one
element dominates, what is left of the others is the answer.
"""

from math import inf, log
from typing import Any

import numpy as np

from chainrule.graph.op.families import Composite, Reduction
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import equal, logical_and, where
from chainrule.ops.letters.transcendental import exp, expm1, log1p
from chainrule.ops.movement import as_narrow, cast, widened
from chainrule.ops.reductions import Max, Sum, summed
from chainrule.spec import normalize_axes

LARGE = -log(2)  # the logarithm of a share of one half
choose = where  # in a rule whose mask is called ``where``


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(3, 4)), 1


@op("logsumexp", edges=True, samples=_matrix)
class LogSumExp(Reduction):
    """log(sum(exp(x))) over the axes, without overflow; -inf where there is nothing to add.

    Parameters
    ----------
    where : bool array, optional
        The elements that count. A row of which none does gives -inf, with the gradient 0, and so
        does a row of -inf or an axis without elements.
    """

    def forward(self, x: Any, where: Any = None) -> Any:
        axes = normalize_axes(self.axis, x.ndim)
        dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
        x = widened(x) if dtype == x.dtype else x.astype(dtype)
        if where is not None:
            x = np.where(where, x, np.asarray(-inf, x.dtype))
        least: Any = {} if x.size else {"initial": -inf}
        largest = np.max(x, axis=axes, keepdims=True, **least)
        at_largest = x == largest
        others = np.where(at_largest, np.asarray(0, x.dtype), np.exp(x - largest))
        ties = summed(at_largest.astype(x.dtype), axes, True) - 1
        out = largest + np.log1p(summed(others, axes, True) + ties)
        out = choose(np.isfinite(largest), out, largest).astype(dtype, copy=False)
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

    +inf takes everything (several of them share); -inf takes nothing. A row of nothing but -inf
    has no shares: it is outside the domain, and NaN.

    Parameters
    ----------
    axis : int or tuple of int, default -1
        Where the shares add up to 1: the classes of a row.
    where : bool array, optional
        The elements that take part; the others receive 0, and so does a row without any.
    """

    axis: Any = -1
    by_rows = True

    def forward(self, x: Any, where: Any = None) -> Any:
        normalize_axes(self.axis, x.ndim)  # an axis that is missing is this op's error
        if x.size == 0:
            return exp(x)
        wide = widened(x)
        if where is not None:
            wide = choose(where, wide, -inf)
        weights = exp(_below_largest(wide, self.axis))
        if where is not None:  # a row without any is NaN here
            weights = choose(where, weights, 0)
        total = Sum.function(weights, self.axis, True)
        if where is not None:
            total = choose(equal(total, 0), 1, total)
        return as_narrow(weights / total, x)

    def backward(self, upstream: Any, x: Any, *mask_and_out: Any) -> Any:
        *mask, out = mask_and_out
        for takes_part in mask:
            if takes_part is not None:  # what arrives elsewhere may be infinite
                upstream = where(takes_part, upstream, 0)
        weighted = upstream * out
        return weighted - out * Sum.function(weighted, self.axis, True), *(None for _ in mask)


@op("log_softmax", onnx="LogSoftmax", edges=True, samples=_matrix)
class LogSoftmax(Composite):
    """The logarithm of softmax, without the loss of digits of taking it afterwards.

    The logarithm of a share that is nearly 1 keeps its digits too: at scores 40 and 0 it is
    -4.2e-18.

    Parameters
    ----------
    axis : int or tuple of int, default -1
        Where the shares add up to 1: the classes of a row.
    where : bool array, optional
        The elements that take part; the others receive -inf, and so does a row without any.
    """

    axis: Any = -1
    by_rows = True

    def forward(self, x: Any, where: Any = None) -> Any:
        normalize_axes(self.axis, x.ndim)
        if x.size == 0:
            return exp(x)
        wide = widened(x)
        if where is not None:
            wide = choose(where, wide, -inf)
        below = _below_largest(wide, self.axis)
        at_largest = equal(below, 0)
        others = Sum.function(choose(at_largest, 0, exp(below)), self.axis, True)
        ties = Sum.function(cast(at_largest, wide.dtype), self.axis, True) - 1
        out = below - log1p(others + ties)
        return as_narrow(out if where is None else choose(where, out, -inf), x)

    def backward(self, upstream: Any, x: Any, *mask_and_out: Any) -> Any:
        *mask, out = mask_and_out
        for takes_part in mask:
            if takes_part is not None:
                upstream = where(takes_part, upstream, 0)
        total = Sum.function(upstream, self.axis, True)
        # u - p U is 1 - p where u is 1 at one place: of a share near 1 its rest counts.
        rest = (upstream - total) - expm1(out) * total
        return where(out > LARGE, rest, upstream - exp(out) * total), *(None for _ in mask)


def _below_largest(x: Any, axis: Any) -> Any:
    """x minus its largest element along the axis; NaN in a row of -inf."""
    largest = Max.function(x, axis, True)
    at_largest = logical_and(equal(x, largest), largest > -inf)  # inf - inf would be NaN
    return where(at_largest, 0, x - largest)


softmax, log_softmax, logsumexp = Softmax.function, LogSoftmax.function, LogSumExp.function
