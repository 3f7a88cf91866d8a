"""The open alphabet: scalar functions that NumPy or SciPy computes, with their slopes written."""

from chainrule.ops.words import (
    bessel,
    choice,
    circular,
    divisions,
    entropy,
    exponentials,
    gamma,
    hyperbolic,
    hypotenuse,
    normal,
    rounding,
    special,
)

__all__ = [
    "bessel",
    "choice",
    "circular",
    "divisions",
    "entropy",
    "exponentials",
    "gamma",
    "hyperbolic",
    "hypotenuse",
    "normal",
    "rounding",
    "special",
]
