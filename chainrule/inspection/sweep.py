"""One backward walk towards a tensor, with what every gate sent to each of its inputs.

Imports the graph. explain and why read it: every gradient that they show is the walk's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Any

import numpy as np

from chainrule.errors import (
    ArgumentError,
    IndexRangeError,
    ShapeError,
    UnsupportedError,
    a_kind,
    describe,
)
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node, Output
from chainrule.graph.nodes.start import start_of
from chainrule.graph.nodes.walk import walk
from chainrule.graph.numpy.symbol import Symbol
from chainrule.inspection.observed import Wires, names_of
from chainrule.settings import RECORDING
from chainrule.spec import is_tuple

Array = np.ndarray[Any, np.dtype[Any]]
Index = tuple[int, ...]


@dataclass(frozen=True)
class Read:
    """One input of one gate: an edge of the graph, along which a gradient comes back.

    Parameters
    ----------
    gate : Node
        The node that its op left; of several results, the one that holds them all.
    position : int
        Which of the op's inputs.
    """

    gate: Node
    position: int


@dataclass(frozen=True, eq=False)
class Sweep:
    """The gradients between some ends and a tensor, and what flowed along every edge.

    Parameters
    ----------
    ends : tuple of Node
    target : Node
        Where the walk went to.
    gradients : mapping of Node to ndarray
        The upstream gradient of every node on the way, the target's included.
    sent : mapping of Node to list
        What each gate sent to its inputs: an array, or None. A gate that nothing came back to
        sent nothing, and has no entry.
    way : tuple of Node
        All nodes on the way, oldest first, those that hold several results included.
    """

    ends: tuple[Node, ...]
    target: Node
    gradients: Mapping[Node, Any]
    sent: Mapping[Node, Sequence[Any]]
    way: tuple[Node, ...]

    @property
    def reached(self) -> bool:
        """Whether the target is on the way at all."""
        return self.target in self.gradients

    def begins_at(self, node: Node) -> bool:
        """Whether a node is one of the ends; tensors compare element by element."""
        return any(node is end for end in self.ends)

    @cached_property
    def readers(self) -> dict[Node, list[Read]]:
        """Who reads each node on the way, in order of creation; two or more reads are a fork."""
        found: dict[Node, list[Read]] = {node: [] for node in self.gradients}
        for gate in self.way:
            if gate is self.target or isinstance(gate.op, Output):
                continue
            for i, x in enumerate(gate.inputs):
                if x is not None and x in found:
                    found[x].append(Read(gate, i))
        return found

    @cached_property
    def names(self) -> dict[Node, str]:
        """The names that ``cr.show`` gives to the nodes."""
        return names_of(Graph.of(*self.ends))

    def results(self, gate: Node) -> list[Node]:
        """The results of a gate on the way: itself, or some of its several."""
        if not is_tuple(gate.value):
            return [gate]
        return self._parts.get(gate, [])

    @cached_property
    def _parts(self) -> dict[Node, list[Node]]:
        parts: dict[Node, list[Node]] = {}
        for node in self.gradients:
            if isinstance(node.op, Output) and node.inputs[0] is not None:
                parts.setdefault(node.inputs[0], []).append(node)
        return parts

    def flow(self, read: Read) -> Array:
        """What came back along an edge; zeros where the rule says that nothing does."""
        x = read.gate.inputs[read.position]
        assert x is not None
        sent = self.sent[read.gate][read.position] if read.gate in self.sent else None
        return np.zeros(x.shape, x.dtype) if sent is None else np.asarray(sent)


def sweep(ends: Sequence[Any], target: Any, starts: Sequence[Any] | None = None) -> Sweep:
    """Walk back from some ends towards a tensor.

    Raises
    ------
    NoGradientError, NotScalarError
        As ``backward()`` does.
    StaleValueError
        If a parameter was changed after the forward pass read it.
    """
    given = [None] * len(ends) if starts is None else starts
    upstreams = [start_of(end, start) for end, start in zip(ends, given, strict=True)]
    watch = Wires()
    token = RECORDING.set(watch)
    try:
        with np.errstate(all="ignore"):  # an overflow shows as inf, which is asked about
            found = walk(list(ends), upstreams, targets={target}, zeros=True)
    finally:
        RECORDING.reset(token)
    gradients = {node: found[node] for node in found if node in watch.way or node is target}
    return Sweep(tuple(ends), target, gradients, watch.sent, tuple(watch.way))


def plain_node(x: Any, name: str) -> Node:
    """A tensor with numbers in it, or the error that says what was given instead."""
    if isinstance(x, Node) and not x.traced and not isinstance(x.value, Symbol):
        return x
    if isinstance(x, Symbol):
        raise UnsupportedError(
            f"the {name} has no numbers yet: this function is being recorded or differentiated, "
            "and a gradient is explained by its numbers.",
            found=[describe(name, x)],
            do=(
                "Ask outside of cr.compile, cr.grad and their like: make the loss from "
                "cr.parameter(...) or cr.tensor(...), then cr.why(loss, w)."
            ),
        )
    raise ArgumentError(
        f"the {name} is {a_kind(x)}, but a gradient flows between tensors.",
        do="Give the loss and a tensor that it was made from: cr.why(loss, w).",
    )


def entry_of(x: Node, given: Any, name: str) -> Index:
    """The place of one entry, with every number counted from 0.

    Raises
    ------
    ArgumentError
        For a slice, an array, ``...`` or ``None``, and for too few or too many numbers.
    IndexRangeError
        For a number outside its axis.
    """
    numbers: tuple[Any, ...] = given if is_tuple(given) else (given,)
    for each in numbers:
        if not _is_whole(each):
            raise ArgumentError(
                f"an index names one entry, and {each!r:.60} is not a whole number.",
                found=[describe(name, x)],
                do=f"Give one number for each axis, such as index={_example(x)}.",
            )
    if not numbers and x.shape and all(n == 1 for n in x.shape):
        return (0,) * len(x.shape)
    if len(numbers) != len(x.shape):
        raise ShapeError(
            f"{name} has the shape {x.shape}, so one entry is named by {len(x.shape)} numbers, "
            f"not {len(numbers)}.",
            found=[describe(name, x)],
            do=f"Say which entry: index={_example(x)}.",
        )
    return tuple(_counted(x, name, int(each), axis) for axis, each in enumerate(numbers))


def _is_whole(x: Any) -> bool:
    if isinstance(x, bool | np.bool_):
        return False
    try:
        index(x)
    except TypeError:
        return False
    return True


def _counted(x: Node, name: str, place: int, axis: int) -> int:
    length = x.shape[axis]
    if not -length <= place < length:
        raise IndexRangeError(
            f"index {place} is outside axis {axis} of {name}, whose length is {length}.",
            found=[describe(name, x)],
            do=f"Indices run from {-length} to {length - 1}." if length else "It has no entries.",
        )
    return place % length


def _example(x: Node) -> str:
    return str((0,) * len(x.shape))
