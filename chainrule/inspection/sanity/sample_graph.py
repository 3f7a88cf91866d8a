"""Sample: the graph of some rows, and what flows through it backward.

Imports the graph and train's containers. Nothing is left at the nodes: no ``grad`` changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.graph.op.families import Elementwise, Movement
from chainrule.inspection.layer_health import acts, before
from chainrule.nn import Module
from chainrule.ops.letters.arithmetic import Add
from chainrule.settings import ON, RECORDING
from chainrule.tensors import Parameter, Tensor
from chainrule.train.objective import Objective
from chainrule.train.streams import Rows, outputs_of

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Weighted:
    """A node whose op joins the data with a matrix of weights.

    Attributes
    ----------
    node : Node
        The scores.
    weight : Parameter
    data : Node
        What the weights are given.
    depth : int
        How many such nodes lie behind it: 0 where the inputs come in.
    is_last : bool
        Whether no other reads what it makes.
    """

    node: Node
    weight: Parameter
    data: Node
    depth: int
    is_last: bool

    @property
    def name(self) -> str:
        """The path of the weights."""
        return self.weight.name or "weight"


@dataclass(frozen=True, eq=False)
class Sample:
    """The graph of some rows, in evaluation.

    Attributes
    ----------
    rows : Rows
    inputs : tuple of Node
        The leaves.
    outs : tuple of Node
        What the net returned.
    loss : Node or None
    graph : Graph
    """

    rows: Rows
    inputs: tuple[Node, ...]
    outs: tuple[Node, ...]
    loss: Node | None
    graph: Graph

    @cached_property
    def gradients(self) -> Mapping[Node, Array]:
        """The gradient of the loss at each node that it depends on."""
        if self.loss is None or not self.loss.wants_gradient:
            return {}
        with np.errstate(all="ignore"):
            return walk([self.loss], [np.ones(self.loss.shape, self.loss.dtype)])

    @cached_property
    def from_inputs(self) -> frozenset[Node]:
        """The nodes that are made from the inputs."""
        found: set[Node] = set(self.inputs)
        for node in self.graph.nodes:  # in order of creation
            if any(x is not None and x in found for x in node.inputs):
                found.add(node)
        return frozenset(found)

    @cached_property
    def weighted(self) -> tuple[Weighted, ...]:
        """The layers with a matrix of weights, from the inputs on."""
        depths: dict[Node, int] = {}
        met: list[tuple[Node, Parameter, Node]] = []
        for node in self.graph.nodes:
            behind = [depths.get(x, 0) for x in node.inputs if x is not None]
            depths[node] = max(behind, default=0)
            pair = _pair_of(node, self.from_inputs)
            if pair is not None:
                met.append((node, *pair))
                depths[node] += 1
        read = self._read({node for node, _, _ in met})
        return tuple(
            Weighted(node, weight, data, depths[node] - 1, node not in read)
            for node, weight, data in met
        )

    def _read(self, nodes: set[Node]) -> set[Node]:
        """Those from which another one of them is made."""
        behind: dict[Node, frozenset[Node]] = {}
        read: set[Node] = set()
        for node in self.graph.nodes:
            own = frozenset[Node]().union(*(behind[x] for x in node.inputs if x is not None))
            if node in nodes:
                read |= own
                own = frozenset([node])
            behind[node] = own
        return read

    @cached_property
    def terms(self) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        """The terms of the loss that depend on the outputs, and the penalties that do not."""
        made: set[Node] = set(self.outs)
        for node in self.graph.nodes:
            if any(x is not None and x in made for x in node.inputs):
                made.add(node)
        several = [] if self.loss is None else list(_addends(self.loss))
        penalties = [each for each in several if each not in made and each.wants_gradient]
        return tuple(each for each in several if each in made), tuple(penalties)

    @cached_property
    def activations(self) -> tuple[Node, ...]:
        """The activation nodes, in the net's order; the output itself is none of them."""
        return tuple(node for node in self.graph.nodes if acts(node))

    def slopes(self, node: Node) -> Array:
        """The local gradients of an activation: (rows, units)."""
        scores = before(node)
        ones = np.ones(node.shape, node.dtype)
        with np.errstate(all="ignore"):
            found = walk([node], [ones], targets={scores})
        slope = found.get(scores)
        return np.abs(np.zeros_like(ones) if slope is None else np.asarray(slope))


def sample_of(model: Module, rows: Rows, objective: Objective | None) -> Sample:
    """Record the loss of some rows, or what the net returns where there is none."""
    form = rows.form
    inputs = [Tensor(x, wants_gradient=x.dtype.kind == "f") for x in rows.arrays[: form.inputs]]
    token = RECORDING.set(ON)
    try:
        with np.errstate(all="ignore"):
            out = model(form.x.of(inputs))
            loss: Any = None
            if objective is not None:
                loss = objective(out, form.targets_of(rows.arrays), None)
    finally:
        RECORDING.reset(token)
    outs = tuple(each for each in outputs_of(out)[0] if isinstance(each, Node))
    ends = (loss, *outs) if isinstance(loss, Node) else outs
    found = loss if isinstance(loss, Node) else None
    return Sample(rows, tuple(inputs), outs, found, Graph.of(*ends))


def _addends(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each.op, Add):
            stack += [x for x in each.inputs if x is not None]
        else:
            yield each


def _pair_of(node: Node, from_inputs: frozenset[Node]) -> tuple[Parameter, Node] | None:
    """The matrix of weights and the data that a node joins."""
    if node.op is None or isinstance(node.op, Elementwise | Movement):
        return None
    weights = [w for w in map(_parameter, node.inputs) if w is not None and w.ndim > 1]
    data = [x for x in node.inputs if x is not None and x in from_inputs]
    floats = [x for x in data if x.dtype.kind == "f"]
    return (weights[0], floats[0]) if len(weights) == 1 and len(floats) == 1 else None


def _parameter(node: Node | None) -> Parameter | None:
    """The parameter that an input is, moved or turned."""
    while node is not None and isinstance(node.op, Movement):
        node = node.inputs[0]
    return node if isinstance(node, Parameter) else None
