"""exp, expm1 and tanh.

Imports lanes and precision; the error functions take the reduction from here.

x = k ln 2 + r with an integer k and |r| <= ln(2) / 2 (Cody & Waite 1980: ln 2 in two parts), so
that exp(x) = exp(r) * 2**k and exp(r) = 1 + r + r**2 q(r). exp takes 2 ln 2 for ln 2: then
exp(x) = exp(r) * 2**k * 2**k, and each factor is a normal number even where exp(x) overflows or
is subnormal. The q are Remez fits (scripts/fit_letters) of the smallest error relative to
exp(r), or to exp(r) - 1.
"""

from dataclasses import dataclass

from chainrule.native.letters.lanes import Lanes, horner, pick
from chainrule.native.letters.precision import SINGLE, precision_of

EXP_SINGLE = (  # |r| <= ln 2, degree 5, error 1.4e-8
    0.0001961075667,
    0.001410427459,
    0.00833610748,
    0.04166127942,
    0.166666141,
    0.500000345,
)
EXP_DOUBLE = (  # |r| <= ln 2, degree 12, error 6.0e-19
    1.146872353698721e-11,
    1.61859875688737716e-10,
    2.08774985653935144e-9,
    2.50512870861097188e-8,
    2.75573134418786701e-7,
    2.75573218337862325e-6,
    0.0000248015873198445224,
    0.000198412698370831634,
    0.00138888888888626161,
    0.00833333333333641609,
    0.0416666666666668205,
    0.166666666666666591,
    0.499999999999999998,
)
GROWTH_SINGLE = (  # |r| <= ln(2) / 2, degree 4, error 1.3e-8
    0.001388237967,
    0.008366521731,
    0.04166720351,
    0.1666654363,
    0.4999999813,
)
GROWTH_DOUBLE = (  # |r| <= ln(2) / 2, degree 10, error 2.6e-19
    2.08753628138641575e-9,
    2.51089802936607471e-8,
    2.75574025481129204e-7,
    2.75572443699443043e-6,
    0.0000248015871726291847,
    0.000198412698859704424,
    0.0013888888888962339,
    0.00833333333332168955,
    0.0416666666666665088,
    0.166666666666666765,
    0.500000000000000001,
)
LN_2 = 0.6931471805599453


@dataclass(frozen=True)
class Bounds:
    """From where on results no longer change: exp is 0 or infinite, expm1 is -1, tanh is 1."""

    zero: float
    infinite: float
    minus_one: float
    saturated: float


BOUNDS_SINGLE = Bounds(-104.5, 89.0, -18.0, 9.1)
BOUNDS_DOUBLE = Bounds(-746.0, 710.0, -38.0, 19.1)
TINY = 2.0**-60  # expm1(x) is x long before


def exp(x: Lanes) -> Lanes:
    """E to the power x."""
    single, bounds = precision_of(x) is SINGLE, _bounds(x)
    k, rest = reduced(x.at_least(bounds.zero).at_most(bounds.infinite), 2)
    factor = power_of_two(k, rest)
    return horner(rest, (*(EXP_SINGLE if single else EXP_DOUBLE), 1, 1)) * factor * factor


def expm1(x: Lanes) -> Lanes:
    """Exp(x) - 1, with all digits near 0."""
    bounds = _bounds(x)
    k, rest = reduced(x.at_least(bounds.minus_one).at_most(bounds.infinite))
    half = power_of_two(k, rest, -1)  # 2**k may overflow where the result does not
    value = growth(rest).times_plus(half, half - 0.5)
    return pick(x.magnitude() < TINY, x, value + value)


def tanh(x: Lanes) -> Lanes:
    """Hyperbolic tangent: with t = exp(2 |x|) - 1 it is t / (t + 2)."""
    size = x.magnitude().at_most(_bounds(x).saturated)
    k, rest = reduced(size + size)
    factor = power_of_two(k, rest)
    t = growth(rest).times_plus(factor, factor - 1)
    return (t / (t + 2)).with_sign_of(x)


def reduced(x: Lanes, step: int = 1, low: Lanes | None = None) -> tuple[Lanes, Lanes]:
    """x = k (step ln 2) + r, within the bounds of exp: integers that end in k, and r.

    ``low`` is a small part that x lacks.
    """
    p = precision_of(x)
    rounded = (x if low is None else x + low).times_plus(1 / (step * LN_2), p.rounder)
    k = rounded - p.rounder
    rest = k.times_plus(-step * p.ln2_high, x)  # exact
    if low is None:
        return rounded.bits(), k.times_plus(-step * p.ln2_low, rest)
    return rounded.bits(), rest + k.times_plus(-step * p.ln2_low, low)


def power_of_two(k: Lanes, floats: Lanes, more: int = 0) -> Lanes:
    """2**(k + more) in the precision of ``floats``, a normal number."""
    p = precision_of(floats)
    return ((k << p.mantissa) + (p.one + (more << p.mantissa))).bits()


def growth(rest: Lanes) -> Lanes:
    """Exp(r) - 1, |r| <= ln(2) / 2."""
    coefficients = GROWTH_SINGLE if precision_of(rest) is SINGLE else GROWTH_DOUBLE
    return (rest * rest).times_plus(horner(rest, coefficients), rest)


def _bounds(x: Lanes) -> Bounds:
    return BOUNDS_SINGLE if precision_of(x) is SINGLE else BOUNDS_DOUBLE
