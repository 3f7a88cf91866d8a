"""Crossing: small blocks of memory turned in registers, for loops across the way memory lies.

Imports ir and target. Loops load and store through it where several neighbours along one axis and
several along another are taken at once: 8 rows of 4 columns become 4 vectors of 8 lanes, in two
shuffles for each, instead of 32 single elements.
"""

from collections.abc import Sequence

from chainrule.native.ir import Builder, Value
from chainrule.native.target import BITS

LANE_BITS = 128  # within which x86 shuffles best; a whole register of other machines


def chunk(dtype: str) -> int:
    """How many columns are turned at once; 1: this dtype is better taken one by one."""
    return LANE_BITS // BITS[dtype] if BITS[dtype] in (32, 64) else 1


def columns(b: Builder, rows: Sequence[Value], wide: int) -> list[Value]:
    """The columns of a block of rows, of 2 to ``wide`` lanes each; 2**n times wide rows."""
    rows = [_widened(b, row, wide) for row in rows]
    return _turned(b, [_joined(b, rows[first::wide]) for first in range(wide)])


def rows(b: Builder, columns: Sequence[Value], wide: int) -> list[Value]:
    """The rows of a block, from 2 to ``wide`` columns."""
    width, lanes = len(columns), columns[0].lanes
    spare = [Value("poison", columns[0].type)] * (wide - width)
    turned = _turned(b, [*columns, *spare])
    found: list[Value] = []
    for first in range(0, lanes, wide):
        for vector in turned:
            found.append(b.shuffle(vector, vector, range(first, first + width)))
    return found


def _turned(b: Builder, vectors: Sequence[Value]) -> list[Value]:
    """Within each 128 bits of the vectors, rows become columns."""
    wide, lanes = len(vectors), vectors[0].lanes
    if wide == 2:
        return _zipped(b, vectors[0], vectors[1], lanes, 1, 2)
    low = _zipped(b, vectors[0], vectors[1], lanes, 1, 4)
    high = _zipped(b, vectors[2], vectors[3], lanes, 1, 4)
    return [v for x, y in zip(low, high, strict=True) for v in _zipped(b, x, y, lanes, 2, 4)]


def _zipped(b: Builder, x: Value, y: Value, lanes: int, unit: int, wide: int) -> list[Value]:
    """Units of x and y by turns: of the first half of each 128 bits, and of the second half."""
    halves: list[Value] = []
    for start in (0, wide // 2):
        order = [
            source + base + start + step + i
            for base in range(0, lanes, wide)
            for step in range(0, wide // 2, unit)
            for source in (0, lanes)
            for i in range(unit)
        ]
        halves.append(b.shuffle(x, y, order))
    return halves


def _widened(b: Builder, row: Value, wide: int) -> Value:
    if row.lanes == wide:
        return row
    order = [min(lane, row.lanes - 1) for lane in range(wide)]
    return b.shuffle(row, row, order)


def _joined(b: Builder, parts: Sequence[Value]) -> Value:
    """Parts one behind the other: a power of two of them."""
    parts = list(parts)
    while len(parts) > 1:
        both = range(2 * parts[0].lanes)
        parts = [b.shuffle(x, y, both) for x, y in zip(parts[::2], parts[1::2], strict=True)]
    return parts[0]
