"""Scatter: each value is added to, or written at, a place that indices choose.

Imports frame and ir. Values come one after another in C order, so that an element chosen twice
receives both; whole vectors along the last axis where the indices do not depend on it, as for
the rows of an embedding table.
"""

from math import prod

from chainrule.native.frame import Frame, Point, literal
from chainrule.native.ir import Value, integer
from chainrule.native.kernel_function import Function
from chainrule.plan.alone import View
from chainrule.plan.kinds.scatter import Scatter
from chainrule.plan.scalar import Access
from chainrule.plan.steps import Number


def emit(kernel: Scatter[View], function: Function) -> int:
    """Write it; it is one unit."""
    b, frame = function.builder, function.frame
    if prod(kernel.target.shape):
        last = len(kernel.target.shape) - 1
        dtype = kernel.target.dtype
        apart = last >= 0 and kernel.target.access.strides[last] == 1
        if apart and not any(index.access.strides[last] for index, _, _ in kernel.picks):
            _rows(frame, kernel, function.target.lanes(dtype))
        else:
            with b.nest(kernel.target.shape) as each:
                here = Point(frame, each.indices)
                _meet(here, kernel, _shift(here, kernel))
    return 1


def _rows(frame: Frame, kernel: Scatter[View], lanes: int) -> None:
    """Rows of neighbours: the indices are looked at once for each."""
    b, length, axis = frame.builder, kernel.target.shape[-1], len(kernel.target.shape) - 1
    with b.nest(kernel.target.shape[:-1]) as each:
        shift = _shift(Point(frame, [*each.indices, integer(0)]), kernel)
        whole = length - length % lanes
        with b.loop(integer(0), integer(whole), lanes) as along:
            _meet(Point(frame, [*each.indices, along.index], axis, lanes), kernel, shift)
        if length % lanes:
            rest = Point(frame, [*each.indices, integer(whole)], axis, length % lanes)
            _meet(rest, kernel, shift)


def _shift(point: Point, kernel: Scatter[View]) -> Value:
    """How far the indices move the target, in elements."""
    b = point.frame.builder
    shift = integer(0)
    for each, stride, length in kernel.picks:
        index = point.load(each.access, each.dtype)
        wrapped = b.add(index, integer(length))
        index = b.select(b.compare("slt", index, integer(0)), wrapped, index)
        shift = b.add(shift, b.mul(index, integer(stride)))
    return shift


def _meet(point: Point, kernel: Scatter[View], shift: Value) -> None:
    """The values of all lanes meet what stands in the target."""
    b, dtype = point.frame.builder, kernel.target.dtype
    value = _value(point, kernel)
    # The shift stands in for one more axis, of stride 1.
    moved = Access(
        kernel.target.access.buffer,
        (*kernel.target.access.strides, 1),
        kernel.target.access.offset,
    )
    place = Point(point.frame, [*point.indices, shift], point.axis, point.lanes)
    if kernel.accumulate:
        there = place.load(moved, dtype)
        how = "or" if dtype == "bool" else "fadd" if dtype.startswith("float") else "add"
        value = b.binary(how, there, value)
    place.store(moved, value, dtype)


def _value(point: Point, kernel: Scatter[View]) -> Value:
    """What is added or written there, in all lanes."""
    values = kernel.values
    if isinstance(values, Number):
        return literal(values.value, values.dtype, point.lanes)
    return point.load(values.access, values.dtype)
