"""erf and erfc.

Imports lanes, precision and exponentials.

erfc(x) = exp(-x**2) t P(1 - 2 t) with t = K / (x + K): the map of Schonfelder (Math. Comp. 32,
1978, p. 1232), in which a short polynomial is enough for all x >= 0. The square is split, since
its rounding error would be multiplied by its size. Near 0, erf(x) = x + x Q(x**2). P and Q are
Remez fits of the smallest relative error (scripts/fit_letters).
"""

from dataclasses import dataclass

from chainrule.native.letters.exponentials import growth, power_of_two, reduced
from chainrule.native.letters.lanes import Lanes, horner, pick
from chainrule.native.letters.precision import SINGLE, precision_of


@dataclass(frozen=True)
class Fit:
    """The polynomials of a precision.

    Attributes
    ----------
    k : float
        K of the map.
    end : float
        From here on erfc is 0.
    short : int
        Mask of bits that leaves a number whose square is exact.
    tail, centre : tuple of float
        P and Q.
    """

    k: float
    end: float
    short: int
    tail: tuple[float, ...]
    centre: tuple[float, ...]


FIT_SINGLE = Fit(
    k=1.9140625,  # chosen so that the coefficients lose little by rounding
    end=10.1,
    short=~0xFFF,
    tail=(  # degree 8, error 2.7e-9
        -0.0003228888301,
        -0.0001388347515,
        0.00194412593,
        0.001790167354,
        -0.01246629381,
        -0.008651031999,
        0.1284274954,
        -0.3456169979,
        0.5297846784,
    ),
    centre=(  # degree 5, error 1.4e-9
        -0.0006749512814,
        0.00511434677,
        -0.026834626,
        0.1128337663,
        -0.3761261876,
        0.1283791655,
    ),
)
FIT_DOUBLE = Fit(
    k=2.5,
    end=27.3,
    short=~0x7FFFFFF,
    tail=(  # degree 20, error 1.1e-17
        1.15245731568565845e-8,
        -6.52009224510752478e-8,
        3.80126556750617504e-8,
        2.27726220769412267e-7,
        -1.11313349672771415e-8,
        -8.10084085312384762e-7,
        -9.22219610411923937e-7,
        2.70837116429391304e-6,
        7.29360803230285023e-6,
        -7.81385452506973106e-6,
        -0.0000450410930468306851,
        0.0000233231958814732469,
        0.000281077392525885095,
        -0.000175683308919453563,
        -0.00192751420300683967,
        0.00335721772093413309,
        0.0113446200525913496,
        -0.0685004580984150577,
        0.181565646659241093,
        -0.321860739775659581,
        0.421612728122287157,
    ),
    centre=(  # degree 10, error 7.8e-19
        1.14637549991252695e-8,
        -1.59376011446175812e-7,
        1.6430388610664248e-6,
        -0.000014924176683082207,
        0.000120552887799756395,
        -0.000854832616918620763,
        0.00522397761512420267,
        -0.026866170644402695,
        0.11283791670952482,
        -0.37612638903183715,
        0.128379167095512573,
    ),
)
CENTRE = 0.75  # where erf changes from Q to 1 - erfc
LIFT = 60  # 2**(k + LIFT) is a normal number even where erfc is subnormal


def erfc(x: Lanes) -> Lanes:
    """1 - erf(x), with all digits in the right tail."""
    tail = _tail(x)
    outside = pick(x < 0, 2 - tail, tail)
    return pick(x.magnitude() < CENTRE, 1 - _centre(x), outside)


def erf(x: Lanes) -> Lanes:
    """Error function: twice the chance that a normal of variance 1/2 falls in (0, x)."""
    return pick(x.magnitude() < CENTRE, _centre(x), (1 - _tail(x)).with_sign_of(x))


def _centre(x: Lanes) -> Lanes:
    """Erf(x) near 0."""
    return x.times_plus(horner(x * x, _fit(x).centre), x)


def _fit(x: Lanes) -> Fit:
    return FIT_SINGLE if precision_of(x) is SINGLE else FIT_DOUBLE


def _tail(x: Lanes) -> Lanes:
    """Erfc(|x|)."""
    fit = _fit(x)
    size = x.magnitude().at_most(fit.end)
    short = (size.bits() & fit.short).bits()
    rest = size - short
    t, place = _place(short, rest, fit)
    k, r = reduced(-(short * short), low=-(rest * (short + size)))
    shape = t * horner(place, fit.tail)
    shape = shape.times_plus(growth(r), shape)
    return shape * power_of_two(k, shape, LIFT) * 2.0**-LIFT


def _place(short: Lanes, rest: Lanes, fit: Fit) -> tuple[Lanes, Lanes]:
    """t and 1 - 2 t, rounded about once: P is steep, and t comes from a rounded sum.

    A t of few digits has exact products: they tell the share that it lacks.
    """
    t = ((fit.k / (short + rest + fit.k)).bits() & fit.short).bits()
    lack = (-t).times_plus(rest, (-t).times_plus(short, (-t).times_plus(fit.k, fit.k)))
    lack = lack * (1 / fit.k)
    lack = lack.times_plus(lack, lack)
    return t.times_plus(lack, t), (t * -2).times_plus(lack, t.times_plus(-2, 1))
