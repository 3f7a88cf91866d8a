"""Letters of choice: comparisons, logic, where, and the bits of integers.

Imports lanes. Each takes its operands and whether they are unsigned.
"""

from math import inf

from chainrule.native.letters.lanes import Lanes, pick

COMPARISONS = {
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "equal": "eq",
    "not_equal": "ne",
}


def compare(letter: str, x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """One of the six comparisons."""
    how = COMPARISONS[letter]
    if unsigned and how not in ("eq", "ne"):
        return Lanes(x.b, x.b.compare("u" + how, x.value, y.value))
    return x.compare(how, y)


def where(condition: Lanes, x: Lanes, y: Lanes) -> Lanes:
    """X where the condition is not 0."""
    return pick(truth(condition), x, y)


def truth(x: Lanes) -> Lanes:
    """Whether a number is not 0; NaN counts as true."""
    return x if x.value.scalar == "i1" else x != 0


def logical_and(x: Lanes, y: Lanes) -> Lanes:
    """Whether both are true."""
    return truth(x) & truth(y)


def logical_or(x: Lanes, y: Lanes) -> Lanes:
    """Whether at least one is true."""
    return truth(x) | truth(y)


def logical_xor(x: Lanes, y: Lanes) -> Lanes:
    """Whether exactly one is true."""
    return truth(x) ^ truth(y)


def logical_not(x: Lanes) -> Lanes:
    """Whether x is 0."""
    return ~truth(x)


def isnan(x: Lanes) -> Lanes:
    """Whether x is not a number; integers are."""
    return x != x if x.floats else _everywhere(x, False)


def isfinite(x: Lanes) -> Lanes:
    """Whether x is neither infinite nor NaN."""
    return x.magnitude() < inf if x.floats else _everywhere(x, True)


def isinf(x: Lanes) -> Lanes:
    """Whether x is infinite."""
    return x.magnitude() == inf if x.floats else _everywhere(x, False)


def signbit(x: Lanes) -> Lanes:
    """Whether x has a minus in front, a minus zero too."""
    return x.bits() < 0


def _everywhere(x: Lanes, answer: bool) -> Lanes:
    known = x ^ x  # 0, in lanes of any type
    return known == 0 if answer else known != 0


def invert(x: Lanes) -> Lanes:
    """All bits turned."""
    return ~x


def left_shift(x: Lanes, y: Lanes) -> Lanes:
    """X times 2**y in its width; 0 once all bits are out."""
    return pick(_inside(x, y), x << _held(x, y), 0)


def right_shift(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """X divided by 2**y, rounded down; -1 or 0 once all bits are out."""
    name, held = "lshr" if unsigned else "ashr", _held(x, y)
    shifted = x.binary(name, held)
    if unsigned:
        return pick(_inside(x, y), shifted, 0)
    return pick(_inside(x, y), shifted, x.binary("ashr", _width(x) - 1))


def _width(x: Lanes) -> int:
    return int(x.value.scalar[1:])


def _inside(x: Lanes, y: Lanes) -> Lanes:
    """Whether a shift leaves something; a negative one counts as too large."""
    return Lanes(x.b, x.b.compare("ult", y.value, x.like(_width(x)).value))


def _held(x: Lanes, y: Lanes) -> Lanes:
    """Too large a shift would be undefined."""
    return y & (_width(x) - 1)
