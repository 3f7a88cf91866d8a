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
    k=3,  # where few degrees are enough
    end=10.1,
    short=~0xFFF,
    tail=(  # degree 9, error 2.0e-9
        -0.0001086483055,
        -0.000161454256,
        0.001026687532,
        -0.0004086084293,
        -0.008946529439,
        0.03984298926,
        -0.103488682,
        0.1967427682,
        -0.2944648284,
        0.3580023026,
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
    k=3,
    end=27.3,
    short=~0x7FFFFFF,
    tail=(  # degree 22, error 6.8e-18
        -4.72855754425514922e-10,
        -2.00605299496533327e-9,
        6.46431160047001994e-10,
        1.58389191355788245e-8,
        1.35524516635089988e-8,
        -7.7069673589656696e-8,
        -1.34231060496100198e-7,
        3.3260002445798464e-7,
        9.20758847798377912e-7,
        -1.5829597464893378e-6,
        -5.82313438884444167e-6,
        0.0000101326949950608146,
        0.000035853737093003868,
        -0.000092259277602144326,
        -0.000182769883861938863,
        0.00101135399981827816,
        -0.000404138876863882773,
        -0.00894241154144538676,
        0.0398425870958116715,
        -0.10348908730019104,
        0.196742785701366481,
        -0.294464817723294521,
        0.358002302362779903,
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
    return pick(x < 0, 2 - tail, tail)


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
