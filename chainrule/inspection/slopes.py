"""Slopes at one entry: what each result of a gate does when one entry of an input moves.

Imports the graph. explain follows an entry with them, from gate to gate up to the loss.
"""

from typing import Any

import numpy as np

from chainrule.errors import BackwardRuleError, UnsupportedError, describe
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.graph.op.numerical import NumericalOp
from chainrule.graph.readings.dual import transposed
from chainrule.graph.readings.gate import Gate, sources
from chainrule.settings import DEPTH

Array = np.ndarray[Any, np.dtype[Any]]
Index = tuple[int, ...]
MOST_ROWS = 2_000  # results of a rule that is asked for each of them


def column(result: Node, position: int, place: Index) -> tuple[Array, Array]:
    """Where the result moves with one entry of an input, as flat places, and how fast.

    Parameters
    ----------
    result : Node
        What a gate left; one of several results is asked by itself.
    position : int
        Which input of the op.
    place : tuple of int
        The entry of the input.
    """
    gate = Gate.of(result)
    if isinstance(gate.op, Elementwise) and gate.part is None:
        return _elementwise(gate, position, place)
    moved = np.zeros(gate.inputs[position].shape, gate.inputs[position].dtype)
    moved[place] = 1
    slopes = np.asarray(_pushed(gate, position, moved)).reshape(-1)
    places = np.flatnonzero(slopes != 0)  # NaN is not 0 either
    return places, slopes[places]


def index_of(flat: int, shape: Index) -> Index:
    """The place of an element that is counted through all axes."""
    place: list[int] = []
    for length in reversed(shape):
        flat, k = divmod(flat, length)
        place.append(k)
    return tuple(reversed(place))


def pushed(result: Node, tangents: dict[Node, Array], position: int | None = None) -> Array:
    """How a result moves when the inputs of its gate move, or one of them: one step forward."""
    gate = Gate.of(result)
    inputs = sources(result)
    total = np.zeros(result.shape, np.float64)
    for i, x in enumerate(inputs):
        if x is not None and x in tangents and position in (None, i):
            tangent = tangents[x].astype(gate.inputs[i].dtype)
            total = total + _pushed(gate, i, tangent)
    return total


def _pushed(gate: Gate, position: int, tangent: Array) -> Any:
    """One step forward by the rule that the walk used; a forward rule of a user may be another."""
    op = gate.op
    try:
        if not op.guarded or isinstance(op, NumericalOp):
            return gate.push(position, tangent)
        rule = transposed(op, DEPTH.get() + 1)
        tangents = [tangent if i == position else None for i in range(len(gate.inputs))]
        with np.errstate(all="ignore"):
            found = rule(tangents, gate.inputs, gate.out)
        return found if gate.part is None else found[gate.part]
    except (BackwardRuleError, UnsupportedError):
        return _by_rows(gate, position, tangent)


def _by_rows(gate: Gate, position: int, tangent: Array) -> Array:
    """A rule that is no formula cannot be turned around: it is asked for one result at a time."""
    shape, dtype = np.shape(gate.result), gate.result.dtype
    moved = np.zeros(shape, np.float64)
    if moved.size > MOST_ROWS:
        raise UnsupportedError(
            f"the rule of {gate.op.name} takes arrays alone, and has {moved.size:,} results: too "
            "many to ask for one after the other.",
            found=[describe("result", gate.result)],
            do="Write its backward with ops or NumPy's functions; cr.why needs no such thing.",
        )
    for place in np.ndindex(shape):
        unit = np.zeros(shape, dtype)
        unit[place] = 1
        row = gate.pull(position, unit)
        if row is not None:
            moved[place] = np.sum(np.where(tangent == 0, 0.0, np.asarray(row) * tangent))
    return moved


def _elementwise(gate: Gate, position: int, place: Index) -> tuple[Array, Array]:
    """The slopes at the elements that read the entry, and nowhere else."""
    shape = np.shape(gate.result)
    places = _readers(shape, gate.inputs[position].shape, place)
    if gate.op.guarded:  # its attributes may be arrays that fit the whole alone
        whole = np.broadcast_to(gate.inputs[position], shape)
        slopes = gate.pull(position, np.ones(shape, gate.out.dtype), whole)
        slopes = np.zeros(places.size) if slopes is None else np.reshape(slopes, -1)[places]
        return places, slopes
    there = np.unravel_index(places, shape) if shape else ()
    inputs = tuple(_at(x, shape, there) for x in gate.inputs)
    few = Gate(gate.op, inputs, _at(gate.out, shape, there))
    slopes = few.pull(position, np.ones(np.shape(few.out), gate.out.dtype))
    slopes = np.zeros(places.size) if slopes is None else np.reshape(slopes, -1)
    return places, slopes


def _at(x: Any, shape: Index, there: Any) -> Any:
    """An operand at some elements of the result; a number of Python's own stays weak."""
    if x is None or not hasattr(x, "dtype"):
        return x
    return np.broadcast_to(x, shape)[there] if shape else x


def _readers(shape: Index, inputs: Index, place: Index) -> Array:
    """Flat places of the elements that read one entry, which broadcasting may have repeated."""
    if not shape:
        return np.zeros(1, np.intp)
    lead = len(shape) - len(inputs)
    axes = [range(n) for n in shape[:lead]]
    for n, own, k in zip(shape[lead:], inputs, place, strict=True):
        axes.append(range(n) if own == 1 else range(k, k + 1))
    return np.ravel_multi_index(np.ix_(*axes), shape).reshape(-1)
