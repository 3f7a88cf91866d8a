"""Division of integers with remainder, in the sign conventions of Python and of C.

Imports lanes. Division by zero answers 0, as in NumPy.
"""

from chainrule.native.letters.lanes import Lanes, pick


def floor_divide(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """The largest integer not above x / y."""
    quotient, rest = _cut(x, y, unsigned)
    if unsigned:
        return pick(y == 0, 0, quotient)
    down = (rest != 0) & ((rest ^ y) < 0)
    # x / -1 is kept away from the machine: the smallest integer has no negative.
    quotient = pick(y == -1, -x, pick(down, quotient - 1, quotient))
    return pick(y == 0, 0, quotient)


def mod(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """What is left of x, with the sign of y."""
    _, rest = _cut(x, y, unsigned)
    if not unsigned:
        rest = pick((rest != 0) & ((rest ^ y) < 0), rest + y, rest)
    return _no_rest(rest, y, unsigned)


def fmod(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """What is left of x, with the sign of x."""
    return _no_rest(_cut(x, y, unsigned)[1], y, unsigned)


def _no_rest(rest: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """Of integers: 0 where the divisor is 0 or -1."""
    rest = rest if unsigned else pick(y == -1, 0, rest)
    return pick(y == 0, 0, rest)


def _cut(x: Lanes, y: Lanes, unsigned: bool) -> tuple[Lanes, Lanes]:
    """Quotient towards 0, and remainder; anything where the divisor is 0 or -1."""
    if unsigned:
        safe = pick(y == 0, 1, y)
        quotient = x.binary("udiv", safe)
    else:
        safe = pick((y == 0) | (y == -1), 1, y)
        quotient = x.binary("sdiv", safe)
    return quotient, x - quotient * safe
