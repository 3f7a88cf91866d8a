"""What follows a product's sums: the kernel's body, at each vector of a tile or of a panel.

Imports frame, pack, schedule and the plan. The writer of blocks calls ``fetch`` before the sums of
a tile, ``end_vectors`` after them.
"""

from collections.abc import Sequence
from math import prod

from chainrule.native.frame import REGISTER, Frame, Point
from chainrule.native.ir import Value, integer
from chainrule.native.matmul.blocking import LINE
from chainrule.native.matmul.pack import prefetch
from chainrule.native.target import BITS
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.scalar import Access, Coordinate, Load

FAR = 64 * 1024  # bytes of a matrix that no first cache holds


class Corner(Frame):
    """The frame seen from the first element of a tile: others lie at distances that are known.

    An address is then a constant added to one register, at no cost on any CPU.
    """

    def __init__(self, frame: Frame, indices: Sequence[Value]) -> None:
        self.builder = frame.builder
        self._frame = frame
        self._indices = indices
        self._bases: dict[tuple[Access, str], Value] = {}
        self.row, self.column = 0, 0

    def address(self, access: Access, indices: Sequence[Value], dtype: str) -> Value:
        """The element ``row`` and ``column`` away from the corner."""
        key = (access, dtype)
        if key not in self._bases:
            self._bases[key] = self._frame.address(access, self._indices, dtype)
        *_, along_row, along_column = access.strides
        distance = self.row * along_row + self.column * along_column
        return self.builder.at(self._bases[key], integer(distance), f"i{BITS[dtype]}")


def fetch(frame: Frame, kernel: Matmul, indices: Sequence[Value], width: int, row: Value) -> None:
    """Ask for what the body reads of a tile's row, so that it comes while sums are still added.

    An update of weights reads them and what the optimiser remembers, from a far cache if they are
    large; indices are those of the tile's first element.
    """
    b, (*batch, first, column) = frame.builder, indices
    place = [*batch, b.add(first, row), column]
    corner = Corner(frame, place)
    for access, dtype in far(kernel):
        line = LINE // (BITS[dtype] // 8)
        for corner.column in range(0, width, line):
            prefetch(b, corner.address(access, place, dtype), 0, REGISTER[dtype])


def far(kernel: Matmul) -> list[tuple[Access, str]]:
    """The large matrices of the body, where they lie along the columns."""
    elements = prod(kernel.batch) * kernel.rows * kernel.columns
    return [
        (step.access, step.dtype)
        for step in kernel.body
        if isinstance(step, Load)
        and step.access.strides[-1] == 1
        and step.access.strides[-2] != 0
        and elements * BITS[step.dtype] // 8 >= FAR
    ]


def end_vectors(
    frame: Frame, kernel: Matmul, indices: Sequence[Value], totals: Sequence[Sequence[Value]]
) -> None:
    """Write the body for each vector of sums; indices are those of the first element.

    Each point loads all it needs, then stores: an update in place meets no element twice.
    """
    b, corner = frame.builder, Corner(frame, indices)
    moves = any(isinstance(step, Coordinate) for step in kernel.body)
    for i, row in enumerate(totals):
        corner.row, corner.column = i, 0
        for total in row:
            place = list(indices)
            if moves:
                place[-2] = b.add(place[-2], integer(corner.row))
                place[-1] = b.add(place[-1], integer(corner.column))
            given = b.convert("trunc", total, "i1") if kernel.dtype == "bool" else total
            point = Point(corner, place, len(place) - 1, total.lanes, [given])
            point.store_all(kernel.stores, kernel.body, point.evaluate(kernel.body))
            corner.column += total.lanes
