"""Steadiness: whether two recordings of a body compute the same.

Imports body and errors. scanning.py records a user's function twice, to see what changes.
"""

from typing import Any

from chainrule.errors import UnsupportedError
from chainrule.loops.body import Body, Line
from chainrule.loops.body_recording import Recorded
from chainrule.spec import fields_of, is_array, is_sequence


def require_same(one: Recorded, other: Recorded) -> None:
    """Raise unless two recordings of a body are the same.

    Raises
    ------
    UnsupportedError
        If a number in them differs: it was drawn at random, or counted, and would be the same at
        all steps.
    """
    if not _same(one, other):
        raise UnsupportedError(
            "recorded twice, the body of this scan computes two different things, of which all "
            "steps would repeat one: it draws random numbers, or changes a variable outside.",
            do="Draw before, or give each step a key of its own as its entry of xs: "
            "np.stack([cr.fold(key, i) for i in range(n)]). What changes from step to step is "
            "carried.",
        )


def _same(one: Any, other: Any) -> bool:
    """Whether two parts have the same ops on the same numbers; other settings are not asked."""
    if isinstance(one, Recorded) and isinstance(other, Recorded):
        return _same(one.body, other.body) and _all(one.closed_over, other.closed_over)
    if isinstance(one, Body) and isinstance(other, Body):
        same = one.inputs == other.inputs and len(one.lines) == len(other.lines)
        return same and _all(one.lines, other.lines) and _all(one.results, other.results)
    if isinstance(one, Line) and isinstance(other, Line):
        kinds = [type(line.op) for line in (one, other)]
        settings = [[getattr(line.op, f) for f in fields_of(kinds[0])] for line in (one, other)]
        return kinds[0] is kinds[1] and _all(one.operands, other.operands) and _all(*settings)
    if is_sequence(one) and is_sequence(other):
        return _all(one, other)
    if is_array(one) and is_array(other):
        return one is other or (one.shape, one.dtype, one.tobytes()) == (
            other.shape,
            other.dtype,
            other.tobytes(),
        )
    if isinstance(one, int | float | str) and isinstance(other, int | float | str):
        return repr(one) == repr(other)
    return type(one) is type(other)


def _all(one: Any, other: Any) -> bool:
    return len(one) == len(other) and all(map(_same, one, other))
