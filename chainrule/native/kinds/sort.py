"""Sorting: the stable order of each row, by merging.

Imports frame and ir. An element and its place become one integer, the element's bits above the
place: comparing such integers compares the elements first, then the places, so that a merge of
them is stable, moves both at once, and has no branch to mispredict.
"""

from math import prod

from chainrule.native.frame import Frame, Point
from chainrule.native.ir import INDEX, POINTER, Builder, Value, floating, integer
from chainrule.native.kernel_function import Function
from chainrule.native.target import BITS
from chainrule.plan.alone import View
from chainrule.plan.kinds.sort import Sort

PAGE = 4096  # bytes: a larger frame on the stack would have to be probed page by page
RUN = 4  # elements sorted in registers before the first merge
WORK = 8192  # steps of merges in a unit, at a few nanoseconds each


def emit(kernel: Sort[View], function: Function) -> int:
    """Write it; the number of units, which are runs of rows.

    Scratch is two rows of pairs: on the stack, or from the C library's ``malloc``.
    """
    b, frame = function.builder, function.frame
    begin, end = function.begin, function.end
    rows, length = prod(kernel.outer), kernel.length
    padded = -(-length // RUN) * RUN
    bits = 32 if BITS[kernel.dtype] <= 32 and length < 2**32 else 64
    group = max(1, WORK // max(1, length * length.bit_length()))
    if rows and length:
        half = (padded + 1) * bits // 4  # bytes of one row of pairs, and of a pair behind it
        large = 2 * half > PAGE
        here = (
            _malloc(b, 2 * half)
            if large
            else b.emit(POINTER, f"alloca [{2 * half} x i8], align 16")
        )
        there = b.at(here, integer(half), "i8")
        last = b.intrinsic("smin", b.mul(end, integer(group)), integer(rows))
        with b.loop(b.mul(begin, integer(group)), last) as row:
            indices = _indices(b, kernel.outer, row.index)
            _fill(frame, kernel, indices, here, bits, padded)
            ordered = _merge_all(b, here, there, bits, padded)
            with b.loop(integer(0), integer(length)) as each:
                pair = b.load(b.at(ordered, each.index, f"i{2 * bits}"), f"i{2 * bits}", 8)
                place = b.convert("trunc", pair, f"i{bits}")
                point = Point(frame, [*indices, each.index])
                point.store(kernel.target.access, b.convert("zext", place, INDEX), "int64")
        if large:
            b.module.declare("free", "declare void @free(ptr)")
            b.call("void", "free", here)
    return max(1, -(-rows // group))


def _malloc(b: Builder, size: int) -> Value:
    b.module.declare("malloc", "declare noalias ptr @malloc(i64)")
    return b.call(POINTER, "malloc", integer(size))


def _indices(b: Builder, outer: tuple[int, ...], row: Value) -> list[Value]:
    indices: list[Value] = []
    for n in reversed(outer):
        indices.insert(0, b.binary("urem", row, integer(n)))
        row = b.binary("udiv", row, integer(n))
    return indices


def _fill(
    frame: Frame, kernel: Sort[View], indices: list[Value], here: Value, bits: int, padded: int
) -> None:
    """Pairs of the row's elements and their places; what is padded behind them comes last."""
    b, kind, length = frame.builder, f"i{2 * bits}", kernel.length
    with b.loop(integer(0), integer(length)) as each:
        x = Point(frame, [*indices, each.index]).load(kernel.source.access, kernel.dtype)
        high = b.convert("zext", _key(b, x, kernel.dtype, bits), kind)
        high = b.binary("shl", high, integer(bits, kind))
        place = b.convert("zext", b.convert("trunc", each.index, f"i{bits}"), kind)
        b.store(b.binary("or", high, place), b.at(here, each.index, kind), 8)
    for place in range(length, padded):
        b.store(integer(-1, kind), b.at(here, integer(place), kind), 8)
    with b.loop(integer(0), integer(padded), RUN) as each:
        start = b.at(here, each.index, kind)
        places = [b.at(start, integer(i), kind) for i in range(RUN)]
        four = [b.load(place, kind, 8) for place in places]
        for i, j in ((0, 1), (2, 3), (0, 2), (1, 3), (1, 2)):
            less = b.compare("ult", four[i], four[j])
            low, high = b.select(less, four[i], four[j]), b.select(less, four[j], four[i])
            four[i], four[j] = low, high
        for value, place in zip(four, places, strict=True):
            b.store(value, place, 8)


def _key(b: Builder, x: Value, dtype: str, bits: int) -> Value:
    """An unsigned integer that orders as x does: NaN last, -0 equal to 0."""
    kind = f"i{bits}"
    top = integer(-(2 ** (bits - 1)), kind)
    if dtype.startswith("float"):
        unordered = b.compare("uno", x, x)
        number = b.convert("bitcast", b.fadd(x, floating(0.0, x.type)), f"i{BITS[dtype]}")
        # float32 in a long row stands in 64 bits; its sign comes along.
        number = b.convert("sext", number, kind)
        sign = b.binary("ashr", number, integer(bits - 1, kind))
        flipped = b.binary("xor", number, b.binary("or", sign, top))
        return b.select(unordered, integer(-1, kind), flipped)
    if dtype.startswith("int"):
        return b.binary("xor", b.convert("sext", x, kind), top)
    return b.convert("zext", x, kind)


def _merge_all(b: Builder, here: Value, there: Value, bits: int, padded: int) -> Value:
    """Merge runs of 4, of 8, ... to and fro between two rows; the row that ends up in order."""
    levels = (padded // RUN - 1).bit_length()
    with b.loop(integer(0), integer(levels), carried=[here, there]) as level:
        source, goal = level.carried
        width = b.binary("shl", integer(RUN), level.index)
        pairs = b.binary("shl", width, integer(1))
        count = b.binary("udiv", b.add(integer(padded - 1), pairs), pairs)
        with b.loop(integer(0), count) as number:
            low = b.mul(number.index, pairs)
            middle = b.intrinsic("smin", b.add(low, width), integer(padded))
            high = b.intrinsic("smin", b.add(low, pairs), integer(padded))
            _merge(b, source, goal, (low, middle, high), f"i{2 * bits}")
        level.carried = [goal, source]
    return level.carried[0]


def _merge(
    b: Builder, source: Value, goal: Value, places: tuple[Value, Value, Value], kind: str
) -> None:
    """Two neighbouring runs become one."""
    low, middle, high = places
    with b.loop(low, high, carried=[low, middle]) as each:
        left, right = each.carried
        x = b.load(b.at(source, left, kind), kind, 8)
        y = b.load(b.at(source, right, kind), kind, 8)  # past the end: the pair kept for this
        first = b.binary("or", b.compare("sge", right, high), b.compare("ult", x, y))
        first = b.binary("and", b.compare("slt", left, middle), first)
        b.store(b.select(first, x, y), b.at(goal, each.index, kind), 8)
        step = b.convert("zext", first, INDEX)
        each.carried = [
            b.add(left, step),
            b.binary("sub", b.add(right, integer(1)), step),
        ]
