"""log and log1p.

Imports lanes and precision.

x = 2**k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and with s = f / (2 + f)

    log(1 + f) = f - (f**2 / 2 - s (f**2 / 2 + R(s**2)))

The scheme and the polynomials R are those of fdlibm (Sun, e_log.c; for float32 e_logf.c as
refitted in FreeBSD and musl).
"""

from math import inf, nan

from chainrule.native.letters.lanes import Lanes, horner, pick
from chainrule.native.letters.precision import SINGLE, precision_of

LOG_SINGLE = (0.24279078841, 0.28498786688, 0.40000972152, 0.66666662693)
LOG_DOUBLE = (
    1.479819860511658591e-01,
    1.531383769920937332e-01,
    1.818357216161805012e-01,
    2.222219843214978396e-01,
    2.857142874366239149e-01,
    3.999999999940941908e-01,
    6.666666666666735130e-01,
)
ROOT_OF_HALF = {23: 0x3F3504F3, 52: 0x3FE6A09E667F3BCD}  # the bits of sqrt(1/2)


def log(x: Lanes) -> Lanes:
    """Natural logarithm."""
    p = precision_of(x)
    step = p.mantissa + 2
    subnormal = x < 2.0 ** (1 - p.bias)
    normal = pick(subnormal, x * 2.0**step, x)
    k, one_plus_f, _ = _exponent(normal)
    k = k - pick(subnormal, k.like(step), 0)
    return _outside(x, x, _log(k, one_plus_f - 1))


def log1p(x: Lanes) -> Lanes:
    """Log(1 + x), with all digits near 0."""
    total = 1 + x
    lost = x - (total - 1)
    k, one_plus_f, bits = _exponent(total)
    p = precision_of(x)
    # 2 / 2**k, and 0 for the largest x, where nothing is lost.
    scale = (bits.like((2 * p.bias + 1) << p.mantissa) - (bits & ~p.fraction)).bits()
    f = lost.times_plus(scale * 0.5, one_plus_f - 1)
    return pick(x == 0, x, _outside(x, total, _log(k, f)))  # -0 stays


def _exponent(x: Lanes) -> tuple[Lanes, Lanes, Lanes]:
    """k, and x / 2**k between sqrt(1/2) and sqrt(2); the exponent field of the bits is of 2**k."""
    p = precision_of(x)
    root = ROOT_OF_HALF[p.mantissa]
    bits = x.bits() + (p.one - root)
    whole = 2.0**p.mantissa  # its lowest bits count ones
    field = (bits >> p.mantissa) | ((p.bias + p.mantissa) << p.mantissa)
    k = field.bits() - (whole + p.bias)
    return k, ((bits & p.fraction) + root).bits(), bits


def _log(k: Lanes, f: Lanes) -> Lanes:
    p = precision_of(f)
    s = f / (2 + f)
    z = s * s
    rest = z * horner(z, LOG_SINGLE if p is SINGLE else LOG_DOUBLE)
    half = f * f * 0.5
    small = k.times_plus(p.ln2_low, s * (half + rest)) - half + f
    return k.times_plus(p.ln2_high, small)


def _outside(x: Lanes, power: Lanes, value: Lanes) -> Lanes:
    """Infinity and NaN stay; the logarithm of 0 is minus infinity, of less NaN."""
    value = pick(x < inf, value, x)
    value = pick(power == 0, -inf, value)
    return pick(power < 0, nan, value)
