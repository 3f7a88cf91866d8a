"""GELU and SiLU of plain arrays, with all their digits in the left tail.

Imports NumPy, and SciPy when GELU is first called. Activations run it in place of their formulas,
which lose digits there: exp(-x * x / 2) makes x * x roundings out of one in its argument.
"""

from collections.abc import Callable
from math import inf, sqrt
from typing import Any

import numpy as np

SQRT_2 = sqrt(2)
SQRT_2_PI = 2.5066282746310007  # the nearest float64; sqrt(2 * pi) rounds twice
REST_OF_SQRT_2_PI = -1.8328579980459167e-16  # what it is too large by
FAR = 40.0  # exp(-FAR**2 / 2) is 0 in float64
TAIL = -0.5  # left of it erfc loses digits
# Powers 0, 1, 2 ... of a rational function in which exp(-a**2 / 2) / Phi(-a) is
# sqrt(2 pi) a + ABOVE / BELOW: it interpolates that at 20 Chebyshev nodes of (a - 3) / (a + 3)
# between a = 0.5 and 40, where it is right to 2e-18. All terms are positive, so nothing cancels.
ABOVE = (
    2423116.754605786,
    3113910.9438839084,
    2034823.8672217708,
    862556.284210921,
    258042.76726515288,
    56154.20138413239,
    8877.07457433577,
    985.940792806714,
    70.39286244102972,
    2.5066282746020474,
)
BELOW = (
    1211558.3773037272,
    2108734.9906265326,
    1812269.3877210168,
    997590.1708873581,
    386597.1052846116,
    109858.5380601397,
    23182.952661317042,
    3597.6057378368464,
    395.33346846581225,
    28.08268906371883,
    1.0,
)
# exp of what is below the first number has lost digits to underflow; at the second all is 0.
DEEP: dict[Any, tuple[int, int]] = {
    np.dtype(np.float32): (-87, -120),
    np.dtype(np.float64): (-708, -800),
}


def gelu(x: Any) -> Any:
    """x * Phi(x), computed in float64."""
    from scipy.special import erfc  # noqa: PLC0415  importing SciPy takes longer than NumPy

    wide: Any = np.maximum(x, -FAR, dtype=np.float64)  # -inf * 0 would be NaN
    value = 0.5 * wide * erfc(wide / -SQRT_2)

    def tail(_: Any, bell: Any, divisor: Any) -> Any:
        return -bell / divisor

    return _with_tail(x, wide, value, tail)


def gelu_slope(x: Any) -> Any:
    """Phi(x) + x * density(x), computed in float64."""
    from scipy.special import erfc  # noqa: PLC0415  importing SciPy takes longer than NumPy

    wide: Any = np.maximum(np.minimum(x, FAR, dtype=np.float64), -FAR)  # inf * 0 would be NaN
    slope = 0.5 * erfc(wide / -SQRT_2) + wide * (np.exp(-0.5 * wide * wide) / SQRT_2_PI)

    def tail(a: Any, bell: Any, divisor: Any) -> Any:
        return bell * (1 / (divisor * a) - a / SQRT_2_PI)

    return _with_tail(x, wide, slope, tail)


def _with_tail(x: Any, wide: Any, values: Any, formula: Callable[..., Any]) -> Any:
    """The values in the dtype of x, those left of TAIL by a formula that keeps their digits.

    The formula gets a = |x|, exp(-a**2 / 2), and the number by which Phi(-a) is that over a.
    """
    tail = wide < TAIL
    if x.dtype != np.float64 or not tail.any():  # beside float32 there are digits to spare
        return values.astype(x.dtype, copy=False)
    a = -wide[tail]
    square = a * a
    bell: Any = np.exp(-0.5 * square)
    bell -= 0.5 * _rounding(a, square) * bell
    more = _polynomial(ABOVE, a) / _polynomial(BELOW, a) / a + REST_OF_SQRT_2_PI
    values = np.asarray(values)
    values[tail] = formula(a, bell, SQRT_2_PI + more)
    return values


def _rounding(x: Any, square: Any) -> Any:
    """x * x - square, exactly: x is taken apart into two parts whose products are exact."""
    high = x.astype(np.float32).astype(np.float64)
    low = x - high
    return (high * high - square) + low * (x + high)


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """By Horner's rule, in one array."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += coefficient
    return total


def silu(x: Any, value: Any) -> Any:
    """The value of x * sigmoid(x), with x * exp(x) where exp(x) alone underflows."""
    return _mended(x, value, 0)


def silu_slope(x: Any, slope: Any) -> Any:
    """The slope of x * sigmoid(x), with (x + 1) * exp(x) where exp(x) alone underflows."""
    return _mended(x, slope, 1)


def _mended(x: Any, known: Any, shift: int) -> Any:
    """What is known, but (x + shift) * exp(x) where x is deep in the left tail."""
    deep, end = DEEP.get(x.dtype, (-inf, -inf))
    below: Any = x < deep
    if not below.any():
        return known
    held: Any = np.maximum(x, end, dtype=np.float64)
    half: Any = np.exp(0.5 * held)  # taken twice, with x in between, nothing underflows early
    mended = np.asarray(known, copy=True)
    mended[below] = ((held + shift) * half * half)[below]
    return mended
