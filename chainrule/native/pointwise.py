"""Pointwise: a body for every element of a shape, as loops over vectors.

Imports axes, numbering, loops, costs and units. The engine calls ``emit_pointwise``.
"""

from collections.abc import Sequence

from chainrule.native import costs
from chainrule.native.axes import fewer_axes
from chainrule.native.crossing import chunk
from chainrule.native.frame import Frame
from chainrule.native.ir import INDEX, POINTER, Builder, Module, Value
from chainrule.native.loops import Loops, Span, State, Strand
from chainrule.native.numbering import Numbering
from chainrule.native.target import Target
from chainrule.native.units import Units
from chainrule.plan.buffers import Buffer
from chainrule.plan.kernels import Pointwise
from chainrule.plan.scalar import Access

LINE = 16  # columns of a block that is turned: as float32 they fill a cache line


def emit_pointwise(
    module: Module, name: str, kernel: Pointwise, buffers: Sequence[Buffer], target: Target
) -> int:
    """Write ``void @name(ptr %table, i64 %begin, i64 %end)``.

    Returns
    -------
    int
        Number of units.
    """
    b = Builder(module, name, [(POINTER, "table"), (INDEX, "begin"), (INDEX, "end")])
    table, begin, end = b.arguments
    units = 1
    if 0 not in kernel.shape:
        kernel = fewer_axes(kernel)
        units = _write(Frame(b, table, buffers, kernel), kernel, target, begin, end)
    b.finish()
    return units


def _write(frame: Frame, kernel: Pointwise, target: Target, begin: Value, end: Value) -> int:
    rank = len(kernel.shape)
    numbering = Numbering(kernel.shape, 0, {store.access.buffer for store in kernel.stores})
    numbers = numbering.add(kernel.body)
    stores = [(store.access, numbers[store.value]) for store in kernel.stores]
    needed = numbering.needed(number for _, number in stores)
    nodes = [numbering.nodes[number] for number in needed]
    stored = {access: numbering.nodes[number].step.dtype for access, number in stores}
    places = numbering.accesses(needed) | stored
    lanes = costs.lanes(nodes, stored.values(), target)
    axis = _vector_axis(kernel.shape, list(places), list(stored), lanes)
    inner = [n for n in needed if axis in numbering.nodes[n].axes]
    work = sum(costs.cycles(numbering.nodes[n]) for n in inner) + len(stores)
    beside = _beside(places, axis)
    order = [a for a in range(rank) if a not in (axis, beside)]
    order += [a for a in (beside, axis) if a >= 0]
    spans = [Span(length) for length in kernel.shape]
    copies = 4 if work <= 6 else 2 if work <= 12 else 1
    if beside >= 0:
        spans[beside] = Span.of(kernel.shape[beside], 1, LINE // (1 if work <= 6 else 2))
        copies = min(copies, 2)
    if rank:
        spans[axis] = Span.of(kernel.shape[axis], lanes, copies)
    loops = Loops(frame, numbering, places, spans, axis, beside)
    leaf = _by_level(loops, needed, order)

    def element(strands: list[Strand], state: State) -> State:
        for strand in strands:  # strands never meet: each loads what it needs, and stores
            loops.evaluate(leaf, [strand])
            for access, number in stores:
                loops.store(access, number, strand)
        return state

    units = Units(order, spans, max(work, 1) / lanes)
    units.write(loops, begin, end, element)
    return units.count


def _vector_axis(
    shape: Sequence[int], places: Sequence[Access], stored: Sequence[Access], lanes: int
) -> int:
    """The axis along which most elements lie side by side, in stores above all."""

    def cost(axis: int) -> tuple[float, int]:
        wide = min(lanes, shape[axis])
        met = [*places, *stored]
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


def _by_level(loops: Loops, needed: Sequence[int], order: Sequence[int]) -> list[int]:
    """Compute now what depends on no axis; name what waits for which axis; give the rest."""
    levels: list[list[int]] = [[] for _ in range(len(order) + 1)]
    for number in needed:
        axes = loops.numbering.nodes[number].axes
        levels[max((order.index(axis) + 1 for axis in axes), default=0)].append(number)
    loops.ready = dict(zip(order[:-1], levels[1:-1], strict=True)) if order else {}
    if not order:
        return levels[0]
    loops.evaluate(levels[0], [loops.strand])
    return levels[-1]
