"""A tile: sums of a few rows and vectors of columns, kept in registers while k runs.

Imports ir. The writer of blocks calls ``sums`` at each place of its loops.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil

from chainrule.native.ir import Builder, Value, integer, vector


@dataclass(frozen=True)
class Operand:
    """Where a tile's part of a or b begins, and its strides along k and across, in elements."""

    pointer: Value
    along: int
    across: int
    align: int


@dataclass(frozen=True)
class Tile:
    """Rows, the vectors in a row, and how many sums of each run side by side.

    Attributes
    ----------
    widths, columns : tuple of int
        Lanes of each vector of y, and the columns where they begin.
    together : int
        Rows that share the sums of the last vector: each has its own lanes.
    brief : bool
        Whether no more terms than chains stand in a round.
    """

    scalar: str
    height: int
    widths: tuple[int, ...]
    columns: tuple[int, ...]
    chains: int = 1
    together: int = 1
    brief: bool = False

    @property
    def alone(self) -> int:
        """Vectors in a row that are not shared."""
        return len(self.widths) - (self.together > 1)

    @property
    def kinds(self) -> list[str]:
        """Types of the vectors in a row."""
        return [vector(self.scalar, width) for width in self.widths]

    @property
    def vectors(self) -> int:
        """Vectors of sums of one chain: row by row, then those that are shared."""
        shared = self.height // self.together if self.together > 1 else 0
        return self.height * self.alone + shared

    def zeros(self) -> list[Value]:
        """Sums of nothing."""
        kinds = self.kinds[: self.alone] * self.height
        shared = vector(self.scalar, self.widths[-1] * self.together)
        kinds += [shared] * (self.vectors - len(kinds))
        return [Value(_zero(kind), kind) for kind in kinds]

    def rows(self, b: Builder, totals: Sequence[Value]) -> list[list[Value]]:
        """The sums of each row."""
        n = self.alone
        rows = [list(totals[i * n : i * n + n]) for i in range(self.height)]
        if self.together > 1:
            width = self.widths[-1]
            for i, row in enumerate(rows):
                shared = totals[self.height * n + i // self.together]
                first = i % self.together * width
                lanes = range(first, first + width)
                row.append(
                    b.shuffle(shared, shared, lanes) if width > 1 else b.extract(shared, first)
                )
        return rows


def sums(
    b: Builder,
    tile: Tile,
    x: Operand,
    y: Operand,
    depth: int | Value,
    start: Sequence[Value],
    beside: Callable[[Value], None] | None = None,
) -> list[Value]:
    """``start`` plus the sum over k of x[i, k] y[k, j], row by row.

    A depth that is only known when the code runs (a Value) is not unrolled at its end. What is to
    be done beside the sums, for each row of the tile, is spread over the terms.
    """
    totals = [*start, *tile.zeros() * (tile.chains - 1)]
    steps = max(
        tile.chains, 2 if tile.vectors > 8 and tile.alone > 1 else 1
    )  # more only cost compile time
    if isinstance(depth, Value):
        whole = b.binary("sub", depth, b.binary("urem", depth, integer(steps)))
        with b.loop(integer(0), whole, steps, carried=totals) as k:
            k.carried = _round(b, tile, x, y, k.index, steps, k.carried)
        with b.loop(whole, depth, carried=k.carried) as k:
            k.carried = _round(b, tile, x, y, k.index, 1, k.carried)
        return _joined(b, tile, k.carried)
    whole = depth // steps * steps if depth > (1 if tile.brief else 4) * steps else 0
    if beside and not whole:
        for i in range(tile.height):
            beside(integer(i))
    elif beside:
        part = ceil(whole / steps / tile.height) * steps
        with b.loop(integer(0), integer(tile.height), carried=totals, sure=True) as row:
            beside(row.index)
            first = b.mul(row.index, integer(part))
            last = b.intrinsic("smin", b.add(first, integer(part)), integer(whole))
            with b.loop(first, last, steps, carried=row.carried) as k:
                k.carried = _round(b, tile, x, y, k.index, steps, k.carried)
            row.carried = k.carried
        totals = row.carried
    elif whole:
        with b.loop(integer(0), integer(whole), steps, carried=totals, sure=True) as k:
            k.carried = _round(b, tile, x, y, k.index, steps, k.carried)
        totals = k.carried
    return _joined(b, tile, _round(b, tile, x, y, integer(whole), depth - whole, totals))


def _round(
    b: Builder, tile: Tile, x: Operand, y: Operand, k: Value, count: int, totals: Sequence[Value]
) -> list[Value]:
    """``count`` terms more."""
    totals = list(totals)
    x, y = _moved(b, tile, x, k), _moved(b, tile, y, k)
    for step in range(count):
        first = step % tile.chains * tile.vectors
        last = first + tile.vectors
        totals[first:last] = _term(b, tile, x, y, step, totals[first:last])
    return totals


def _moved(b: Builder, tile: Tile, operand: Operand, k: Value) -> Operand:
    place = b.mul(k, integer(operand.along))
    return replace(operand, pointer=b.at(operand.pointer, place, tile.scalar))


def _term(
    b: Builder, tile: Tile, x: Operand, y: Operand, step: int, totals: list[Value]
) -> list[Value]:
    """One k. The shorter side waits in registers while the longer one passes: none is spilled."""
    across = tile.alone

    def number(i: int) -> Value:
        place = integer(step * x.along + i * x.across)
        return b.load(b.at(x.pointer, place, tile.scalar), tile.scalar, x.align)

    def row(c: int) -> Value:
        place = integer(step * y.along + tile.columns[c] * y.across)
        return b.load(b.at(y.pointer, place, tile.scalar), tile.kinds[c], y.align)

    def add(at: int, one: Value, passing: Value) -> None:
        totals[at] = _multiply_add(b, b.splat(one, passing.lanes), passing, totals[at])

    if tile.height < across:
        numbers = [number(i) for i in range(tile.height)]
        for c in range(across):
            passing = row(c)
            for i, one in enumerate(numbers):
                add(i * across + c, one, passing)
        return totals
    rows = [row(c) for c in range(across)]
    repeated = _repeated(b, row(across), tile.together) if tile.together > 1 else None
    mixed = None
    for i in range(tile.height):
        one = number(i)
        for c in range(across):
            add(i * across + c, one, rows[c])
        if repeated:
            mixed = _mixed(b, mixed, b.splat(one, repeated.lanes), i % tile.together, tile)
            if (i + 1) % tile.together == 0:
                at = tile.height * across + i // tile.together
                totals[at] = _multiply_add(b, mixed, repeated, totals[at])
    return totals


def _repeated(b: Builder, x: Value, times: int) -> Value:
    """All lanes of x, several times."""
    if x.lanes == 1:
        return b.splat(x, times)
    return b.shuffle(x, x, list(range(x.lanes)) * times)


def _mixed(b: Builder, others: Value | None, one: Value, place: int, tile: Tile) -> Value:
    """A row's number in the lanes from its place on, those of the rows before stay."""
    if place == 0 or others is None:
        return one
    first = place * tile.widths[-1]
    return b.shuffle(others, one, [i + one.lanes * (i >= first) for i in range(one.lanes)])


def _joined(b: Builder, tile: Tile, totals: Sequence[Value]) -> list[Value]:
    """The chains become one."""
    n = tile.vectors
    joined = list(totals[:n])
    for chain in range(1, tile.chains):
        for i in range(n):
            joined[i] = _add(b, joined[i], totals[chain * n + i])
    return joined


def _multiply_add(b: Builder, x: Value, y: Value, total: Value) -> Value:
    if x.scalar in ("float", "double"):
        return b.intrinsic("fmuladd", x, y, total)  # in one instruction wherever there is one
    if x.scalar == "i8":
        return b.binary("or", b.binary("and", x, y), total)
    return b.add(b.mul(x, y), total)


def _add(b: Builder, x: Value, y: Value) -> Value:
    if x.scalar in ("float", "double"):
        return b.fadd(x, y)
    return b.binary("or", x, y) if x.scalar == "i8" else b.add(x, y)


def _zero(kind: str) -> str:
    if kind[0] == "<":
        return "zeroinitializer"
    return "0.0" if kind in ("float", "double") else "0"
