"""Node: one value of the graph, the op that made it, and the nodes it was made from.

Imports op, operands, symbol and guard. ``record`` is how a Node reads an op: every op it meets
leaves one Node. Tensors inherit from Node; the backward walk reads nodes.
"""

import functools
import itertools
from collections.abc import Sequence
from operator import is_not
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.errors import ChainruleError, UnsupportedError, describe
from chainrule.graph.nodes.guard import Guard, own
from chainrule.graph.nodes.stops import Stops, stops_at
from chainrule.graph.numpy.symbol import Constant, Symbol
from chainrule.graph.op.breaches import tell_origins
from chainrule.graph.op.operands import NUMBERS, as_array, not_numbers, settled
from chainrule.graph.op.operation import Op, apply, compute
from chainrule.graph.readings.reading import DEPTH_STEP
from chainrule.settings import OFF, ON, RECORDING, Watch
from chainrule.spec import is_tuple

_serials = itertools.count(1)
next_serial = _serials.__next__
_ndarray = np.ndarray


class Node(Symbol):
    """A vertex of the computational graph.

    Attributes
    ----------
    op : Op or None
        What made the value; None for a leaf.
    inputs : tuple of (Node or None)
        What it was made from; empty for a leaf.
    value : ndarray, number, or tuple of ndarrays
        The result of the forward pass. Nobody but a Parameter changes it.
    wants_gradient : bool
        Whether a gradient can flow into it.
    serial : int
        Its place in the order of creation: every input has a smaller one.
    changed : int
        The serial at which its value was last changed: 0 for all but parameters.
    gradient : ndarray or None
        What the last ``backward()`` left here.
    """

    __slots__ = (
        "__weakref__",
        "changed",
        "gradient",
        "guard",
        "inputs",
        "label",
        "op",
        "serial",
        "stopped",
        "value",
        "wants_gradient",
    )
    rank: ClassVar[int] = 10
    result: ClassVar["type[Node]"]  # the class of what an op makes from this one
    traced: ClassVar[bool] = False  # whether its value may itself be a Symbol
    wraps: ClassVar[bool] = True

    op: Op | None
    inputs: tuple["Node | None", ...]
    value: Any
    wants_gradient: bool
    serial: int
    changed: int
    gradient: Any
    guard: Guard | None
    label: str
    stopped: Stops | None  # where no gradient passes on: what ends here; see stops.py

    def __init__(
        self,
        value: Any,
        op: Op | None = None,
        inputs: tuple["Node | None", ...] = (),
        wants_gradient: bool = False,
        guard: Guard | None = None,
    ) -> None:
        self.value = value
        self.op = op
        self.inputs = inputs
        self.wants_gradient = wants_gradient
        self.guard = guard
        self.gradient = self.stopped = None
        self.changed = 0
        self.label = ""
        self.serial = next_serial()

    def read(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Compute the op and leave one node."""
        return record(op, operands, type(self))

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes of the value."""
        value = self.value
        return value.shape if type(value) is _ndarray else np.shape(value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements of the value."""
        value = self.value
        return value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype

    def __bool__(self) -> bool:
        return bool(self.value)

    def __init_subclass__(cls, result: "type[Node] | None" = None) -> None:
        cls.result = result or cls

    def __repr__(self) -> str:
        origin = self.op.name if self.op else "leaf"
        return f"<{type(self).__name__} {self.shape} {self.dtype} from {origin}>"


Node.result = Node


def record(op: Op, operands: tuple[Any, ...], kind: type[Node]) -> Any:
    """Compute an op on operands of which at least one is a Node, and leave one node for it."""
    recording = RECORDING.get()
    if recording is not ON and recording is not OFF:  # an attribute would take longer
        seen = tuple(map(recording.met, operands))
        if any(map(is_not, seen, operands)):
            return apply(op, seen)
    values: list[Any] = []
    # Whether a gradient is wanted; whether leaves must be made; whether one was stopped below.
    wants = leaves = stops = False
    kind = kind.result
    for x in operands:
        if isinstance(x, Node):
            values.append(x.value)
            if x.wants_gradient:
                wants = True
            elif x.stopped is not None:
                stops = True
            if x.rank > kind.rank:
                kind = x.result
        elif isinstance(x, Symbol):
            if x.rank > kind.rank:
                return x.read(op, operands)  # a reading that knows nodes as its values
            values.append(x.value if isinstance(x, Constant) else x)
            leaves = True
        elif type(x) in op.takes:
            values.append(x)
            leaves = leaves or x is not None
        else:
            return apply(op, settled(op, operands))
    try:
        if kind.traced:
            if kind.depth:
                operands, values, wants = _at_depth(operands, kind)
            value: Any = apply(op, tuple(values))
        else:
            value = compute(op, values)
    except ChainruleError as error:
        tell_origins(error, op, operands)
        raise
    if type(value) is not _ndarray and not isinstance(value, Symbol):
        if is_tuple(value):
            return _record_bundle(op, operands, value, wants, kind)
        value = np.asarray(value)
    elif isinstance(value, Node) and value.depth == kind.depth:
        value = _of_no_operand(op, value)
    if op.views and not isinstance(value, Symbol):
        value = _detached(value, operands)
    if recording is not ON and recording is not OFF:
        recording.recorded(op, operands, value)
    if not wants or op.flat or value.dtype.kind != "f":
        if value.dtype.kind not in NUMBERS:
            raise not_numbers(op.name, value)
        if not (wants or stops) or kind.traced:
            return kind(value)
        made = kind(value)
        made.stopped = stops_at(op, operands, Node, value.dtype.kind == "b")
        return made
    if recording is ON or recording.recording:
        return kind(value, op, _as_nodes(operands, kind) if leaves else operands, True)
    return kind(value)


def _of_no_operand(op: Op, value: Node) -> Any:
    """The value of a node that an op made of plain operands: it closes over another.

    Raises
    ------
    UnsupportedError
        If that other one wants a gradient.
    """
    if value.leaves() or (value.traced and value.wants_gradient):
        raise closed_over(op, value)
    return value.value


def closed_over(op: Op, value: Any) -> UnsupportedError:
    """The error for an op whose result depends on a tensor that is none of its operands."""
    return UnsupportedError(
        f"{op.name} computes with a tensor that it was not given, whose gradient would be lost.",
        found=[describe("result", value, getattr(value, "origin", ""))],
        do="Give it to the op as an operand, or use its value, .data, if no gradient is meant.",
    )


class Readings(Watch):
    """In the place of a recording: no graph is left, but the nodes read that want a gradient are.

    ``nodes`` holds them in the order in which they were met. The function that is run so will run
    again with a graph, unless the user's own ``no_grad`` stands inside.
    """

    recording = False
    runs_again = True

    def __init__(self) -> None:
        self.nodes: dict[Node, None] = {}

    def quiet(self) -> Self:
        """The same inside the user's ``no_grad``."""
        other = super().quiet()
        other.runs_again = False
        return other

    def recorded(self, op: Op, operands: Sequence[Any], value: Any) -> None:
        """Keep the nodes among the operands of one op, unless it is flat or counts."""
        if op.flat or not (is_tuple(value) or value.dtype.kind == "f"):
            return
        for x in operands:
            if isinstance(x, Node) and x.wants_gradient:
                self.nodes[x] = None


def _at_depth(
    operands: Sequence[Any], kind: type[Node]
) -> tuple[tuple[Any, ...], list[Any], bool]:
    """Operands in which the nodes of an outer graph are constants, whose values they are."""
    own = [isinstance(x, Node) and x.depth == kind.depth for x in operands]
    outer = [isinstance(x, Node) and not mine for x, mine in zip(operands, own, strict=True)]
    nodes = tuple(kind(x) if out else x for x, out in zip(operands, outer, strict=True))
    values = [x.value if mine else x for x, mine in zip(operands, own, strict=True)]
    wants = any(x.wants_gradient for x, mine in zip(operands, own, strict=True) if mine)
    return nodes, values, wants


@functools.lru_cache(maxsize=64)
def taped(kind: type[Node], depth: int) -> type[Node]:
    """The class of node whose values may be symbols of outer derivatives: a tape at a depth.

    Nodes of one depth form one graph; each depth reads before the one around it.
    """
    if kind.traced and not depth:
        return kind
    facts = {
        "__slots__": (),
        "traced": True,
        "depth": depth,
        "rank": DEPTH_STEP * depth + kind.rank,
    }
    return type(kind.__name__, (kind,), facts)


def _detached(value: np.ndarray[Any, Any], operands: Sequence[Any]) -> np.ndarray[Any, Any]:
    """A copy where the result is a view of memory that may still change."""
    for x in operands:
        may_change = isinstance(x, Node) and (x.changed or x.guard)
        if may_change and (value.base is not None or value is x.value):
            return value.copy()
    return value


def constant(x: Any, kind: type[Node]) -> Node:
    """A leaf that wants no gradient; a user's array is copied or guarded first."""
    if isinstance(x, Constant):
        x = x.value
    if isinstance(x, bool | int | float | Symbol):
        return kind(x)  # a Python number stays weak: it takes the dtype of its neighbour
    array, guard = own(as_array(x))
    return kind(array, guard=guard)


def is_float(value: Any) -> bool:
    """Whether a gradient can flow into this value: its elements are floating-point numbers."""
    return value.dtype.kind == "f"


def _as_nodes(operands: Sequence[Any], kind: type[Node]) -> tuple[Node | None, ...]:
    return tuple([x if isinstance(x, Node) or x is None else constant(x, kind) for x in operands])


class Output(Op):
    """One result of an op that returns several."""

    gate: ClassVar[str] = "gradient copier"
    position: int = 0

    def forward(self, bundle: Any) -> Any:
        """Pick the result."""
        return bundle[self.position]


def _record_bundle(
    op: Op, operands: tuple[Any, ...], values: tuple[Any, ...], wants: bool, kind: type[Node]
) -> tuple[Node, ...]:
    """Leave one node for the op and one for each of its results."""
    values = tuple(
        _of_no_operand(op, x) if isinstance(x, Node) and x.depth == kind.depth else x
        for x in values
    )
    parts = tuple(
        x if isinstance(x, Symbol) else _detached(np.asarray(x), operands) for x in values
    )
    recording = RECORDING.get()
    if recording is not ON and recording is not OFF:
        recording.recorded(op, operands, parts)
    if not wants or op.flat or not (recording is ON or recording.recording):
        return tuple(kind(part) for part in parts)
    return results_of(kind(parts, op, _as_nodes(operands, kind), True))


def results_of(bundle: Node) -> tuple[Node, ...]:
    """A node for each result of an op that returns several."""
    kind = type(bundle)
    return tuple(
        kind(part, Output(i), (bundle,), True) if is_float(part) else kind(part)
        for i, part in enumerate(bundle.value)
    )
