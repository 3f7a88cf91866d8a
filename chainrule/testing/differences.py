"""Derivatives without the chain rule: complex steps and extrapolated central differences.

Imports NumPy only. The properties compare every rule with them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
COMPLEX_STEP = 1e-40  # no difference is taken, so no digit is lost (Squire and Trapp 1998)
STEP = 2e-3  # of the widest central difference; h**4 and eps / h then stay below 1e-11


def complex_gradient(function: Callable[[Array], Array], x: Array, upstream: Array) -> Array:
    """Gradient of <upstream, function(x)> for a function that is analytic and takes complex x."""
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.astype(complex)
        moved[place] += 1j * COMPLEX_STEP
        gradient[place] = np.sum(upstream * function(moved).imag) / COMPLEX_STEP
    return gradient


def difference_gradient(function: Callable[[Array], Any], x: Array, step: float = STEP) -> Array:
    """Gradient of a function of one number by central differences, extrapolated twice.

    The error is O(step**6) from the Taylor series and about 1e-16 / step from rounding.
    """
    gradient = np.zeros(x.shape)
    for place in np.ndindex(x.shape):

        def along(distance: float, place: tuple[int, ...] = place) -> Any:
            moved = x.copy()
            moved[place] += distance
            return function(moved)

        gradient[place] = extrapolated(along, step)
    return gradient


def extrapolated(along: Callable[[float], Any], step: float) -> Any:
    """Slope at 0 by Richardson's extrapolation of three central differences."""
    coarse, middle, fine = (_central(along, step / divisor) for divisor in (1, 2, 4))
    first, second = middle + (middle - coarse) / 3, fine + (fine - middle) / 3
    return second + (second - first) / 15


def one_sided_slope(function: Callable[[float], Any], at: float, side: int) -> float:
    """Slope to the right (side 1) or to the left (side -1) of a point, extrapolated once."""
    start = function(at)
    coarse, fine = (
        (function(at + side * h) - start) / (side * h) for h in (STEP / 100, STEP / 200)
    )
    return float(2 * fine - coarse)


def _central(along: Callable[[float], Any], step: float) -> Any:
    return (along(step) - along(-step)) / (2 * step)
