"""Values: what is known at a place in the loops of a kernel, and how it is computed.

Imports frame, numbering, spans, crossing and the letters. Loops move the place; Pointwise and Row
kernels ask for values and store them.

A value is computed once for all strands along the axes on which it does not depend: a scalar where
that is the vector axis, repeated in all lanes where vectors need it.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import replace

from chainrule.native import crossing
from chainrule.native.frame import (
    REGISTER,
    Frame,
    gather_lanes,
    literal,
    load_lanes,
    store_lanes,
)
from chainrule.native.ir import INDEX, POINTER, Value, integer, vector
from chainrule.native.letters import apply
from chainrule.native.numbering import Numbered, Numbering
from chainrule.native.spans import Span, Strand, grown
from chainrule.native.target import BITS
from chainrule.plan.scalar import Access, Apply, Coordinate, Given, Literal, Load


class Values:
    """The values of a kernel's nodes, at the loop indices where code is being written.

    Parameters
    ----------
    frame : Frame
    numbering : Numbering
    places : dict of Access to str
        Every access of the kernel, at full rank, and the dtype there.
    spans : sequence of Span
        One per axis.
    axis : int
        The vector axis, or -1.
    beside : int
        An axis, or -1: blocks of memory that lies along it are turned in registers.
    """

    def __init__(
        self,
        frame: Frame,
        numbering: Numbering,
        places: dict[Access, str],
        spans: Sequence[Span],
        axis: int,
        beside: int = -1,
    ) -> None:
        self.frame, self.builder = frame, frame.builder
        self.numbering, self.spans, self.axis, self.beside = numbering, spans, axis, beside
        self.indices: list[Value] = [integer(0)] * len(spans)
        self._widths = [len(span.pieces) for span in spans]
        self.given: dict[tuple[int, int], Value] = {}  # by place, and place along the vector axis
        self._dtypes = dict(places)
        self._known: dict[tuple[int, tuple[int, ...], int], Value] = {}
        self._stages: dict[Access, Access] = {}
        self._pointers = {a: self._start(a) for a in places}
        self._spread = self._used_in_vectors()

    @property
    def strand(self) -> Strand:
        """At the loops' indices themselves."""
        return Strand((0,) * len(self.spans))

    def dtype(self, access: Access) -> str:
        """Of what lies there."""
        return self._dtypes[access]

    @contextmanager
    def at(self, axis: int, index: Value, width: int) -> Generator[None]:
        """Inside, the loop index along an axis is this, and so many pieces are taken there."""
        before = self.indices[axis], self._widths[axis], self._known, self._pointers
        self.indices[axis], self._widths[axis] = index, width
        self._known = dict(self._known)
        self._pointers = {a: self._moved(a, axis, index) for a in self._pointers}
        yield
        self.indices[axis], self._widths[axis], self._known, self._pointers = before

    @contextmanager
    def apart(self) -> Generator[None]:
        """Inside is a block that may not run: what is computed there is not known after it."""
        known = self._known
        self._known = dict(known)
        yield
        self._known = known

    def evaluate(self, numbers: Sequence[int], strands: Iterable[Strand]) -> None:
        """Compute nodes, strand by strand."""
        for strand in strands:
            for number in numbers:
                self.value(number, strand)

    def value(self, number: int, strand: Strand) -> Value:
        """A node at a strand; a scalar where it does not change along the vector axis."""
        node = self.numbering.nodes[number]
        key = self._key(number, node, strand)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._compute(number, node, strand)
            if number in self._spread:
                self.lanes_of(number, replace(strand, lanes=self._widest()))
        return known

    def lanes_of(self, number: int, strand: Strand) -> Value:
        """A node at a strand, in all its lanes."""
        value = self.value(number, strand)
        if value.lanes == strand.lanes:
            return value
        node = self.numbering.nodes[number]
        offsets = tuple(strand.offsets[axis] for axis in node.axes)
        key = (number, offsets, strand.lanes)
        if key not in self._known:
            self._known[key] = self.builder.splat(value, strand.lanes)
        return self._known[key]

    def store(self, access: Access, number: int, strand: Strand) -> None:
        """Write a node; a block that is turned, when its last column is there."""
        value = self.lanes_of(number, strand)
        dtype = self.numbering.nodes[number].step.dtype
        if access in self._stages:
            store_lanes(self.builder, self._pointer(self._stages[access], strand), value, dtype, 1)
            return
        block = self._block(access, dtype, strand)
        if strand == block[-1]:
            self.store_columns(access, dtype, block, [self.lanes_of(number, s) for s in block])

    def _compute(self, number: int, node: Numbered, strand: Strand) -> Value:
        b, step = self.builder, node.step
        lanes = strand.lanes if self.axis in node.axes else 1
        strand = replace(strand, lanes=lanes)
        if isinstance(step, Apply):
            nodes = self.numbering.nodes
            operands = [self.lanes_of(n, strand) for n in step.operands]
            dtypes = [nodes[n].step.dtype for n in step.operands]
            return apply(b, step.letter, operands, dtypes, step.dtype)
        if isinstance(step, Literal):
            return literal(step.value, step.dtype, 1)
        if isinstance(step, Coordinate):
            return self.coordinate(step.axis, strand, REGISTER[step.dtype])
        if isinstance(step, Given):
            along = strand.offsets[self.axis] if self.axis in node.axes else 0
            return self.given[step.place, along]
        if isinstance(step, Load):
            return self._load(number, step, strand)
        pointer = self._pointer(step.access, strand)
        stride = step.access.strides[self.axis] if self.axis >= 0 else 0
        index = self.value(step.index, strand)
        return gather_lanes(b, pointer, step, index, lanes, stride)

    def coordinate(self, axis: int, strand: Strand, kind: str) -> Value:
        """The index along an axis, as integers of this type, in the lanes of a strand."""
        b, index, first = self.builder, self.indices[axis], strand.offsets[axis]
        if index.text[0] != "%":  # a number that is known already
            index, first = integer(0, kind), first + int(index.text)
        elif kind != INDEX:
            index = b.convert("trunc", index, kind)
        if axis != self.axis or strand.lanes == 1:
            return b.add(index, integer(first, kind))
        steps = ", ".join(f"{kind} {first + lane}" for lane in range(strand.lanes))
        counted = Value(f"<{steps}>", vector(kind, strand.lanes))
        return counted if index.text == "0" else b.add(b.splat(index, strand.lanes), counted)

    def _key(
        self, number: int, node: Numbered, strand: Strand
    ) -> tuple[int, tuple[int, ...], int]:
        lanes = strand.lanes if self.axis in node.axes else 1
        return number, tuple(strand.offsets[axis] for axis in node.axes), lanes

    def _widest(self) -> int:
        return self.spans[self.axis].pieces[0][1] if self.axis >= 0 else 1

    def _used_in_vectors(self) -> set[int]:
        """Scalars that vectors are computed with: repeated in all lanes where they are made."""
        nodes = self.numbering.nodes
        return {
            number
            for node in nodes
            if self.axis in node.axes and isinstance(node.step, Apply)
            for number in node.operands
            if self.axis not in nodes[number].axes and not isinstance(nodes[number].step, Literal)
        }

    # Memory
    def _start(self, access: Access) -> tuple[Value, int]:
        pointer = self.frame.pointer(access.buffer)
        if min(access.strides, default=0) >= 0:
            return pointer, access.offset  # a constant costs nothing where it is added last
        memory = f"i{BITS[self._dtypes[access]]}"  # backwards: begin at the end, inside the buffer
        return self.builder.at(pointer, integer(access.offset), memory), 0

    def _moved(self, access: Access, axis: int, index: Value) -> tuple[Value, int]:
        b, (pointer, offset), stride = self.builder, self._pointers[access], access.strides[axis]
        if stride == 0 or index.text == "0" or (access.buffer < 0 and axis == self.axis):
            return pointer, offset  # the stage holds the rows of one round
        if index.text[0] != "%":
            return pointer, offset + int(index.text) * stride
        place = b.mul(index, integer(stride))
        return b.at(pointer, place, f"i{BITS[self._dtypes[access]]}"), offset

    def _pointer(self, access: Access, strand: Strand) -> Value:
        pointer, place = self._pointers[access]
        place += sum(o * s for o, s in zip(strand.offsets, access.strides, strict=True))
        return self.builder.at(pointer, integer(place), f"i{BITS[self._dtypes[access]]}")

    # Blocks that are turned, and the stage: memory on the stack where columns lie side by side
    def stage(self, access: Access) -> None:
        """From now on, load and store this access on the stage."""
        dtype, wide = self._dtypes[access], self.spans[self.axis].step  # rows of a round
        size = self.spans[self.beside].length * wide
        slot = self.builder.emit(POINTER, f"alloca [{size} x i{BITS[dtype]}], align 64")
        along = {self.beside: wide, self.axis: 1}
        strides = tuple(along.get(axis, 0) for axis in range(len(access.strides)))
        place = Access(-1 - len(self._stages), strides)  # no buffer has a number below 0
        self._stages[access], self._dtypes[place] = place, dtype
        self._pointers[place] = slot, 0

    def fill(self, access: Access, block: Sequence[Strand]) -> None:
        """Columns of memory come on the stage."""
        dtype = self._dtypes[access]
        for strand, column in zip(block, self.load_columns(access, dtype, block), strict=True):
            place = self._pointer(self._stages[access], strand)
            store_lanes(self.builder, place, column, dtype, 1)

    def flush(self, access: Access, block: Sequence[Strand]) -> None:
        """Columns on the stage go to memory."""
        dtype = self._dtypes[access]
        places = [self._pointer(self._stages[access], strand) for strand in block]
        lanes = block[0].lanes
        columns = [load_lanes(self.builder, place, dtype, lanes, 1) for place in places]
        self.store_columns(access, dtype, block, columns)

    def _load(self, number: int, step: Load, strand: Strand) -> Value:
        access, dtype, node = step.access, step.dtype, self.numbering.nodes[number]
        if access in self._stages:
            place = self._pointer(self._stages[access], strand)
            return load_lanes(self.builder, place, dtype, strand.lanes, 1)
        block = self._block(access, dtype, strand)
        for each, column in zip(block, self.load_columns(access, dtype, block), strict=True):
            self._known[self._key(number, node, each)] = column
        return self._known[self._key(number, node, strand)]

    def _block(self, access: Access, dtype: str, strand: Strand) -> list[Strand]:
        """The columns that are loaded or stored together with this one."""
        wide, beside = crossing.chunk(dtype), self.beside
        if not self._crosses(access):
            return [strand]
        first = strand.offsets[beside] // wide * wide
        last = min(first + wide, self._widths[beside])
        columns = [(place, 1) for place in range(first, last)]
        return grown([strand], beside, columns, lanes=False)

    def _crosses(self, access: Access) -> bool:
        """Whether memory lies along the axis beside, and not along the vector axis."""
        if self.beside < 0 or access.strides[self.beside] != 1:
            return False
        return access.strides[self.axis] not in (0, 1)

    def load_columns(self, access: Access, dtype: str, block: Sequence[Strand]) -> list[Value]:
        """A vector for every strand of a block."""
        b, stride, lanes = self.builder, self._stride(access, 0), block[0].lanes
        if not self._is_turned(dtype, block):
            return [load_lanes(b, self._pointer(access, s), dtype, lanes, stride) for s in block]
        places = self._rows(access, block)
        rows = [load_lanes(b, place, dtype, len(block), 1) for place in places]
        return crossing.columns(b, rows, crossing.chunk(dtype))[: len(block)]

    def store_columns(
        self, access: Access, dtype: str, block: Sequence[Strand], columns: Sequence[Value]
    ) -> None:
        """Write a vector for every strand of a block."""
        b, stride = self.builder, self._stride(access, 1)
        if not self._is_turned(dtype, block):
            for strand, column in zip(block, columns, strict=True):
                store_lanes(b, self._pointer(access, strand), column, dtype, stride)
            return
        rows = crossing.rows(b, columns, crossing.chunk(dtype))
        for place, row in zip(self._rows(access, block), rows, strict=True):
            store_lanes(b, place, row, dtype, 1)

    def _is_turned(self, dtype: str, block: Sequence[Strand]) -> bool:
        wide, lanes = crossing.chunk(dtype), block[0].lanes
        return len(block) > 1 and lanes >= wide and lanes.bit_count() == 1

    def _rows(self, access: Access, block: Sequence[Strand]) -> list[Value]:
        """Where each row of a block begins."""
        b, pointer, apart = (
            self.builder,
            self._pointer(access, block[0]),
            access.strides[self.axis],
        )
        memory = f"i{BITS[self._dtypes[access]]}"
        return [b.at(pointer, integer(lane * apart), memory) for lane in range(block[0].lanes)]

    def _stride(self, access: Access, scalar: int) -> int:
        return access.strides[self.axis] if self.axis >= 0 else scalar
