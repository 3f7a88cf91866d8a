"""Copies of a tensor: one that stays in the graph, one that is not the array of a leaf.

Imports walk and node. tensors.py and the derivatives copy with it.
"""

from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import ALIAS
from chainrule.graph.numpy.symbol import Symbol
from chainrule.settings import RECORDING


def lasting(x: Node) -> Any:
    """The value of a node, which nobody changes: a copy where its own array may change."""
    may_change = (x.changed or x.guard) and not isinstance(x.value, Symbol)
    return np.array(x.value) if may_change else x.value


def identity_node(x: Node) -> Node:
    """Another node of the same value, through which the gradient flows back into x."""
    kind = type(x).result
    if x.wants_gradient and RECORDING.get():
        return kind(lasting(x), ALIAS, (x,), True)
    return kind(lasting(x))
