"""Division with remainder in the sign conventions of Python and of C, and powers of integers.

Imports lanes. Division by zero answers as NumPy does: 0 for integers, NaN or infinity for floats.
"""

from chainrule.native.ir import integer
from chainrule.native.letters.lanes import Lanes, pick


def floor_divide(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """The largest integer not above x / y."""
    if x.floats:
        return _floor_and_rest(x, y)[0]
    quotient, rest = _cut(x, y, unsigned)
    if unsigned:
        return pick(y == 0, 0, quotient)
    down = (rest != 0) & ((rest ^ y) < 0)
    # x / -1 is kept away from the machine: the smallest integer has no negative.
    quotient = pick(y == -1, -x, pick(down, quotient - 1, quotient))
    return pick(y == 0, 0, quotient)


def mod(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """What is left of x, with the sign of y."""
    if x.floats:
        return _floor_and_rest(x, y)[1]
    _, rest = _cut(x, y, unsigned)
    if not unsigned:
        rest = pick((rest != 0) & ((rest ^ y) < 0), rest + y, rest)
    return _no_rest(rest, y, unsigned)


def fmod(x: Lanes, y: Lanes, unsigned: bool) -> Lanes:
    """What is left of x, with the sign of x."""
    if x.floats:
        return x.binary("frem", y)
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


def _floor_and_rest(x: Lanes, y: Lanes) -> tuple[Lanes, Lanes]:
    """As Python divides floats: the remainder is exact, the quotient follows from it."""
    rest = x.binary("frem", y)
    other_sign = (rest != 0) & ((rest < 0) ^ (y < 0))
    quotient = (x - rest) / y
    quotient = pick(other_sign, quotient - 1, quotient)
    rest = pick(other_sign, rest + y, rest)
    rest = pick(rest == 0, rest.like(0).with_sign_of(y), rest)
    whole = quotient.call("floor")
    whole = pick((quotient - whole) > 0.5, whole + 1, whole)  # the division had rounded down
    plain = x / y
    whole = pick(quotient == 0, whole.like(0).with_sign_of(plain), whole)
    return pick(y == 0, plain, whole), pick(y == 0, x.binary("frem", y), rest)


def power(x: Lanes, y: Lanes) -> Lanes:
    """An integer to an integer power, by squaring; a negative exponent gives some number.

    The loop runs over the bits of the largest exponent in the lanes.
    """
    b, bits = x.b, int(x.value.scalar[1:])
    highest = y.value
    if highest.lanes > 1:
        name = f"llvm.vector.reduce.or.v{highest.lanes}i{bits}"
        highest = b.call(highest.scalar, name, highest)
    name = f"llvm.ctlz.i{bits}"
    b.module.declare(name, f"declare i{bits} @{name}(i{bits}, i1)")
    zeros = b.convert("zext", b.call(f"i{bits}", name, highest, integer(0, "i1")), "i64")
    rounds = b.binary("sub", integer(bits), zeros)
    with b.loop(integer(0), rounds, carried=[x.like(1).value, x.value, y.value]) as loop:
        total, base, left = (Lanes(b, value) for value in loop.carried)
        total = pick((left & 1) != 0, total * base, total)
        loop.carried = [total.value, (base * base).value, (left >> 1).value]
    return Lanes(b, loop.carried[0])
