"""Values and slopes of the activations in 80-bit arithmetic, and the points to compare them on.

test_accuracy.py shows that they are right to far more digits than float64 has.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

LONG = np.longdouble
PI = LONG("3.14159265358979323846264338327950288")
SQRT_2 = np.sqrt(LONG(2))
TRAPEZOID = LONG("0.4")  # a step of the trapezoidal rule: its error is exp(-(pi / step)**2), 1e-27


def long(x: Any) -> Any:
    return np.asarray(x, LONG)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_slope(x):
    return sigmoid(x) * sigmoid(-x)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-abs(x)))


def half_square_exp(x):
    """exp(-x * x / 2): the square in two parts, the first of which is exact."""
    high = long(x.astype(np.float32))
    return np.exp(-high * high / 2) * np.exp(-(x - high) * (x + high) / 2)


def density(x):
    return half_square_exp(x) / np.sqrt(2 * PI)


def left_chance(x):
    """Phi(x) for x <= -1: erfc by the trapezoidal rule (Chiarella and Reichel 1968)."""
    t = -x / SQRT_2
    squares = [(n * TRAPEZOID) ** 2 for n in range(1, 21)]
    terms = 1 / (t * t) + 2 * sum(np.exp(-s) / (s + t * t) for s in squares)
    pole = np.where(t < PI / TRAPEZOID, 2 / np.expm1(2 * PI * t / TRAPEZOID), 0)
    return (TRAPEZOID / PI * t * half_square_exp(x) * terms - pole) / 2


def central_chance(x):
    """Phi(x) for small x: 1/2 + density(x) times x + x**3/3 + x**5/15 + ..."""
    total = term = x
    for k in range(1, 60):
        term = term * x * x / (2 * k + 1)
        total = total + term
    return LONG(0.5) + density(x) * total


def chance(x):
    near = np.minimum(np.maximum(x, -1), 1)
    tail = left_chance(-np.maximum(abs(x), 1))
    return np.where(abs(x) < 1, central_chance(near), np.where(x < 0, tail, 1 - tail))


@dataclass(frozen=True)
class Reference:
    """A function of one variable, its slope, and the size of the terms that make the slope."""

    value: Any
    slope: Any
    terms: Any  # near a zero of the slope its error is one of its terms
    reach: tuple[float, float]  # beyond it the truth is 0, subnormal or infinite in float64
    single: tuple[float, float]  # in float32


EVERYWHERE, SINGLE = (-745.0, 745.0), (-103.0, 103.0)
REFERENCES = {
    "sigmoid": Reference(sigmoid, sigmoid_slope, sigmoid_slope, EVERYWHERE, SINGLE),
    "tanh": Reference(
        np.tanh, lambda x: 1 / np.cosh(x) ** 2, lambda x: 0 * x, (-360.0, 360.0), (-45.0, 45.0)
    ),
    "expm1": Reference(np.expm1, np.exp, np.exp, (-745.0, 709.0), (-103.0, 88.0)),
    "elu": Reference(
        lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        lambda x: np.exp(np.minimum(x, 0)),
        lambda x: 0 * x,
        EVERYWHERE,
        SINGLE,
    ),
    "softplus": Reference(softplus, sigmoid, sigmoid, EVERYWHERE, SINGLE),
    "binary_cross_entropy of 1": Reference(
        lambda x: softplus(-x), lambda x: -sigmoid(-x), lambda x: 0 * x, EVERYWHERE, SINGLE
    ),
    "binary_cross_entropy of 0": Reference(softplus, sigmoid, lambda x: 0 * x, EVERYWHERE, SINGLE),
    "gelu": Reference(
        lambda x: x * chance(x),
        lambda x: chance(x) + x * density(x),
        chance,
        (-38.0, 38.0),
        (-14.0, 14.0),
    ),
    "silu": Reference(
        lambda x: x * sigmoid(x),
        lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
        sigmoid,
        EVERYWHERE,
        SINGLE,
    ),
}


def tail_points(low: float, high: float, dtype: Any, count: int = 100_000) -> Any:
    """Half of them evenly over the reach, half with every exponent on both sides of 0."""
    rng = np.random.default_rng(0)
    even = rng.uniform(low, high, count // 2)
    small = 10 ** rng.uniform(-30, 1, count - even.size) * rng.choice([-1.0, 1.0], count // 2)
    return np.clip(np.concatenate([even, small]), low, high).astype(dtype)
