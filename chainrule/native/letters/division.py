"""Division with remainder: of integers in the sign conventions of Python and of C, of floats C's.

Imports lanes and libm. Integers divided by zero give 0, as in NumPy.
"""

from math import inf

from chainrule.native.letters.lanes import Lanes, pick
from chainrule.native.letters.libm import rarely

# Steps that are counted exactly: in double, and of float32 in double, where steps times y has at
# most 53 bits and a quotient that is no integer lies 2**-24 or more from the next one.
NEAR = 2.0**52, 2.0**28


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
    if x.floats:
        return _rest(x, y)
    return _no_rest(_cut(x, y, unsigned)[1], y, unsigned)


def _rest(x: Lanes, y: Lanes) -> Lanes:
    """Of floats, exactly: x less whole steps of y. C's function where the steps are too many."""
    single = x.value.scalar == "float"
    if single:
        x, y = x.cast("fpext", "double"), y.cast("fpext", "double")
    quotient = x / y
    near = (quotient.magnitude() < NEAR[single]) & (y.magnitude() < inf)
    steps = quotient.call("trunc")
    if single:  # the product is exact, and steps are right: no quotient is so near to an integer
        rest = x - steps * y
    else:
        rest = (-steps).call("fma", y, x)
        over = (rest != 0) & ((rest < 0) ^ (x < 0))  # the quotient was rounded to an integer
        rest = pick(over, rest + y.with_sign_of(x), rest)
    rest = rarely(~near, rest.with_sign_of(x), "fmod", x, y)
    return rest.cast("fptrunc", "float") if single else rest


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
