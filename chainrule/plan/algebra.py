"""Algebra: Maps that say the same with less work. NaN, infinities and the sign of 0 are kept.

Imports steps and views. simplify applies these rules to every Map, in the order of the Flow.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import copysign, frexp, isfinite
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.plan.steps import Array, Map, Number, Operand, Ref, Step
from chainrule.plan.views import is_whole

Makers = Mapping[Array, Step]
Found = Operand | Map | None
ONCE = ("maximum", "minimum", "logical_and", "logical_or")  # of x and x: x


def simpler(step: Map, makers: Makers) -> Found:
    """What can stand in the place of a Map: an operand, another Map, or None for nothing better.

    Parameters
    ----------
    makers : mapping of Array to Step
        The steps so far, by what they make.
    """
    rule = RULES.get(step.letter)
    found = None if rule is None else rule(step, makers)
    if found is None and step.letter in ONCE and _same(*step.operands):
        return step.operands[0]
    return found


def _copy(step: Map, makers: Makers) -> Found:
    return step.operands[0]


def _cast(step: Map, makers: Makers) -> Found:
    """To the same dtype: nothing. What was widened exactly before is cast from its source."""
    (x,) = step.operands
    if x.dtype == step.out.dtype:
        return x
    before = _maker(x, makers, "cast")
    if before is not None and _is_exact(before.operands[0].dtype, x.dtype):
        source = before.operands[0]
        return source if source.dtype == step.out.dtype else replace(step, operands=(source,))
    return None


def _is_exact(narrow: str, wide: str) -> bool:
    """Whether every number of one dtype is one of the other: NumPy calls int64 safe in float64."""
    small, large = np.dtype(narrow), np.dtype(wide)
    whole_to_float = small.kind in "iu" and large.kind == "f"
    fits = not whole_to_float or small.itemsize < large.itemsize
    return fits and np.can_cast(small, large, "safe")


def _add(step: Map, makers: Makers) -> Found:
    """Less nothing; and the sum with -y is a difference."""
    x, y = step.operands
    for one, other in ((x, y), (y, x)):
        if isinstance(other, Number) and (_is(other, -0.0) or _is_whole_zero(other)):
            return one
    for one, other in ((x, y), (y, x)):
        turned = _maker(other, makers, "negative")
        if turned is not None:
            return replace(step, letter="subtract", operands=(one, turned.operands[0]))
    return None


def _subtract(step: Map, makers: Makers) -> Found:
    """x - 0 is x, also where x is -0.0; x - (-y) is a sum."""
    x, y = step.operands
    if _is(y, 0.0) or _is_whole_zero(y):
        return x
    turned = _maker(y, makers, "negative")
    if turned is not None:
        return replace(step, letter="add", operands=(x, turned.operands[0]))
    return None


def _multiply(step: Map, makers: Makers) -> Found:
    """By 1, or by -1; the sign of -x goes into the number it is multiplied by."""
    x, y = step.operands
    for one, other in ((x, y), (y, x)):
        if not isinstance(other, Number):
            if isinstance(one, Ref) and _is_ones(other):
                return one
            continue
        if other.value == 1:
            return one
        if _is(other, -1.0):
            return replace(step, letter="negative", operands=(one,))
        turned = _maker(one, makers, "negative")
        if turned is not None and isinstance(other.value, float):
            return replace(step, operands=(turned.operands[0], Number(-other.value, other.dtype)))
    return None


def _divide(step: Map, makers: Makers) -> Found:
    """By 1; or by a power of 2, whose reciprocal is exact."""
    x, y = step.operands
    if not isinstance(y, Number) or not y.value or not isfinite(y.value):
        return None
    if y.value == 1:
        return x
    info = np.finfo(y.dtype)
    rest, _ = frexp(y.value)
    inverse = 1 / y.value
    if abs(rest) == 0.5 and float(info.tiny) <= abs(inverse) <= float(info.max):
        return replace(step, letter="multiply", operands=(x, Number(inverse, y.dtype)))
    return None


def _negative(step: Map, makers: Makers) -> Found:
    before = _maker(step.operands[0], makers, "negative")
    return None if before is None else before.operands[0]


def _abs(step: Map, makers: Makers) -> Found:
    """The sign does not matter."""
    before = _maker(step.operands[0], makers, "negative")
    if before is not None:
        return replace(step, operands=before.operands)
    again = _maker(step.operands[0], makers, "abs")
    return None if again is None else step.operands[0]


def _where(step: Map, makers: Makers) -> Found:
    """A known condition; equal branches; a condition that was asked before."""
    condition, x, y = step.operands
    if isinstance(condition, Number):
        return x if condition.value else y
    if _same(x, y):
        return x
    turned = _maker(condition, makers, "logical_not")
    if turned is not None:
        return replace(step, operands=(turned.operands[0], y, x))
    if _is_truth(x, True) and _is_truth(y, False):
        return condition
    both = _maker(condition, makers, "logical_and")
    held = (condition, *both.operands) if both is not None else (condition,)
    inner, other = (_maker(branch, makers, "where") for branch in (x, y))
    if inner is not None and any(_same(inner.operands[0], each) for each in held):
        return replace(step, operands=(condition, inner.operands[1], y))
    if other is not None and _same(other.operands[0], condition):
        return replace(step, operands=(condition, x, other.operands[2]))
    return None


def _logical_and(step: Map, makers: Makers) -> Found:
    return _logic(step, False)


def _logical_or(step: Map, makers: Makers) -> Found:
    return _logic(step, True)


def _logic(step: Map, decides: bool) -> Found:
    """One value decides whatever the other operand is; the other value changes nothing."""
    x, y = step.operands
    for one, other in ((x, y), (y, x)):
        if isinstance(other, Number) and other.dtype == "bool":
            return other if other.value == decides else one
    return None


def _logical_not(step: Map, makers: Makers) -> Found:
    """Twice is nothing; of a question for equality it is the other question."""
    (x,) = step.operands
    before = _maker(x, makers, "logical_not")
    if before is not None:
        return before.operands[0]
    for asked, other in (("equal", "not_equal"), ("not_equal", "equal")):
        before = _maker(x, makers, asked)
        if before is not None:
            return replace(step, letter=other, operands=before.operands)
    return None


def _not_equal(step: Map, makers: Makers) -> Found:
    """Truth values that were cast to numbers, and are asked for again."""
    x, y = step.operands
    before = _maker(x, makers, "cast")
    if before is not None and before.operands[0].dtype == "bool" and isinstance(y, Number):
        return before.operands[0] if y.value == 0 else None
    return None


def _maker(x: Operand, makers: Makers, letter: str) -> Map | None:
    """The Map that made an operand, which is seen as it was made."""
    if not isinstance(x, Ref):
        return None
    step = makers.get(x.array)
    if not isinstance(step, Map) or step.letter != letter:
        return None
    return step if x.shape == x.array.shape and is_whole(x) else None


def _same(x: Operand, y: Operand) -> bool:
    return number_key(x) == number_key(y)


def number_key(x: Any) -> Any:
    """Equal for equal operands: 0.0 is not -0.0, and NaN is itself."""
    return (repr(x.value), x.dtype) if isinstance(x, Number) else x


def _is_ones(x: Ref) -> bool:
    """Whether a constant is 1 everywhere, as the gradient is that a walk begins with."""
    value = x.array.value
    return value is not None and value.size == 1 and bool(value == 1)


def _is(x: Operand, value: float) -> bool:
    """Whether an operand is this floating-point number, its sign included."""
    return (
        isinstance(x, Number)
        and isinstance(x.value, float)
        and x.value == value
        and copysign(1, x.value) == copysign(1, value)
    )


def _is_whole_zero(x: Operand) -> bool:
    return isinstance(x, Number) and x.value == 0 and x.dtype.strip("u").startswith("int")


def _is_truth(x: Operand, value: bool) -> bool:
    return isinstance(x, Number) and x.dtype == "bool" and x.value == value


RULES: Mapping[str, Callable[[Map, Makers], Found]] = MappingProxyType(
    {
        "copy": _copy,
        "cast": _cast,
        "add": _add,
        "subtract": _subtract,
        "multiply": _multiply,
        "divide": _divide,
        "negative": _negative,
        "abs": _abs,
        "where": _where,
        "logical_and": _logical_and,
        "logical_or": _logical_or,
        "logical_not": _logical_not,
        "not_equal": _not_equal,
    }
)
