"""Bounds: integers that must lie in a range are looked at before anything reads by them.

Imports frame and ir. The run stops where one does not, and names it.
"""

from math import prod

from chainrule.native.frame import NUMBER_SLOT, STATUS_SLOT, Frame, Point
from chainrule.native.ir import INDEX, POINTER, Value, integer
from chainrule.native.kernel_function import Function
from chainrule.plan.alone import View
from chainrule.plan.kinds.bounds import Bounds

CHECKS_PER_US = 3_000


def emit(kernel: Bounds[View], function: Function) -> int:
    """Write it; it is one unit.

    At the first offender in C order the status becomes the kernel's number + 1, place, value;
    otherwise it is left alone.
    """
    b, frame = function.builder, function.frame
    if prod(kernel.source.shape):
        wrong = _any_wrong(frame, kernel, function.target.lanes("int64"))
        with b.when(wrong):
            status = frame.word(STATUS_SLOT, POINTER)
            number = b.add(frame.word(NUMBER_SLOT, INDEX), integer(1))
            place, value = _first_wrong(frame, kernel)
            for i, word in enumerate((number, place, value)):
                b.store(word, b.at(status, integer(i), INDEX), 8)
    return 1


def microseconds(kernel: Bounds[View]) -> float:
    """Estimated time on one core."""
    return prod(kernel.source.shape) / CHECKS_PER_US


def _any_wrong(frame: Frame, kernel: Bounds[View], lanes: int) -> Value:
    """Whether any element is out of range: all are looked at, without a branch."""
    b, shape = frame.builder, kernel.source.shape
    length = shape[-1] if shape else 1
    lanes = min(lanes, length)
    whole = length - length % lanes
    none = integer(0, f"<{lanes} x i1>" if lanes > 1 else "i1")
    with b.nest(shape[:-1], [none, integer(0, "i1")]) as rows:
        found, single = rows.carried
        axis = len(shape) - 1
        with b.loop(integer(0), integer(whole), lanes, [found]) as each:
            indices = [*rows.indices, each.index][: len(shape)]
            wrong = _wrong(Point(frame, indices, axis if lanes > 1 else -1, lanes), kernel)[1]
            each.carried = [b.binary("or", each.carried[0], wrong)]
        with b.loop(integer(whole), integer(length), carried=[single]) as rest:
            indices = [*rows.indices, rest.index][: len(shape)]
            rest.carried = [
                b.binary("or", rest.carried[0], _wrong(Point(frame, indices), kernel)[1])
            ]
        rows.carried = [each.carried[0], rest.carried[0]]
    found, single = rows.carried
    any_lane = found if lanes == 1 else b.call("i1", f"llvm.vector.reduce.or.v{lanes}i1", found)
    return b.binary("or", any_lane, single)


def _first_wrong(frame: Frame, kernel: Bounds[View]) -> tuple[Value, Value]:
    """Place and value of the first element out of range; there is one."""
    b = frame.builder
    with b.nest(kernel.source.shape, [integer(-1), integer(0), integer(0)]) as each:
        place, value, count = each.carried
        x, wrong = _wrong(Point(frame, each.indices), kernel)
        first = b.binary("and", wrong, b.compare("slt", place, integer(0)))
        each.carried = [
            b.select(first, count, place),
            b.select(first, x, value),
            b.add(count, integer(1)),
        ]
    return each.carried[0], each.carried[1]


def _wrong(point: Point, kernel: Bounds[View]) -> tuple[Value, Value]:
    """The elements as int64, and which are out of range."""
    b = point.frame.builder
    signed = kernel.source.dtype.startswith("int")
    x = point.load(kernel.source.access, kernel.source.dtype)
    x = b.convert("sext" if signed else "zext", x, INDEX)
    low = kernel.low if signed else max(kernel.low, 0)
    # One comparison for both ends: below ``low`` the difference wraps to a huge number.
    above = b.binary("sub", x, integer(low, x.type))
    return x, b.compare("uge", above, integer(max(kernel.high - low, 0), x.type))
