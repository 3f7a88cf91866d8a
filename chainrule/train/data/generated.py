"""Generated sets in the plane: two moons, two circles, and the lecture's spiral.

Imports tables.py. sources.py uses it. The points of a name are always the same (their own fixed
seed), as those of any other set; the seed given to `load` chooses the split.
"""

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.tables import RawData, Table, Text

NAMES = ("moons", "circles", "spiral")
POINTS_SEED = 0
POINTS_PER_CLASS = 500
MOON_NOISE = 0.15  # standard deviation; the moons' radius is 1
CIRCLE_NOISE = 0.08
INNER_RADIUS = 0.5
ARMS, POINTS_PER_ARM = 3, 100  # CS231n, "Putting it together: minimal neural network case study"
ARM_TURN = 4.0  # radians from an arm's root to its tip, and from one arm to the next
ARM_NOISE = 0.2  # radians

Points = NDArray[np.float64]


def generated(name: str) -> RawData:
    """Points (N, 2) and the class of each."""
    rng = np.random.default_rng(POINTS_SEED)
    match name:
        case "moons":
            classes, groups = ("upper", "lower"), _moons(rng)
        case "circles":
            classes, groups = ("outer", "inner"), _circles(rng)
        case _:
            classes, groups = ("arm 0", "arm 1", "arm 2"), _spiral(rng)
    labels = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    table = Table.of_numbers(name, ("x", "y"), np.concatenate(groups))
    return RawData(name, table, "class", Text(classes, labels))


def _moons(rng: np.random.Generator) -> list[Points]:
    """Two half circles that reach into each other."""
    angle = np.linspace(0, np.pi, POINTS_PER_CLASS)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return [_noisy(moon, MOON_NOISE, rng) for moon in (upper, lower)]


def _circles(rng: np.random.Generator) -> list[Points]:
    """A circle inside a circle."""
    angle = np.linspace(0, 2 * np.pi, POINTS_PER_CLASS, endpoint=False)
    outer = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return [_noisy(radius * outer, CIRCLE_NOISE, rng) for radius in (1, INNER_RADIUS)]


def _spiral(rng: np.random.Generator) -> list[Points]:
    """Three arms: the radius grows with the angle, and the noise is in the angle."""
    radius = np.linspace(0, 1, POINTS_PER_ARM)

    def arm(number: int) -> Points:
        angle = np.linspace(number * ARM_TURN, (number + 1) * ARM_TURN, POINTS_PER_ARM)
        angle = angle + ARM_NOISE * rng.standard_normal(POINTS_PER_ARM)
        return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)

    return [arm(number) for number in range(ARMS)]


def _noisy(points: Points, noise: float, rng: np.random.Generator) -> Points:
    return points + noise * rng.standard_normal(points.shape)
