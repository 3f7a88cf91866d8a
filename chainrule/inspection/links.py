"""How the entries of a gate's result hang on those of an input, whatever the numbers are.

Imports the graph and the Jacobians. influence.py follows an entry through a whole graph with it.
What an op says of its structure comes first, then the graph of its formula; an op of ours that has
neither is tried at several values, and of a user's op all entries count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise, Indexing
from chainrule.graph.op.operation import compute
from chainrule.graph.readings.gate import Gate, gates_between, sources
from chainrule.graph.readings.local_jacobian import structure_of
from chainrule.jacobians import (
    Broadcast,
    Identity,
    Jacobian,
    Kronecker,
    Product,
    Scatter,
    Selection,
    Summation,
    Zero,
)
from chainrule.spec import normalize_axes

Array = np.ndarray[Any, np.dtype[Any]]
Index = tuple[int, ...]
BY_STRUCTURE = (Identity, Scatter, Selection, Zero)  # hold no values
SAMPLES = 6  # other values at which an op without a structure is tried
MOST_TRIED = 64  # entries that are moved one after the other


def read_from(node: Node, masks: Mapping[Node, Array]) -> tuple[Array, bool]:
    """Where a node reads what is marked in others, and whether that is known."""
    mask, is_sure = np.zeros(node.shape, bool), True
    for i, x in enumerate(sources(node)):
        if x is not None and x in masks:
            link = Link.of(node, i)
            mask = mask | link.onward(masks[x])
            is_sure = is_sure and link.is_known
    return mask, is_sure


@dataclass(frozen=True)
class Link:
    """How the entries of a result hang on those of one input of its op.

    Parameters
    ----------
    gate : Gate
    position : int
        Which input.
    """

    gate: Gate
    position: int

    @classmethod
    def of(cls, node: Node, position: int) -> "Link":
        """Of a node's own op; behind one of several results, of the op that gave them all."""
        gate = Gate.of(node)
        return cls(replace(gate, inputs=tuple(map(_as_array, gate.inputs))), position)

    @property
    def inputs(self) -> Index:
        """The shape of the input."""
        return np.shape(self.gate.inputs[self.position])

    @property
    def outputs(self) -> Index:
        """The shape of the result."""
        return np.shape(self.gate.result)

    @cached_property
    def known(self) -> Jacobian | None:
        """Ones where an entry hangs on another by structure; None where no structure is known."""
        try:
            found = structure_of(self.gate, self.position)
            if found is None and self.formula is not None and not self.position:
                found = _of_order(self.gate, self.formula)
        except Exception:  # an op that cannot be probed so
            return None
        return None if found is None else without_values(found)

    @cached_property
    def formula(self) -> tuple[Node, Node] | None:
        """The op's formula as a graph of its own in this input, where it has one."""
        x = self.gate.inputs[self.position]
        if self.gate.op.guarded and self.gate.op.differentiates:
            return None  # a user's op is not run for it
        if x.dtype.kind != "f" or self.gate.op.primitive:
            return None
        try:
            end, leaf = self.gate.formula(self.position)
        except Exception:  # forward is NumPy's own
            return None
        return None if end is None else (end, leaf)

    @property
    def is_elementwise(self) -> bool:
        """Whether each entry of the result hangs on the entries in its own place alone."""
        return isinstance(self.gate.op, Elementwise) and self.gate.part is None

    @cached_property
    def is_known(self) -> bool:
        """Whether what is said rests on the op's structure."""
        if self.is_elementwise or self.known is not None or self.formula is not None:
            return True
        return not self.gate.op.guarded and self._tried is not None

    def onward(self, mask: Array) -> Array:
        """Where the result hangs on marked entries of the input."""
        if not mask.any():
            return np.zeros(self.outputs, bool)
        if self.is_elementwise:
            return np.broadcast_to(mask, self.outputs)
        if self.known is not None:
            return _held(self.known @ mask.astype(np.float64), self.outputs)
        if self.formula is not None:
            return _through(*self.formula, mask)
        if self._tried is None:
            return np.ones(self.outputs, bool)
        return np.reshape(self._tried[:, mask.reshape(-1)].any(axis=1), self.outputs)

    def back(self, mask: Array) -> Array:
        """Which entries of the input marked entries of the result hang on."""
        if not mask.any():
            return np.zeros(self.inputs, bool)
        if self.is_elementwise:
            return _summed(mask, self.inputs)
        if self.known is not None:
            return _held(self.known.T @ mask.astype(np.float64), self.inputs)
        if self.formula is not None:
            return _back_through(*self.formula, mask)
        if self._tried is None:
            return np.ones(self.inputs, bool)
        return np.reshape(self._tried[mask.reshape(-1)].any(axis=0), self.inputs)

    @cached_property
    def _tried(self) -> Array | None:
        """Results by entries of a small input: what changed when each was moved; None: not tried.

        The last resort, for ops of our own that have neither a structure nor a formula.
        """
        x = self.gate.inputs[self.position]
        if self.gate.op.guarded or not 0 < x.size <= MOST_TRIED:
            return None
        found = np.zeros((prod(self.outputs), x.size), bool)
        rng = np.random.default_rng(0)
        for sample in range(SAMPLES):
            inputs = [v if not sample else _elsewhere(v, rng) for v in self.gate.inputs]
            before = self._result(inputs)
            for place in range(x.size) if before is not None else ():
                found[:, place] |= self._changes(inputs, place, before)
        return found if found.any() else None

    def _changes(self, inputs: Sequence[Any], place: int, before: Any) -> Array:
        """Which results are others when one entry is moved."""
        found = np.zeros(before.size, bool)
        for moved in _moved(inputs[self.position], place):
            after = self._result(
                [moved if j == self.position else v for j, v in enumerate(inputs)]
            )
            if after is not None:
                found |= (after != before) & (np.equal(after, after) | np.equal(before, before))
        return found

    def _result(self, inputs: Sequence[Any]) -> Array | None:
        try:
            with np.errstate(all="ignore"):
                out = compute(self.gate.op, inputs)
        except Exception:  # outside of the op's domain
            return None
        out = np.asarray(out if self.gate.part is None else out[self.gate.part])
        return out.reshape(-1) if out.shape == self.outputs else None


