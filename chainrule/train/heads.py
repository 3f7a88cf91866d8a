"""Heads: which output of a net meets which targets, and by which loss.

Imports streams, objective and the checks of losses. A trial finds them once, before the first
step; metrics by name are made for them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError, a_kind
from chainrule.ops.losses.loss import LossFacts, facts_of
from chainrule.settings import no_grad
from chainrule.tensors import Tensor
from chainrule.train.loss_check import in_the_graph, name_of
from chainrule.train.objective import (
    asks_for_weights,
    losses_by_head,
    objective_of,
    weights_of_head,
)
from chainrule.train.streams import Form, named, outputs_of

Array = np.ndarray[Any, np.dtype[Any]]
LossOfHead = Callable[[Any, Any], Any]


@dataclass(frozen=True, eq=False)
class Head:
    """One output of a net with its targets.

    Attributes
    ----------
    name : str
        "class" for y["class"], "0" for y[0]; "" for the only one.
    path : tuple
        The way to it in the container.
    place : int
        Of its targets among the streams.
    out : ndarray
        The output for some rows.
    loss
        Its own loss, or the one of all heads.
    facts : LossFacts
        What its loss says about itself, or those in its graph.
    """

    name: str
    path: tuple[Any, ...]
    place: int
    out: Array
    loss: Any
    facts: LossFacts

    def of(self, tree: Any) -> Any:
        """What belongs to this head in a container of outputs, targets or weights."""
        for step in self.path:
            tree = tree[step]
        return tree


def heads_of(loss: Any, out: Any, form: Form, part: str, net: str) -> tuple[Head, ...]:
    """Outputs and targets that stand in the same places; () where their containers differ.

    Raises
    ------
    ArgumentError, UnknownNameError
        Where the losses, the outputs and the targets do not have the same names, or a loss of one
        array of targets is given several.
    """
    losses = losses_by_head(loss)
    outs, container = outputs_of(out)
    if losses is not None:
        _check_names(losses, out, form, part)
    elif container.structure is None and form.y.structure is None:
        return (Head("", (), form.inputs, outs[0], loss, facts_of(loss)),)
    elif facts_of(loss).targets:
        raise _one_only(loss, out, form, net)
    # Containers of several kinds have names in orders of their own, as an OrderedDict.
    places = {path: place for place, path in enumerate(form.y.paths(), form.inputs)}
    paths = container.paths()
    if container.structure is None or places.keys() != set(paths):
        return ()
    found: list[Head] = []
    for path, each in zip(paths, outs, strict=True):
        own = loss if losses is None else losses[path[0]]
        name = ".".join(map(str, path))
        facts = LossFacts() if losses is None else facts_of(own)
        found.append(Head(name, path, places[path], each, own, facts))
    return tuple(found)


def loss_of_head(
    loss: Any, head: Head, out: Any, form: Form, some: Sequence[Any]
) -> tuple[LossOfHead, bool]:
    """A function of the output and the targets of one head on some rows; whether it is all."""
    weights = form.weights_of(some)
    if losses_by_head(loss) is not None or not head.path:
        own = weights_of_head(weights, head.path[0]) if head.path else weights
        if facts_of(head.loss).targets or (own is None and not asks_for_weights(head.loss)):
            return head.loss, True
        called = objective_of(head.loss)
        return _called_like(head.loss, lambda out, y: called(out, y, own)), True
    outs, container = outputs_of(out)
    called, own = objective_of(loss), container.paths().index(head.path)

    def with_this(out: Any, y: Any) -> Any:
        leaves = [Tensor(each) for each in outs]
        leaves[own] = out
        targets = [*some[: head.place], y, *some[head.place + 1 :]]
        return called(container.of(leaves), form.targets_of(targets), weights)

    return _called_like(loss, with_this), False


def whole_loss(loss: Any, out: Any, form: Form, some: Sequence[Any], trains: bool) -> Any:
    """The loss of some rows, of all heads and with their weights."""
    outs, container = outputs_of(out)
    leaves = container.of([Tensor(each, wants_gradient=trains) for each in outs])
    with in_the_graph() if trains else no_grad():
        y, weights = form.targets_of(some), form.weights_of(some)
        return objective_of(loss)(leaves, y, weights)


def _called_like(loss: Any, function: LossOfHead) -> LossOfHead:
    """The function under the name that messages have for a loss."""
    name = getattr(loss, "__name__", "")
    if isinstance(name, str):
        function.__name__ = name
    return function


def _check_names(losses: dict[Any, Any], out: Any, form: Form, part: str) -> None:
    """Raise unless losses, outputs, targets and weights have the same names."""
    y = form.y.of(range(form.inputs, form.targets))
    for what, tree in ((f"targets, y of {part}", y), ("outputs of the net", out)):
        names = names_in(tree)
        if names is None:
            raise ArgumentError(
                f"there is a loss for each of {_listed(losses)}, but the {what} are one array.",
                do="Give a dict with the same names, or one loss.",
            )
        for name in losses:
            if name not in names:
                raise UnknownNameError(
                    f"head among the {what}", str(name), [str(each) for each in names],
                    do="The losses, the net's outputs and y have the same names.",
                )  # fmt: skip
        for name in names:
            if name not in losses:
                raise UnknownNameError(
                    f"loss for the {what}", str(name), [str(each) for each in losses],
                    do="Give each head a loss; what no loss compares, leave out.",
                )  # fmt: skip
    for name, each in [*named(y), *named(out)]:
        if isinstance(each, dict | tuple):
            raise ArgumentError(
                f"the head {name!r} holds several arrays, but its loss compares one with one.",
                do="Give one loss, a function of all outputs and targets.",
            )


def check_weight_names(weights: Any, names: Iterable[Any] | None) -> None:
    """Raise where weights are given by name for heads that there are not."""
    given = names_in(weights)
    known = None if names is None else list(names)
    if given is None:
        return
    if known is None:
        raise ArgumentError(
            "sample_weight has several arrays, but the loss is one function of one array.",
            do="Give one array, (N,); or one loss for each head: loss={...}.",
        )
    for name in given:
        if name not in known:
            raise UnknownNameError("head to weigh", str(name), [str(each) for each in known])


def names_in(tree: Any) -> list[Any] | None:
    """The names in a dict or the places in a tuple; None for an array."""
    pairs = named(tree)
    return [name for name, _ in pairs] if isinstance(tree, dict | tuple) else None


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(repr, names))


def _one_only(loss: Any, out: Any, form: Form, net: str) -> ArgumentError:
    several, who = out, f"{net} returned"
    if not isinstance(out, dict | tuple):
        several, who = form.y.of(range(form.inputs, form.targets)), "y is"
    return ArgumentError(
        f"{who} {a_kind(several)} of several arrays, {_listed(names_in(several) or ())}, "
        f"but {name_of(loss)} compares one array of outputs with one of targets.",
        do="Give a loss for each, loss={name: loss, ...}; or a function of outputs and targets, "
        "which come in the containers that the net and you make.",
    )
