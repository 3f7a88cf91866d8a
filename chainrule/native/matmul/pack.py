"""Copies: what a tile reads is laid side by side first, whichever way it lies in memory.

Imports ir. The writer of blocks calls these before tiles read full, aligned vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.native.ir import POINTER, Builder, Value, integer, vector

AHEAD = 8  # rows from the one that is copied to the one that is fetched


@dataclass(frozen=True)
class Panels:
    """Panels of b, and where they go.

    Attributes
    ----------
    source : Value
        The first element of the first panel.
    along_k, along_column : int
        Strides in elements.
    widths : sequence of int
        Lanes of each vector in a row.
    lanes, stride : int
        Of a full vector; from row to row of a copied panel.
    target : Value
        Where the first one goes; ``step`` elements from one to the next.
    side : int
        Columns are read in squares of so many rows: a power of two, and no more than there are.
    brief : bool
        Copy one element after the other, in short code.
    """

    source: Value
    along_k: int
    along_column: int
    widths: Sequence[int]
    lanes: int
    stride: int
    target: Value
    step: int
    scalar: str
    side: int
    brief: bool

    @property
    def size(self) -> int:
        """Bytes of an element."""
        return {"float": 4, "double": 8}.get(self.scalar) or int(self.scalar[1:]) // 8


def copy_panels(b: Builder, panels: Panels, count: Value, depth: Value) -> None:
    """Copy ``depth`` rows of some panels; a narrow last vector is filled up with zeros."""
    p = panels
    if p.brief:
        _copy_one_by_one(b, p, count, depth)
        return
    if p.along_column == 1:
        with b.loop(integer(0), depth) as k:
            row = b.at(p.source, b.mul(k.index, integer(p.along_k)), p.scalar)
            into = b.at(p.target, b.mul(k.index, integer(p.stride)), p.scalar)
            with b.loop(integer(0), count) as panel:
                source = b.at(row, b.mul(panel.index, integer(sum(p.widths))), p.scalar)
                target = b.at(into, b.mul(panel.index, integer(p.step)), p.scalar)
                prefetch(b, source, AHEAD * p.along_k, p.scalar)
                for c, width in enumerate(p.widths):
                    place = b.at(source, integer(c * p.lanes), p.scalar)
                    _copy_row(b, p, place, width, b.at(target, integer(c * p.lanes), p.scalar))
        return
    full = sum(width == p.lanes for width in p.widths)
    with b.loop(integer(0), count) as panel:
        place = b.mul(panel.index, integer(sum(p.widths) * p.along_column))
        source = b.at(p.source, place, p.scalar)
        target = b.at(p.target, b.mul(panel.index, integer(p.step)), p.scalar)
        with b.loop(integer(0), integer(full)) as c:
            place = b.at(source, b.mul(c.index, integer(p.lanes * p.along_column)), p.scalar)
            into = b.at(target, b.mul(c.index, integer(p.lanes)), p.scalar)
            _copy_columns(b, p, place, p.lanes, into, depth)
        if full < len(p.widths):
            place = b.at(source, integer(full * p.lanes * p.along_column), p.scalar)
            into = b.at(target, integer(full * p.lanes), p.scalar)
            _copy_columns(b, p, place, p.widths[full], into, depth)


def _copy_one_by_one(b: Builder, p: Panels, count: Value, depth: Value) -> None:
    """The same for panels of one vector, which is not filled up."""
    (width,) = p.widths
    with b.loop(integer(0), count) as panel:
        place = b.mul(panel.index, integer(width * p.along_column))
        source = b.at(p.source, place, p.scalar)
        target = b.at(p.target, b.mul(panel.index, integer(p.step)), p.scalar)
        with b.loop(integer(0), depth) as k, b.loop(integer(0), integer(width)) as column:
            below = b.mul(k.index, integer(p.along_k))
            beside = b.mul(column.index, integer(p.along_column))
            element = b.load(b.at(source, b.add(below, beside), p.scalar), p.scalar, p.size)
            into = b.add(b.mul(k.index, integer(p.stride)), column.index)
            b.store(element, b.at(target, into, p.scalar), p.size)


@dataclass(frozen=True)
class Rows:
    """Rows of a that lie side by side at each k, and where they go: tile after tile.

    Attributes
    ----------
    source, target : Value
        The first of the rows; where it goes.
    along_k : int
        Stride in elements.
    parts : sequence of (Value, int)
        How many tiles of which height follow each other.
    depth : Value
        How many k there are; a tile's row of ``height`` elements follows the one before.
    """

    source: Value
    target: Value
    along_k: int
    parts: Sequence[tuple[Value, int]]
    depth: Value
    scalar: str
    size: int


def copy_rows(b: Builder, rows: Rows) -> None:
    """Copy them; the source is read in the order in which it lies."""
    with b.loop(integer(0), rows.depth) as k:
        source = b.at(rows.source, b.mul(k.index, integer(rows.along_k)), rows.scalar)
        target = rows.target
        for count, height in rows.parts:
            area = b.mul(rows.depth, integer(height))
            into = b.at(target, b.mul(k.index, integer(height)), rows.scalar)
            with b.loop(integer(0), count) as tile:
                place = b.at(source, b.mul(tile.index, integer(height)), rows.scalar)
                prefetch(b, place, AHEAD * rows.along_k, rows.scalar)
                value = b.load(place, vector(rows.scalar, height), rows.size)
                b.store(value, b.at(into, b.mul(tile.index, area), rows.scalar), rows.size)
            source = b.at(source, b.mul(count, integer(height)), rows.scalar)
            target = b.at(target, b.mul(count, area), rows.scalar)


def prefetch(b: Builder, pointer: Value, distance: int, scalar: str) -> None:
    """Ask for the cache line some elements further on; it may lie beyond the array."""
    b.module.declare("llvm.prefetch.p0", "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
    ahead = b.emit(POINTER, f"getelementptr {scalar}, {pointer}, i64 {distance}")
    b.line(f"call void @llvm.prefetch.p0({ahead}, i32 0, i32 3, i32 1)")


def transposed(b: Builder, rows: Sequence[Value]) -> list[Value]:
    """Squares that lie side by side in vectors, each transposed: log2(side) rounds of shuffles."""
    rows, n, lanes = list(rows), len(rows), rows[0].lanes
    half = n // 2
    while half:
        low = [i + (0 if i // half % 2 == 0 else lanes - half) for i in range(lanes)]
        high = [i + half for i in low]
        for i in range(n):
            if i // half % 2 == 0:
                x, y = rows[i], rows[i + half]
                rows[i], rows[i + half] = b.shuffle(x, y, low), b.shuffle(x, y, high)
        half //= 2
    return rows


def _copy_columns(
    b: Builder, p: Panels, source: Value, width: int, target: Value, depth: Value
) -> None:
    """One vector of every row, from columns that do not lie side by side."""
    floats = p.scalar in ("float", "double")
    if not floats or p.along_k != 1 or p.lanes == 1 or p.side == 1:
        with b.loop(integer(0), depth) as k:
            row = b.at(source, b.mul(k.index, integer(p.along_k)), p.scalar)
            _copy_row(b, p, row, width, b.at(target, b.mul(k.index, integer(p.stride)), p.scalar))
        return
    kind = vector(p.scalar, p.side)
    last = b.binary("sub", depth, integer(p.side))
    with b.loop(integer(0), depth, p.side) as k:
        start = b.intrinsic("smin", k.index, last)  # the last square may overlap the one before
        column = b.at(source, start, p.scalar)
        places = [b.at(column, integer(j * p.along_column), p.scalar) for j in range(width)]
        rows = [b.load(place, kind, p.size) for place in places]
        rows += [Value("zeroinitializer", kind)] * (p.lanes - width)
        into = b.at(target, b.mul(start, integer(p.stride)), p.scalar)
        while len(rows) > p.side:  # squares beside each other, until they fill a vector
            beside = [i for i in range(len(rows)) if i // p.side % 2 == 0]
            both = range(2 * rows[0].lanes)
            rows = [b.shuffle(rows[i], rows[i + p.side], both) for i in beside]
        for i, row in enumerate(transposed(b, rows)):
            b.store(row, b.at(into, integer(i * p.stride), p.scalar), p.lanes * p.size)


def _copy_row(b: Builder, p: Panels, source: Value, width: int, target: Value) -> None:
    """One vector of one row."""
    row = Value("zeroinitializer" if p.lanes > 1 else "undef", vector(p.scalar, p.lanes))
    if p.along_column == 1 and width > 1:
        part = b.load(source, vector(p.scalar, width), p.size)
        zero = Value("zeroinitializer", part.type)
        filled = [min(i, width) for i in range(p.lanes)]
        row = part if width == p.lanes else b.shuffle(part, zero, filled)
    else:
        for j in range(width):
            place = b.at(source, integer(j * p.along_column), p.scalar)
            element = b.load(place, p.scalar, p.size)
            row = b.insert(row, element, j) if p.lanes > 1 else element
    b.store(row, target, p.lanes * p.size)
