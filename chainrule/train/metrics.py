"""Metrics: figures a person reads beside the loss; accuracy for classes, R^2 for numbers.

Imports NumPy and errors. The training loop and `evaluate` add batch after batch and ask once.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError

Array = np.ndarray[Any, np.dtype[Any]]
NAMES = ("accuracy", "r2")
WAITING_AT_MOST = 16384  # elements of outputs kept before they are counted in one go


class Metric:
    """A figure over many rows, added batch by batch.

    Batches wait until there are enough of them: counting 32 rows costs as much as counting 3,000.
    """

    name = ""

    def __init__(self) -> None:
        self._waiting: list[tuple[Array, Array]] = []
        self._elements = 0

    def add(self, out: Array, y: Array) -> None:
        """Take in the outputs of a batch and what they should have been."""
        self._waiting.append((out, y))
        self._elements += out.size
        if self._elements > WAITING_AT_MOST:
            self._count_waiting()

    def value(self) -> float:
        """The figure over all rows added so far; NaN if there are none."""
        self._count_waiting()
        with np.errstate(all="ignore"):
            return float(self.result())

    def count(self, out: Array, y: Array) -> None:
        """Count some rows."""
        raise NotImplementedError(f"{type(self).__name__} counts nothing")

    def result(self) -> Any:
        """The figure of what was counted."""
        raise NotImplementedError(f"{type(self).__name__} has no result")

    def _count_waiting(self) -> None:
        if self._waiting:
            outs, ys = zip(*self._waiting, strict=True)
            self._waiting, self._elements = [], 0
            with np.errstate(all="ignore"):
                self.count(np.concatenate(outs), np.concatenate(ys))


class Accuracy(Metric):
    """Share of labels whose score is the largest."""

    name = "accuracy"

    def __init__(self) -> None:
        super().__init__()
        self.right: int = 0
        self.total: int = 0

    def count(self, out: Array, y: Array) -> None:
        self.right += int(np.count_nonzero(self.hits(out, y)))
        self.total += y.size

    def hits(self, out: Array, y: Array) -> Array:
        """Which rows are right."""
        return np.equal(np.argmax(out, axis=-1), y)

    def result(self) -> Any:
        return np.divide(self.right, self.total)


class BinaryAccuracy(Accuracy):
    """Share of targets, 0 or 1, on whose side of 0 the score lies."""

    def hits(self, out: Array, y: Array) -> Array:
        return (out > 0) == (y > 0.5)


class R2(Metric):
    """1 - squared errors / spread of the targets around their mean: 1 is perfect, 0 the mean.

    The mean over the columns, if a row has several targets. It has no unit, so that it reads the
    same whether the targets were standardised or not.
    """

    name = "r2"

    def __init__(self) -> None:
        super().__init__()
        self.rows = 0
        self.mean: Any = 0.0
        self.spread: Any = 0.0
        self.errors: Any = 0.0

    def count(self, out: Array, y: Array) -> None:
        truth = y.reshape(len(y), -1).astype(np.float64)
        miss = truth - out.reshape(len(y), -1)
        mean = truth.mean(axis=0)
        # Two sets of rows joined: Chan, Golub and LeVeque 1983; no difference of large sums.
        rows, apart = self.rows + len(y), mean - self.mean
        self.spread = (
            self.spread
            + np.square(truth - mean).sum(axis=0)
            + apart * apart * (self.rows * len(y) / rows)
        )
        self.mean = self.mean + apart * (len(y) / rows)
        self.errors = self.errors + np.square(miss).sum(axis=0)
        self.rows = rows

    def result(self) -> Any:
        explained: Array = 1 - np.asarray(self.errors) / np.asarray(self.spread)  # 0 / 0 is NaN
        return np.mean(explained)


class Custom(Metric):
    """A user's function of outputs and targets: its mean over the batches, weighted by rows."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        self.rows, self.sum = 0, 0.0

    def count(self, out: Array, y: Array) -> None:
        self.rows += len(y)
        self.sum += len(y) * float(self.function(out, y))

    def result(self) -> Any:
        return np.divide(self.sum, self.rows)


def metric_maker(metric: Any, loss: Any, out: Array, y: Array) -> Callable[[], Metric] | None:
    """How to make a fresh metric; "auto" looks at the loss and the shapes.

    Parameters
    ----------
    metric : {"auto", "accuracy", "r2"}, callable or None
    loss : callable
    out, y : ndarray
        Outputs and targets of some rows.
    """
    labels = y.dtype.kind in "iu" and y.ndim == out.ndim - 1
    if metric is None:
        return None
    if callable(metric):
        return lambda: Custom(metric)
    if metric == "auto":
        if labels:
            return Accuracy
        if getattr(loss, "__name__", "") == "binary_cross_entropy":
            return BinaryAccuracy
        return R2 if y.shape == out.shape else None
    if metric == "accuracy":
        return Accuracy if labels else BinaryAccuracy
    if metric == "r2":
        if y.shape != out.shape:
            raise ArgumentError(
                f"r2 compares numbers of one shape, not {out.shape} with {y.shape}.",
                do='Choose metric="accuracy" for class labels.',
            )
        return R2
    raise UnknownNameError("metric", str(metric), ("auto", *NAMES))
