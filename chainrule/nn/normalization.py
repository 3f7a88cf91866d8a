"""Normalization as modules: LayerNorm by row, BatchNorm by column with running statistics.

Imports module, linear and ops.normalization. Statistics of a batch are extra results of the op,
handed out through the run; nothing is written while the net computes.
"""

from math import prod
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.nn.linear import floating, positive
from chainrule.nn.module import Module
from chainrule.nn.op_layer import OperationOf
from chainrule.nn.run import Run, settled
from chainrule.ops import normalizing as normalization
from chainrule.ops.movement import reshape
from chainrule.tensors import Parameter


class _Normalization(Module):
    """One scale and one shift per feature: they start at 1 and 0."""

    unpenalized: ClassVar[tuple[str, ...]] = ("scale", "shift")
    per_element: ClassVar[int]  # operations on one element in evaluation

    def __init__(self, features: int, eps: float, dtype: Any) -> None:
        self.features, self.eps = positive(features, "features"), eps
        self.scale = Parameter(np.ones(self.features, floating(dtype, self)))
        self.shift = Parameter(np.zeros(self.features, dtype))

    def extra(self) -> str:
        return f"{self.features}"

    def flops(self, inputs: tuple[int, ...], out: tuple[int, ...]) -> int:
        """A fixed number of operations per element."""
        return self.per_element * prod(out)

    def checked(self, x: Any) -> None:
        """Raise unless the last axis holds the features."""
        if not x.shape or x.shape[-1] != self.features:
            columns = x.shape[-1] if x.shape else 1
            kind = type(self).__name__
            raise ShapeError(
                f"{kind}({self.features}) takes {self.features} features, but x has {columns}.",
                found=[describe("x", x), describe("scale", self.scale, self.scale.origin)],
                do=f"Build it with {kind}({columns}), or give it {self.features} features.",
            )


class LayerNorm(_Normalization):
    """Each row centred and scaled to a variance of 1, the same in training and evaluation.

    Parameters
    ----------
    features : int
        Length of the last axis.
    eps : float, default 1e-5
        Added to the variance.
    dtype : dtype, default "float32"
        Element type of scale and shift.

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> nn.LayerNorm(2)(np.array([[1.0, 3.0]])).data.round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    per_element = (
        8  # mean 1, distance 1, variance 2, divide 1, scale and shift 2, the mean again 1
    )

    operation = OperationOf(normalization.LayerNorm, "eps")

    one_array: ClassVar[bool] = True

    def __init__(self, features: int, eps: float = 1e-5, dtype: Any = "float32") -> None:
        super().__init__(features, eps, dtype)

    def forward(self, x: Any, run: Run | None = None) -> Any:
        self.checked(x)
        return self.operation(x, self.scale, self.shift)


class BatchNorm(_Normalization):
    """Each feature centred and scaled: by the batch in training, by running statistics after.

    All axes but the last count as rows. :meth:`Module.run` returns the new running statistics
    as updates, ``running_mean`` and ``running_variance``; ``fit`` writes them back.

    Parameters
    ----------
    features : int
        Length of the last axis.
    momentum : float, default 0.1
        The share of a new batch in the running statistics.
    eps : float, default 1e-5
        Added to the variance.
    dtype : dtype, default "float32"
        Element type of scale, shift and the running statistics.

    Notes
    -----
    The running variance is the unbiased one (divided by N - 1), as in algorithm 2 of Ioffe and
    Szegedy 2015. A batch of one row has no variance: the layer answers with its shift, whatever
    the row holds, and the running statistics leave it out. `fit` accepts such a batch as the last
    one of an epoch, and refuses batches that are all of one row, from which nothing is learned.
    """

    numbers_only = frozenset({"momentum"})
    per_element = 4  # subtract, divide, scale, shift
    operation = OperationOf(normalization.BatchNormWithStatistics, "eps")

    one_array: ClassVar[bool] = True

    def __init__(
        self, features: int, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = "float32"
    ) -> None:
        super().__init__(features, eps, dtype)
        if not 0 <= momentum <= 1:
            raise ArgumentError(
                f"momentum is the share of a new batch, from 0 to 1, not {momentum}.",
                do="Leave it at 0.1; other libraries call the same number 0.9.",
            )
        self.momentum = momentum
        self.running_mean = np.zeros(self.features, dtype)
        self.running_variance = np.ones(self.features, dtype)

    def forward(self, x: Any, run: Run) -> Any:
        self.checked(x)
        if run.key is None:
            spread = np.sqrt(self.running_variance + self.eps)
            return (x - self.running_mean) / spread * self.scale + self.shift
        rows = prod(x.shape[:-1])
        flat = x if len(x.shape) == 2 else reshape(x, (rows, self.features))
        out, mean, variance = self.operation(flat, self.scale, self.shift)
        if rows > 1:
            self._note(run, "running_mean", mean)
            self._note(run, "running_variance", variance * (rows / (rows - 1)))
        else:  # no estimate of a variance, and a poor one of the mean
            run.update(self, "running_mean", self.running_mean)
            run.update(self, "running_variance", self.running_variance)
        return out if len(x.shape) == 2 else reshape(out, tuple(x.shape))

    def _note(self, run: Run, name: str, found: Any) -> None:
        old, share = getattr(self, name), self.momentum
        run.update(self, name, (1 - share) * old + share * settled(found))
