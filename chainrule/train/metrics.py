"""Metrics: figures a person reads beside the loss; accuracy for classes, R^2 for numbers.

Imports the graph, errors and the history's names. The training loop and `evaluate` add batch
after batch and ask once.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.graph.nodes.node import Node
from chainrule.ops.losses.loss import LossFacts, inside
from chainrule.train.history import RESERVED
from chainrule.train.loss_check import table_error, tells_apart

Array = np.ndarray[Any, np.dtype[Any]]
NAMES = ("accuracy", "r2")
TRUTH_FIRST = ("y_true", "y_test", "truth", "targets", "target", "labels")
WAITING_AT_MOST = 16384  # elements of outputs kept before they are counted in one go


class Metric:
    """A figure over many rows, added batch by batch.

    Batches wait until there are enough of them: counting 32 rows costs as much as counting 3,000.
    """

    name = ""
    counted: ClassVar[tuple[str, ...]] = ()  # the attributes that hold what was counted

    def __init__(self) -> None:
        self._waiting: list[tuple[Array, Array]] = []
        self._elements = 0

    def add(self, out: Array, y: Array) -> None:
        """Take in the outputs of a batch and what they should have been."""
        self._waiting.append((out, y))
        self._elements += out.size
        if self._elements > WAITING_AT_MOST:
            self._count_waiting(whole=True)

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

    def running(self) -> dict[str, Array]:
        """What was counted so far, as arrays; `go_on` takes it back."""
        self._count_waiting()
        return {name: np.asarray(getattr(self, name)) for name in self.counted}

    def go_on(self, counted: Mapping[str, Array]) -> None:
        """Count on from what `running` returned."""
        for name in self.counted:
            array = counted[name]
            setattr(self, name, array if array.shape else array.item())

    def _count_waiting(self, whole: bool = False) -> None:
        """Count the rows that wait, in parts of one size: however they came, it is the same sum.

        ``whole`` leaves those that do not fill a part.
        """
        if not self._waiting:
            return
        outs, ys = [out for out, _ in self._waiting], [y for _, y in self._waiting]
        out: Array = np.concatenate(outs) if len(outs) > 1 else outs[0]
        y: Array = np.concatenate(ys) if len(ys) > 1 else ys[0]
        part = max(WAITING_AT_MOST * len(y) // max(out.size, 1), 1)
        end = len(y) // part * part if whole else len(y)
        self._waiting = [(out[end:], y[end:])] if end < len(y) else []
        self._elements = out[end:].size
        with np.errstate(all="ignore"):
            for start in range(0, end, part):
                self.count(out[start : min(start + part, end)], y[start : min(start + part, end)])


class Accuracy(Metric):
    """Share of labels whose score is the largest.

    Parameters
    ----------
    ignored : int, optional
        The label of rows that are not counted.
    """

    name = "accuracy"
    counted = ("right", "total")

    def __init__(self, ignored: int | None = None) -> None:
        super().__init__()
        self.right: int = 0
        self.total: int = 0
        self.ignored = ignored

    def count(self, out: Array, y: Array) -> None:
        if self.ignored is not None:
            counts = y != self.ignored
            out, y = out[counts], y[counts]
        self.right += int(np.count_nonzero(self.hits(out, y)))
        self.total += y.size

    def hits(self, out: Array, y: Array) -> Array:
        """Which rows are right."""
        return np.equal(np.argmax(out, axis=-1), y)

    def result(self) -> Any:
        return np.divide(self.right, self.total)


class BinaryAccuracy(Accuracy):
    """Share of targets, 0 or 1, on whose side of an even chance the output lies.

    Parameters
    ----------
    even : float, default 0
        The output that means an even chance: 0 of scores, 1/2 of chances.
    """

    def __init__(self, even: float = 0.0) -> None:
        super().__init__()
        self.even = even

    def hits(self, out: Array, y: Array) -> Array:
        return (out.reshape(y.shape) > self.even) == (y > 0.5)


class R2(Metric):
    """1 - squared errors / spread of the targets around their mean: 1 is perfect, 0 the mean.

    The mean over the columns, if a row has several targets. It has no unit, so that it reads the
    same whether the targets were standardised or not. A column whose targets are all the same has
    no spread to explain: it counts 1 if every output is right and 0 if one is not, as in
    scikit-learn, so that the other columns can still be read.

    Parameters
    ----------
    facts : LossFacts, optional
        Of a loss, whose link makes of outputs what the targets are about.
    """

    name = "r2"
    counted = ("rows", "mean", "spread", "errors", "low", "high")

    def __init__(self, facts: LossFacts | None = None) -> None:
        super().__init__()
        self.linked = (facts or LossFacts()).linked
        self.rows = 0
        self.mean: Any = 0.0
        self.spread: Any = 0.0
        self.errors: Any = 0.0
        self.low: Any = np.inf
        self.high: Any = -np.inf

    def count(self, out: Array, y: Array) -> None:
        truth = y.reshape(len(y), -1).astype(np.float64)
        miss = truth - self.linked(out).reshape(len(y), -1)
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
        self.low = np.minimum(self.low, truth.min(axis=0))
        self.high = np.maximum(self.high, truth.max(axis=0))
        self.rows = rows

    def result(self) -> Any:
        if not self.rows:
            return np.nan
        errors = np.asarray(self.errors)
        # Not spread == 0: the mean of equal numbers may be off by a rounding.
        explained: Array = 1 - errors / np.where(self.low == self.high, 1.0, self.spread)
        exact = np.where(errors > 0, 0.0, 1 - errors)  # NaN stays NaN
        return np.mean(np.where(self.low == self.high, exact, explained))


class Custom(Metric):
    """A user's function of outputs and targets: its mean over the batches, weighted by rows.

    It may return one number, or one for each row, which are averaged.
    """

    counted = ("rows", "sum")

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.function, self.name = function, _name_of(function)
        self.rows, self.sum = 0, 0.0

    def count(self, out: Array, y: Array) -> None:
        self.rows += len(y)
        self.sum += len(y) * self.of(out, y)

    def result(self) -> Any:
        return np.divide(self.sum, self.rows)

    def of(self, out: Array, y: Array) -> float:
        """The function's answer for some rows, as one number."""
        return self.number(self.function(out, y), len(y))

    def number(self, found: Any, rows: int) -> float:
        """What the function answered for so many rows, as one number."""
        value: Any = found.value if isinstance(found, Node) else found
        array = np.asarray(value)
        if array.dtype.kind == "O" and not array.shape and hasattr(value, "__float__"):
            array = np.asarray(float(value))  # a Decimal, a Fraction
        if array.dtype.kind in "biuf" and (array.size == 1 or array.shape == (rows,)):
            return float(array.mean())
        what = f"an array of shape {array.shape}" if array.shape else f"{value!r:.60}"
        raise ArgumentError(
            f"a metric is one number, or one for each row, but {self.name} returned {what} for "
            f"{rows} rows.",
            do="Return a number, such as np.mean(...) over the rows.",
        )

    def check(self, out: Array, y: Array) -> None:
        """Raise before the first step where the function will not do."""
        first = next(iter(_parameters_of(self.function)), "")
        if first in TRUTH_FIRST:
            raise ArgumentError(
                f"{self.name} takes the targets first ({first}), but a metric is called with "
                "outputs and targets, in that order.",
                do=f"Swap them: metric=lambda outputs, y: {self.name}(y, outputs).",
            )
        self.of(out, y)
        if tells_apart(self.function, out, y, np.asarray):
            raise table_error(out.shape, y.shape, f"the metric {self.name}, on {len(y)} rows")


