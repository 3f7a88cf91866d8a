"""Numbering: every different value of a kernel once, with the axes along which it changes.

Imports the kernels' instructions. Values computes them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chainrule.plan.scalar import (
    Access,
    Apply,
    Body,
    Coordinate,
    Gather,
    Given,
    Instruction,
    Literal,
    Load,
)


@dataclass(frozen=True)
class Numbered:
    """An instruction whose operands are numbers of nodes.

    Attributes
    ----------
    axes : tuple of int
        Along which it changes, in order.
    late : bool
        Whether it reads what the kernel itself writes, or Given: not before its pass begins.
    """

    step: Instruction
    axes: tuple[int, ...]
    late: bool

    @property
    def operands(self) -> tuple[int, ...]:
        """Numbers of the nodes that it reads."""
        if isinstance(self.step, Apply):
            return self.step.operands
        return (self.step.index,) if isinstance(self.step, Gather) else ()


class Numbering:
    """The nodes of all bodies of a kernel; equal instructions share one.

    Parameters
    ----------
    shape : tuple of int
        Lengths of the axes; accesses with fewer strides do not move along the last ones.
    outer : int
        Number of axes along which Given changes.
    written : set of int
        The buffers that the kernel stores to.
    """

    def __init__(self, shape: tuple[int, ...], outer: int, written: set[int]) -> None:
        self.nodes: list[Numbered] = []
        self._shape, self._outer, self._written = shape, outer, written
        self._numbers: dict[tuple[Instruction, str], int] = {}
        self._version: dict[int, int] = {}
        self._stored: dict[Access, int] = {}

    def add(self, body: Body) -> list[int]:
        """The numbers of a body's instructions."""
        numbers: list[int] = []
        for step in body:
            if isinstance(step, Apply):
                step = replace(step, operands=tuple(numbers[i] for i in step.operands))
                step = self._narrow(step) if step.letter == "equal" else step
            elif isinstance(step, (Load, Gather)):
                step = replace(step, access=self.widen(step.access))
                if isinstance(step, Gather):
                    step = replace(step, index=numbers[step.index])
            numbers.append(self.number(step))
        return numbers

    def widen(self, access: Access) -> Access:
        """With a stride of 0 along the axes that it does not know."""
        missing = len(self._shape) - len(access.strides)
        return replace(access, strides=(*access.strides, *[0] * missing)) if missing else access

    def stored(self, access: Access, number: int, forward: bool) -> None:
        """Later loads of the buffer read what is there now; of just this place, the value."""
        access = self.widen(access)
        self._version[access.buffer] = self._version.get(access.buffer, 0) + 1
        self._stored = {a: n for a, n in self._stored.items() if a.buffer != access.buffer}
        if forward:
            self._stored[access] = number

    def needed(self, roots: Iterable[int]) -> list[int]:
        """The nodes that these are computed from, and themselves, operands first."""
        found: set[int] = set()
        waiting = list(roots)
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += self.nodes[number].operands
        return sorted(found)

    def levels(self, numbers: Iterable[int], order: Sequence[int]) -> list[list[int]]:
        """By the innermost loop on which they depend, and 0 for none; not those of other axes."""
        levels: list[list[int]] = [[] for _ in range(len(order) + 1)]
        for number in numbers:
            axes = self.nodes[number].axes
            if all(axis in order for axis in axes):
                levels[max((order.index(axis) + 1 for axis in axes), default=0)].append(number)
        return levels

    def accesses(self, numbers: Iterable[int]) -> dict[Access, str]:
        """Where nodes load, and the dtype there."""
        steps = [self.nodes[number].step for number in numbers]
        return {s.access: s.dtype for s in steps if isinstance(s, (Load, Gather))}

    def _narrow(self, step: Apply) -> Apply:
        """Compare a place with a label in int32: as many lanes as float32 has."""
        for one, other in (step.operands, step.operands[::-1]):
            place, label = self.nodes[one].step, self.nodes[other]
            if not isinstance(place, Coordinate) or label.step.dtype != "int64":
                continue
            length = self._shape[place.axis]
            if length < 2**31 and place.axis not in label.axes:
                found = self.number(Coordinate(place.axis, "int32"))
                return Apply("equal", (found, self._label(other, length)), "bool")
        return step

    def _label(self, number: int, length: int) -> int:
        """A label as int32: -1, which is no place, if it is none."""
        zero, end = (self.number(Literal(n, "int64")) for n in (0, length))
        low = self.number(Apply("less_equal", (zero, number), "bool"))
        high = self.number(Apply("less", (number, end), "bool"))
        inside = self.number(Apply("logical_and", (low, high), "bool"))
        narrow = self.number(Apply("cast", (number,), "int32"))
        nowhere = self.number(Literal(-1, "int32"))
        return self.number(Apply("where", (inside, narrow, nowhere), "int32"))

    def number(self, step: Instruction) -> int:
        apart = ""  # what equality does not see
        if isinstance(step, (Load, Gather)):
            apart = str(self._version.get(step.access.buffer, 0))
            if isinstance(step, Load) and step.access in self._stored:
                return self._stored[step.access]
        elif isinstance(step, Literal):
            apart = str(step.value)  # -0.0 is not 0.0
        known = self._numbers.get((step, apart))
        if known is None:
            known = self._numbers[step, apart] = len(self.nodes)
            self.nodes.append(self._node(step))
        return known

    def _node(self, step: Instruction) -> Numbered:
        axes: set[int] = set()
        late = False
        if isinstance(step, (Load, Gather)):
            axes |= {axis for axis, stride in enumerate(step.access.strides) if stride}
            late = step.access.buffer in self._written
        elif isinstance(step, Coordinate):
            axes.add(step.axis)
        elif isinstance(step, Given):
            axes |= set(range(self._outer))
            late = True
        operands: Sequence[int] = ()
        if isinstance(step, Apply):
            operands = step.operands
        elif isinstance(step, Gather):
            operands = (step.index,)
        for number in operands:
            axes |= set(self.nodes[number].axes)
            late |= self.nodes[number].late
        return Numbered(step, tuple(sorted(axes)), late)
