"""Programs: straight lines of calls on earlier values, as data that runs, shrinks and prints.

Imports the catalogue. Everything else in this package makes, judges or shrinks programs.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np

from chainrule.graph.numpy.symbol import plain
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.spec import is_list, is_tuple

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Ref:
    """An earlier value of the program: a leaf or the result of a line, or one of its results."""

    place: int
    part: int | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """One call: an op's public name, and arguments of which some are earlier values."""

    name: str
    args: tuple[Any, ...]
    keywords: dict[str, Any] = field(default_factory=dict[str, Any])

    def refs(self) -> tuple[Ref, ...]:
        """The earlier values it reads, in order."""
        return tuple(_refs(self.args))

    def rewritten(self, new: dict[Ref, Any]) -> "Line":
        """The same call with some of its references replaced."""
        return replace(self, args=tuple(_rewritten(x, new) for x in self.args))

    def constants(self) -> Iterator[Array]:
        """The arrays of numbers that stand in the call itself."""
        for x in _flat(self.args):
            if is_array(x):
                yield x


@dataclass(frozen=True, eq=False)
class Program:
    """Leaves, lines, and the values whose weighted sum is differentiated.

    Value ``i`` is leaf ``i``, or line ``i - len(leaves)``. Directions and weights are functions of
    ``seed`` and the shapes, or all 1 where ``plain``.
    """

    leaves: tuple[Array, ...]
    lines: tuple[Line, ...]
    ends: tuple[Ref, ...]
    seed: int = 0
    plain: bool = False

    def run(self, leaves: Sequence[Any]) -> list[Any]:
        """All values, leaves first."""
        values = list(leaves)
        for line in self.lines:
            values.append(call(line, values))
        return values

    def as_type(self, dtype: Any) -> "Program":
        """The same program on leaves and constants of another floating-point type."""
        return replace(
            self,
            leaves=tuple(x.astype(dtype) for x in self.leaves),
            lines=tuple(
                replace(e, args=tuple(_typed(x, dtype) for x in e.args)) for e in self.lines
            ),
        )

    def line_of(self, place: int) -> Line | None:
        """The line that made a value; None for a leaf."""
        return None if place < len(self.leaves) else self.lines[place - len(self.leaves)]

    def pruned(self) -> "Program":
        """Without the lines and leaves that no end depends on."""
        count = len(self.leaves)
        needed = {end.place for end in self.ends}
        for i in reversed(range(len(self.lines))):
            if count + i in needed:
                needed.update(ref.place for ref in self.lines[i].refs())
        kept = sorted(needed)
        number = {old: new for new, old in enumerate(kept)}

        def moved(ref: Ref) -> Ref:
            return Ref(number[ref.place], ref.part)

        lines = [self.lines[i - count] for i in kept if i >= count]
        return replace(
            self,
            leaves=tuple(self.leaves[i] for i in kept if i < count),
            lines=tuple(e.rewritten({r: moved(r) for r in e.refs()}) for e in lines),
            ends=tuple(map(moved, self.ends)),
        )


def call(line: Line, values: Sequence[Any]) -> Any:
    """Run one line on the values before it."""
    args = [_filled(x, values) for x in line.args]
    return CATALOGUE.function(line.name)(*args, **line.keywords)


def sinks(program: Program, values: Sequence[Any]) -> tuple[Ref, ...]:
    """The floating-point results that no line reads."""
    read = {ref for line in program.lines for ref in line.refs()}
    return tuple(
        ref
        for place in range(len(program.leaves), len(values))
        for ref in parts_of(place, values[place])
        if ref not in read and pick(ref, values).dtype.kind == "f"
    )


def parts_of(place: int, value: Any) -> tuple[Ref, ...]:
    """A reference to each result of a line."""
    if is_tuple(value) or is_list(value):
        return tuple(Ref(place, part) for part in range(len(value)))
    return (Ref(place),)


def pick(ref: Ref, values: Sequence[Any]) -> Any:
    """The value that a reference points to."""
    value = values[ref.place]
    return value if ref.part is None else value[ref.part]


def is_array(x: Any) -> TypeGuard[Array]:
    """Whether it is an array, of any type."""
    return isinstance(x, np.ndarray)


def as_array(x: Any) -> Array:
    """An array of it, whatever it is."""
    return np.asarray(plain(x))


def _filled(x: Any, values: Sequence[Any]) -> Any:
    if type(x) is Ref:
        return pick(x, values)
    return [_filled(each, values) for each in x] if is_list(x) else x


def _rewritten(x: Any, new: dict[Ref, Any]) -> Any:
    if type(x) is Ref:
        return new.get(x, x)
    return [_rewritten(each, new) for each in x] if is_list(x) else x


def _typed(x: Any, dtype: Any) -> Any:
    if is_array(x):
        return x.astype(dtype) if x.dtype.kind == "f" else x
    return [_typed(each, dtype) for each in x] if is_list(x) else x


def _flat(args: Any) -> Iterator[Any]:
    for x in args:
        if is_list(x):
            yield from _flat(x)
        else:
            yield x


def _refs(args: Any) -> Iterator[Ref]:
    return (x for x in _flat(args) if type(x) is Ref)
