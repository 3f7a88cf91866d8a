"""Same flow: whether two recordings of a function compute the same.

Imports steps and Symbol. Compiled functions and training steps are recorded twice, to see what
changes.
"""

from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.plan.steps import Array, Flow, Map, Ref
from chainrule.spec import fields_of, is_array, is_list, is_tuple


def same_flow(one: Flow, other: Flow) -> bool:
    """Whether two flows have the same steps on the same arrays; constants are looked at."""
    parts = [(x.inputs, x.steps, x.outputs, sorted(x.updates.items())) for x in (one, other)]
    return _Comparison().same(*parts)


class _Comparison:
    """Compares part by part; arrays are numbered as they come."""

    def __init__(self) -> None:
        self._numbers: tuple[dict[Array, int], dict[Array, int]] = {}, {}

    def same(self, one: Any, other: Any) -> bool:
        """Whether one part of a flow is like the same part of the other."""
        kind = one.__class__
        if kind is not other.__class__:
            return False
        if kind is Array:
            return self._same_array(one, other)
        if kind is Ref:  # most of what there is
            lies = one.shape == other.shape and one.strides == other.strides
            lies = lies and one.offset == other.offset
            return lies and self._same_array(one.array, other.array)
        if kind is Map:
            given = one.letter == other.letter and len(one.operands) == len(other.operands)
            given = given and all(map(self.same, one.operands, other.operands))
            return given and self._same_array(one.out, other.out)
        if is_tuple(one) or is_list(one):
            return len(one) == len(other) and all(map(self.same, one, other))
        if names := fields_of(kind):
            return all(self.same(getattr(one, name), getattr(other, name)) for name in names)
        if is_array(one):
            about = [(x.shape, str(x.dtype), x.tobytes()) for x in (one, other)]
            return about[0] == about[1]
        if issubclass(kind, (float, complex, np.generic)):  # NaN is NaN here, and 0 is not -0
            return repr(one) == repr(other)
        # A value of a recording, kept in an op, can only be asked inside it.
        return one is other or (not isinstance(one, Symbol) and _are_equal(one, other))

    def _same_array(self, one: Array, other: Array) -> bool:
        numbers, others = self._numbers
        known = numbers.get(one)
        if known is not None or other in others:
            return known == others.get(other)
        numbers[one] = others[other] = len(numbers)
        alike = one.shape == other.shape and one.dtype == other.dtype
        return alike and self.same(one.value, other.value)


def _are_equal(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except Exception:  # an op keeps what it wants: a frame does not say yes or no
        return False
