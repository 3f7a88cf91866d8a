"""Derivation: the formula's own gradient as a sum over paths, any of which can be left out.

Imports the graph, evidence and subject. The structural hypotheses ask which path was forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from chainrule.doctor.subject import Array, Subject, is_float_array
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.nodes.walk import Alias, alias, derived_pull, on_the_way
from chainrule.graph.op.calls import Text, written
from chainrule.settings import ON, RECORDING
from chainrule.spec import is_sequence, is_tuple


class Edge(NamedTuple):
    """A node that reads, by its serial, and at which of its inputs."""

    serial: int
    place: int


@dataclass(frozen=True, eq=False)
class Derivation:
    """The graph of a formula at one point.

    Parameters
    ----------
    leaves : list
        One per operand: a node where a gradient flows, else the operand.
    ends : list of Node
        The floating-point results.
    order : list of Node
        All nodes on the way, oldest first.
    """

    leaves: list[Any]
    ends: list[Node]
    order: list[Node]

    def gradients(
        self, upstreams: Sequence[Any], weights: dict[Edge, float] | None = None
    ) -> dict[Node, Any]:
        """The backward walk; what flows through an edge is multiplied by its weight."""
        weights = weights or {}
        total: dict[Node, Any] = {}
        for end, upstream in zip(self.ends, upstreams, strict=True):
            total[end] = total[end] + upstream if end in total else upstream
        for node in reversed(self.order):
            if node in total:
                self._send(node, total, weights)
        return total

    def _send(self, node: Node, total: dict[Node, Any], weights: dict[Edge, float]) -> None:
        for k, gradient in enumerate(pulled(node, total[node])):
            x = node.inputs[k]
            if gradient is None or x is None:
                continue
            weight = weights.get(Edge(node.serial, k), 1.0)
            if weight == 0:
                continue
            part = gradient if weight == 1 else gradient * weight
            total[x] = total[x] + part if x in total else part

    def forks(self) -> dict[Node, list[Edge]]:
        """The nodes that are read more than once, with their readers."""
        readers: dict[Node, list[Edge]] = {}
        inside = set(self.order)
        for node in self.order:
            for k, x in enumerate(node.inputs):
                if x is not None and x in inside:
                    readers.setdefault(x, []).append(Edge(node.serial, k))
        return {x: edges for x, edges in readers.items() if len(edges) > 1}

    def reader(self, edge: Edge) -> Node:
        """The node at the upper end of an edge."""
        return next(node for node in self.order if node.serial == edge.serial)

    def through(self, edge: Edge, upstreams: Sequence[Any], leaf: Node) -> Any:
        """The part of a leaf's gradient that flows through one edge, as a graph; None for none."""
        node = self.reader(edge)
        total = self.gradients(upstreams)
        part = pulled(node, total[node])[edge.place]
        start = node.inputs[edge.place]
        below: dict[Node, Any] = {start: part} if start is not None else {}
        for each in reversed(self.order):
            if each in below and each is not leaf:
                self._send(each, below, {})
        return below.get(leaf)


def pulled(node: Node, upstream: Any) -> list[Any]:
    """What one node sends to its inputs: values for an array, nodes for a node."""
    op = node.op
    if op is None:
        return []
    wanted = [x is not None and x.wants_gradient for x in node.inputs]
    pull = op.pull if op.differentiates else derived_pull(op)
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            if isinstance(upstream, Node):
                return pull(upstream, None, node.inputs, node, wanted)[0]
            values = [None if x is None else x.value for x in node.inputs]
            return pull(upstream, None, values, node.value, wanted)[0]
    finally:
        RECORDING.reset(token)


def derivation(subject: Subject) -> Derivation | None:
    """The graph of the formula; None where nodes cannot flow through it."""
    if subject.formula is None:
        return None
    leaves = [_leaf(x, name) for x, name in zip(subject.operands, subject.names, strict=True)]
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            out = subject.formula(*leaves)
            ends = [x for x in (out if is_sequence(out) else (out,)) if _is_float(x)]
            order = list(on_the_way([end for end in ends if isinstance(end, Node)]))
    except Exception:
        return None
    finally:
        RECORDING.reset(token)
    if not ends or not all(isinstance(end, Node) and end.wants_gradient for end in ends):
        return None
    if any(is_tuple(x.value) or type(x.op) is Output for x in order):
        return None  # an op with several results: its parts are no paths
    if subject.op is not None and any(type(x.op) is type(subject.op) for x in order):
        return None  # the NumPy function reads the op itself: this would be the written rule
    if len(ends) == 1:
        ends[0].label = "out"
    return Derivation(leaves, ends, order)


def _leaf(x: Any, name: str) -> Any:
    if not is_float_array(x):
        return x
    leaf = alias(x)
    leaf.label = name
    return leaf


def _is_float(x: Any) -> bool:
    return getattr(x, "dtype", np.asarray(0).dtype).kind == "f"


NAMED = ("axis", "ddof")  # the settings without which a formula cannot be read
LONGEST = 400  # characters of a formula that is still read


def formula(node: Any, depth: int = 40) -> str:
    """A node as a formula of its leaves, in NumPy's notation; "" where it is too long."""
    text = _text(node, depth).text
    return text if len(text) <= LONGEST else ""


def _text(node: Any, depth: int) -> Text:
    if depth == 0:
        return Text("..." + "." * LONGEST)
    if not isinstance(node, Node) or node.op is None:
        return Text(_constant(node))
    if node.label:
        return Text(node.label)
    op, inputs = node.op, [x for x in node.inputs if x is not None]
    if isinstance(op, Alias) or op.changes_only in ("shape", "dtype"):
        return _text(inputs[0], depth - 1)
    settings = {
        name: str(getattr(op, name))
        for name in op.attributes
        if name in NAMED and getattr(op, name) is not None
    }
    return written(op, [_text(x, depth - 1) for x in inputs], settings)


def _constant(node: Any) -> str:
    label = getattr(node, "label", "")
    value: Array = np.asarray(getattr(node, "value", node))
    if label:
        return label
    return f"{value.item():.6g}" if value.size == 1 else f"array{value.shape}"
