"""Repairs: the written rule is run again with one step changed; what heals it names the bug.

Imports the graph and evidence. Works for rules that symbols can flow through: those written with
ops, operators or NumPy's functions.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.doctor.evidence import Evidence
from chainrule.doctor.rules import as_gradient
from chainrule.doctor.subject import Array, is_float_array
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operation import Op, compute
from chainrule.graph.readings.reading import Valued
from chainrule.spec import is_sequence, is_tuple

Change = Callable[[Op, tuple[Any, ...]], Iterator[Callable[[], Any]]]
MOST_IN_PAIRS = 8  # of them that are changed two at a time
MOST_STEPS = 60  # of one rule that are changed in turn


class Step(Valued, Symbol):
    """A value inside a rule that is run with one of its steps changed."""

    __slots__ = ("run", "value")
    rank = 50

    def __init__(self, value: Any, run: "Rerun") -> None:
        self.value = value
        self.run = run

    def astype(self, dtype: Any, *memory: Any, **more: Any) -> "Step":
        """The value in another type."""
        return Step(np.asarray(self.value).astype(dtype), self.run)

    def read(self, op: Op, operands: tuple[Any, ...]) -> Any:
        """Compute the op, or what stands in its place."""
        with np.errstate(all="ignore"):
            out = self.run.compute(op, self.values(operands))
        return tuple(Step(x, self.run) for x in out) if is_tuple(out) else Step(out, self.run)

    def __repr__(self) -> str:
        return f"Step({self.value!r})"


class Rerun:
    """One run of a rule, in which the step of a number is changed in the way of a number."""

    def __init__(self, change: Change, steps: tuple[int, ...], way: int) -> None:
        self.change, self.steps, self.way = change, steps, way
        self.count = 0
        self.changed = False

    def compute(self, op: Op, values: tuple[Any, ...]) -> Any:
        """The value of one step."""
        ways = list(self.change(op, values))
        if ways:
            self.count += 1
            chosen = not self.steps or self.count - 1 in self.steps
            if chosen and self.way < len(ways):
                self.changed = True
                return ways[self.way]()
        return compute(op, values)


def healed(e: Evidence, i: int, change: Change) -> bool:
    """Whether a change of one step, of two, or of all alike gives the true gradient."""
    if not e.expected[i].known.any():
        return False
    count = MOST_STEPS
    for steps in _choices():
        if any(step >= count for step in steps):
            continue
        run = Rerun(change, steps, 0)
        way, changed = 0, True
        while changed:
            run = Rerun(change, steps, way)
            found = _gradient(e, i, run)
            changed, way = run.changed, way + 1
            if changed and found is not None and _is_true(e, i, found):
                return True
        if not steps or steps == (0,):
            count = max(run.count, 1)
    return False


def _choices() -> Iterator[tuple[int, ...]]:
    """The steps that are changed together; none means all."""
    yield ()
    yield from ((step,) for step in range(MOST_STEPS))
    yield from itertools.combinations(range(MOST_IN_PAIRS), 2)


def _is_true(e: Evidence, i: int, found: Array) -> bool:
    if found.shape != e.expected[i].value.shape:
        return False
    wrong = replace(e, found=(*e.found[:i], found, *e.found[i + 1 :])).wrong(i)
    return wrong is not None and not wrong.any()


def _gradient(e: Evidence, i: int, run: Rerun) -> Array | None:
    """The written gradient of one input, on symbols that watch each step."""
    subject = e.subject
    operands = [Step(x, run) if is_float_array(x) else x for x in subject.operands]
    out = e.answer.out
    outs = tuple(Step(x, run) for x in out) if is_sequence(out) else Step(out, run)
    try:
        with np.errstate(all="ignore"):
            upstreams: Any = tuple(Step(u, run) for u in e.upstreams)
            entries: Any = subject.rule(upstreams, operands, outs)
            entry: Any = entries[i] if is_sequence(entries) else entries
            entry = entry() if callable(entry) else entry
            return as_gradient(subject, entry, subject.operands[i])
    except Exception:
        return None


def another_axis(op: Op, values: tuple[Any, ...]) -> Iterator[Callable[[], Any]]:
    """The op along every other axis."""
    if "axis" not in op.attributes:
        return
    ndim = np.ndim(values[0])
    own: Any = getattr(op, "axis", None)
    axes: list[Any] = [*range(ndim)]
    if own is not None:
        axes.append(None)
    for axis in axes:
        if axis != own and (
            not isinstance(own, int) or axis is None or axis != own % max(ndim, 1)
        ):
            other = type(op)(**{**_attributes(op), "axis": axis})
            yield lambda other=other: compute(other, values)


def another_transposition(op: Op, values: tuple[Any, ...]) -> Iterator[Callable[[], Any]]:
    """A product with an operand turned; a transposition left away."""
    if op.changes_only == "axes":
        yield lambda: values[0]
    if op.symbol == "@":
        x, y = values
        turned: list[Any] = [np.swapaxes(v, -1, -2) if np.ndim(v) >= 2 else None for v in values]
        if turned[0] is not None:
            yield lambda: compute(op, (turned[0], y))
        if turned[1] is not None:
            yield lambda: compute(op, (x, turned[1]))
        if turned[0] is not None and turned[1] is not None:
            yield lambda: compute(op, (turned[0], turned[1]))


def another_sign(op: Op, values: tuple[Any, ...]) -> Iterator[Callable[[], Any]]:
    """Minus for plus, plus for minus; a negation left away."""
    if op.symbol == "+" and len(values) == 2:
        yield lambda: values[0] - values[1]
        yield lambda: values[1] - values[0]
    if op.symbol == "-" and len(values) == 2:
        yield lambda: values[0] + values[1]
    if op.symbol == "-" and len(values) == 1:
        yield lambda: values[0]


def _attributes(op: Op) -> dict[str, Any]:
    return {name: getattr(op, name) for name in op.attributes}
