"""sin and cos, computed in double.

Imports lanes and libm. x = n pi/2 + y with pi/2 in parts so short that their products with n are
exact (Cody & Waite). The parts and the polynomials for |y| <= pi/4 are those of fdlibm (Sun:
e_rem_pio2.c, k_sin.c, k_cos.c) and, where the result is only wanted in float32, of FreeBSD's
k_sinf.c and k_cosf.c. An angle beyond FAR goes to C's library, lane by lane, on a branch of its
own.
"""

from chainrule.native.letters.lanes import Lanes, horner, pick
from chainrule.native.letters.libm import rarely

# Three parts of 33 bits, and the rest.
HALF_PI = (
    1.57079632673412561417e00,
    6.07710050630396597660e-11,
    2.02226624871116645580e-21,
)
HALF_PI_REST = 8.47842766036889956997e-32
HALF_PI_AFTER_ONE = 6.07710050650619224932e-11  # all but the first part
FAR = 2.0**20  # n has 20 bits
TWO_OVER_PI = 6.36619772367581382433e-01
ROUNDER = 1.5 * 2.0**52  # see Precision.rounder

SIN = (
    1.58969099521155010221e-10,
    -2.50507602534068634195e-08,
    2.75573137070700676789e-06,
    -1.98412698298579493134e-04,
    8.33333333332248946124e-03,
)
SIN_3 = -1.66666666666666324348e-01
COS = (
    -1.13596475577881948265e-11,
    2.08757232129817482790e-09,
    -2.75573143513906633035e-07,
    2.48015872894767294178e-05,
    -1.38888888888741095749e-03,
    4.16666666666666019037e-02,
)
SHORT_SIN = (  # of sin(y) / y in y**2, error 2**-37.5
    0.0000027183114939898219064,
    -0.000198393348360966317347,
    0.0083333293858894631756,
    -0.166666666416265235595,
    1.0,
)
SHORT_COS = (  # in y**2, error 2**-34.1
    0.0000243904487962774090654,
    -0.00138867637746099294692,
    0.0416666233237390631894,
    -0.499999997251031003120,
    1.0,
)


def sin(x: Lanes) -> Lanes:
    """Sine of an angle in radians."""
    return pick(x == 0, x, _sine("sin", x, 0))  # -0 stays


def cos(x: Lanes) -> Lanes:
    """Cosine of an angle in radians."""
    return _sine("cos", x, 1)


def _sine(name: str, x: Lanes, quarters: int) -> Lanes:
    """The sine of so many right angles more."""
    single = x.value.scalar == "float"
    x = x.cast("fpext", "double") if single else x
    far = ~(x.magnitude() <= FAR)
    value = rarely(far, _of_near(pick(far, 0, x), quarters, single), name, x)
    return value.cast("fptrunc", "float") if single else value


def _of_near(x: Lanes, quarters: int, single: bool) -> Lanes:
    rounded = x.times_plus(TWO_OVER_PI, ROUNDER)
    n = rounded - ROUNDER
    turn = rounded.bits() + quarters
    if single:
        y = x - n * HALF_PI[0] - n * HALF_PI_AFTER_ONE
        sine, cosine = y * horner(y * y, SHORT_SIN), horner(y * y, SHORT_COS)
    else:
        y, low = _rest(x, n)
        sine, cosine = _sin(y, low), _cos(y, low)
    value = pick((turn & 1) == 0, sine, cosine)
    return (value.bits() ^ ((turn & 2) << 62)).bits()  # half a turn changes the sign


def _rest(x: Lanes, n: Lanes) -> tuple[Lanes, Lanes]:
    """X - n pi/2 as a sum of two, with all digits even next to a multiple of pi/2."""
    high = x - n * HALF_PI[0]
    low = x.like(0)
    for part in HALF_PI[1:]:
        step = n * part
        following = high - step
        low = low + ((high - following) - step)
        high = following
    low = low - n * HALF_PI_REST
    total = high + low
    return total, (high - total) + low


def _sin(y: Lanes, low: Lanes) -> Lanes:
    z = y * y
    cube = z * y
    rest = z * (0.5 * low - cube * horner(z, SIN)) - low
    return y - (rest - cube * SIN_3)


def _cos(y: Lanes, low: Lanes) -> Lanes:
    z = y * y
    half = 0.5 * z
    first = 1 - half
    return first + (((1 - first) - half) + (z * z * horner(z, COS) - y * low))
