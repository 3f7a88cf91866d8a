"""Which entries an entry of a tensor influences, and which influence it, in a whole graph.

Imports the graph and links. The explorer lights them up.

One entry influences another if there are values at which changing the first changes the second.
This is told by how each op reads its inputs, not by the numbers of the moment: through a ReLU that
is closed, a max that took another entry or a factor that is 0 an entry has influence all the same.
Which entries an index picks is taken as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.readings.gate import sources
from chainrule.inspection.links import Link, read_from
from chainrule.spec import is_tuple

Array = np.ndarray[Any, np.dtype[Any]]
Index = tuple[int, ...]


@dataclass(frozen=True)
class Influence:
    """What one entry influences and is influenced by.

    Attributes
    ----------
    node : Node
    entry : tuple of int
    onward, back : mapping of Node to bool array
        Which entries of each tensor it influences, and which influence it. A tensor without any
        has no item, and the node itself has none.
    unsure : set of Node
        Tensors behind an op whose structure is not known, so that all entries count.
    """

    node: Node
    entry: Index
    onward: Mapping[Node, Array]
    back: Mapping[Node, Array]
    unsure: frozenset[Node]


def influence(graph: Graph, node: Node, entry: Index) -> Influence:
    """Follow one entry through a graph, forward and back."""
    chosen = np.zeros(node.shape, bool)
    chosen[entry] = True
    onward, guessed = _onward(graph, node, chosen)
    back, guessed_back = _back(graph, node, chosen)
    return Influence(node, entry, onward, back, frozenset(guessed | guessed_back))


def _onward(graph: Graph, node: Node, chosen: Array) -> tuple[dict[Node, Array], set[Node]]:
    """What chosen entries influence, and where that is not known by structure."""
    found: dict[Node, Array] = {node: chosen}
    unsure: set[Node] = set()
    for each in _computed(graph.nodes, node.serial):
        mask, is_sure = read_from(each, found)
        if mask.any():
            found[each] = mask
            if not is_sure or any(x in unsure for x in sources(each) if x is not None):
                unsure.add(each)
    del found[node]
    return found, unsure


def _back(graph: Graph, node: Node, chosen: Array) -> tuple[dict[Node, Array], set[Node]]:
    """What influences chosen entries, and where that is not known by structure."""
    found: dict[Node, Array] = {node: chosen}
    unsure: set[Node] = set()
    for each in reversed([*_computed(graph.nodes, 0)]):
        if each not in found:
            continue
        for i, x in enumerate(sources(each)):
            if x is None or is_tuple(x.value):
                continue
            link = Link.of(each, i)
            mask = link.back(found[each])
            if mask.any():
                found[x] = found[x] | mask if x in found else mask
                if each in unsure or not link.is_known:
                    unsure.add(x)
    del found[node]
    return found, unsure


def _computed(nodes: Sequence[Node], after: int) -> Iterator[Node]:
    """The nodes that an op made of others, one array each, oldest first."""
    for node in nodes:
        if node.serial > after and node.op is not None and not is_tuple(node.value):
            yield node
