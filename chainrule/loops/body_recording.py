"""Recording: a function becomes a body; what it closes over becomes inputs of it.

Imports body and the spec reading. scanning.py records the user's function, the derivatives record
those of a body.
"""

import gc
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import UnsupportedError, describe
from chainrule.graph.nodes.node import Node
from chainrule.graph.numpy.leaving import asked_by
from chainrule.graph.numpy.symbol import Constant, Symbol
from chainrule.graph.op.operation import Op
from chainrule.graph.op.rule_call import called_back
from chainrule.graph.readings.reading import inside
from chainrule.graph.readings.specs import SpecSymbol
from chainrule.loops.body import Body, Line, Slot, parts_of
from chainrule.spec import Spec, is_array, is_tuple, spec_of

KEEP = (
    "Return it as a part of the carry or of the outputs: those come out of the scan, the outputs "
    "of all steps along a new first axis."
)


class Stepped(SpecSymbol):
    """A tensor of one step, whatever its values are then."""

    __slots__ = ("__weakref__", "writer")

    def __init__(self, spec: Spec, writer: "Writer") -> None:
        super().__init__(spec, writer.depth)
        self.writer = writer

    def follow(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Write down the op."""
        given = tuple(map(self.writer.operand, operands))
        return self.writer.line(op, given, super().follow(op, given))

    def call_back(
        self, op: Op, rule: str, given: Sequence[Any], wanted: Sequence[bool]
    ) -> list[Any]:
        """A user's rule that wants arrays: it is an op, which is given them at every step."""
        return called_back(op, rule, given, wanted)

    def no_value(self, asked: str) -> UnsupportedError:
        """The error for what was asked."""
        if not self.writer.is_open:
            return _kept(self)
        call, instead = asked_by(asked)
        if self.dtype.kind in "iu":  # array[i] asks so: NumPy lets nobody else read its key
            instead += "Where it picks an entry of an array: cr.take(array, i, axis=0). "
        return UnsupportedError(
            f"{call} asks for a value, but the body of a scan is recorded once for all steps.",
            found=[describe("x", self)],
            do=f"{instead}Choose with where(condition, x, y), decide by x.shape or x.dtype, or "
            "write a loop of Python's, in which every step has its values.",
        )

    def __repr__(self) -> str:
        return f"Stepped({self.shape}, {self.dtype})"


class Writer:
    """Collects the lines of a body.

    ``of_user``: whether arrays may change later, so that they become inputs, or are copied.
    """

    def __init__(self, depth: int, of_user: bool) -> None:
        self.depth = depth
        self._of_user = of_user
        self.is_open = True
        self.closed_over: dict[int, tuple[Any, Stepped]] = {}  # by id; with what has that id
        self._lines: list[tuple[Op, tuple[Any, ...], tuple[Stepped, ...], bool]] = []
        self._alive: list[weakref.ref[Stepped]] = []

    def symbol(self, spec: Spec) -> Stepped:
        """A new tensor of a step."""
        made = Stepped(spec, self)
        self._alive.append(weakref.ref(made))
        return made

    def line(self, op: Op, operands: tuple[Any, ...], found: Any) -> Any:
        """One more op, and its results."""
        outs = tuple(self.symbol(x.spec) for x in parts_of(found))
        self._lines.append((op, operands, outs, is_tuple(found)))
        return outs if is_tuple(found) else outs[0]

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def operand(self, x: Any) -> Any:
        """An operand as it stands in a line: tensors of other graphs become inputs."""
        if isinstance(x, Stepped) and not x.writer.is_open:
            raise _kept(x)
        if isinstance(x, Constant) or (isinstance(x, Stepped) and x.writer is self):
            return x
        of_user = self._of_user and is_array(x)
        if isinstance(x, Symbol) or (of_user and x.dtype.kind == "f" and x.ndim):
            _, known = self.closed_over.get(id(x), (None, None))
            if known is None:
                known = self.symbol(spec_of(x))
                self.closed_over[id(x)] = x, known
            return known
        return x.copy() if of_user else x  # a mask or places, which may decide shapes

    def result(self, x: Any) -> Any:
        """What the function returned."""
        while isinstance(x, Node) and x.depth >= self.depth:
            x = x.value  # of a derivative that was taken inside
        if isinstance(x, Symbol) and not isinstance(x, Constant):
            return self.operand(x)
        return np.array(x.value if isinstance(x, Constant) else x)

    def body(self, inputs: Sequence[Stepped], results: Sequence[Any]) -> Body:
        """All of it."""
        given = [*inputs, *(made for _, made in self.closed_over.values())]
        made = [out for _, _, outs, _ in self._lines for out in outs]
        slots = {id(x): Slot(i) for i, x in enumerate([*given, *made])}

        def placed(values: Sequence[Any]) -> tuple[Any, ...]:
            return tuple(slots[id(x)] if isinstance(x, Stepped) else x for x in values)

        lines = tuple(
            Line(op, placed(operands), tuple(x.spec for x in outs), several)
            for op, operands, outs, several in self._lines
        )
        return Body(tuple(x.spec for x in given), lines, placed(results))

    def close(self) -> None:
        """From now on its tensors stand for nothing."""
        self.is_open = False
        self._lines.clear()

    def left(self) -> list[Stepped]:
        """The tensors that somebody still holds."""
        if any(x() is not None for x in self._alive):
            gc.collect()
        return [found for x in self._alive if (found := x()) is not None]


@dataclass(frozen=True, eq=False)
class Recorded:
    """A body, and what stands in the places of its last inputs."""

    body: Body
    closed_over: tuple[Any, ...]


def record(function: Callable[..., Sequence[Any]], specs: Sequence[Spec]) -> Recorded:
    """Run a user's function once on tensors of which nothing is known but shape and dtype.

    Parameters
    ----------
    function : callable
        Takes one tensor per Spec and returns a flat sequence of tensors, arrays or numbers.

    Raises
    ------
    UnsupportedError
        If the function asks for a value, or keeps a tensor where it outlives the step.
    """
    found, writer = _run(function, specs, of_user=True)
    left = writer.left()
    if left:
        raise _kept(left[0])
    return found


def derived(function: Callable[..., Sequence[Any]], specs: Sequence[Spec]) -> Body:
    """The same for a function of ours, which takes all that it reads as inputs."""
    found, _ = _run(function, specs, of_user=False)
    assert not found.closed_over, "a body takes all that it reads as inputs"
    return found.body


def _run(
    function: Callable[..., Sequence[Any]], specs: Sequence[Spec], of_user: bool
) -> tuple[Recorded, Writer]:
    with inside() as depth:
        writer = Writer(depth, of_user)
        try:
            given = [writer.symbol(spec) for spec in specs]
            results = [writer.result(x) for x in function(*given)]
            body = writer.body(given, results)
            outer = tuple(x for x, _ in writer.closed_over.values())
        finally:
            writer.close()
            writer.closed_over = {}
    return Recorded(body, outer), writer


def _kept(x: Stepped) -> UnsupportedError:
    return UnsupportedError(
        "the body of a scan has left a tensor of one step outside: in a list, an attribute or a "
        "variable. It is recorded once, so that this would happen once, and not at every step.",
        found=[describe("x", x)],
        do=KEEP,
    )
