"""Losses of labels: their formulas, after a check that every label is a class.

Imports the ops' functions, along and the recorder. dispatch.py collects the rules.
"""

from typing import Any

from chainrule.ops.letters.logic import where
from chainrule.ops.letters.transcendental import exp
from chainrule.ops.losses.classification import is_label, without_label
from chainrule.ops.reductions import largest
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
    at_label = is_label(labels, scores)
    less, others = without_label(exp(scores - largest(scores, -1, True)), at_label)
    return (less - where(at_label, others, 0)) / (others + 1)


RULES = dict.fromkeys(("softmax_cross_entropy", "hinge"), of_labels) | {
    "softmax_residual": residual
}
