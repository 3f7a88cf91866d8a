"""Evaluating a net: loss and metric of many rows, or its outputs, without recording a graph.

Imports nn, the checks and the metrics. The training loop validates with it; users call it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.nn import Module
from chainrule.optim.arguments import whole
from chainrule.settings import no_grad
from chainrule.tensors import Tensor
from chainrule.train.checks import Task, check_model, checked_inputs, columns_known
from chainrule.train.metrics import Metric
from chainrule.train.step import is_op

Array = np.ndarray[Any, np.dtype[Any]]


def evaluate(
    model: Module,
    data: tuple[Any, Any],
    loss: Callable[[Any, Any], Any],
    batch_size: int = 1024,
    metric: Any = "auto",
) -> tuple[float, float | None]:
    """Loss and metric of a net over all rows of some data.

    Parameters
    ----------
    model : Module
    data : (array, array)
        X and y, as :func:`fit` takes them.
    loss : callable
        A mean over rows; without regularization.
    batch_size : int, default 1024
        Rows at a time: enough to keep the processor busy, few enough to stay in its cache.
    metric : {"auto", "accuracy", "r2"}, callable or None, default "auto"
        See :func:`fit`.

    Returns
    -------
    loss : float
    metric : float or None

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> from chainrule import nn
    >>> loss, accuracy = evaluate(
    ...     nn.MLP([2, 8, 3]), (np.zeros((5, 2)), np.zeros(5, int)), cr.softmax_cross_entropy
    ... )
    >>> round(loss, 4), accuracy
    (1.0986, 1.0)
    """
    check_model(model)
    size = whole("evaluate", "batch_size", batch_size, least=1)
    columns = columns_known(model)
    task = Task.of(model, data, loss, metric, "the data", size, columns=columns)
    counter = None if task.make_metric is None else task.make_metric()
    value = measure(model, (task.x, task.y), loss, size, counter)
    return value, None if counter is None else counter.value()


def predict(model: Module, x: Any, batch_size: int = 1024) -> Array:
    """The outputs of a net for all rows of X: scores, not probabilities.

    Parameters
    ----------
    model : Module
    x : array, (N, ...)
        A frame must have the columns of the frame that the net was trained on, in their order.
    batch_size : int, default 1024
        Rows at a time.

    Returns
    -------
    ndarray, (N, ...)

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> predict(nn.Linear(2, 3), np.zeros((5, 2))).shape
    (5, 3)
    """
    check_model(model)
    size = whole("predict", "batch_size", batch_size, least=1)
    x = checked_inputs(model, x, "X", columns_known(model))
    with no_grad(), np.errstate(all="ignore"):
        first = outputs(model, x[:size]).value
        out = np.empty((len(x), *first.shape[1:]), first.dtype)
        if len(first) != min(size, len(x)):
            raise ShapeError(
                f"a net answers row by row, but {min(size, len(x))} rows gave {len(first)}.",
                found=[describe("X", x), describe("output", first)],
                do="Keep the first axis of the input through the net's forward.",
            )
        out[:size] = first
        for start in range(size, len(x), size):
            out[start : start + size] = outputs(model, x[start : start + size]).value
    return out


def measure(
    model: Module,
    data: tuple[Array, Array],
    loss: Callable[[Any, Any], Any],
    size: int,
    metric: Metric | None,
) -> float:
    """Mean loss over rows that have been checked; the metric takes in their outputs."""
    x, y = data
    wraps, total = is_op(loss), 0.0
    with no_grad(), np.errstate(all="ignore"):
        for start in range(0, len(x), size):
            targets = y[start : start + size]
            out = outputs(model, x[start : start + size])
            value: Any = loss(out, Tensor(targets) if wraps else targets)
            total += float(np.asarray(getattr(value, "value", value)).item()) * len(targets)
            if metric is not None:
                metric.add(out.value, targets)
    return total / len(x)


def outputs(model: Module, x: Array) -> Tensor:
    """What the net makes of rows that nobody changes meanwhile."""
    out = model(Tensor(x))
    return out if isinstance(out, Tensor) else Tensor(np.asarray(out))
