"""A graph as it is at this moment, which its parameters may leave: a copy of its own.

Imports the graph's nodes and the tensors. subjects.py shows such a copy, so that whatever is asked
of a page, now or later, is about one moment.
"""

import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.stops import Behind, Stops
from chainrule.inspection.given_graph import Given
from chainrule.tensors import Parameter


def stilled(given: Given) -> Given:
    """The same nodes, in the same order, on copies of the parameters.

    All other values are shared: nobody but a parameter changes its own.
    """
    nodes = given.graph.nodes
    if not any(isinstance(node, Parameter) for node in nodes):
        return given
    new: dict[Node, Node] = {}
    for node in nodes:
        new[node] = _copied(node, new)
    for node, other in new.items():
        other.stopped = _at_the_copies(node.stopped, new)
    return replace(given, ends=tuple(new[end] for end in given.ends))


def _copied(node: Node, new: Mapping[Node, Node]) -> Node:
    """With the original's serial, which tells what module made it and what was changed since."""
    kind = type(node)
    other = kind.__new__(kind)
    for slot in (slot for each in kind.__mro__ for slot in getattr(each, "__slots__", ())):
        if slot != "__weakref__" and hasattr(node, slot):
            setattr(other, slot, getattr(node, slot))
    other.inputs = tuple(None if x is None else new[x] for x in node.inputs)
    if isinstance(other, Parameter):
        other.value = np.array(node.value)
        other.claims = {}  # of nobody's training
    return other


def _at_the_copies(stops: Stops | None, new: Mapping[Node, Node]) -> Stops | None:
    """Stops that speak of the copies, where there are any."""

    def moved(x: Any) -> weakref.ref[Any]:
        return weakref.ref(new.get(x, x))

    found: list[tuple[Any, weakref.ref[Any], Behind | None]] = []
    for op, read, behind in stops or ():
        leaves: Any = None if behind is None else [leaf() for leaf in behind.values()]
        moved_leaves: Behind | None = None
        if leaves is not None:
            moved_leaves = {id(new.get(x, x)): moved(x) for x in leaves if x is not None}
        x = read()
        found.append((op, read if x is None else moved(x), moved_leaves))
    return tuple(found) or None
