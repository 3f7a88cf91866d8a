"""Dual: a value with its tangents. The chain rule, letter by letter, in the forward direction.

Imports walk (an op without a forward rule is transposed), node and op. Elementwise ops use it to
derive their local gradients; forward mode and the doctor read whole functions with it.

Every forward derivative has a depth of its own, one more than what stands around it. The deepest
Dual reads first and takes all others for constants, so two derivatives cannot be confused.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import UnsupportedError, describe
from chainrule.graph.nodes.node import Node, closed_over, taped
from chainrule.graph.nodes.walk import derived_pull, walk
from chainrule.graph.numpy.leaving import leaves_the_graph
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.contract import formula
from chainrule.graph.op.operands import NUMBERS, not_numbers
from chainrule.graph.op.operation import Op, apply
from chainrule.graph.readings.reading import Reading, Valued
from chainrule.settings import DEPTH, RECORDING, rules_on, watching
from chainrule.spec import is_list, is_tuple


class Dual(Valued, Reading):
    """A value and one tangent per direction; None stands for a tangent that is 0.

    Parameters
    ----------
    value : array or Symbol
        Where the derivative is taken.
    partials : sequence of (array, Symbol, number or None)
        The tangents, each of the value's shape.
    owner : Dual, optional
        One of the same derivative. Default: this one begins a derivative inside all that stand.
    """

    __slots__ = ("depth", "partials", "tag", "value")
    wraps: ClassVar[bool] = True

    def __init__(self, value: Any, partials: Sequence[Any], owner: "Dual | None" = None) -> None:
        self.value = value
        self.partials = tuple(partials)
        if owner is None:
            self.depth: int = DEPTH.get() + 1
            self.tag: object = object()  # not self: a cycle would keep the arrays
        else:
            self.depth, self.tag = owner.depth, owner.tag

    def follow(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Compute the value, and each tangent by the chain rule."""
        watch = watching()
        if watch is not None:
            operands = tuple(map(watch.met, operands))
        if op.spells_out and not op.flat:
            return (
                formula(op, operands) if watch is None else watch.spelling(op, operands, formula)
            )
        own = [isinstance(x, Dual) and x.tag is self.tag for x in operands]
        values = tuple(x.value if mine else x for x, mine in zip(operands, own, strict=True))
        out: Any = apply(op, values)
        several = is_tuple(out)
        out = tuple(self._given(op, x) for x in out) if several else self._given(op, out)
        if watch is not None:
            watch.recorded(op, values, out)
        if op.flat or not RECORDING.get().recording:
            return out
        if not is_tuple(out) and out.dtype.kind != "f":
            if out.dtype.kind not in NUMBERS:
                raise not_numbers(op.name, out)
            return out  # whole numbers do not move
        rule = getattr(op, "jvp", None) or transposed(op, self.depth)
        if watch is not None:
            rule = watch.pushing(op, rule)
        partials: list[Any] = []
        with np.errstate(all="ignore"):  # a slope may be infinite where the value is a number
            for k in range(len(self.partials)):
                tangents = tuple(
                    x.partials[k] if mine else None for x, mine in zip(operands, own, strict=True)
                )
                moves = any(t is not None for t in tangents)
                partials.append(rule(tangents, values, out) if moves else None)
        if is_tuple(out):
            return tuple(
                Dual(part, tuple(None if p is None else p[i] for p in partials), self)
                for i, part in enumerate(out)
            )
        return Dual(out, partials, self)

    def _given(self, op: Op, result: Any) -> Any:
        """A result of operands that were plain here, once it is shown to depend on them alone."""
        while isinstance(result, Node) and result.rank >= self.rank and not result.wants_gradient:
            result = result.value
        if isinstance(result, Node | Dual) and result.rank >= self.rank:
            raise closed_over(op, result)
        return result

    def shares(self, other: Symbol) -> bool:
        """Whether a symbol of this depth or deeper belongs to the same derivative."""
        if not isinstance(other, Dual) or other.depth != self.depth:
            return False
        if other.tag is self.tag:
            return True
        raise UnsupportedError(
            "a value of another derivative, which has ended or runs beside this one, flowed in.",
            found=[describe("x", other)],
            do="Return it from the function that is differentiated instead of keeping it.",
        )

    def __bool__(self) -> bool:
        return bool(self.value)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        self._stay("np.asarray(x)")
        return np.array(self.value, dtype=dtype)

    def __float__(self) -> float:
        self._stay("float(x)")
        return float(self.value)

    def __int__(self) -> int:
        self._stay("int(x)")
        return int(self.value)

    def item(self, *place: Any) -> float | int | bool:
        """One element; raises where it would leave the derivative."""
        self._stay("x.item()")
        return np.asarray(self.value).item(*place)

    def _stay(self, call: str) -> None:
        if self.leaves():
            raise leaves_the_graph(call, self)

    def leaves(self) -> bool:
        """Whether the derivative would miss what is made of the value: where one is recorded."""
        return bool(RECORDING.get())

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else str(self)

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.partials!r})"


