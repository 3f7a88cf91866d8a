"""An executable definition of a legal graph. The tests run it after every step.

Imports graph and errors.
"""

import numpy as np

from chainrule.errors import GraphError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node, Output
from chainrule.spec import is_tuple


def check(graph: Graph) -> None:
    """Raise GraphError unless every node of the graph keeps every rule below."""
    for node in graph.nodes:
        for rule in RULES:
            if not rule(node):
                raise GraphError(
                    f"node {node.serial} ({node!r}) is not legal: {(rule.__doc__ or '').strip()}",
                    do="This is a fault of chainrule or of an op's rule; please report it.",
                )


def _inputs_are_older(node: Node) -> bool:
    """every input was created before the node."""
    return all(x is None or x.serial < node.serial for x in node.inputs)


def _leaf_or_op(node: Node) -> bool:
    """a node has inputs exactly if an op made it."""
    return (node.op is None) == (not node.inputs)


def _arity_fits(node: Node) -> bool:
    """an op has as many inputs as its formula."""
    if node.op is None:
        return True
    fewest, most = node.op.arity
    return fewest <= len(node.inputs) <= most


def _value_is_array(node: Node) -> bool:
    """a value is an array, a number, or a tuple of arrays."""
    parts = node.value if is_tuple(node.value) else (node.value,)
    return all(isinstance(v, np.ndarray | bool | int | float) for v in parts)


def _wanting_is_inherited(node: Node) -> bool:
    """a node wants a gradient if an input does, and only floating-point values want one."""
    if node.op is None:
        return True
    return node.wants_gradient and any(x.wants_gradient for x in node.inputs if x is not None)


def _only_floats_want(node: Node) -> bool:
    """only floating-point values want a gradient."""
    parts = node.value if is_tuple(node.value) else (node.value,)
    return not node.wants_gradient or any(np.asarray(v).dtype.kind == "f" for v in parts)


def _gradient_fits(node: Node) -> bool:
    """a gradient is an array of the shape and dtype of the value."""
    gradient = node.gradient
    if gradient is None:
        return True
    if isinstance(gradient, Node):
        return False
    return np.shape(gradient) == node.shape and np.asarray(gradient).dtype == node.dtype


def _output_of_bundle(node: Node) -> bool:
    """one of several results belongs to a node that has that many."""
    if not isinstance(node.op, Output):
        return True
    bundle = node.inputs[0]
    return bundle is not None and node.op.position < len(bundle.value)


RULES = (
    _inputs_are_older,
    _leaf_or_op,
    _arity_fits,
    _value_is_array,
    _wanting_is_inherited,
    _only_floats_want,
    _gradient_fits,
    _output_of_bundle,
)
