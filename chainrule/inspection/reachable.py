"""Which elements of each tensor on the way can depend on an entry, whatever the values are.

Imports sweep, links and the graph. The search for causes asks it: a gate beside the way of
an entry says nothing about it.
"""

from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.readings.gate import Gate, sources
from chainrule.graph.readings.local_jacobian import structure_of
from chainrule.inspection.links import without_values
from chainrule.inspection.slopes import pushed
from chainrule.inspection.sweep import Sweep

Array = np.ndarray[Any, np.dtype[Any]]

Masks = dict[Node, Array]


def reach(found: Sweep, wanted: Array) -> Masks:
    """For each node on the way, where it may depend on the wanted entries of the target.

    Parameters
    ----------
    found : Sweep
    wanted : bool array
        Of the target's shape.
    """
    masks: Masks = {found.target: wanted}
    for node in sorted(found.gradients, key=lambda node: node.serial):
        if node is found.target:
            continue
        gate, mask = Gate.of(node), np.zeros(node.shape, bool)
        for i, x in enumerate(sources(node)):
            if x in masks:
                mask = mask | _onward(node, gate, i, masks[x])
        masks[node] = mask
    return masks


def _onward(node: Node, gate: Gate, position: int, mask: Array) -> Array:
    outputs = np.shape(gate.result)
    if not mask.any():
        return np.zeros(outputs, bool)
    try:
        structure = structure_of(gate, position)
    except Exception:  # an op that cannot be probed so: any of its results may depend
        structure = None
    free = None if structure is None else without_values(structure)
    if free is None:  # a user's op is not run for it: its rule may take long
        return np.ones(outputs, bool) if gate.op.guarded else _moving(node, position, mask)
    return np.reshape(free @ mask.astype(np.float64), outputs) > 0


def _moving(node: Node, position: int, mask: Array) -> Array:
    """What moves at these numbers; everything, where nothing does or it cannot be told."""
    x = sources(node)[position]
    assert x is not None
    steps = 1 + np.random.default_rng(0).random(np.shape(mask))
    tangent = np.where(mask, steps, 0.0)
    try:
        found = pushed(node, {x: tangent}, position) != 0
    except ChainruleError:
        return np.ones(node.shape, bool)
    if found.any() or not isinstance(node.op, Output):
        return found if found.any() else np.ones(node.shape, bool)
    return np.zeros(node.shape, bool)  # other results of the same op may depend on it