def duals(values: Sequence[Any], partials: Sequence[Sequence[Any]]) -> list[Any]:
    """Begin one derivative in several variables; a value of None stays None."""
    owner = Dual(0, ())
    pairs = zip(values, partials, strict=True)
    return [None if x is None else Dual(x, tangents, owner) for x, tangents in pairs]


def chain_rule(op: Op, operands: Sequence[Any]) -> tuple[Any, ...]:
    """Local gradients of an elementwise formula, derived letter by letter."""
    count = len(operands)
    units = [[1 if i == j else None for j in range(count)] for i in range(count)]
    variables = duals(operands, units)
    recording, standing = RECORDING.set(rules_on()), DEPTH.set(DEPTH.get() + 1)
    try:
        out = formula(op, variables)
    finally:
        RECORDING.reset(recording)
        DEPTH.reset(standing)
    return out.partials if isinstance(out, Dual) else (None,) * count


def local_times(local: Any, tangent: Any) -> Any:
    """One term of the chain rule; a boolean local gradient is a gate that opens or closes."""
    if type(local) is int or type(local) is float:
        return tangent if local == 1 else local * tangent
    if is_list(local):
        local = np.asarray(local)
    if type(tangent) is int and tangent == 1 and local.dtype != bool:
        return local
    if local.dtype == bool:
        return CATALOGUE.function("where")(local, tangent, 0)
    return local * tangent


def transposed(op: Op, depth: int) -> Any:
    """The forward rule of an op that has only a backward rule.

    ``backward`` is linear in upstream, so walking back through *it*, from the gradient to a
    stand-in for upstream, multiplies by the Jacobian itself.
    """

    def rule(tangents: Sequence[Any], values: Sequence[Any], out: Any) -> Any:
        recording, standing = RECORDING.set(rules_on()), DEPTH.set(depth)
        try:
            return _transpose(op, tangents, values, out, depth)
        finally:
            RECORDING.reset(recording)
            DEPTH.reset(standing)

    return rule


def _transpose(
    op: Op, tangents: Sequence[Any], values: Sequence[Any], out: Any, depth: int
) -> Any:
    several = is_tuple(out)
    outs: tuple[Any, ...] = out if is_tuple(out) else (out,)
    nested = any(isinstance(x, Symbol) for x in (*values, *tangents, *outs))
    kind = taped(Node, depth) if nested else Node
    zeros = [np.zeros(o.shape, o.dtype) for o in outs]
    # Ones: a rule that leaves the graph must not pass for one that answers 0.
    stand_ins = [kind(np.ones_like(zero), wants_gradient=True) for zero in zeros]
    nodes = [None if x is None else kind(x) for x in values]
    results = tuple(kind(o) for o in outs)
    pull = op.pull if op.differentiates else derived_pull(op)
    gradients, _ = pull(
        tuple(stand_ins) if several else stand_ins[0],
        None,
        nodes,
        results if several else results[0],
        [t is not None for t in tangents],
    )
    pairs = [
        (g, _weight(t, g, kind, nested))
        for g, t in zip(gradients, tangents, strict=True)
        if isinstance(g, Node)
    ]
    found: dict[Node, Any] = {}
    if pairs:
        ends, weights = zip(*pairs, strict=True)
        found = walk(ends, weights, targets=set(stand_ins), graph=nested)
    pushed = tuple(found.get(s, zero) for s, zero in zip(stand_ins, zeros, strict=True))
    pushed = tuple(r.value if isinstance(r, kind) else r for r in pushed)
    return pushed if several else pushed[0]


def _weight(tangent: Any, like: Node, kind: type[Node], nested: bool) -> Any:
    """The tangent as the upstream of one gradient of the rule; a node where others are symbols."""
    if not isinstance(tangent, Symbol):
        tangent = np.broadcast_to(np.asarray(tangent, like.dtype), like.shape)
    return kind(tangent) if nested else tangent
