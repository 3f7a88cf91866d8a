"""Formulas: an op that is no primitive is read by what its own file says; else Python is called.

Imports the families, moves, words and opaque. dispatch.py comes here last.

    Word              its formula, of operands in the dtype of the result
    Elementwise,      their formula; what goes wrong in it is the caller's error
    Composite
    Movement          a view, or elements picked by the places they come from
    Structured, and   their formula, if symbols can read it; else a call of the whole op, and a
    any op of a user  warning where its family says that there could be one
"""

import warnings
from typing import Any

import numpy as np

from chainrule.errors import EagerWarning
from chainrule.graph.nodes.node import Node, closed_over
from chainrule.graph.op.families import Letter, Movement, Structured
from chainrule.graph.op.operation import Op
from chainrule.plan.lower import by_python as opaque
from chainrule.plan.lower import moves
from chainrule.plan.lower.words import spelled
from chainrule.plan.recorder import Recorded, Recorder, several
from chainrule.plan.rewrite import with_operands
from chainrule.plan.steps import Number, Step


class ReadsItselfError(Exception):
    """A forward that is one call of the NumPy function that the op stands for."""

    def __str__(self) -> str:
        return "forward calls the op itself; its formula in other ops is missing"


def read(recorder: Recorder, op: Op, operands: tuple[Any, ...]) -> Any:
    """The steps of an op that is no primitive."""
    written = type(op).formula is not Op.formula
    if op.guarded or (isinstance(op, Structured) and not written):
        return _tried(recorder, op, operands)
    if isinstance(op, Letter):
        return spelled(recorder, op, operands)
    return _formula(recorder, op, operands)


def _formula(recorder: Recorder, op: Op, operands: tuple[Any, ...]) -> Any:
    """The steps of an op's own formula; numbers become arrays where it asks for their shape."""
    if any(_same(given, operands) and known == op for known, given in recorder.reading):
        raise ReadsItselfError
    recorder.reading.append((op, operands))
    try:
        return op.formula(*operands)
    except (AttributeError, TypeError):
        arrays = tuple(np.asarray(x) if isinstance(x, int | float) else x for x in operands)
        if _same(arrays, operands):
            raise
        return op.formula(*arrays)
    finally:
        recorder.reading.pop()


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(x is y for x, y in zip(one, other, strict=True))


def _tried(recorder: Recorder, op: Op, operands: tuple[Any, ...]) -> Any:
    """By a view, the formula or places, whichever is possible first; else a call of the op."""
    count, reason = len(recorder.steps), ""
    attempts = [_fixed_formula]
    if isinstance(op, Movement):
        attempts = [moves.as_view, _fixed_formula, _by_places]
    for attempt in attempts:
        found: Any = None
        try:
            with np.errstate(all="ignore"):
                found = attempt(recorder, op, operands)
        except Exception as error:  # NumPy code on a symbol fails in many ways
            reason = reason or f"{error}".splitlines()[0]
        for x in several(found):
            if isinstance(x, Node) and x.wants_gradient:
                raise closed_over(op, x)
        if all(isinstance(x, Recorded) for x in several(found)):
            return found
        recorder.take_back(count)
    found = opaque.call(recorder, op, operands)
    if isinstance(op, Structured):
        _warn(op, reason)
    return found


def _by_places(recorder: Recorder, op: Op, operands: tuple[Any, ...]) -> Any:
    return moves.as_places(op, operands)


def _fixed_formula(recorder: Recorder, op: Op, operands: tuple[Any, ...]) -> Any:
    """The formula's results; None where a second run meets other constants: they are random."""
    start = len(recorder.steps)
    found = _formula(recorder, op, operands)
    if not op.guarded:
        return found
    middle = len(recorder.steps)
    _formula(recorder, op, operands)
    first, second = recorder.steps[start:middle], recorder.steps[middle:]
    recorder.take_back(middle)
    return found if _constants(first) == _constants(second) else None


def _constants(steps: list[Step]) -> list[Any]:
    """The numbers and known arrays that steps read, in order."""
    found: list[Any] = []

    def see(x: Any) -> Any:
        if isinstance(x, Number):
            found.append((repr(x.value), x.dtype))
        elif x.array.value is not None:
            found.append((x.shape, x.strides, x.offset, x.array.value.tobytes()))
        return x

    for step in steps:
        with_operands(step, see, see)
    return found


def _warn(op: Op, reason: str) -> None:
    family = next(base.__name__ for base in type(op).__mro__ if base.__module__ == FAMILIES)
    warnings.warn(
        f"{op.name} is called back by compiled code: its forward cannot be recorded"
        f"{f' ({reason})' if reason else ''}. Write `formula`, the result of this {family} in "
        "terms of chainrule's ops.",
        EagerWarning,
        stacklevel=2,
    )


FAMILIES = Structured.__module__
