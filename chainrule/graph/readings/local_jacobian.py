"""Local Jacobians: what each op's result does with each of its inputs, in its own structure.

Imports the families and gate. Tensor.local_jacobian shows them; jacobian chains them.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import ALIAS
from chainrule.graph.numpy.leaving import leaves_the_graph
from chainrule.graph.op.families import Composite, Elementwise, Indexing, Movement, Reduction
from chainrule.graph.readings.gate import Array, Gate, gates_between, sources
from chainrule.jacobians import (
    BlockDiagonal,
    Broadcast,
    Dense,
    Diagonal,
    Identity,
    Implicit,
    Jacobian,
    Kronecker,
    Product,
    Scatter,
    Selection,
    Summation,
    Zero,
    compose,
    selection,
)
from chainrule.spec import normalize_axes

SMALL_BYTES = 1 << 20  # below this an array costs less than the bookkeeping that avoids it
BLOCKS_BYTES = 1 << 26  # of the blocks of a softmax; beyond, its rule multiplies instead
CLOSED = (Broadcast, Identity, Kronecker, Scatter, Selection, Summation, Zero)
ROUNDING = 1e-9  # of sums of a few numbers near 1; a misplaced element differs by about 1


def local_jacobian(node: Node) -> tuple[Jacobian | None, ...]:
    """One Jacobian per input of the op that made a node; None where no gradient is wanted.

    An optional input that was left out has no entry.

    Raises
    ------
    NoGradientError
        If no op made it: it is a leaf, or no gradient was wanted when it was made.
    UnsupportedError
        Inside a function that is being differentiated.
    """
    if node.traced:
        raise leaves_the_graph("x.local_jacobian()", node)
    gate = Gate.of(node)
    given = [(i, x) for i, x in enumerate(sources(node)) if x is not None]
    return tuple(jacobian_of(gate, i) if x.wants_gradient else None for i, x in given)


def jacobian_of(gate: Gate, i: int) -> Jacobian:
    """How the result of an op moves with one input, with its numbers."""
    for rule in (_declared, _elementwise, _moved, _reduced, _by_rows, _by_formula):
        found = rule(gate, i)
        if found is not None:
            return found
    return _from_products(gate, i)


def structure_of(gate: Gate, i: int) -> Jacobian | None:
    """Where the Jacobian of an op may differ from 0, without its numbers; None: anywhere."""
    for rule in (_declared, _elementwise_places, _moved, _reduced_places, _row_places):
        found = rule(gate, i)
        if found is not None:
            return found
    return None


def closed_form(end: Node, leaf: Node) -> Jacobian | None:
    """The Jacobian of one path of moves and products, which closes without any slope."""
    found: dict[Node, Jacobian] = {leaf: Identity(leaf.shape, leaf.shape, leaf.dtype)}
    for node in gates_between(end, leaf):
        gate = Gate.of(node)
        moving = [i for i, x in enumerate(sources(node)) if x in found]
        if len(moving) != 1:
            return None
        (i,) = moving
        local = _without_slopes(gate, i)
        whole = None if local is None else compose(local, found[sources(node)[i]])
        if not isinstance(whole, CLOSED):
            return None
        found[node] = whole
    return found.get(end)


def _without_slopes(gate: Gate, i: int) -> Jacobian | None:
    """The local Jacobian if it closes; an elementwise op that does is an addition."""
    if not gate.op.differentiates:
        return _by_formula(gate, i)
    if isinstance(gate.op, Elementwise) or isinstance(structure_of(gate, i), CLOSED):
        return jacobian_of(gate, i)
    return None


def _declared(gate: Gate, i: int) -> Jacobian | None:
    """What the op says itself: ``local_jacobian(self, position, *inputs, out)``."""
    if gate.op is ALIAS:
        return Identity(*gate.shapes(i))
    rule = getattr(gate.op, "local_jacobian", None)
    return None if rule is None else rule(i, *gate.inputs, gate.out)


def _elementwise(gate: Gate, i: int) -> Jacobian | None:
    """A slope for every element: Diagonal, after a Broadcast where the input was repeated."""
    repeated = _elementwise_places(gate, i)
    if repeated is None:
        return None
    outputs, inputs, dtype = gate.shapes(i)
    ones, x = np.ones(outputs, gate.result.dtype), np.broadcast_to(gate.inputs[i], outputs)
    slopes = gate.pull(i, ones, x)
    if slopes is None:
        return Zero(outputs, inputs, dtype)
    if np.all(slopes == 1):
        return repeated
    return compose(Diagonal(outputs, outputs, dtype, slopes), repeated)


def _elementwise_places(gate: Gate, i: int) -> Jacobian | None:
    if not isinstance(gate.op, Elementwise) or gate.part is not None:
        return None
    outputs, inputs, dtype = gate.shapes(i)
    if outputs == inputs:
        return Identity(outputs, inputs, dtype)
    narrow = (1,) * (len(outputs) - len(inputs)) + inputs
    return Broadcast(outputs, inputs, dtype, narrow, outputs)


def _moved(gate: Gate, i: int) -> Jacobian | None:
    """Push the places of the elements through the op, instead of its elements."""
    if not isinstance(gate.op, Movement | Indexing):
        return None
    outputs, inputs, dtype = gate.shapes(i)
    taken = _part(gate, gate.op.forward(*_operands(gate, i, _places(inputs))))
    index = taken.reshape(-1).astype(np.int64) - 1
    probe = np.random.default_rng(0).uniform(1.0, 2.0, inputs)
    expected = _part(gate, gate.op.forward(*_operands(gate, i, probe)))
    if np.all(index < prod(inputs)):
        found = selection(outputs, inputs, dtype, index)
        if np.array_equal(found @ probe, expected):
            return found
    if gate.part is not None:
        return None
    added = gate.pull(i, _places(outputs), np.zeros(inputs))  # it adds: where does each one go?
    index = added.reshape(-1).astype(np.int64) - 1
    gathered = selection(inputs, outputs, dtype, index).adjoint()
    if np.allclose(gathered @ probe, expected, rtol=ROUNDING, atol=ROUNDING):
        return gathered
    return None


def _places(shape: tuple[int, ...]) -> Array:
    """Every element is its place, counted from 1; 0 stands for what comes from nowhere."""
    return np.arange(1.0, prod(shape) + 1).reshape(shape)


def _operands(gate: Gate, i: int, x: Array) -> Sequence[Any]:
    """One operand in its place; the others silent, except those that say where to pick."""
    if isinstance(gate.op, Indexing):
        return [x, *gate.inputs[1:]]
    others = [None if v is None else np.zeros(np.shape(v)) for v in gate.inputs]
    return [x if j == i else zeros for j, zeros in enumerate(others)]


def _part(gate: Gate, results: Any) -> Array:
    return np.asarray(results if gate.part is None else results[gate.part])


def _reduced(gate: Gate, i: int) -> Jacobian | None:
    """Every input goes into one sum, after its own slope."""
    summed = _reduced_places(gate, i)
    if summed is None:
        return None
    outputs, inputs, dtype = gate.shapes(i)
    slopes = gate.pull(i, np.ones(outputs, gate.result.dtype))
    if slopes is None:
        return Zero(outputs, inputs, dtype)
    slopes = np.asarray(slopes)
    first = float(slopes.reshape(-1)[0]) if slopes.size else 1.0
    if np.all(slopes == first):
        return Summation(outputs, inputs, dtype, summed.narrow, summed.wide, first)
    return compose(summed, Diagonal(inputs, inputs, dtype, slopes))


def _reduced_places(gate: Gate, i: int) -> Summation | None:
    if not isinstance(gate.op, Reduction) or gate.part is not None or i != 0:
        return None
    outputs, inputs, dtype = gate.shapes(i)
    narrow = _kept(inputs, gate.op.axis)
    if prod(narrow) != prod(outputs):
        return None
    return Summation(outputs, inputs, dtype, narrow, inputs)


def _by_rows(gate: Gate, i: int) -> Jacobian | None:
    """Softmax and its like mix the elements of a row: one block per row."""
    if _row_places(gate, i) is None:
        return None
    outputs, inputs, dtype = gate.shapes(i)
    axis: Any = getattr(gate.op, "axis", None)
    last = normalize_axes(axis, len(inputs)) == (len(inputs) - 1,)
    width = inputs[-1] if inputs else 1
    if not last or prod(inputs) * width * dtype.itemsize > BLOCKS_BYTES:
        return None
    blocks = np.zeros((prod(inputs[:-1]), width, width), dtype)
    for k in range(width):
        upstream = np.zeros(outputs, gate.result.dtype)
        upstream[..., k] = 1
        blocks[:, k] = np.reshape(gate.pull(i, upstream), (len(blocks), width))
    return BlockDiagonal(outputs, inputs, dtype, blocks)


def _row_places(gate: Gate, i: int) -> Jacobian | None:
    """Everything along the axis meets: summed, and spread again."""
    op = gate.op
    outputs, inputs, dtype = gate.shapes(i)
    if not isinstance(op, Composite) or not op.by_rows or i or outputs != inputs:
        return None
    narrow = _kept(inputs, getattr(op, "axis", None))
    mixed = Summation(narrow, inputs, dtype, narrow, inputs)
    return Product.of((Broadcast(outputs, narrow, dtype, narrow, inputs), mixed))


def _by_formula(gate: Gate, i: int) -> Jacobian | None:
    """A formula of moves alone has the Jacobian that these give together."""
    if gate.op.differentiates:
        return None
    end, leaf = gate.formula(i)
    return Zero(*gate.shapes(i)) if end is None else closed_form(end, leaf)


def _from_products(gate: Gate, i: int) -> Jacobian:
    """No structure is known: the array where it is small, else the op's own rules."""
    outputs, inputs, dtype = gate.shapes(i)
    own = gate.copied()  # a parameter may be changed later

    def backward(u: Array) -> Array:
        found = own.pull(i, u.astype(own.result.dtype, copy=False))
        return np.zeros(inputs, dtype) if found is None else found

    def forward(v: Array) -> Array:
        return own.push(i, v.astype(dtype, copy=False))

    found = Implicit(outputs, inputs, dtype, forward, backward, (outputs, inputs), own.nbytes)
    if 1 in (prod(outputs), prod(inputs)) or found.bytes_dense <= SMALL_BYTES:
        return Dense.of(found.dense(budget=None), outputs, inputs)
    return found


def _kept(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    axes = normalize_axes(axis, len(shape))
    return tuple(1 if k in axes else n for k, n in enumerate(shape))
