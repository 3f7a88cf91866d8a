"""The loss against that of chance, and against that of a constant answer.

Imports the subject. The lecture's first check: before training a classifier's loss is ln C.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.inspection.sanity.check import Check, alarm, fine, left_out
from chainrule.inspection.sanity.looked_at import Subject
from chainrule.inspection.sanity.worth import loss_of

Array = np.ndarray[Any, np.dtype[Any]]
# Weights that keep the variance of their inputs make scores with a variance of 1 to 2. Those of
# two classes then differ by a variance of 2 to 4, which costs half a nat to one more than equal
# scores; those of ten, up to three quarters of ln 10.
ABOVE, NATS = 0.75, 1.0
SUMMED = 3.0  # times ln C for equal scores: no mean over the rows
UNRELATED = 0.25  # by how much the loss may differ from that of labels that go round
WORSE = 1.02  # of the loss of a constant answer: a candidate for the best one may be 2 % off
FAR = 10.0  # before training: a target whose mean is three times its spread
HARDLY = 0.8  # share of the constant answer's errors, below which the answers are of use
ERRORS = 2.0  # standard errors of a share: a smaller difference may be chance


def loss_checks(subject: Subject) -> list[Check]:
    """The loss as it is, read against those who know nothing."""
    names = ("chance_loss", "worse_than_constant")
    if subject.loss is None:
        return [left_out(name, "without a loss there is nothing to compare") for name in names]
    if not subject.single:
        return [left_out(name, "it is asked of one array of outputs") for name in names]
    if not math.isfinite(subject.worth.loss):
        return [left_out(name, f"the loss is {subject.worth.loss:g}") for name in names]
    told = _Told.of(subject)
    return [_chance(subject, told), _constant(subject, told)]


@dataclass(frozen=True)
class _Told:
    """The loss of the outputs, read without looking at the constant answer.

    A penalty inside the loss is no part of what the data say, and is left out.
    """

    loss: float
    even: float
    blind: float  # with labels that go round, whatever the rows are
    most: float  # that a net may lose before it has learned anything

    @classmethod
    def of(cls, subject: Subject) -> "_Told":
        beside, y = subject.penalty_inside, subject.targets
        other: Array = np.arange(y.size) % (subject.classes or 2)
        other = other.reshape(y.shape).astype(y.dtype)
        blind = loss_of(subject.objective, subject.observed.outputs, other) - beside
        even = subject.worth.even - beside
        most = even + max(ABOVE * even, NATS if subject.facts.unit else even)
        return cls(subject.worth.loss - beside, even, blind, most)

    @property
    def related(self) -> bool:
        """Whether the outputs have to do with the labels, for good or ill."""
        return abs(self.loss - self.blind) > UNRELATED * self.blind

    @property
    def as_at_first(self) -> bool:
        """Whether the outputs are no worse than those of a net that starts."""
        return self.loss <= self.most and not self.loss > (1 + UNRELATED) * self.blind


def _chance(subject: Subject, told: _Told) -> Check:
    facts = subject.facts
    if facts.unit == "" and not subject.classes:
        return left_out("chance_loss", "for numbers there is no loss of chance")
    classes = subject.classes or 2
    loss, even, blind = told.loss, told.even, told.blind
    said = f"the loss is {loss:.4g}, that of equal scores {even:.4g}"
    numbers = {"loss": loss, "even": even, "ln_classes": math.log(classes)}
    if subject.classes and facts.unit and even > SUMMED * math.log(classes):
        return alarm(
            "chance_loss",
            "the loss",
            f"equal scores have a loss of {even:.4g}, where ln {classes} is "
            f"{math.log(classes):.4g}",
            "it is a sum over the rows: its gradient grows with the batch",
            'Take the mean over the rows: reduction="mean"',
            **numbers,
        )
    if min(loss, blind) <= told.most or (told.related and subject.trained):
        return fine("chance_loss", said, **numbers)
    return alarm(
        "chance_loss",
        "",
        f"{said}, and hardly another one ({blind:.4g}) with any other labels",
        "the scores are far apart before anything is known: weights, a bias or inputs are too "
        "large",
        "Draw the weights of the last layer smaller, and standardise the inputs; then the first "
        f"loss is near {even:.4g}",
        blind=blind,
        **numbers,
    )


def _constant(subject: Subject, told: _Told) -> Check:
    worth = subject.worth
    said = f"the loss is {worth.loss:.4g}, that of the best constant answer {worth.constant:.4g}"
    numbers: dict[str, Any] = {
        "loss": worth.loss,
        "constant": worth.constant,
        "errors": worth.errors,
        "constant_errors": worth.constant_errors,
    }
    if not math.isfinite(worth.left):
        return left_out("worse_than_constant", f"{said}, which none can be below")
    if not subject.trained:
        if subject.classes or subject.facts.unit or worth.left <= FAR:
            return fine("worse_than_constant", f"{said}; nothing is learned yet", **numbers)
        return alarm(
            "worse_than_constant",
            "",
            said,
            "the targets lie far from the outputs of a net that starts: their mean is far from "
            "0, or the outputs are far too large",
            "Standardise the targets: (y - y.mean()) / y.std()",
            **numbers,
        )
    rows = subject.rows.count
    is_share = bool(subject.classes) or subject.facts.targets == "shares"
    chance = math.sqrt(max(worth.constant_errors * (1 - worth.constant_errors), 0.0) / rows)
    more = is_share and worth.errors > worth.constant_errors + ERRORS * chance
    useful = is_share and worth.errors < HARDLY * worth.constant_errors
    if is_share and told.as_at_first and not useful:
        return fine("worse_than_constant", f"{said}; hardly a thing is learned", **numbers)
    if not more and (useful or worth.left <= WORSE):
        return fine("worse_than_constant", said, **numbers)
    wrong = (
        f"; {worth.errors:.1%} of the answers are wrong, and {worth.constant_errors:.1%} of a "
        "constant one"
        if is_share
        else ""
    )
    return alarm(
        "worse_than_constant",
        "",
        said + wrong,
        "training has gone astray: steps that are too long, labels out of step with their rows, "
        "a sign that is wrong, or rows that are not prepared as those of training were",
        "Compare a row and its label by hand; then train anew with a tenth of the learning rate",
        **numbers,
    )
