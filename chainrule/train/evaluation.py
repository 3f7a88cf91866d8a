"""Evaluating a net: loss and metric of many rows, or its outputs, without recording a graph.

Imports nn, the checks and the metrics. The training loop validates with it; users call it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.nn import Module
from chainrule.ops.losses.loss import facts_of
from chainrule.optim.arguments import whole
from chainrule.settings import no_grad
from chainrule.train.checks import (
    Task,
    check_model,
    check_rows,
    checked_inputs,
    columns_known,
    takes_several,
)
from chainrule.train.head_metrics import answer_of
from chainrule.train.metrics import Metric
from chainrule.train.objective import losses_by_head, terms_of, weights_of_head
from chainrule.train.streams import SINGLE, Rows, inputs_alone, outputs_of, values_of
from chainrule.train.unknown_streams import answer

Array = np.ndarray[Any, np.dtype[Any]]


def evaluate(
    model: Module,
    data: tuple[Any, Any],
    loss: Any,
    batch_size: int = 1024,
    metric: Any = "auto",
    sample_weight: Any = None,
) -> tuple[float, Any]:
    """Loss and metric of a net over all rows of some data.

    Parameters
    ----------
    model : Module
    data : (array, array)
        X and y, as :func:`fit` takes them.
    loss : callable, or a dict or tuple of them
        A mean over rows; without regularization.
    batch_size : int, default 1024
        Rows at a time: enough to keep the processor busy, few enough to stay in its cache.
    metric : {"auto", "accuracy", "r2"}, callable or None, default "auto"
        See :func:`fit`.
    sample_weight : array, (N,), optional
        See :func:`fit`.

    Returns
    -------
    loss : float
    metric : float or None
        Of several outputs a dict of them, by the names of the history's columns.

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
    task = Task.of(model, data, loss, metric, "the data", size, False, columns, sample_weight)
    counter = None if task.make_metric is None else task.make_metric()
    value = measure(model, task.rows, loss, size, counter)
    return value, None if counter is None else answer_of(counter)


def predict(model: Module, x: Any, batch_size: int = 1024) -> Any:
    """The outputs of a net for all rows of X: scores, not probabilities.

    Parameters
    ----------
    model : Module
    x : array, (N, ...), or a tuple or a dict of some
        A frame must have the columns of the frame that the net was trained on, in their order.
    batch_size : int, default 1024
        Rows at a time.

    Returns
    -------
    ndarray, (N, ...), or a tuple or a dict of some, as the net returns them

    Examples
    --------
    >>> import numpy as np
    >>> from chainrule import nn
    >>> predict(nn.Linear(2, 3), np.zeros((5, 2))).shape
    (5, 3)
    """
    check_model(model)
    size = whole("predict", "batch_size", batch_size, least=1)
    columns, several = columns_known(model), takes_several(model, x, "X")
    rows = inputs_alone(
        x, lambda x, name: checked_inputs(model, x, name, columns.get(name), several), "X"
    )
    check_rows(rows, "the data")
    count, parts, container = rows.count, list[Any](), SINGLE
    with no_grad(), np.errstate(all="ignore"):
        for start in range(0, max(count, 1), size):
            part = rows.part(start, start + size)
            found, container = outputs_of(answer(model, part))
            values = [np.asarray(getattr(out, "value", out)) for out in found]
            _check_answer(values, part)
            if not parts:
                parts = [np.empty((count, *v.shape[1:]), v.dtype) for v in values]
            for whole_out, value in zip(parts, values, strict=True):
                whole_out[start : start + size] = value
    return container.of(parts)


def _check_answer(outs: Sequence[Array], rows: Rows) -> None:
    for out in outs:
        if out.shape[:1] != (rows.count,):
            gave = len(out) if out.ndim else "no rows"
            raise ShapeError(
                f"a net answers row by row, but {rows.count} rows gave {gave}.",
                found=[describe("X", rows.arrays[0]), describe("output", out)],
                do="Keep the first axis of the input through the net's forward.",
            )


def measure(model: Module, rows: Rows, loss: Any, size: int, metric: Metric | None) -> float:
    """Mean loss over rows that have been checked; the metric takes in their outputs."""
    form, terms = rows.form, terms_of(loss)
    sums, weighed = [0.0] * len(terms), [0.0] * len(terms)
    losses = losses_by_head(loss)
    ignored = [facts_of(own).ignored for own in (losses or {None: loss}).values()]
    with no_grad(), np.errstate(all="ignore"):
        for start in range(0, rows.count, size):
            part = rows.part(start, start + size).arrays
            targets, weights = form.targets_of(part), form.weights_of(part)
            out: Any = model(form.leaves_of(part))
            for i, (head, own) in enumerate(terms):
                given = (out, targets) if head is None else (out[head], targets[head])
                each = weights if head is None else weights_of_head(weights, head)
                weight = len(part[0]) if each is None else _sum(each)
                if ignored[i] is not None:
                    kept: Any = given[1] != ignored[i]
                    weight = float((kept if each is None else kept * each).sum())
                if weight:  # where all weights are 0, there is no mean
                    value: Any = own(*given, each)
                    sums[i] += float(np.asarray(getattr(value, "value", value)).item()) * weight
                    weighed[i] += weight
            if metric is not None:
                metric.add(values_of(out), targets)
    return sum([total / whole for total, whole in zip(sums, weighed, strict=True)])


def _sum(weights: Any) -> float:
    """How many rows these weights stand for."""
    return float(sum([array.sum(dtype=float) for array in outputs_of(weights)[0]]))
