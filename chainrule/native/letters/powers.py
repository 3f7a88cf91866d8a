"""x to the power y.

Imports lanes, exponentials, logarithms and libm. For float32 it is exp(y log |x|) in
double, whose digits are enough; for float64 that of C's library.
"""

from math import inf, nan

from chainrule.native.letters.exponentials import exp
from chainrule.native.letters.lanes import Lanes, pick
from chainrule.native.letters.libm import libm
from chainrule.native.letters.logarithms import log


def power(x: Lanes, y: Lanes) -> Lanes:
    """Of floats."""
    return libm("pow", x, y) if x.value.scalar == "double" else _single(x, y)


def _single(x: Lanes, y: Lanes) -> Lanes:
    base, exponent = x.cast("fpext", "double"), y.cast("fpext", "double")
    size = exp(exponent * log(base.magnitude())).cast("fptrunc", "float")
    # 1 whatever the exponent, even where log gave 0 * inf; y = 0 whatever the base.
    size = pick((y == 0) | ((x.magnitude() == 1) & (y == y)), 1, size)
    whole = y.call("floor") == y
    odd = whole & ((y * 0.5).call("floor") != y * 0.5)
    signed = pick(odd, size.with_sign_of(x), size)
    value = pick((x < 0) & (x > -inf) & ~whole & (y == y), nan, signed)
    return pick(x == 1, 1, value)
