"""Body: what a function computes in one step, as the ops that it applied, one line each.

Imports the graph's op and Spec. body_recording.py writes bodies; the op of a scan runs them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.graph.op.operation import Op
from chainrule.spec import Spec, is_tuple


@dataclass(frozen=True)
class Slot:
    """The place of a value: inputs are numbered first, then the results of one line after another.

    Everything else that stands among operands or results is the same at every step.
    """

    number: int


@dataclass(frozen=True, eq=False)
class Line:
    """An op, what it is applied to, and what comes out."""

    op: Op
    operands: tuple[Any, ...]
    outs: tuple[Spec, ...]
    several: bool  # whether the op returns a tuple


@dataclass(frozen=True, eq=False, repr=False)
class Body:
    """A function of some tensors, without a variable of Python's.

    Attributes
    ----------
    inputs : tuple of Spec
    lines : tuple of Line
    results : tuple of (Slot or array)
    """

    inputs: tuple[Spec, ...]
    lines: tuple[Line, ...]
    results: tuple[Any, ...]

    def __call__(self, *given: Any) -> list[Any]:
        """The results, by whatever flows in."""
        values = list(given)
        for line in self.lines:
            found = line.op(*[values[x.number] if type(x) is Slot else x for x in line.operands])
            if line.several:
                values += found
            else:
                values.append(found)
        return [values[x.number] if type(x) is Slot else x for x in self.results]

    def __repr__(self) -> str:
        return f"<body of {len(self.lines)} ops>"

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What has been derived from it; gone when it is."""
        return {}

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """Of every value, in the order of the slots."""
        return (*self.inputs, *(spec for line in self.lines for spec in line.outs))

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        """The slot of the first result of each line."""
        found: list[int] = []
        number = len(self.inputs)
        for line in self.lines:
            found.append(number)
            number += len(line.outs)
        return tuple(found)

    @cached_property
    def makers(self) -> dict[int, Line]:
        """The line behind each slot that is no input."""
        pairs = zip(self.firsts, self.lines, strict=True)
        return {first + i: line for first, line in pairs for i in range(len(line.outs))}

    def reached(self, marked: Iterable[int], carries: int) -> set[int]:
        """The slots whose values move with the marked inputs, in this step or in a later one.

        The first ``carries`` results are the first inputs of the next step.
        """
        found = {i for i in marked if self.is_float(i)}
        while True:
            for first, line in zip(self.firsts, self.lines, strict=True):
                if not line.op.flat and any(x in found for x in slots_of(line.operands)):
                    found.update(i for i in range(first, first + len(line.outs)))
            found = {i for i in found if self.is_float(i)}
            more = {i for i in range(carries) if self._is_among(i, found) and self.is_float(i)}
            if more <= found:
                return found
            found |= more

    def reaching(self, marked: Iterable[int], carries: int) -> set[int]:
        """The slots that move the marked results, of this step or of a later one."""
        found = {x.number for i in marked for x in (self.results[i],) if type(x) is Slot}
        while True:
            for first, line in reversed(list(zip(self.firsts, self.lines, strict=True))):
                outs = range(first, first + len(line.outs))
                if not line.op.flat and any(i in found for i in outs):
                    found.update(slots_of(line.operands))
            ends = [self.results[i] for i in range(carries) if i in found]
            more = set(slots_of(ends))
            if more <= found:
                return found
            found |= more

    def is_float(self, slot: int) -> bool:
        """Whether a derivative can pass through a value."""
        return self.specs[slot].dtype.kind == "f"

    def _is_among(self, result: int, slots: set[int]) -> bool:
        x = self.results[result]
        return type(x) is Slot and x.number in slots


def slots_of(values: Iterable[Any]) -> list[int]:
    """The numbers of the slots among some operands or results."""
    return [x.number for x in values if type(x) is Slot]


def part(body: Body, inputs: Sequence[int], results: Sequence[Any]) -> Body:
    """The lines that lead from some values of a body, given by their slots, to some others."""
    wanted = set(slots_of(results)) - set(inputs)
    chosen: list[tuple[int, Line]] = []
    for first, line in reversed(list(zip(body.firsts, body.lines, strict=True))):
        if any(i in wanted for i in range(first, first + len(line.outs))):
            chosen.append((first, line))
            wanted.update(i for i in slots_of(line.operands) if i not in inputs)
    numbers = {slot: i for i, slot in enumerate(inputs)}
    count = len(inputs)
    lines: list[Line] = []
    for first, line in reversed(chosen):
        lines.append(Line(line.op, _renumbered(line.operands, numbers), line.outs, line.several))
        for i in range(len(line.outs)):
            numbers.setdefault(first + i, count + i)
        count += len(line.outs)
    specs = tuple(body.specs[slot] for slot in inputs)
    return Body(specs, tuple(lines), _renumbered(results, numbers))


def _renumbered(values: Sequence[Any], numbers: dict[int, int]) -> tuple[Any, ...]:
    return tuple(Slot(numbers[x.number]) if type(x) is Slot else x for x in values)


def parts_of(found: Any) -> tuple[Any, ...]:
    """One result or several, as a tuple."""
    return found if is_tuple(found) else (found,)
