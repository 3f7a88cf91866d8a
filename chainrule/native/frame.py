"""Frame: where a kernel's buffers lie, and the point of its loops at which code is written.

Imports ir and the plan's data. The emitters of all kernels load and store through it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.native.ir import POINTER, Builder, Value, floating, integer, vector
from chainrule.native.letters import apply
from chainrule.native.target import BITS
from chainrule.plan.alike import accesses
from chainrule.plan.scalar import (
    Access,
    Apply,
    Body,
    Coordinate,
    Gather,
    Given,
    Literal,
    Load,
    Store,
)

# How a value of a dtype stands in a register. In memory a boolean takes a byte.
REGISTER = {dtype: f"i{bits}" for dtype, bits in BITS.items()} | {
    "bool": "i1",
    "float16": "half",
    "float32": "float",
    "float64": "double",
}
# The table that a kernel is called with: its number in the plan, the address of the status (four
# int64: number of the kernel that ended the run plus one, place, value, spare), the address of the
# function that calls Python with a kernel's number, then the addresses of its buffers. Code that
# knows no more of its buffers serves every kernel that is like it.
NUMBER_SLOT, STATUS_SLOT, CALLBACK_SLOT, FIRST_SLOT = 0, 1, 2, 3


class Frame:
    """Pointers to the buffers that a kernel uses, loaded where its function begins."""

    def __init__(self, builder: Builder, table: Value, kernel: Any) -> None:
        """Load them: ``table`` is an argument of the function."""
        self.builder, self.table = builder, table
        self._pointers = {
            number: self.word(FIRST_SLOT + number, POINTER)
            for number in sorted({access.buffer for access in accesses(kernel)})
        }

    def word(self, slot: int, kind: str) -> Value:
        """What stands in a slot of the table: an address, or an i64."""
        return self.builder.load(self.builder.at(self.table, integer(slot), kind), kind, 8)

    def pointer(self, buffer: int) -> Value:
        """Where a buffer begins."""
        return self._pointers[buffer]

    def address(self, access: Access, indices: Sequence[Value], dtype: str) -> Value:
        """Where an element lies, at these loop indices."""
        b, place = self.builder, integer(access.offset)
        for stride, index in zip(access.strides, indices, strict=True):
            place = b.add(place, b.mul(index, integer(stride))) if stride else place
        return b.at(self.pointer(access.buffer), place, f"i{BITS[dtype]}")


@dataclass
class Point:
    """A place in a kernel's loops, and how many neighbours along one axis are taken at once.

    Attributes
    ----------
    indices : sequence of Value
        i64, one per axis of the accesses: of the first lane.
    axis : int
        The axis along which the lanes lie; -1 for a single element.
    lanes : int
        Any number; LLVM takes odd ones apart.
    given : list of Value
        What Given refers to, in all lanes.
    """

    frame: Frame
    indices: Sequence[Value]
    axis: int = -1
    lanes: int = 1
    given: Sequence[Value] = ()

    def evaluate(self, body: Body) -> list[Value]:
        """Write the code of a body; a value for each instruction."""
        values: list[Value] = []
        for step in body:
            if isinstance(step, Apply):
                operands = [values[i] for i in step.operands]
                dtypes = [body[i].dtype for i in step.operands]
                value = apply(self.frame.builder, step.letter, operands, dtypes, step.dtype)
            elif isinstance(step, Load):
                value = self.load(step.access, step.dtype)
            elif isinstance(step, Literal):
                value = literal(step.value, step.dtype, self.lanes)
            elif isinstance(step, Given):
                value = self.given[step.place]
                value = self.frame.builder.splat(value, self.lanes) if value.lanes == 1 else value
            elif isinstance(step, Coordinate):
                value = self.coordinate(step.axis)
            else:
                value = self.gather(step, values[step.index])
            values.append(value)
        return values

    def load(self, access: Access, dtype: str) -> Value:
        """The elements of all lanes."""
        pointer = self.frame.address(access, self.indices, dtype)
        stride = access.strides[self.axis] if self.axis >= 0 else 0
        return load_lanes(self.frame.builder, pointer, dtype, self.lanes, stride)

    def store(self, access: Access, value: Value, dtype: str) -> None:
        """Write the elements of all lanes."""
        pointer = self.frame.address(access, self.indices, dtype)
        stride = access.strides[self.axis] if self.axis >= 0 else 1
        store_lanes(self.frame.builder, pointer, value, dtype, stride)

    def store_all(self, stores: Sequence[Store], body: Body, values: Sequence[Value]) -> None:
        """Write what a body computed: all loads of this point have been done."""
        for each in stores:
            self.store(each.access, values[each.value], body[each.value].dtype)

    def coordinate(self, axis: int) -> Value:
        """The loop index along an axis, in every lane."""
        b, index = self.frame.builder, self.indices[axis]
        index = b.splat(index, self.lanes)
        if axis != self.axis or self.lanes == 1:
            return index
        steps = ", ".join(f"i64 {lane}" for lane in range(self.lanes))
        return b.add(index, Value(f"<{steps}>", index.type))

    def gather(self, step: Gather, index: Value) -> Value:
        """Elements at computed places, lane by lane."""
        pointer = self.frame.address(step.access, self.indices, step.dtype)
        stride = step.access.strides[self.axis] if self.axis >= 0 else 0
        return gather_lanes(self.frame.builder, pointer, step, index, self.lanes, stride)


def load_lanes(b: Builder, pointer: Value, dtype: str, lanes: int, stride: int) -> Value:
    """Elements that lie ``stride`` apart, one in each lane."""
    memory, size = _memory(dtype), BITS[dtype] // 8
    if lanes == 1 or stride == 0:
        value = b.splat(b.load(pointer, memory, size), lanes)
    elif stride == 1:
        value = b.load(pointer, vector(memory, lanes), size)
    else:
        value = Value("poison", vector(memory, lanes))
        for lane in range(lanes):
            element = b.load(b.at(pointer, integer(lane * stride), memory), memory, size)
            value = b.insert(value, element, lane)
    return b.convert("trunc", value, "i1") if dtype == "bool" else value


def store_lanes(b: Builder, pointer: Value, value: Value, dtype: str, stride: int) -> None:
    """Write each lane ``stride`` elements from the one before."""
    size = BITS[dtype] // 8
    value = b.convert("zext", value, "i8") if dtype == "bool" else value
    if value.lanes == 1 or stride == 1:
        b.store(value, pointer, size)
        return
    for lane in range(value.lanes):
        where = b.at(pointer, integer(lane * stride), value.scalar)
        b.store(b.extract(value, lane), where, size)


def gather_lanes(
    b: Builder, pointer: Value, step: Gather, index: Value, lanes: int, stride: int
) -> Value:
    """Elements at computed places, each ``stride`` on; side by side where one index is for all."""
    wrapped = b.add(index, integer(step.length, index.type))
    negative = b.compare("slt", index, integer(0, index.type))
    index = b.select(negative, wrapped, index)
    memory, size = _memory(step.dtype), BITS[step.dtype] // 8
    if index.lanes == 1:
        place = b.mul(index, integer(step.stride))
        return load_lanes(b, b.at(pointer, place, memory), step.dtype, lanes, stride)
    found = Value("poison", vector(memory, lanes))
    for lane in range(lanes):
        place = b.mul(b.extract(index, lane), integer(step.stride))
        place = b.add(place, integer(lane * stride))
        element = b.load(b.at(pointer, place, memory), memory, size)
        found = b.insert(found, element, lane)
    return b.convert("trunc", found, "i1") if step.dtype == "bool" else found


def literal(number: float | int | bool, dtype: str, lanes: int) -> Value:
    """A number in every lane."""
    kind = vector(REGISTER[dtype], lanes)
    if dtype.startswith("float"):
        return floating(float(number), kind)
    return integer(int(number), kind)


def _memory(dtype: str) -> str:
    return "i8" if dtype == "bool" else REGISTER[dtype]
