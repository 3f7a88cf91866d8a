"""Letters of choice: comparisons, logic, where, and questions about floats.

Imports lanes.
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


def logical_not(x: Lanes) -> Lanes:
    """Whether x is 0."""
    return ~truth(x)


def isnan(x: Lanes) -> Lanes:
    """Whether x is not a number."""
    return x != x


def isfinite(x: Lanes) -> Lanes:
    """Whether x is neither infinite nor NaN."""
    return x.magnitude() < inf
