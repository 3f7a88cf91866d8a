"""Objective: a loss as the training step calls it, with outputs, targets and the rows' weights.

Imports streams, the graph's catalogue and errors. The steps, the recordings and `evaluate` call
it; what a user gave is looked at once, before the first row.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.ops.losses.loss import Loss, facts_of
from chainrule.ops.movement import broadcast_to, cast, reshape
from chainrule.ops.reductions import total
from chainrule.spec import is_dict, is_sequence
from chainrule.tensors import Tensor
from chainrule.train.loss_check import name_of
from chainrule.train.streams import Form, named, outputs_of

Objective = Callable[[Any, Any, Any], Any]  # of outputs, targets, and weights or None
WEIGHTS_OF = ("weights", "sample_weight")  # parameters of a loss that take them


def objective_of(loss: Any) -> Objective:
    """How a loss is called: a function, or one for each head by its name or place."""
    (head, one), *_ = terms_of(loss)
    if head is None:
        return one

    def summed(out: Any, y: Any, weights: Any) -> Any:
        first, *others = losses_of_heads(loss, out, y, weights)
        for other in others:
            first = first + other
        return first

    return summed


def losses_of_heads(loss: Any, out: Any, y: Any, weights: Any) -> list[Any]:
    """The losses of the heads one by one; of a single loss, that one."""
    return [
        own(out, y, weights)
        if head is None
        else own(out[head], y[head], weights_of_head(weights, head))
        for head, own in terms_of(loss)
    ]


def terms_of(loss: Any) -> list[tuple[Any, Objective]]:
    """The losses with their heads; None is the head of a single one."""
    losses = losses_by_head(loss)
    return [(None, _one(loss))] if losses is None else [(k, _one(x)) for k, x in losses.items()]


def losses_by_head(loss: Any) -> dict[Any, Any] | None:
    """The losses of a dict or a tuple by name or place; None for a single one."""
    if is_dict(loss):
        return loss
    return dict(enumerate(loss)) if is_sequence(loss) else None


def weights_of_head(weights: Any, head: Any) -> Any:
    """One array weighs the rows of all heads; a container has one for each, or none for some."""
    return dict(named(weights)).get(head) if isinstance(weights, dict | tuple) else weights


def rows_in(form: Form, batch: Sequence[Any]) -> Any:
    """How many rows a batch counts for: the sum of their weights, where one array weighs them."""
    weights = form.weights_of(batch)
    if weights is None or isinstance(weights, dict | tuple):
        return int(batch[0].shape[0])
    whole = total(weights)
    return whole + cast(whole == 0, whole.dtype)  # rows that weigh nothing teach nothing


def asks_for_weights(loss: Any) -> bool:
    """Whether a loss has a parameter for the weights and no default: it is given ones then."""
    parameters = _parameters_of(loss)
    default = next((parameters[name].default for name in WEIGHTS_OF if name in parameters), None)
    return default is inspect.Parameter.empty


def is_op(function: Any) -> bool:
    """Whether this is a public function of the catalogue."""
    name = getattr(function, "__name__", "")
    return name in CATALOGUE and CATALOGUE[name].function is function


def _one(loss: Any) -> Objective:
    wraps, ours, parameters = is_op(loss), bool(facts_of(loss).targets), _parameters_of(loss)
    parameter = next((name for name in WEIGHTS_OF if name in parameters), "")
    asks = asks_for_weights(loss)

    def entering(array: Any) -> Any:
        # A leaf made here is neither copied nor guarded: the batch belongs to this step.
        return Tensor(array) if wraps and type(array) is np.ndarray else array

    def called(out: Any, y: Any, weights: Any) -> Any:
        if weights is None and asks:
            first = outputs_of(out)[0][0]
            weights = np.ones(first.shape[:1], first.dtype)
        if weights is None:
            return loss(out, entering(y))
        if not parameter:
            raise _weightless(loss, parameters)
        given = entering(weights)
        if not ours:
            return loss(out, entering(y), **{parameter: given})
        # A mean of rows that weigh nothing is 0 / 0: such a batch counts 0, and teaches nothing.
        nothing = cast(total(given) == 0, given.dtype)
        given = given + nothing
        if len(given.shape) == 1 != len(y.shape):  # a weight for each single loss
            column = reshape(given, (*given.shape, *[1] * (len(y.shape) - 1)))
            given = broadcast_to(column, y.shape)
        return loss(out, entering(y), **{parameter: given}) * (1 - nothing)

    return called


def _parameters_of(loss: Any) -> Mapping[str, inspect.Parameter]:
    called = loss.forward if isinstance(loss, Loss) else loss
    try:
        return inspect.signature(called).parameters
    except (TypeError, ValueError):  # written in C, and without a signature
        return {}


def _weightless(loss: Any, parameters: Iterable[str]) -> ArgumentError:
    return ArgumentError(
        f"sample_weight was given, but {name_of(loss)} takes no weights.",
        found=[f"its parameters   {', '.join(parameters) or 'not known'}"],
        do="Give it a third parameter called weights, (N,), and divide by their sum; or take a "
        "loss of the library, such as chainrule.softmax_cross_entropy.",
    )
