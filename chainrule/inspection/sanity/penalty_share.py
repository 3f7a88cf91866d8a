"""What each term of the loss is worth, and with which force it pulls at the weights.

Imports the subject and regularization. Terms that a loss adds by itself are found in its graph:
what does not depend on the outputs is a penalty.
"""

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.inspection.sanity.check import Check, alarm, fine, left_out
from chainrule.inspection.sanity.looked_at import Subject
from chainrule.nn import Module
from chainrule.nn.regularization import bound_terms
from chainrule.tensors import Parameter

BATCH = 32  # rows of a step, by which a penalty "per row" is divided: fit's default
MOST = 0.5  # share of what the data can give that weights of their usual size may cost
LEARNED = 0.5  # what is left to learn: a net that has learned more than half is not held back


@dataclass(frozen=True)
class Term:
    """One term of the loss.

    Attributes
    ----------
    name : str
        "data", "regularization", or "penalty in the loss".
    value : float
    gradient_norm : float
        Of its gradient at all parameters together.
    share : float
        Of the sum of these norms.
    """

    name: str
    value: float
    gradient_norm: float
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            key: value if isinstance(value, str) or math.isfinite(value) else None
            for key, value in vars(self).items()
        }


def terms_of(subject: Subject) -> tuple[Term, ...]:
    """The budget of the loss on the sample's rows."""
    if subject.sample.loss is None:
        return ()
    found: list[tuple[str, float, float]] = []
    data, penalties = subject.sample.terms
    value = sum(float(np.asarray(each.value).item()) for each in data)
    found.append(("data", value, _force(data)))
    if penalties:
        found.append(("penalty in the loss", subject.penalty_inside, _force(penalties)))
    own = bound_terms(subject.model, subject.regularization)(lambda: BATCH)
    if own is not None:
        found.append(("regularization", float(np.asarray(own.value).item()), _force([own])))
    whole = sum(force for _, _, force in found)
    return tuple(Term(*each, each[2] / whole if whole else 0.0) for each in found)


def penalty_check(subject: Subject, terms: tuple[Term, ...]) -> Check:
    """Whether the preference for small weights outweighs the data."""
    data = next((each for each in terms if each.name == "data"), None)
    penalties = [each for each in terms if each is not data]
    if data is None or not penalties:
        return left_out("penalty_dominates", "no regularization was given, and no layer has any")
    value = sum(each.value for each in penalties)
    share = sum(each.share for each in penalties)
    said = (
        f"the loss rises from {data.value:.4g} to {data.value + value:.4g} by the penalty, which "
        f"has {share:.0%} of the gradient"
    )
    numbers = {"data": data.value, "penalty": value, "share": share}
    gain = subject.worth.constant - subject.worth.perfect if subject.single else data.value
    left = subject.worth.left if subject.single else math.nan
    price = max(value, _usual_price(subject))
    if left < LEARNED or not gain > 0 or price <= MOST * gain:
        return fine("penalty_dominates", said, **numbers)
    return alarm(
        "penalty_dominates",
        ", ".join(each.name for each in penalties),
        f"{said}; weights of their usual size cost {price:.3g}, and the data can give {gain:.3g}",
        "the cheapest net is one whose weights are nearly 0: it answers the same for all rows",
        "Lower lambda by a factor of 10 or more; usual values are 1e-5 to 1e-2",
        price=price,
        gain=gain,
        **numbers,
    )


def _force(terms: Sequence[Node]) -> float:
    """The norm of the gradient at all parameters."""
    wanted = [each for each in terms if each.wants_gradient]
    if not wanted:
        return 0.0
    with np.errstate(all="ignore"):
        gradients = walk(wanted, [np.ones(each.shape, each.dtype) for each in wanted])
    squares = [
        float(np.square(np.asarray(gradient, np.float64)).sum())
        for node, gradient in gradients.items()
        if isinstance(node, Parameter)
    ]
    return math.sqrt(sum(squares))


def _usual_price(subject: Subject) -> float:
    """What the penalty takes for weights as they are drawn for scores that keep their variance.

    Weights that a penalty has pressed to 0 cost nothing: the price tells what holds them there.
    """
    twin = copy.deepcopy(subject.model)
    for weight in twin.penalized().values():
        if weight.ndim > 1:
            usual = 1 / math.sqrt(math.prod(weight.shape[:-1]))
            weight.write(np.full(weight.shape, usual, weight.dtype))
    return _price(twin, subject.regularization)


def _price(model: Module, regularization: Any) -> float:
    try:
        found = bound_terms(model, regularization)(lambda: BATCH)
    except ChainruleError:  # of the user's own, which knows one net alone
        return 0.0
    return 0.0 if found is None else float(np.asarray(found.value).item())
