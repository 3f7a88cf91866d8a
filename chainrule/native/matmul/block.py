"""A block of the result: copies, panels of columns, tiles, in the order that caches like.

Imports schedule, pack, tile and ending. emit asks for a block per unit.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from chainrule.native.frame import REGISTER, Frame
from chainrule.native.ir import POINTER, Value, integer, vector
from chainrule.native.matmul.blocking import Schedule
from chainrule.native.matmul.ending import end_vectors, far, fetch
from chainrule.native.matmul.pack import Panels, Rows, copy_panels, copy_rows
from chainrule.native.matmul.tile import Operand, Tile, sums
from chainrule.native.target import BITS
from chainrule.plan.kinds.matmul import Matmul

Range = tuple[Value, Value]


@dataclass(frozen=True)
class Panel:
    """Columns of the result.

    Attributes
    ----------
    number, place : Value
        Which panel it is; and among those that were copied with it.
    widths : tuple of int
        Lanes of each vector in its rows.
    """

    number: Value
    place: Value
    widths: tuple[int, ...]


class Block:
    """Writes the code that computes some tiles of some panels of one batch."""

    def __init__(self, frame: Frame, kernel: Matmul, cut: Schedule) -> None:
        """Reserve what it needs of the stack; this stands where the function begins."""
        self.frame, self.kernel, self.cut, self.grid = frame, kernel, cut, cut.grid
        self.b = frame.builder
        self.scalar = "i8" if kernel.dtype == "bool" else REGISTER[kernel.dtype]
        self.size = BITS[kernel.dtype] // 8
        self.blocked = cut.block < kernel.depth
        self.together = 1 if self.blocked else self.grid.together
        self.step = self.grid.stride * max(1, cut.block)  # from one copied panel to the next
        self.slot = cut.rows_per_unit * self.grid.stride  # from one panel's sums to the next's
        self.waiting = cut.panels_per_unit if self.blocked else 1
        self.rows = self._scratch(cut.rows_per_unit * cut.block if cut.copies_a else 0)
        self.copy = self._scratch(self.step * cut.group if cut.copies_b else 0)
        self.sums = self._scratch(self.slot * self.waiting if cut.late else 0)

    def _scratch(self, elements: int) -> Value:
        if not elements:
            return Value("null", POINTER)
        return self.b.emit(POINTER, f"alloca [{elements} x {self.scalar}], align 64")

    def write(self, batch: Sequence[Value], tiles: Range, panels: Range) -> None:
        """The block of these tiles and panels."""
        self.batch, self.tiles, self.panels = list(batch), tiles, panels
        self.first_row, self.last_row = map(self._first_row, tiles)
        depth = integer(self.kernel.depth)
        if not self.blocked:
            self._terms(integer(0), depth)
            return
        self._clear()
        with self.b.loop(integer(0), depth, self.cut.block, sure=True) as k:
            left = self.b.binary("sub", depth, k.index)
            self._terms(k.index, self._smaller(left, integer(self.cut.block)))
        self._each_panel(panels, self._end_panel)

    def _clear(self) -> None:
        """All sums begin at zero."""
        b, kind = self.b, vector(self.scalar, self.grid.lanes)
        count = integer(self.slot * self.waiting)
        with b.loop(integer(0), count, self.grid.lanes, sure=True) as i:
            zero = Value("zeroinitializer", kind)
            b.store(zero, b.at(self.sums, i.index, self.scalar), self.size)

    def _terms(self, k: Value, depth: Value) -> None:
        """Add ``depth`` terms from k on, a group of panels after the other."""
        b, cut = self.b, self.cut
        self.k, self.depth = k, depth
        if cut.copies_a:
            self._copy_rows()
        if cut.group >= cut.panels_per_unit:
            self._group(self.panels)
            return
        first, last = self.panels
        with b.loop(first, last, cut.group) as group:
            stop = self._smaller(b.add(group.index, integer(cut.group)), last)
            self._group((group.index, stop))

    def _group(self, panels: Range) -> None:
        if self.cut.copies_b:
            self._copy_panels(panels)
        self._each_panel(panels, self._panel)

    def _copy_rows(self) -> None:
        """The unit's part of a."""
        b, grid, (first, last) = self.b, self.grid, self.tiles
        middle = b.intrinsic("smax", self._smaller(last, integer(grid.tall)), first)
        parts = [(b.binary("sub", middle, first), grid.height)]
        if grid.tall < grid.tiles:
            parts.append((b.binary("sub", last, middle), grid.height - 1))
        source = self._address_a(self.first_row)
        along = self.kernel.a.strides[-1]
        rows = Rows(source, self.rows, along, parts, self.depth, self.scalar, self.size)
        copy_rows(b, rows)

    def _copy_panels(self, panels: Range) -> None:
        """A group's part of b."""
        b, grid, (first, last) = self.b, self.grid, panels
        full = integer(grid.full_panels)
        count = b.binary("sub", self._smaller(last, full), first)
        self._copy(Panel(first, integer(0), grid.widths), count)
        if grid.rest:
            with b.when(b.compare("sgt", last, full)):
                self._copy(Panel(full, b.binary("sub", full, first), grid.rest), integer(1))

    def _copy(self, panel: Panel, count: Value) -> None:
        along_k, along_column = self.kernel.b.strides[-2:]
        panels = Panels(
            source=self._address_b(self._first_column(panel)),
            along_k=along_k,
            along_column=along_column,
            widths=panel.widths,
            lanes=self.grid.lanes,
            stride=len(panel.widths) * self.grid.lanes,
            target=self._slot_of(self.copy, panel.place, self.step),
            step=self.step,
            scalar=self.scalar,
            side=min(self.grid.lanes, 1 << max(self.kernel.depth, 1).bit_length() - 1),
            brief=self.cut.brief,
        )
        copy_panels(self.b, panels, count, self.depth)

    def _each_panel(self, panels: Range, do: Callable[[Panel], None]) -> None:
        b, grid, (first, last) = self.b, self.grid, panels
        full = integer(grid.full_panels)
        with b.loop(first, self._smaller(last, full)) as panel:
            do(Panel(panel.index, self._distance(panel.index, first), grid.widths))
        if grid.rest:
            with b.when(b.compare("sgt", last, full)):
                do(Panel(full, self._distance(full, first), grid.rest))

    def _panel(self, panel: Panel) -> None:
        """All tiles of a panel: the tall ones first."""
        b, grid, (first, last) = self.b, self.grid, self.tiles
        y, tall = self._columns(panel), integer(grid.tall)
        with b.loop(first, self._smaller(last, tall)) as tile:
            self._tile(panel, y, b.mul(tile.index, integer(grid.height)), grid.height)
        if grid.tall < grid.tiles:
            with b.loop(b.intrinsic("smax", first, tall), last) as tile:
                row = b.add(b.mul(tile.index, integer(grid.height - 1)), tall)
                self._tile(panel, y, row, grid.height - 1)
        if self.cut.late and not self.blocked:
            self._end_panel(panel)

    def _columns(self, panel: Panel) -> Operand:
        """The panel's part of b."""
        lanes = self.grid.lanes
        if self.cut.copies_b:
            pointer = self._slot_of(self.copy, panel.place, self.step)
            return Operand(pointer, lanes * len(panel.widths), 1, lanes * self.size)
        pointer = self._address_b(self._first_column(panel))
        along, across = self.kernel.b.strides[-2:]
        return Operand(pointer, along, across, self.size)

    def _rows(self, row: Value, height: int) -> Operand:
        """A tile's part of a."""
        b = self.b
        if self.cut.copies_a:
            place = b.mul(self._distance(row, self.first_row), self.depth)
            return Operand(b.at(self.rows, place, self.scalar), height, 1, self.size)
        across, along = self.kernel.a.strides[-2:]
        return Operand(self._address_a(row), along, across, self.size)

    def _tile(self, panel: Panel, y: Operand, row: Value, height: int) -> None:
        """Sums, and what becomes of them: the body, or a place in memory."""
        cut = self.cut
        tile = Tile(self.scalar, height, *self._read(panel), cut.chains, self.together, cut.brief)
        x = self._rows(row, height)
        indices = [*self.batch, row, self._first_column(panel)]
        beside = None
        if not self.blocked and far(self.kernel):
            beside = partial(fetch, self.frame, self.kernel, indices, sum(panel.widths))
        if not self.cut.late:
            totals = sums(self.b, tile, x, y, self.kernel.depth, tile.zeros(), beside)
            rows = [
                [self._narrowed(total, panel, c) for c, total in enumerate(each)]
                for each in tile.rows(self.b, totals)
            ]
            end_vectors(self.frame, self.kernel, indices, rows)
            return
        places = [
            self._waiting(panel, row, i * self.grid.stride + c * self.grid.lanes)
            for i in range(height)
            for c in range(len(panel.widths))
        ]
        start = tile.zeros()
        if self.blocked:
            kinds = tile.kinds * height
            start = [self.b.load(*each, self.size) for each in zip(places, kinds, strict=True)]
        depth = self.depth if self.blocked else self.kernel.depth
        totals = sums(self.b, tile, x, y, depth, start, beside)
        waiting = itertools.chain.from_iterable(tile.rows(self.b, totals))
        for place, total in zip(places, waiting, strict=True):
            self.b.store(total, place, self.size)

    def _end_panel(self, panel: Panel) -> None:
        """The body for all sums of a panel that wait in memory."""
        b = self.b
        with b.loop(self.first_row, self.last_row) as row:
            totals: list[Value] = []
            for c, width in self._in_pairs(panel):
                distance = c * self.grid.lanes + self._lead(panel, c)
                place = self._waiting(panel, row.index, distance)
                totals.append(b.load(place, vector(self.scalar, width), self.size))
            indices = [*self.batch, row.index, self._first_column(panel)]
            end_vectors(self.frame, self.kernel, indices, [totals])

    def _in_pairs(self, panel: Panel) -> Iterator[tuple[int, int]]:
        """The numbers of its vectors and their lanes, two full ones as one.

        LLVM writes the instructions of the two by turns: a long body then waits less for itself.
        """
        lanes, vectors = self.grid.lanes, iter(enumerate(panel.widths))
        for c, width in vectors:
            if panel.widths[c : c + 2] == (lanes, lanes):
                next(vectors)
                yield c, 2 * lanes
            else:
                yield c, width

    def _waiting(self, panel: Panel, row: Value, distance: int) -> Value:
        """Where a panel's sums of a row wait, and some elements further on."""
        b, place = self.b, integer(0)
        if self.blocked:
            place = b.mul(self._distance(panel.number, self.panels[0]), integer(self.slot))
        below = b.mul(self._distance(row, self.first_row), integer(self.grid.stride))
        pointer = b.at(self.sums, b.add(place, below), self.scalar)
        return b.at(pointer, integer(distance), self.scalar)

    def _read(self, panel: Panel) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Lanes of the vectors that are read of each row, and the columns where they begin."""
        lanes, widths, n = self.grid.lanes, panel.widths, len(panel.widths)
        columns = tuple(c * lanes for c in range(n))
        if self.cut.brief:
            return panel.widths, columns
        if self.cut.copies_b and self.together == 1:
            return (lanes,) * n, columns
        lead = self.grid.lead(widths)
        return (*widths[:-1], widths[-1] + lead), (*columns[:-1], columns[-1] - lead)

    def _lead(self, panel: Panel, c: int) -> int:
        """Lanes of a vector of sums that belong to the columns before."""
        last = c == len(panel.widths) - 1 and not self.cut.brief
        return self.grid.lead(panel.widths) if last and not self.cut.copies_b else 0

    def _narrowed(self, total: Value, panel: Panel, c: int) -> Value:
        """The lanes that belong to the panel."""
        width, lead = panel.widths[c], self._lead(panel, c)
        if total.lanes == width:
            return total
        if width == 1:
            return self.b.extract(total, lead)
        return self.b.shuffle(total, total, range(lead, lead + width))

    def _address_a(self, row: Value) -> Value:
        kernel = self.kernel
        return self.frame.address(kernel.a, [*self.batch, row, self.k], kernel.dtype)

    def _address_b(self, column: Value) -> Value:
        kernel = self.kernel
        return self.frame.address(kernel.b, [*self.batch, self.k, column], kernel.dtype)

    def _first_column(self, panel: Panel) -> Value:
        return self.b.mul(panel.number, integer(self.grid.width))

    def _first_row(self, tile: Value) -> Value:
        """Where a tile begins."""
        b, grid = self.b, self.grid
        if tile.text.isdigit():
            number = int(tile.text)
            return integer(number * (grid.height - 1) + min(number, grid.tall))
        below = self._smaller(tile, integer(grid.tall))
        return b.add(b.mul(tile, integer(grid.height - 1)), below)

    def _slot_of(self, scratch: Value, place: Value, step: int) -> Value:
        return self.b.at(scratch, self.b.mul(place, integer(step)), self.scalar)

    def _distance(self, place: Value, origin: Value) -> Value:
        return place if origin.text == "0" else self.b.binary("sub", place, origin)

    def _smaller(self, x: Value, y: Value) -> Value:
        if x.text.isdigit() and y.text.isdigit():
            return integer(min(int(x.text), int(y.text)))
        return self.b.intrinsic("smin", x, y)
