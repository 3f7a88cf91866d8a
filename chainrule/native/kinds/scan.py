"""Scans: running sums, running products and linear recurrences, one element after another.

Imports frame and ir. The lanes of a vector are neighbouring rows: along the axis there is an
order to keep, across rows there is none.
"""

from math import prod

from chainrule.native.frame import Frame, Point
from chainrule.native.ir import Builder, Value, floating, integer
from chainrule.native.kernel_function import Function
from chainrule.native.target import BITS
from chainrule.plan.alone import View
from chainrule.plan.kinds.scan import Scan

LINE = 512  # bits of a cache line: rows that lie side by side are taken a line at a time
WORK = 16384  # elements of a unit, at about a nanosecond each


def emit(kernel: Scan[View], function: Function) -> int:
    """Write it; the number of units.

    A task is a bundle of rows, one in each lane; a unit is a run of tasks.
    """
    b, frame = function.builder, function.frame
    begin, end = function.begin, function.end
    across = _across(kernel)
    beside = kernel.outer[across] if kernel.outer else 1
    dense = kernel.outer and kernel.target.access.strides[across] == 1
    lanes = min(
        beside, LINE // BITS[kernel.dtype] if dense else function.target.lanes(kernel.dtype)
    )
    lanes = max(lanes, 1)
    rows = prod(kernel.outer) // max(beside, 1)
    full, tasks = rows * (beside // lanes), rows * -(-beside // lanes)
    group = max(1, WORK // max(1, kernel.length * lanes))
    first, last = b.mul(begin, integer(group)), b.mul(end, integer(group))
    for lanes_here, low, high, start in (
        (lanes, 0, full, 0),
        (beside % lanes, full, tasks, beside // lanes * lanes),
    ):
        if low < high and kernel.length:
            low_here = b.intrinsic("smax", first, integer(low))
            with b.loop(low_here, b.intrinsic("smin", last, integer(high))) as task:
                which = b.binary("sub", task.index, integer(low))
                blocks = (high - low) // rows
                indices = _indices(b, kernel, across, which, blocks, lanes, start)
                axis = across if lanes_here > 1 else -1
                _run(frame, kernel, indices, axis, lanes_here)
    return max(1, -(-tasks // group))


def _across(kernel: Scan[View]) -> int:
    """The outer axis that lanes lie along: where neighbours lie side by side, else the longest."""
    axes = range(len(kernel.outer))
    dense = [i for i in axes if kernel.target.access.strides[i] == 1 and kernel.outer[i] > 1]
    return dense[0] if dense else max(axes, key=kernel.outer.__getitem__, default=0)


def _indices(
    b: Builder, kernel: Scan[View], across: int, number: Value, blocks: int, lanes: int, start: int
) -> list[Value]:
    """Where the task's first row lies: one index for each outer axis."""
    indices = dict[int, Value]()
    if kernel.outer:
        block = b.binary("urem", number, integer(blocks))
        number = b.binary("udiv", number, integer(blocks))
        indices[across] = b.add(b.mul(block, integer(lanes)), integer(start))
    for axis in reversed(range(len(kernel.outer))):
        if axis != across:
            indices[axis] = b.binary("urem", number, integer(kernel.outer[axis]))
            number = b.binary("udiv", number, integer(kernel.outer[axis]))
    return [indices[axis] for axis in range(len(kernel.outer))]


def _run(frame: Frame, kernel: Scan[View], indices: list[Value], axis: int, lanes: int) -> None:
    """From the first element, which stands for itself, to the last."""
    b = frame.builder
    # A float32 sum runs in float64: of 2**24 + 1000 ones in float32 the last 1000 would be lost.
    wide = kernel.kind == "sum" and kernel.dtype == "float32"
    start = Point(frame, [*indices, integer(0)], axis, lanes)
    state = start.load(kernel.inputs[-1].access, kernel.dtype)
    start.store(kernel.target.access, state, kernel.dtype)
    state = b.convert("fpext", state, "double") if wide else state
    with b.loop(integer(1), integer(kernel.length), carried=[state]) as along:
        here = Point(frame, [*indices, along.index], axis, lanes)
        loaded = [here.load(x.access, kernel.dtype) for x in kernel.inputs]
        (state,) = along.carried
        if wide:
            state, value = _wide_sum(b, state, loaded[0])
        else:
            state = value = _next(b, kernel, state, loaded)
        here.store(kernel.target.access, value, kernel.dtype)
        along.carried = [state]


def _wide_sum(b: Builder, state: Value, x: Value) -> tuple[Value, Value]:
    """The sum in float64, and rounded; a sum that left float32 is infinite from then on."""
    state = b.fadd(state, b.convert("fpext", x, "double"))
    value = b.convert("fptrunc", state, "float")
    infinite = floating(float("inf"), value.type)
    lost = b.compare("oeq", b.intrinsic("fabs", value), infinite)
    return b.select(lost, b.convert("fpext", value, "double"), state), value


def _next(b: Builder, kernel: Scan[View], state: Value, loaded: list[Value]) -> Value:
    add, mul = ("fadd", "fmul") if kernel.dtype.startswith("float") else ("add", "mul")
    if kernel.dtype == "bool":
        add, mul = "or", "and"
    if kernel.kind == "recurrence":
        return b.binary(add, b.binary(mul, loaded[0], state), loaded[1])
    return b.binary(add if kernel.kind == "sum" else mul, state, loaded[0])
