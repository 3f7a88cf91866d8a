"""The forward walk: from the leaves to the results of a graph that is already recorded.

Imports the graph. linearize pushes many directions through one recorded run with it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.reverse import Recording
from chainrule.differentiate.traced import holder_of, lifted
from chainrule.graph.nodes.node import Node, results_of
from chainrule.graph.nodes.walk import on_the_way
from chainrule.graph.op.operation import Op
from chainrule.graph.readings.dual import Dual, duals, transposed
from chainrule.settings import DEPTH, RECORDING, rules_on, watching
from chainrule.spec import is_tuple


def push(ends: Sequence[Any], run: Recording, tangents: Sequence[Any]) -> list[Any]:
    """Tangents of some results, given those of the leaves; None stands for zeros.

    Parameters
    ----------
    ends : sequence of (Node or anything)
        The results; one that is no node of this graph has the tangent 0.
    run : Recording
        The run that they are results of; the directions begin at its leaves.
    tangents : sequence of (array, Symbol or None)
        One per leaf, of its shape.
    """
    leaves = run.leaves
    nodes = [end for end in ends if run.reached(end)]
    around = run.around.now()
    graph = run.needs_graph(nodes, tangents, around)
    found: dict[Node, Any] = {}
    watch = watching()
    token = RECORDING.set(rules_on())
    try:
        for x, tangent in zip(leaves, tangents, strict=True):
            found[x] = lifted(tangent, x) if graph and tangent is not None else tangent
        # An infinite slope is an answer, not a warning.
        with run.taken(), np.errstate(all="ignore"):
            for node in on_the_way(nodes, set(leaves)):
                if node not in found and node.op is not None:
                    found[node] = _step(node, found, graph)
                    if watch is not None:
                        given = [None if x is None else found.get(x) for x in node.inputs]
                        watch.pushed(node.op, node.inputs, given, found[node])
    finally:
        RECORDING.reset(token)
    least = holder_of(tangents)
    return [around.outside(_tangent(end, found), least) for end in ends]


def _step(node: Any, found: dict[Node, Any], graph: bool) -> Any:
    tangents = tuple(found.get(x) for x in node.inputs)
    if all(t is None for t in tangents):
        return None
    if is_tuple(tangents[0]):  # a bundle of several results: this node is one of them
        return tangents[0][node.op.position]
    if graph:
        out = results_of(node) if is_tuple(node.value) else node
        return tangent_of(node.op, tangents, node.inputs, out)
    values = tuple(None if x is None else x.value for x in node.inputs)
    return tangent_of(node.op, tangents, values, node.value)


def tangent_of(op: Op, tangents: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    """The tangent of one op's result by its forward rule, its formula, or its backward rule."""
    if not op.spells_out:
        depth = DEPTH.get() + 1
        rule = getattr(op, "jvp", None) or transposed(op, depth)
        return rule(tangents, values, out)
    moving = [None if t is None else x for x, t in zip(values, tangents, strict=True)]
    variables = duals(moving, [(t,) for t in tangents])
    operands = [x if v is None else v for x, v in zip(values, variables, strict=True)]
    standing = DEPTH.set(DEPTH.get() + 1)
    try:
        moved = op.formula(*operands)
    finally:
        DEPTH.reset(standing)
    parts = moved if is_tuple(moved) else (moved,)
    found = tuple(x.partials[0] if isinstance(x, Dual) else None for x in parts)
    return found if is_tuple(moved) else found[0]


def _tangent(end: Any, found: dict[Node, Any]) -> Any:
    tangent = found.get(end) if isinstance(end, Node) else None
    if tangent is None:
        return np.zeros(np.shape(end), getattr(end, "dtype", None))
    return tangent
