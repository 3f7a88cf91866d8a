"""A loss that is not finite: where in the graph it began.

Imports the graph and errors; the training step calls it before anything is updated.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.errors import NonFiniteError, describe
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.spec import is_tuple

REMEDY = "Use a lower learning rate, or clip the gradients: fit(..., clip=1.0)."


def non_finite_loss(losses: Sequence[Node], value: float, place: str) -> NonFiniteError:
    """The error for a loss of NaN or infinity.

    Parameters
    ----------
    losses : sequence of Node
        The terms of the loss.
    value : float
        What they add up to.
    place : str
        Epoch and batch, in words.
    """
    nodes = Graph.of(*losses).nodes
    what = f"the loss became {value} in {place}"
    for node in nodes:  # in order of creation
        inputs = [x for x in node.inputs if x is not None]
        if node.op is not None and not is_finite(node) and all(map(is_finite, inputs)):
            return NonFiniteError(
                f"{what}: {node.op.name} is the first op whose result is not finite.",
                found=[_line(node.op.name, node), *(_line(_name(x), x) for x in inputs)],
                do=f"The parameters are those of the step before. {REMEDY}",
            )
    wrong = next((node for node in nodes if node.op is None and not is_finite(node)), None)
    if wrong is None:
        return NonFiniteError(f"{what}, although every op's result is finite.", do=REMEDY)
    return NonFiniteError(
        f"{what}: {_name(wrong)} was not finite before the first op.",
        found=[_line(_name(wrong), wrong)],
        do=f"The step before overflowed it. {REMEDY}" if wrong.wants_gradient else "Clean it.",
    )


def non_finite_gradient(name: str, parameter: Any, norm: float, place: str) -> NonFiniteError:
    """The error for a gradient of NaN or infinity behind a finite loss."""
    return NonFiniteError(
        f"the gradient of {name} became {norm} in {place}, although the loss is finite.",
        found=[describe(name, parameter, parameter.origin)],
        do="An op's slope is infinite there, as that of sqrt at 0 or of log near 0. Keep its "
        "input away from that point; the parameters are those from before that step.",
    )


def non_finite_update(place: str) -> NonFiniteError:
    """The error for a step that overflowed, although loss and gradients are finite."""
    return NonFiniteError(
        f"the step of {place} made a parameter infinite, although loss and gradients are finite.",
        do="The parameters are those from before that step. Use a lower learning rate.",
    )


def is_finite(node: Node) -> bool:
    """Whether a node holds numbers only."""
    value = node.value
    parts: tuple[Any, ...] = value if is_tuple(value) else (value,)
    return all(bool(np.all(np.isfinite(part))) for part in parts)


def _name(node: Node) -> str:
    return node.label or (node.op.name if node.op is not None else "constant")


def _line(name: str, node: Node) -> str:
    """A node with the range of its values, NaN and infinities counted apart."""
    if is_tuple(node.value):
        return describe(name, node.value[0])
    value = np.asarray(node.value)
    if not value.size:
        return describe(name, value, "empty")
    finite = value[np.isfinite(value)]
    lost = value.size - finite.size
    values = f"values {finite.min():.4g} to {finite.max():.4g}" if finite.size else ""
    lost_values = f"{lost} of {value.size} not finite" if lost else ""
    return describe(name, value, ", ".join(filter(None, (values, lost_values))))
