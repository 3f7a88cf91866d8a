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
from chainrule.native.ir import INDEX, Value, integer, vector
from chainrule.native.letters import apply
from chainrule.native.numbering import Node, Numbering
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
        self._dtypes = places
        self._known: dict[tuple[int, tuple[int, ...], int], Value] = {}
        self._pointers = {a: self._start(a) for a in places}
        self._spread = self._used_in_vectors()

    @property
    def strand(self) -> Strand:
        """At the loops' indices themselves."""
        return Strand((0,) * len(self.spans))

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
        block = self._block(access, dtype, strand)
        if block:
            if strand == block[-1]:
                found = [self.lanes_of(number, each) for each in block]
                self._store_block(access, dtype, block[0], found)
            return
        stride = access.strides[self.axis] if self.axis >= 0 else 1
        store_lanes(self.builder, self._pointer(access, strand), value, dtype, stride)

    def _compute(self, number: int, node: Node, strand: Strand) -> Value:
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
        pointer = self._pointer(step.access, strand)
        stride = step.access.strides[self.axis] if self.axis >= 0 else 0
        if isinstance(step, Load):
            block = self._block(step.access, step.dtype, strand)
            if block:
                return self._load_block(number, step, block, strand)
            return load_lanes(b, pointer, step.dtype, lanes, stride)
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

    def _key(self, number: int, node: Node, strand: Strand) -> tuple[int, tuple[int, ...], int]:
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
        if stride == 0 or index.text == "0":
            return pointer, offset
        if index.text[0] != "%":
            return pointer, offset + int(index.text) * stride
        place = b.mul(index, integer(stride))
        return b.at(pointer, place, f"i{BITS[self._dtypes[access]]}"), offset

    def _pointer(self, access: Access, strand: Strand) -> Value:
        pointer, place = self._pointers[access]
        place += sum(o * s for o, s in zip(strand.offsets, access.strides, strict=True))
        return self.builder.at(pointer, integer(place), f"i{BITS[self._dtypes[access]]}")

    # Blocks that are turned
    def _block(self, access: Access, dtype: str, strand: Strand) -> list[Strand]:
        """The columns that are loaded or stored together with this one; empty where alone."""
        wide, beside = crossing.chunk(dtype), self.beside
        if beside < 0 or wide == 1 or access.strides[beside] != 1:
            return []
        if strand.lanes < wide or strand.lanes.bit_count() > 1:
            return []
        if access.strides[self.axis] in (0, 1):
            return []
        first = strand.offsets[beside] // wide * wide
        last = min(first + wide, self._widths[beside])
        if last - first < 2:
            return []
        columns = [(place, 1) for place in range(first, last)]
        return grown([strand], beside, columns, lanes=False)

    def _load_block(
        self, number: int, step: Load, block: Sequence[Strand], strand: Strand
    ) -> Value:
        b, wide = self.builder, crossing.chunk(step.dtype)
        pointer, apart = self._pointer(step.access, block[0]), step.access.strides[self.axis]
        memory = f"i{BITS[step.dtype]}"
        rows = [
            load_lanes(b, b.at(pointer, integer(lane * apart), memory), step.dtype, len(block), 1)
            for lane in range(strand.lanes)
        ]
        node = self.numbering.nodes[number]
        for each, column in zip(block, crossing.columns(b, rows, wide), strict=False):
            self._known[self._key(number, node, each)] = column
        return self._known[self._key(number, node, strand)]

    def _store_block(
        self, access: Access, dtype: str, first: Strand, found: Sequence[Value]
    ) -> None:
        b, memory = self.builder, f"i{BITS[dtype]}"
        pointer, apart = self._pointer(access, first), access.strides[self.axis]
        for lane, row in enumerate(crossing.rows(b, found, crossing.chunk(dtype))):
            store_lanes(b, b.at(pointer, integer(lane * apart), memory), row, dtype, 1)
