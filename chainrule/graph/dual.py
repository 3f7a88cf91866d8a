"""Dual: a value with its tangents. The chain rule, letter by letter, in the forward direction.

Imports walk (an op without a forward rule is transposed), node and op. Elementwise ops use it to
derive their local gradients; forward mode and the doctor read whole functions with it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.node import Node
from chainrule.graph.op import Op, apply
from chainrule.graph.symbol import Symbol
from chainrule.graph.walk import alias, derived_pull, walk
from chainrule.settings import RECORDING
from chainrule.spec import is_tuple


class Dual(Symbol):
    """A value and one tangent per direction; None stands for a tangent that is 0."""

    __slots__ = ("partials", "value")
    rank: ClassVar[int] = 20

    def __init__(self, value: Any, partials: Sequence[Any]) -> None:
        self.value = value
        self.partials = tuple(partials)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes of the value."""
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements of the value."""
        value = self.value
        return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype

    def read(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Compute the value, and each tangent by the chain rule."""
        if op.spells_out:
            return op.forward(*operands)
        values = tuple(x.value if isinstance(x, Dual) else x for x in operands)
        out = apply(op, values)
        if op.flat:
            return Dual(out, (None,) * len(self.partials))
        tangents = [
            tuple(x.partials[k] if isinstance(x, Dual) else None for x in operands)
            for k in range(len(self.partials))
        ]
        rule = getattr(op, "jvp", None) or transposed(op)
        partials = [
            rule(t, values, out) if any(p is not None for p in t) else None for t in tangents
        ]
        if is_tuple(out):
            return tuple(
                Dual(part, tuple(None if p is None else p[i] for p in partials))
                for i, part in enumerate(out)
            )
        return Dual(out, partials)

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.partials!r})"


def chain_rule(op: Op, operands: Sequence[Any]) -> tuple[Any, ...]:
    """Local gradients of an elementwise formula, derived letter by letter."""
    count = len(operands)
    duals = [
        x if x is None else Dual(x, [1 if i == j else None for j in range(count)])
        for i, x in enumerate(operands)
    ]
    out = op.forward(*duals)
    return out.partials if isinstance(out, Dual) else (None,) * count


def local_times(local: Any, tangent: Any) -> Any:
    """One term of the chain rule; a boolean local gradient is a gate that opens or closes."""
    if type(local) is int or type(local) is float:
        return tangent if local == 1 else None if local == 0 else local * tangent
    if type(tangent) is int and tangent == 1 and local.dtype != bool:
        return local
    if local.dtype == bool:
        return CATALOGUE.function("where")(local, tangent, 0)
    return local * tangent


def transposed(op: Op) -> Any:
    """The forward rule of an op that has only a backward rule.

    ``backward`` is linear in upstream, so walking back through *it*, from the gradient to a
    stand-in for upstream, multiplies by the Jacobian itself.
    """

    def rule(tangents: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
        token = RECORDING.set(True)
        try:
            return _transpose(op, tangents, values, out)
        finally:
            RECORDING.reset(token)

    return rule


def _transpose(op: Op, tangents: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
    several = is_tuple(out)
    outs: tuple[Any, ...] = out if is_tuple(out) else (out,)
    stand_ins = [alias(np.zeros(o.shape, o.dtype)) for o in outs]
    wanted = [t is not None for t in tangents]
    nodes = [x if x is None or isinstance(x, Node) else Node(x) for x in values]
    out_nodes = tuple(o if isinstance(o, Node) else Node(o) for o in outs)
    pull = op.pull if op.differentiates else derived_pull(op)
    gradients, _ = pull(
        tuple(stand_ins) if several else stand_ins[0],
        None,
        nodes,
        out_nodes if several else out_nodes[0],
        wanted,
    )
    ends = [g for g in gradients if isinstance(g, Node)]
    weights = [t for g, t in zip(gradients, tangents, strict=True) if isinstance(g, Node)]
    graph = any(isinstance(x, Node) for x in (*values, *tangents))
    upstreams = [_upstream(t, g, graph) for t, g in zip(weights, ends, strict=True)]
    found = walk(ends, upstreams, targets=set(stand_ins), graph=graph)
    results = tuple(
        found.get(s, np.zeros(o.shape, o.dtype)) for s, o in zip(stand_ins, outs, strict=True)
    )
    return results if several else results[0]


def _upstream(tangent: Any, like: Node, graph: bool) -> Any:
    if isinstance(tangent, Node):
        return tangent
    array = np.broadcast_to(np.asarray(tangent, like.dtype), like.shape)
    return Node(array) if graph else array
