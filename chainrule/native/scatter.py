"""Scatter: each value is added to, or written at, a place that indices choose.

Imports frame and ir. Values come one after another in C order, so that an element chosen twice
receives both; whole vectors along the last axis where the indices do not depend on it, as for
the rows of an embedding table.
"""

from collections.abc import Sequence
from math import prod

from chainrule.native.frame import Frame, Point
from chainrule.native.ir import INDEX, Builder, Module, Value, integer
from chainrule.native.target import Target
from chainrule.plan.buffers import Buffer
from chainrule.plan.kernels import Scatter
from chainrule.plan.scalar import Access, Apply, Body, Coordinate, Gather, Load


def emit_scatter(
    module: Module, name: str, kernel: Scatter, buffers: Sequence[Buffer], target: Target
) -> int:
    """Write ``void @name(ptr %table, i64 %begin, i64 %end)``; it is one unit."""
    b = Builder(module, name, [("ptr", "table"), (INDEX, "begin"), (INDEX, "end")])
    frame = Frame(b, b.arguments[0], buffers, kernel)
    if prod(kernel.shape):
        last = len(kernel.shape) - 1
        dtype = kernel.body[kernel.value].dtype
        apart = last >= 0 and kernel.target.strides[last] == 1
        if apart and not any(_varies(kernel.body, i, last) for i, _, _ in kernel.places):
            _rows(frame, kernel, target.lanes(dtype))
        else:
            with b.nest(kernel.shape) as each:
                here = Point(frame, each.indices)
                _meet(here, kernel, _shift(here, kernel))
    b.finish()
    return 1


def _rows(frame: Frame, kernel: Scatter, lanes: int) -> None:
    """Rows of neighbours: the indices are looked at once for each."""
    b, length, axis = frame.builder, kernel.shape[-1], len(kernel.shape) - 1
    with b.nest(kernel.shape[:-1]) as each:
        shift = _shift(Point(frame, [*each.indices, integer(0)]), kernel)
        whole = length - length % lanes
        with b.loop(integer(0), integer(whole), lanes) as along:
            _meet(Point(frame, [*each.indices, along.index], axis, lanes), kernel, shift)
        if length % lanes:
            rest = Point(frame, [*each.indices, integer(whole)], axis, length % lanes)
            _meet(rest, kernel, shift)


def _varies(body: Body, number: int, axis: int) -> bool:
    """Whether an instruction's value depends on the loop index along an axis."""
    step = body[number]
    if isinstance(step, Load | Gather) and step.access.strides[axis]:
        return True
    if isinstance(step, Gather):
        return _varies(body, step.index, axis)
    if isinstance(step, Apply):
        return any(_varies(body, i, axis) for i in step.operands)
    return isinstance(step, Coordinate) and step.axis == axis


def _shift(point: Point, kernel: Scatter) -> Value:
    """How far the indices move the target, in elements."""
    b = point.frame.builder
    shift, values = integer(0), point.evaluate(kernel.body)
    for number, stride, length in kernel.places:
        index = values[number]
        wrapped = b.add(index, integer(length))
        index = b.select(b.compare("slt", index, integer(0)), wrapped, index)
        shift = b.add(shift, b.mul(index, integer(stride)))
    return shift


def _meet(point: Point, kernel: Scatter, shift: Value) -> None:
    """The values of all lanes meet what stands in the target."""
    b, dtype = point.frame.builder, kernel.body[kernel.value].dtype
    value = point.evaluate(kernel.body)[kernel.value]
    # The shift stands in for one more axis, of stride 1.
    moved = Access(kernel.target.buffer, (*kernel.target.strides, 1), kernel.target.offset)
    place = Point(point.frame, [*point.indices, shift], point.axis, point.lanes)
    if kernel.accumulate:
        there = place.load(moved, dtype)
        how = "or" if dtype == "bool" else "fadd" if dtype.startswith("float") else "add"
        value = b.binary(how, there, value)
    place.store(moved, value, dtype)
