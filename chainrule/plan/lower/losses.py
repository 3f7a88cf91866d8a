"""Losses of labels: their formulas, after a check that every label is a class.

Imports the ops' functions, along and the recorder. dispatch.py collects the rules.
"""

from typing import Any

from chainrule.ops.indexing import one_hot
from chainrule.ops.letters.transcendental import exp
from chainrule.ops.movement import expand_dims
from chainrule.ops.reductions import largest, total
from chainrule.plan.lower.along import labels_in_range
from chainrule.plan.recorder import Recorded, Recorder


def of_labels(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The formula; eager mode checks labels before it, a plan when it runs."""
    scores, labels, *rest = operands
    if isinstance(labels, Recorded):
        labels_in_range(recorder, labels, scores.shape[-1])
    if not isinstance(scores, Recorded):  # of arrays the formula has a fast path
        scores = recorder.symbol(recorder.ref(scores))
    return op.forward(scores, labels, *rest)


def residual(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The shares, minus 1 at the label: written as the loss is, so that both share their steps."""
    scores, labels = operands
    if not isinstance(scores, Recorded):
        scores = recorder.symbol(recorder.ref(scores))
    if scores.dtype.kind != "f":
        return of_labels(recorder, op, operands)
    weights = exp(scores - largest(scores, -1, True))
    shares = weights / expand_dims(total(weights, -1), -1)
    return shares - one_hot(labels, scores.shape[-1], scores.dtype)


RULES = dict.fromkeys(("softmax_cross_entropy", "hinge"), of_labels) | {
    "softmax_residual": residual
}
