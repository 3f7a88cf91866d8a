"""Where a backward walk starts: the upstream gradients that the caller gives, checked.

Imports walk and errors; tensors.py calls it.
"""

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import (
    ArgumentError,
    NoGradientError,
    NotScalarError,
    ShapeError,
    UnsupportedError,
    a_kind,
    describe,
)
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.storage import Array
from chainrule.graph.nodes.walk import on_the_way, zeros_like
from chainrule.graph.op.operands import unmasked


def start_of(loss: Any, upstream: Any, create_graph: bool = False) -> Array:
    """The gradient that a walk starts with: the caller's, or 1 for a tensor of one element.

    Raises
    ------
    NotScalarError
        If there are many elements and no upstream gradient.
    NoGradientError
        If nothing behind the loss wants a gradient.
    UnsupportedError
        If the loss belongs to a derivative that is being taken, and the gradients would be arrays.
    """
    if not isinstance(loss, Node):
        raise ArgumentError(
            f"backward() starts from a Tensor, but this is {a_kind(loss)}.",
            do="Make the loss from tensors or parameters: cr.tensor(x), cr.parameter(w).",
        )
    if not loss.wants_gradient:
        raise NoGradientError(
            "no gradient flows into this tensor: nothing it was made from wants one.",
            found=[describe("loss", loss, _origin(loss))],
            do="Start from cr.parameter(...) or cr.tensor(...) of floats, outside cr.no_grad().",
        )
    if loss.traced and not create_graph:
        raise UnsupportedError(
            "backward() leaves arrays at the leaves, so a derivative around it would miss them.",
            found=[describe("loss", loss, _origin(loss))],
            do="Take cr.grad of a function, or read what backward(create_graph=True) returns.",
        )
    if upstream is None:
        if loss.size != 1:
            raise NotScalarError(
                f"backward() starts from one number, but loss holds {loss.size}.",
                found=[describe("loss", loss, _origin(loss))],
                do=(
                    "Take mean(loss) or sum(loss), or pass the upstream gradient: "
                    f"loss.backward(upstream=ones({loss.size}))."
                ),
            )
        one = np.empty(loss.shape, loss.dtype)  # np.ones takes three times as long
        one.fill(1)
        return one
    start = np.array(unmasked(upstream), loss.dtype)  # a copy: it becomes a gradient
    if start.shape != loss.shape:
        raise ShapeError(
            f"the upstream gradient has shape {start.shape}, the tensor {loss.shape}.",
            found=[describe("upstream", start), describe("tensor", loss, _origin(loss))],
            do="The gradient of a tensor has the tensor's shape.",
        )
    return start


def without_silent(
    losses: Sequence[Any], starts: Sequence[Any]
) -> tuple[Sequence[Any], Sequence[Any], dict[Node, Any]]:
    """The losses whose upstream gradient is not all 0, and zeros for the nodes behind the others.

    A zero upstream gradient given by the caller is structural: exact zeros, 0 * inf included.
    """
    loud = [bool(np.any(start)) for start in starts]
    if all(loud):
        return losses, starts, {}
    pairs = [
        pair for pair, heard in zip(zip(losses, starts, strict=True), loud, strict=True) if heard
    ]
    zeros = zeros_like(on_the_way(losses))
    return [loss for loss, _ in pairs], [start for _, start in pairs], zeros


def remembered(losses: Sequence[Any], starts: Sequence[Any] | None) -> Any:
    """The losses, weakly, and the upstream gradients given with them, as long as they live.

    One loss alone is not put into a list: every training step that is not compiled comes here.
    """
    if starts is None:
        if len(losses) == 1:
            return weakref.ref(losses[0])
        return [weakref.ref(loss) for loss in losses], None
    kept = list(starts)
    return [weakref.ref(loss, lambda _: kept.clear()) for loss in losses], kept


def _origin(loss: Any) -> str:
    return getattr(loss, "origin", "")
