"""Pointwise: a body for every element of a shape, as loops over vectors.

Imports axes, numbering, values, loops, costs and units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from chainrule.native import cycles as costs
from chainrule.native.axes import fewer_axes
from chainrule.native.crossing import chunk
from chainrule.native.frame import Frame
from chainrule.native.ir import Value
from chainrule.native.kernel_function import Function
from chainrule.native.loop_values import Values
from chainrule.native.loops import Loops, State
from chainrule.native.numbering import Numbering
from chainrule.native.spans import Span, Strand
from chainrule.native.target import Target
from chainrule.native.units import Units
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.scalar import Access

LINE = 16  # columns of a block that is turned: as float32 they fill a cache line
SHORT, MIDDLE = 6, 12  # cycles up to which a round takes four vectors, or two


def emit(kernel: Pointwise, function: Function) -> int:
    """Write it; the number of units."""
    if 0 in kernel.shape:
        return 1
    plan = _plan(fewer_axes(kernel), function.target)
    return _write(function.frame, plan, function.begin, function.end)


def microseconds(kernel: Pointwise) -> float:
    """Estimated time on one core."""
    return prod(kernel.shape) * costs.microseconds(kernel.body)


@dataclass(frozen=True)
class _Plan:
    """What is computed, and how the loops run.

    Attributes
    ----------
    needed : list of int
        The nodes, operands first.
    order : list of int
        The axes, the outermost loop first.
    axis, beside : int
        As in Values.
    work : float
        Cycles of one element.
    """

    numbering: Numbering
    needed: list[int]
    loads: dict[Access, str]
    stores: list[tuple[Access, int]]
    order: list[int]
    spans: list[Span]
    axis: int
    beside: int
    work: float

    def places(self) -> dict[Access, str]:
        """Every access and the dtype there."""
        nodes = self.numbering.nodes
        return self.loads | {access: nodes[n].step.dtype for access, n in self.stores}


def _plan(kernel: Pointwise, target: Target) -> _Plan:
    numbering = Numbering(kernel.shape, 0, {store.access.buffer for store in kernel.stores})
    numbers = numbering.add(kernel.body)
    stores = [(store.access, numbers[store.value]) for store in kernel.stores]
    needed = numbering.needed(number for _, number in stores)
    nodes = [numbering.nodes[number] for number in needed]
    loads = numbering.accesses(needed)
    stored = {access: numbering.nodes[number].step.dtype for access, number in stores}
    lanes = costs.lanes(nodes, stored.values(), target)
    axis = _vector_axis(kernel.shape, list(loads), list(stored), lanes)
    beside = -1 if target.brief else _beside(loads | stored, axis)
    work = len(stores) + sum(costs.cycles(node.step) for node in nodes if axis in node.axes)
    spans = [Span(length) for length in kernel.shape]
    copies = 4 if work <= SHORT else 2 if work <= MIDDLE else 1
    if beside >= 0:
        columns = LINE if work <= SHORT else LINE // 2
        spans[beside] = Span.of(kernel.shape[beside], 1, columns)
        copies = min(copies, 2)
    if axis >= 0 and target.brief:
        spans[axis] = Span.brief(kernel.shape[axis], lanes)
    elif axis >= 0:
        spans[axis] = Span.of(kernel.shape[axis], lanes, copies)
    order = [a for a in range(len(spans)) if a not in (axis, beside)]
    order += [a for a in (beside, axis) if a >= 0]
    each = max(work, 1) / lanes
    return _Plan(numbering, needed, loads, stores, order, spans, axis, beside, each)


def _vector_axis(
    shape: Sequence[int], loads: Sequence[Access], stored: Sequence[Access], lanes: int
) -> int:
    """The axis along which most elements lie side by side, those of stores above all."""

    def cost(axis: int) -> tuple[float, int]:
        wide = min(lanes, shape[axis])
        met = [*loads, *stored, *stored]
        scattered = sum(access.strides[axis] not in (0, 1) for access in met)
        return scattered + (len(met) - scattered + 1) / wide, -axis

    return min(range(len(shape)), key=cost, default=-1)


def _beside(places: dict[Access, str], axis: int) -> int:
    """The axis along which most of the accesses lie that do not along the vector axis, or -1."""
    apart = [
        access.strides.index(1)
        for access, dtype in places.items()
        if 1 in access.strides and access.strides[axis] not in (0, 1) and chunk(dtype) > 1
    ]
    return max(apart, key=apart.count, default=-1)


def _write(frame: Frame, plan: _Plan, begin: Value, end: Value) -> int:
    values = Values(frame, plan.numbering, plan.places(), plan.spans, plan.axis, plan.beside)
    loops = Loops(values)
    levels = plan.numbering.levels(plan.needed, plan.order)
    values.evaluate(levels[0], [values.strand])
    loops.ready.update(zip(plan.order[:-1], levels[1:-1], strict=False))
    inmost = levels[-1]

    def element(strands: list[Strand], state: State) -> State:
        for strand in strands:  # strands never meet: each loads all that it needs, then stores
            values.evaluate(inmost, [strand])
            for access, number in plan.stores:
                values.store(access, number, strand)
        return state

    units = Units(plan.order, plan.spans, plan.work)
    units.write(loops, begin, end, element)
    return units.count