def metric_maker(
    metric: Any, facts: LossFacts, out: Array, y: Array
) -> Callable[[], Metric] | None:
    """How to make a fresh metric; "auto" asks the loss, and the shapes where it does not say.

    Parameters
    ----------
    metric : {"auto", "accuracy", "r2"}, callable or None
    facts : LossFacts
        What is known about the loss.
    out, y : ndarray
        Outputs and targets of some rows.
    """
    labels = y.dtype.kind in "iu" and y.ndim == out.ndim - 1
    if metric == "auto":
        metric = _fitting(facts, labels, y.size * facts.columns == out.size)
    if metric is None:
        return None
    if callable(metric):
        custom = Custom(metric)
        custom.check(out, y)
        return lambda: Custom(metric)
    if metric == "accuracy":
        if not labels and y.size != out.size:
            raise ArgumentError(
                f"accuracy needs a label for each row, or a target for each score, not {y.shape} "
                f"for {out.shape}.",
                do="Give class labels (N,) for scores (N, C).",
            )
        if labels:
            return Accuracy if facts.ignored is None else partial(Accuracy, facts.ignored)
        return partial(BinaryAccuracy, _even(facts))
    if metric == "r2":
        if y.size * facts.columns != out.size:
            raise ArgumentError(
                f"r2 compares numbers of one shape, not {out.shape} with {y.shape}.",
                do='Choose metric="accuracy" for class labels.',
            )
        return partial(R2, facts)
    raise UnknownNameError("metric", str(metric), ("auto", *NAMES))


def _fitting(facts: LossFacts, labels: bool, same_size: bool) -> Any:
    """The metric that a loss names, where it fits the targets; None for none."""
    if callable(facts.metric) or not facts.metric:
        return facts.metric or None
    if labels:  # whatever a loss makes of them, the largest score can be asked for
        return "accuracy"
    if not same_size:
        return None
    if facts.metric == "auto":
        return "accuracy" if facts.targets == "shares" else "r2"
    return facts.metric


def _even(facts: LossFacts) -> float:
    """The output that means an even chance: scores are assumed where nobody says shares."""
    return 0.5 if facts.targets == "shares" and not facts.link else 0.0


def _name_of(function: Any) -> str:
    """The name of a user's metric, which becomes a column of the history."""
    function = inside(function)
    name = str(getattr(function, "__name__", type(function).__name__))
    if name in RESERVED or "/" in name:
        raise ArgumentError(
            f"the history has a column of its own called {name!r}, which a metric of this name "
            "would replace.",
            do="Give the function another name.",
        )
    return name


def _parameters_of(function: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # written in C, and without a signature
        return ()