def _of_order(gate: Gate, formula: tuple[Node, Node]) -> Jacobian | None:
    """Of what puts numbers in order: any entry along the axis may come to stand anywhere.

    Such an op picks by places that it finds among its own numbers: in others they are others.
    """
    here = _picked(*formula)
    if not here:
        return None
    turned = np.array(gate.inputs[0].reshape(-1)[::-1]).reshape(gate.inputs[0].shape)
    end, leaf = replace(gate, inputs=(turned, *gate.inputs[1:])).formula(0)
    there = [] if end is None else _picked(end, leaf)
    if all(np.array_equal(x, y) for x, y in zip(here, there, strict=False)):
        return None
    outputs, inputs, dtype = gate.shapes(0)
    axes = normalize_axes(getattr(gate.op, "axis", None), len(inputs))
    narrow = tuple(1 if k in axes else n for k, n in enumerate(inputs))
    if prod(outputs) == prod(narrow):
        return Summation(outputs, inputs, dtype, narrow, inputs)
    if outputs != inputs:
        return None
    mixed = Summation(narrow, inputs, dtype, narrow, inputs)
    return Product.of((Broadcast(outputs, narrow, dtype, narrow, inputs), mixed))


def _picked(end: Node, leaf: Node) -> list[Any]:
    """The places by which a formula picks entries."""
    gates = [node for node in gates_between(end, leaf) if isinstance(node.op, Indexing)]
    return [x.value for node in gates for x in sources(node)[1:] if x is not None]


def _through(end: Node, leaf: Node, mask: Array) -> Array:
    """Where the result of a formula hangs on marked entries of its variable."""
    masks: dict[Node, Array] = {leaf: mask}
    for node in gates_between(end, leaf):
        masks[node] = read_from(node, masks)[0]
    return masks[end]


def _back_through(end: Node, leaf: Node, mask: Array) -> Array:
    """Which entries of its variable marked entries of a formula's result hang on."""
    between = dict.fromkeys([leaf, *gates_between(end, leaf)])
    masks: dict[Node, Array] = {end: mask}
    for node in reversed([*between][1:]):
        for i, x in enumerate(sources(node)):
            if node in masks and x is not None and x in between:
                found = Link.of(node, i).back(masks[node])
                masks[x] = masks[x] | found if x in masks else found
    return masks.get(leaf, np.zeros(leaf.shape, bool))


def without_values(known: Jacobian) -> Jacobian | None:
    """The same structure with ones for its numbers: a factor that is 0 here need not stay so."""
    if isinstance(known, BY_STRUCTURE):
        return known
    if isinstance(known, Broadcast | Summation):
        return replace(known, factor=1.0)
    if isinstance(known, Kronecker):
        ones = [f if isinstance(f, int) else np.ones_like(f) for f in (known.left, known.right)]
        return replace(known, left=ones[0], right=ones[1])
    if isinstance(known, Product):
        parts = [without_values(factor) for factor in known.factors]
        kept = [part for part in parts if part is not None]
        return Product.of(kept) if len(kept) == len(parts) else None
    return None


def _as_array(x: Any) -> Any:
    """A Python number as an array without axes."""
    is_number = isinstance(x, bool | int | float)
    return np.float64(x) if is_number else x


def _held(sums: Any, shape: Index) -> Array:
    """Where products with ones have found any."""
    return np.asarray(np.reshape(sums, shape) > 0)


def _summed(mask: Array, shape: Index) -> Array:
    """Where anything is marked along the axes that broadcasting has repeated."""
    lead = mask.ndim - len(shape)
    axes = [i for i in range(mask.ndim) if i < lead or shape[i - lead] != mask.shape[i]]
    return np.asarray(mask.any(axis=tuple(axes))).reshape(shape) if axes else mask


def _elsewhere(x: Any, rng: np.random.Generator) -> Any:
    """Other values of the same kind, in another order of size; whole numbers stay."""
    if x is None or x.dtype.kind != "f":
        return x
    shape: Index = x.shape
    return (0.5 + rng.random(shape)).astype(x.dtype)


def _moved(x: Array, place: int) -> Iterator[Array]:
    """The same with one entry changed, to either side."""
    steps = {"f": (0.25, -0.25, 8.0), "b": (1,), "u": (1,)}.get(x.dtype.kind, (1, -1))
    for step in steps:
        moved = np.array(x, order="C")
        flat = moved.reshape(-1)
        flat[place] = not flat[place] if x.dtype.kind == "b" else flat[place] + step
        yield moved
