"""Letters of arithmetic that need no approximation: sums, products, signs, extremes, rounding.

Imports lanes and logic. Booleans add as ``or`` and multiply as ``and``, as in NumPy; integers
wrap around.
"""

from chainrule.native.ir import Value
from chainrule.native.letters.lanes import Lanes, pick
from chainrule.native.letters.logic import compare


def _boolean(x: Lanes) -> bool:
    return x.value.scalar == "i1"


def add(x: Lanes, y: Lanes) -> Lanes:
    """Sum."""
    return x | y if _boolean(x) else x + y


def subtract(x: Lanes, y: Lanes) -> Lanes:
    """Difference."""
    return x - y


def multiply(x: Lanes, y: Lanes) -> Lanes:
    """Product."""
    return x & y if _boolean(x) else x * y


def divide(x: Lanes, y: Lanes) -> Lanes:
    """Quotient of floats, rounded once."""
    return x / y


def negative(x: Lanes) -> Lanes:
    """The sign turned, of 0 and NaN too."""
    return -x


def sqrt(x: Lanes) -> Lanes:
    """Square root of floats, rounded once."""
    return x.call("sqrt")


def absolute(x: Lanes, unsigned: bool) -> Lanes:
    """Absolute value; that of the smallest integer is itself."""
    if x.floats:
        return x.magnitude()
    return x if unsigned or _boolean(x) else pick(x < 0, -x, x)


def sign(x: Lanes, unsigned: bool) -> Lanes:
    """-1, 0 or 1; NaN for NaN."""
    if x.floats:
        one = x.like(1).with_sign_of(x)
        return pick(x == 0, 0, pick(x != x, x, one))
    positive = pick(x != 0, x.like(1), 0)
    return positive if unsigned else pick(x < 0, -1, positive)


def maximum(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """The larger; NaN if one is; the second at a tie, which tells 0 from -0."""
    return _extreme("greater", x, y, unsigned)


def minimum(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """The smaller; NaN if one is; the second at a tie."""
    return _extreme("less", x, y, unsigned)


def _extreme(letter: str, x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    if not x.floats:
        return pick(compare(letter, x, y, unsigned or _boolean(x)), x, y)
    how = "gt" if letter == "greater" else "lt"
    if _is_number(y.value):  # as in relu: one comparison that a NaN passes
        return pick(Lanes(x.b, x.b.compare("u" + how, x.value, y.value)), x, y)
    chosen = pick(x.compare(how, y), x, y)  # y, if either is NaN
    return chosen if _is_number(x.value) else pick(x != x, x, chosen)


def _is_number(value: Value) -> bool:
    """Whether this is a constant other than NaN."""
    return value.text[0] != "%" and "0x7FF8" not in value.text and "0xFFF8" not in value.text


def fmax(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """The larger; a NaN loses."""
    return pick(y != y, x, pick(x > y, x, y)) if x.floats else maximum(x, y, unsigned)


def fmin(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """The smaller; a NaN loses."""
    return pick(y != y, x, pick(x < y, x, y)) if x.floats else minimum(x, y, unsigned)


def copysign(x: Lanes, y: Lanes) -> Lanes:
    """The magnitude of x under the sign of y."""
    return x.with_sign_of(y)


def floor(x: Lanes) -> Lanes:
    """The largest integer not above x."""
    return x.call("floor")


def ceil(x: Lanes) -> Lanes:
    """The smallest integer not below x."""
    return x.call("ceil")


def trunc(x: Lanes) -> Lanes:
    """The integer next to x on the side of 0."""
    return x.call("trunc")


def rint(x: Lanes) -> Lanes:
    """The nearest integer; a half goes to the even one."""
    return x.call("rint")
