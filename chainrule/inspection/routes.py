"""Routes: which way through the tensors the gradient of one entry takes, with what each carries.

Imports dominating, slopes and sweep. A route adds up all entries of the tensors on it: of a net
with skip connections it says how much comes back through the layers, and how much past them.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.inspection.dominating import NONE, Added, Search
from chainrule.inspection.explanation import Route
from chainrule.inspection.gate_words import Names, maker_of
from chainrule.inspection.slopes import Array, pushed
from chainrule.inspection.sweep import Index, Sweep


@dataclass(frozen=True, eq=False)
class _Way:
    """The beginning of a route, and how its last tensor moves with the entry along it."""

    node: Node
    moves: Array
    below: "_Way | None" = None

    @property
    def nodes(self) -> list[Node]:
        """The tensors, from the last one down to the parameter."""
        found: list[Node] = []
        way: _Way | None = self
        while way is not None:
            found.append(way.node)
            way = way.below
        return found


def routes(found: Sweep, place: Index, most: int, names: Names) -> tuple[Route, ...]:
    """The routes that carry most; none where there is only one, or where each is a path."""
    forked = any(len(reads) > 1 for reads in found.readers.values())
    if not forked or all(prod(node.shape) == 1 for node in found.gradients):
        return ()

    def branches(way: _Way) -> tuple[list[tuple[float, _Way]], Added] | None:
        if found.begins_at(way.node):
            return None
        terms: list[tuple[float, _Way]] = []
        for read in found.readers[way.node]:
            for result in found.results(read.gate):
                moves = pushed(result, {way.node: way.moves}, read.position)
                terms.append((_added(moves, found, result), _Way(result, moves, way)))
        terms.sort(key=lambda pair: -np.nan_to_num(abs(pair[0]), nan=np.inf))
        return terms, NONE

    start = np.zeros(found.target.shape, np.float64)
    start[place] = 1
    search = Search(branches)
    search.run(_added(start, found, found.target), _Way(found.target, start), most)
    return tuple(
        Route(
            tuple(names.of(node) for node in way.nodes),
            tuple(_op(node) for node in way.nodes),
            value,
            search.share(abs(value)),
        )
        for value, way in search.finished
    )


def _added(moves: Array, found: Sweep, node: Node) -> float:
    """What all routes that begin so add to the gradient: moves times upstream, summed."""
    upstream = np.asarray(found.gradients[node], np.float64)
    with np.errstate(all="ignore"):
        return float(np.sum(np.where((moves == 0) | (upstream == 0), 0.0, moves * upstream)))


def _op(node: Node) -> str:
    op = maker_of(node).op
    return op.name if op else ""
