"""Sums at forks: what each reader of a tensor adds to the gradient of one entry behind it.

Imports sweep, slopes and the graph. chains.py asks it.
"""

from collections.abc import Iterator

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.inspection.explanation import Branch, Fork
from chainrule.inspection.gate_words import Names
from chainrule.inspection.slopes import Array, pushed
from chainrule.inspection.sweep import Index, Sweep


def forks(found: Sweep, place: Index, names: Names) -> Iterator[Fork]:
    """The tensors on the way that are read more than once, from the loss down.

    A branch adds the gradient that it sends back, times how the tensor moves with the entry.
    """
    read = [node for node, readers in found.readers.items() if len(readers) > 1]
    if not read:
        return
    moves = _moves(found, place, max(node.serial for node in read))
    for node in sorted(read, key=lambda node: -node.serial):
        branches: list[Branch] = []
        for each in found.readers[node]:
            flow = found.flow(each).astype(np.float64)
            with np.errstate(all="ignore"):
                value = float(np.sum(np.where(moves[node] == 0, 0.0, moves[node] * flow)))
            result = (found.results(each.gate) or [node])[0]
            branches.append(Branch(names.of(result), names.formula(result), value))
        yield Fork(names.of(node), tuple(branches), sum(branch.value for branch in branches))


def _moves(found: Sweep, place: Index, latest: int) -> dict[Node, Array]:
    """How each tensor up to the last fork moves with the entry: one forward sweep."""
    start = np.zeros(found.target.shape, np.float64)
    start[place] = 1
    moves: dict[Node, Array] = {found.target: start}
    for node in sorted(found.gradients, key=lambda node: node.serial):
        if node is not found.target and node.serial <= latest:
            moves[node] = pushed(node, moves)
    return moves
