"""How one op moves with one of its inputs: its local Jacobian, in structure and in numbers.

Imports the graph's readings. observed.py asks for every wire.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.op.families import Elementwise
from chainrule.graph.readings.gate import Gate
from chainrule.graph.readings.local_jacobian import jacobian_of, structure_of
from chainrule.inspection.amount import measured
from chainrule.inspection.flow_record import Local
from chainrule.spec import is_tuple

SMALL_MATRIX = 64  # entries; beyond, a local Jacobian is told by its structure


def local_of(node: Node, i: int) -> Local | None:
    """The local Jacobian of a node in an input that wants a gradient; None where it has none."""
    if node.op is None or isinstance(node.op, Output) or is_tuple(node.value) or node.traced:
        return None
    gate = Gate.of(node)
    outputs, inputs, dtype = gate.shapes(i)
    entries = prod(outputs) * prod(inputs)
    nbytes = entries * dtype.itemsize
    try:
        if isinstance(node.op, Elementwise):
            return Local("Diagonal", outputs, inputs, nbytes, _slopes(gate, i), None)
        found = jacobian_of(gate, i) if entries <= SMALL_MATRIX else structure_of(gate, i)
    except ChainruleError:  # a rule that breaks its contract, which backward() says
        return Local("", outputs, inputs, nbytes)
    if found is None:
        return Local("", outputs, inputs, nbytes)
    structure = type(found).__name__ if type(found).__name__ != "Dense" else ""
    small = entries <= SMALL_MATRIX
    matrix = measured(found.dense(budget=None)) if small else None
    return Local(structure, outputs, inputs, nbytes, None, matrix)


def _slopes(gate: Gate, i: int) -> Any:
    """One slope for every element of the result."""
    outputs, _, dtype = gate.shapes(i)
    ones, x = np.ones(outputs, gate.result.dtype), np.broadcast_to(gate.inputs[i], outputs)
    slopes = gate.pull(i, ones, x)
    return measured(np.zeros(outputs, dtype) if slopes is None else slopes)
