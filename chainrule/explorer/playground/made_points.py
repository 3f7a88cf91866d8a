"""Points that are made: two moons, two circles, the lecture's spiral, and XOR.

Imports NumPy only. Each function stands for itself: a script that the playground leaves behind
holds the one it needs, word for word.
"""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Made = tuple[Array, Array]  # the points (N, 2), and the class of each


def moons(rng: np.random.Generator, rows: int, noise: float) -> Made:
    """Two half circles that reach into each other."""
    label = np.arange(rows) % 2
    angle = np.pi * rng.random(rows)
    across = np.where(label == 0, np.cos(angle), 1 - np.cos(angle)) - 0.5
    up = np.where(label == 0, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return np.stack([across, up], axis=1) + noise * rng.standard_normal((rows, 2)), label


def circles(rng: np.random.Generator, rows: int, noise: float) -> Made:
    """A circle inside a circle."""
    label = np.arange(rows) % 2
    angle = 2 * np.pi * rng.random(rows)
    radius = np.where(label == 0, 1.0, 0.45)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points + noise * rng.standard_normal((rows, 2)), label


def spiral(rng: np.random.Generator, rows: int, noise: float) -> Made:
    """Three arms, as in the lecture: the noise is in the angle."""
    label = np.arange(rows) % 3
    radius = rng.random(rows)
    angle = 4 * (label + radius) + noise * rng.standard_normal(rows)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), label


def xor(rng: np.random.Generator, rows: int, noise: float) -> Made:
    """Four squares: opposite ones are of one class."""
    points = rng.uniform(-1, 1, (rows, 2))
    label = (points[:, 0] * points[:, 1] < 0).astype(np.int64)
    return points + noise * rng.standard_normal((rows, 2)), label


MAKERS = MappingProxyType[str, Callable[[np.random.Generator, int, float], Made]](
    {"moons": moons, "circles": circles, "spiral": spiral, "xor": xor}
)
