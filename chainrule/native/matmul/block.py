"""A block of the result: copies, panels of columns, tiles, in the order that caches like.

Imports schedule, pack, tile and ending. emit asks for a block per unit.
"""

from collections.abc import Callable, Sequence
from math import ceil

from chainrule.native.frame import REGISTER, Frame
from chainrule.native.ir import POINTER, Value, integer, vector
from chainrule.native.matmul.ending import end_vectors
from chainrule.native.matmul.pack import Panels, Rows, copy_panels, copy_rows
from chainrule.native.matmul.schedule import Schedule
from chainrule.native.matmul.tile import Operand, Tile, sums
from chainrule.native.target import BITS
from chainrule.plan.kernels import Matmul

Range = tuple[Value, Value]
Writer = Callable[[Value, Value, tuple[int, ...]], None]


class Block:
    """Writes the code that computes some tiles of some panels of one batch."""

    def __init__(self, frame: Frame, kernel: Matmul, cut: Schedule) -> None:
        """Reserve what it needs of the stack; this stands where the function begins."""
        self.frame, self.kernel, self.cut = frame, kernel, cut
        self.b = frame.builder
        self.scalar = "i8" if kernel.dtype == "bool" else REGISTER[kernel.dtype]
        self.size = BITS[kernel.dtype] // 8
        self.blocks = ceil(kernel.depth / max(1, cut.block))
        self.step = cut.grid.stride * max(1, cut.block)
        self.slot = cut.rows_per_unit * cut.grid.stride
        waiting = self.slot * (cut.panels_per_unit if self.blocks > 1 else 1)
        self.rows = self._scratch(cut.rows_per_unit * cut.block if cut.copies_a else 0)
        self.copy = self._scratch(self.step * cut.group if cut.copies_b else 0)
        self.sums = self._scratch(waiting if cut.late else 0)

    def _scratch(self, elements: int) -> Value:
        if not elements:
            return Value("null", POINTER)
        return self.b.emit(POINTER, f"alloca [{elements} x {self.scalar}], align 64")

    def write(self, batch: Sequence[Value], tiles: Range, panels: Range) -> None:
        """The block of these tiles and panels."""
        self.batch, self.tiles, self.panels = list(batch), tiles, panels
        self.first_row, self.last_row = map(self._row, tiles)
        if self.blocks > 1:
            self._clear()
            with self.b.loop(integer(0), integer(self.kernel.depth), self.cut.block) as k:
                left = self.b.binary("sub", integer(self.kernel.depth), k.index)
                self._partial(k.index, self._smaller(left, integer(self.cut.block)), panels)
            self._each_panel(panels, self._end_panel, panels[0])
            return
        self._partial(integer(0), integer(self.kernel.depth), panels)

    def _clear(self) -> None:
        count = self.slot * self.cut.panels_per_unit * self.size
        self.b.call("void", "llvm.memset.p0.i64", self.sums, Value("0", "i8"), integer(count), Value("false", "i1"))

    def _partial(self, k: Value, depth: Value, panels: Range) -> None:
        """The terms of the sums from k on."""
        b, cut, kernel = self.b, self.cut, self.kernel
        self.k, self.depth = k, depth
        if cut.copies_a:
            source = self.frame.address(kernel.a, [*self.batch, self.first_row, k], kernel.dtype)
            first, last = self.tiles
            middle = b.intrinsic("smax", self._smaller(last, integer(cut.grid.tall)), first)
            parts = [(b.binary("sub", middle, first), cut.grid.height)]
            if cut.grid.tall < cut.grid.tiles:
                parts.append((b.binary("sub", last, middle), cut.grid.height - 1))
            along = kernel.a.strides[-1]
            copy_rows(b, Rows(source, self.rows, along, parts, depth, self.scalar, self.size))
        if cut.group >= cut.panels_per_unit:
            self._group(panels)
            return
        first, last = panels
        with b.loop(first, last, cut.group) as group:
            stop = self._smaller(b.add(group.index, integer(cut.group)), last)
            self._group((group.index, stop))

    def _group(self, panels: Range) -> None:
        """Some panels: copied together, then multiplied one after another."""
        cut = self.cut
        if cut.copies_b:
            self._copy(panels)
        self._each_panel(panels, self._panel, panels[0])

    def _copy(self, panels: Range) -> None:
        b, cut, kernel = self.b, self.cut, self.kernel
        first, last = panels
        stop = self._smaller(last, integer(cut.grid.full_panels))
        along = kernel.b.strides[-2:]

        def copy(panel: Value, count: Value, widths: tuple[int, ...]) -> None:
            place = [*self.batch, self.k, b.mul(panel, integer(cut.grid.width))]
            source = self.frame.address(kernel.b, place, kernel.dtype)
            stride = len(widths) * cut.grid.lanes
            target = self._slot_of(self.copy, panel, first, self.step)
            shallow = kernel.depth < cut.grid.lanes
            form = (widths, cut.grid.lanes, stride, target, self.step, self.scalar, shallow)
            copied = Panels(source, *along, *form)
            copy_panels(b, copied, count, self.depth)

        copy(first, b.binary("sub", stop, first), cut.grid.widths)
        if cut.grid.rest:
            with b.when(b.compare("sgt", last, integer(cut.grid.full_panels))):
                copy(integer(cut.grid.full_panels), integer(1), cut.grid.rest)

    def _each_panel(self, panels: Range, do: Writer, origin: Value) -> None:
        b, cut = self.b, self.cut
        first, last = panels
        with b.loop(first, self._smaller(last, integer(cut.grid.full_panels))) as panel:
            do(panel.index, origin, cut.grid.widths)
        if cut.grid.rest:
            with b.when(b.compare("sgt", last, integer(cut.grid.full_panels))):
                do(integer(cut.grid.full_panels), origin, cut.grid.rest)

    def _panel(self, panel: Value, origin: Value, widths: tuple[int, ...]) -> None:
        b, cut, kernel = self.b, self.cut, self.kernel
        column = b.mul(panel, integer(cut.grid.width))
        if cut.copies_b:
            pointer = self._slot_of(self.copy, panel, origin, self.step)
            y = Operand(pointer, cut.grid.lanes * len(widths), 1, cut.grid.lanes * self.size)
        else:
            pointer = self.frame.address(kernel.b, [*self.batch, self.k, column], kernel.dtype)
            y = Operand(pointer, kernel.b.strides[-2], kernel.b.strides[-1], self.size)
        into = self.sums
        if self.blocks > 1:
            into = self._slot_of(into, panel, self.panels[0], self.slot)
        first, last = self.tiles
        tall = integer(cut.grid.tall)
        with b.loop(first, self._smaller(last, tall)) as tile:
            row = b.mul(tile.index, integer(cut.grid.height))
            self._tile(row, column, cut.grid.height, widths, y, into)
        if cut.grid.tall < cut.grid.tiles:
            with b.loop(b.intrinsic("smax", first, tall), last) as tile:
                row = b.add(b.mul(tile.index, integer(cut.grid.height - 1)), tall)
                self._tile(row, column, cut.grid.height - 1, widths, y, into)
        if cut.late and self.blocks == 1:
            self._end_panel(panel, panel, widths)

    def _tile(
        self,
        row: Value,
        column: Value,
        height: int,
        widths: tuple[int, ...],
        y: Operand,
        into: Value,
    ) -> None:
        b, cut, kernel = self.b, self.cut, self.kernel
        if cut.copies_a:
            place = b.mul(b.binary("sub", row, self.first_row), self.depth)
            x = Operand(b.at(self.rows, place, self.scalar), height, 1, self.size)
        else:
            place = self.frame.address(kernel.a, [*self.batch, row, self.k], kernel.dtype)
            x = Operand(place, kernel.a.strides[-1], kernel.a.strides[-2], self.size)
        read = (cut.grid.lanes,) * len(widths) if cut.copies_b else widths
        tile = Tile(self.scalar, height, read, cut.chains)
        start = tile.zeros()
        if cut.late:
            place = b.binary("sub", row, self.first_row)
            into = b.at(into, b.mul(place, integer(cut.grid.stride)), self.scalar)
            places = [
                b.at(into, integer(i * cut.grid.stride + c * cut.grid.lanes), self.scalar)
                for i in range(height)
                for c in range(len(widths))
            ]
            if self.blocks > 1:
                start = [b.load(p, z.type, self.size) for p, z in zip(places, start, strict=True)]
        depth = self.depth if self.blocks > 1 else kernel.depth
        totals = sums(b, tile, x, y, depth, start)
        if cut.late:
            for place, total in zip(places, totals, strict=True):
                b.store(total, place, self.size)
            return
        n = len(widths)
        rows = [
            [self._narrowed(t, w) for t, w in zip(totals[i * n : i * n + n], widths, strict=True)]
            for i in range(height)
        ]
        end_vectors(self.frame, kernel, [*self.batch, row, column], rows)

    def _end_panel(self, panel: Value, origin: Value, widths: tuple[int, ...]) -> None:
        """The body for all sums of a panel that wait in memory."""
        b, cut = self.b, self.cut
        column = b.mul(panel, integer(cut.grid.width))
        waiting = self._slot_of(self.sums, panel, origin, self.slot)
        with b.loop(self.first_row, self.last_row) as row:
            place = b.binary("sub", row.index, self.first_row)
            where = b.at(waiting, b.mul(place, integer(cut.grid.stride)), self.scalar)
            totals = [
                b.load(b.at(where, integer(c * cut.grid.lanes), self.scalar), vector(self.scalar, w), self.size)
                for c, w in enumerate(widths)
            ]
            end_vectors(self.frame, self.kernel, [*self.batch, row.index, column], [totals])

    def _narrowed(self, total: Value, width: int) -> Value:
        if total.lanes == width:
            return total
        if width == 1:
            return self.b.extract(total, 0)
        return self.b.shuffle(total, total, range(width))

    def _slot_of(self, scratch: Value, panel: Value, origin: Value, step: int) -> Value:
        if panel is origin:
            return scratch
        which = self.b.binary("sub", panel, origin)
        return self.b.at(scratch, self.b.mul(which, integer(step)), self.scalar)

    def _row(self, tile: Value) -> Value:
        """Where a tile begins."""
        b, cut = self.b, self.cut
        if tile.text.isdigit():
            number = int(tile.text)
            return integer(number * (cut.grid.height - 1) + min(number, cut.grid.tall))
        return b.add(b.mul(tile, integer(cut.grid.height - 1)), self._smaller(tile, integer(cut.grid.tall)))

    def _smaller(self, x: Value, y: Value) -> Value:
        if x.text.isdigit() and y.text.isdigit():
            return integer(min(int(x.text), int(y.text)))
        return self.b.intrinsic("smin", x, y)
