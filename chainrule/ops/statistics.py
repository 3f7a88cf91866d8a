"""Statistics and counts over axes: range, weighted mean, sums without NaN, any, all.

Imports the families, letters, movement and reductions.
"""

from typing import Any

import numpy as np

from chainrule.graph.op.families import Composite, Reduction
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import isnan, logical_not, not_equal, where
from chainrule.ops.movement import as_narrow, broadcast_to, cast, reshape, shaped, widened
from chainrule.ops.reductions import largest, mean, smallest, total
from chainrule.spec import normalize_axes


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(3, 4)), 1


@op("ptp", smooth=False, numpy=np.ptp, gate="gradient router", samples=_matrix)
class PeakToPeak(Composite):
    """The largest element minus the smallest, over the axes."""

    axis: Any = None
    keepdims: bool = False

    def forward(self, a: Any) -> Any:
        normalize_axes(self.axis, a.ndim)  # an axis that is missing is this op's error
        return largest(a, self.axis, self.keepdims) - smallest(a, self.axis, self.keepdims)


@op("average", numpy=np.average, samples=lambda rng: (
    rng.normal(size=(3, 4)), 1, rng.uniform(0.5, 2.0, size=4)))  # fmt: skip
class Average(Composite):
    """Mean over the axes, in which each element counts by its weight.

    Parameters
    ----------
    weights : tensor, optional
        Of the shape of ``a``, or of the one axis that is averaged over.
    """

    axis: Any = None

    def forward(self, a: Any, weights: Any = None) -> Any:
        a = shaped(a)
        if weights is None:
            return mean(a, self.axis)
        if a.dtype.kind in "iub":  # as NumPy: products with narrow weights would wrap around
            a = cast(a, np.float64)
        weights = shaped(weights)
        if weights.dtype.kind in "iub":
            weights = cast(weights, np.result_type(a.dtype, weights.dtype))
        given = a, weights
        a, weights = map(widened, given)
        if weights.shape != a.shape:
            (axis,) = normalize_axes(self.axis, a.ndim)  # one axis, or an error
            weights = reshape(weights, tuple(-1 if i == axis else 1 for i in range(a.ndim)))
            weights = broadcast_to(weights, a.shape)
        return as_narrow(total(a * weights, self.axis) / total(weights, self.axis), *given)


@op("nansum", numpy=np.nansum, gate="gradient distributor", samples=_matrix)
class NanSum(Composite):
    """Sum of the elements that are not NaN; NaN receives no gradient."""

    axis: Any = None
    keepdims: bool = False

    def forward(self, a: Any) -> Any:
        return total(_without_nan(a), self.axis, self.keepdims)


@op("nanmean", numpy=np.nanmean, gate="gradient distributor", samples=_matrix)
class NanMean(Composite):
    """Mean of the elements that are not NaN; NaN receives no gradient."""

    axis: Any = None
    keepdims: bool = False

    def forward(self, a: Any) -> Any:
        whole = total(widened(_without_nan(a)), self.axis, self.keepdims)
        kind = whole.dtype if whole.dtype.kind == "f" else np.float64
        average = whole / total(cast(logical_not(isnan(a)), kind), self.axis, self.keepdims)
        return as_narrow(average, a)


@op("any", numpy=np.any, flat=True, samples=_matrix)
class AnyTrue(Reduction):
    """Whether any element over the axes is true (not 0)."""

    primitive, combines, numbers_are_rows = "reduce", "any", True

    def forward(self, a: Any) -> Any:
        return np.any(a, axis=self.axis, keepdims=self.keepdims)


@op("all", numpy=np.all, flat=True, samples=_matrix)
class AllTrue(Reduction):
    """Whether all elements over the axes are true (not 0)."""

    primitive, combines, numbers_are_rows = "reduce", "all", True

    def forward(self, a: Any) -> Any:
        return np.all(a, axis=self.axis, keepdims=self.keepdims)


@op("count_nonzero", numpy=np.count_nonzero, flat=True, samples=_matrix)
class CountNonzero(Reduction):
    """How many elements over the axes are not 0."""

    numbers_are_rows = True

    def forward(self, a: Any) -> Any:
        return np.count_nonzero(a, axis=self.axis, keepdims=self.keepdims)

    def formula(self, a: Any) -> Any:
        counted = cast(not_equal(a, 0), np.int64)
        return total(counted, self.reduced_axes(a.ndim), self.keepdims)


def _without_nan(a: Any) -> Any:
    return where(isnan(a), np.zeros((), a.dtype), a)


any_true = AnyTrue.function
