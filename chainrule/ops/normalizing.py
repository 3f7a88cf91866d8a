"""Normalization: values are centred and scaled to a variance of 1, along a row or down a column.

Imports the families, letters and reductions. Statistics take two passes and the gradients are
centred, so that float32 keeps its digits where the mean is large and the spread small.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, describe
from chainrule.graph.op.families import Composite
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.movement import as_narrow, sum_to, widened
from chainrule.ops.reductions import mean
from chainrule.ops.sums import HALF, accurate_sum


class _Normalization(Composite):
    """(x - mean) / sqrt(variance + eps) along one axis, then scale and shift if given."""

    axis: ClassVar[int]
    by_rows = True

    eps: float = 1e-5

    def __post_init__(self) -> None:
        if not self.eps > 0:
            raise ArgumentError(
                f"{self.name} divides by sqrt(variance + eps), so eps is above 0, not {self.eps}.",
                do="Leave eps at 1e-5: constant values then become 0.",
            )

    def normalized(self, x: Any, scale: Any, shift: Any) -> tuple[Any, Any, Any]:
        """The result, the mean and the variance; both statistics keep their axis."""
        x, scale, shift = widened(x), widened(scale), widened(shift)
        average, far, variance = self.statistics(x)
        spread = sqrt(variance + self.eps)
        if type(x) is np.ndarray:
            far = np.divide(far, spread, out=far)  # in place: a new array costs its page faults
        else:
            far = far / spread
        out = far if scale is None else far * scale
        return (out if shift is None else out + shift), average, variance

    def statistics(self, x: Any) -> tuple[Any, Any, Any]:
        """Mean, distance from the mean (an array of its own), and variance."""
        if x.shape[self.axis] == 0:
            raise ArgumentError(
                f"{self.name} was given nothing to take the mean of.",
                found=[describe("x", x)],
                do="Leave empty batches out.",
            )
        average = self.mean(x)
        far = x - average
        # The mean itself is rounded: at 2000 float32 misses by 6e-5. The rest is its correction.
        far = subtracted(far, self.mean(far))
        return average, far, self.mean(far * far)

    def mean(self, x: Any) -> Any:
        """Mean along the axis, which stays."""
        if type(x) is np.ndarray and x.dtype.kind == "f":
            whole = accurate_sum(x, (self.axis % x.ndim,), True)
            whole /= x.shape[self.axis]
            return whole
        return mean(x, self.axis, True)

    def gradients(
        self, upstream: Any, of_mean: Any, of_variance: Any, x: Any, others: Sequence[Any]
    ) -> tuple[Any, ...]:
        """Rules for x, scale and shift.

        With r = 1 / sqrt(variance + eps) and means m over the axis, the gradient of x is
        r (g - m(g) - far r^2 m(g far)), where g = upstream * scale.
        """
        if x.dtype == HALF:
            upstream, of_mean, of_variance = map(widened, (upstream, of_mean, of_variance))
            x, others = widened(x), [widened(each) for each in others]
        scale = others[0] if len(others) > 1 else None
        _, far, variance = self.statistics(x)
        rate = 1 / sqrt(variance + self.eps)
        count = x.shape[self.axis]

        def of_x() -> Any:
            inner = upstream if scale is None else upstream * scale
            inner = inner - self.mean(inner)
            pull = rate * rate * self.mean(inner * far)
            if of_variance is not None:
                pull = pull - of_variance * (2 / count) / rate
            gradient = subtracted(inner, far * pull) * rate
            return gradient if of_mean is None else gradient + of_mean / count

        def of_scale() -> Any:
            return None if scale is None else sum_to(upstream * far * rate, scale.shape)

        rules = (of_x, of_scale, lambda: sum_to(upstream, others[1].shape))
        return rules[: len(others)]


def subtracted(x: Any, y: Any) -> Any:
    """x - y, in the array of x if it is one: x belongs to the caller, who does not need it."""
    return np.subtract(x, y, out=x) if type(x) is np.ndarray else x - y


@op("layer_norm", onnx="LayerNormalization", samples=lambda rng: (
    rng.normal(size=(3, 4)), 1e-5, rng.normal(size=4), rng.normal(size=4)))  # fmt: skip
class LayerNorm(_Normalization):
    """Each row (the last axis) centred and scaled to a variance of 1, then scaled and shifted.

    Parameters
    ----------
    eps : float, default 1e-5
        Added to the variance, so that a constant row becomes 0 and not NaN.
    scale, shift : tensor, optional
        What the normalized row is multiplied with, and what is added then; one per feature.

    Source
    ------
    Ba, Kiros, Hinton 2016, "Layer normalization".
    """

    axis: ClassVar[int] = -1

    def forward(self, x: Any, scale: Any = None, shift: Any = None) -> Any:
        return as_narrow(self.normalized(x, scale, shift)[0], x, scale, shift)

    def backward(self, upstream: Any, x: Any, *others: Any) -> Any:
        return self.gradients(upstream, None, None, x, others)


def _batch(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(5, 3)), 1e-5, rng.normal(size=3), rng.normal(size=3)


@op("batch_norm", onnx="BatchNormalization", samples=_batch)
class BatchNorm(_Normalization):
    """Each column of a batch (axis 0) centred and scaled to a variance of 1: the training form.

    Parameters
    ----------
    eps : float, default 1e-5
        Added to the variance, so that a constant column becomes 0 and not NaN.
    scale, shift : tensor, optional
        What the normalized column is multiplied with, and what is added then; one per feature.

    Source
    ------
    Ioffe and Szegedy 2015, "Batch normalization", algorithm 1.
    """

    axis: ClassVar[int] = 0

    def forward(self, x: Any, scale: Any = None, shift: Any = None) -> Any:
        return as_narrow(self.normalized(x, scale, shift)[0], x, scale, shift)

    def backward(self, upstream: Any, x: Any, *others: Any) -> Any:
        return self.gradients(upstream, None, None, x, others)


@op("batch_norm_with_statistics", samples=_batch)
class BatchNormWithStatistics(_Normalization):
    """batch_norm with three results: the batch, and its mean and variance (divided by N).

    The running statistics of the evaluation are made of them.
    """

    axis: ClassVar[int] = 0

    def forward(self, x: Any, scale: Any = None, shift: Any = None) -> Any:
        out, average, variance = self.normalized(x, scale, shift)
        return as_narrow(out, x, scale, shift), as_narrow(average[0], x), as_narrow(variance[0], x)

    def backward(self, upstream: Any, x: Any, *others: Any) -> Any:
        of_out, of_mean, of_variance = upstream
        return self.gradients(of_out, _used(of_mean), _used(of_variance), x, others)


def _used(gradient: Any) -> Any:
    """The gradient of a statistic, or None where nobody took one from it."""
    silent = isinstance(gradient, np.ndarray) and not gradient.any()
    return None if silent else gradient  # pyright: ignore[reportUnknownVariableType]  any array


layer_norm, batch_norm = LayerNorm.function, BatchNorm.function
batch_norm_with_statistics = BatchNormWithStatistics.function
