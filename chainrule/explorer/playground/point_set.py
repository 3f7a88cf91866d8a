"""Points in the plane with a class each: made here, clicked together, or read from a table.

Imports errors and the makers. A question of the page brings points of its own as three lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.playground.made_points import MAKERS
from chainrule.explorer.playground.play_settings import (
    LEAST_POINTS,
    MOST_CLASSES,
    MOST_POINTS,
    OWN,
    PlaySettings,
)
from chainrule.spec import is_dict, is_list

Array = np.ndarray[Any, np.dtype[Any]]
Box = tuple[float, float, float, float]  # x from, x to, y from, y to
FARTHEST = 1e9
LONGEST_NAME = 40  # characters of a column or a class
CLICKED = 1.5  # half the side of the field in which points are clicked together
MARGIN = 0.12  # of the range of the points, on every side
CLASS_NAMES = MappingProxyType[str, tuple[str, ...]](
    {
        "moons": ("upper", "lower"),
        "circles": ("outer", "inner"),
        "spiral": ("arm 0", "arm 1", "arm 2"),
        "xor": ("same signs", "other signs"),
    }
)


@dataclass(frozen=True, eq=False)
class PointSet:
    """Points, classes and what both are called.

    Attributes
    ----------
    x : ndarray, (N, 2), float64
    label : ndarray, (N,), int64
    classes : tuple of str
    columns : tuple of str
        The names of the two numbers; () of points that were clicked together.
    """

    x: Array
    label: Array
    classes: tuple[str, ...]
    columns: tuple[str, ...] = ()

    @property
    def box(self) -> Box:
        """The part of the plane that is shown: one scale for both axes, unless they have names."""
        if not self.columns:
            reach = float(np.abs(self.x).max())
            half = CLICKED if reach <= CLICKED else reach * (1 + MARGIN)
            return -half, half, -half, half
        return (*_around(self.x[:, 0]), *_around(self.x[:, 1]))

    def to_dict(self) -> dict[str, Any]:
        """For JSON; every number as it is."""
        return {
            "x": self.x[:, 0].tolist(),
            "y": self.x[:, 1].tolist(),
            "label": self.label.tolist(),
            "classes": list(self.classes),
            "columns": list(self.columns),
        }


def _around(x: Array) -> tuple[float, float]:
    """From where to where numbers are shown; some way around, where all are the same."""
    low, high = float(x.min()), float(x.max())
    margin = MARGIN * (high - low) if high > low else max(abs(low), 1.0)
    return low - margin, high + margin


def points_for(settings: PlaySettings, given: Any) -> PointSet:
    """The points that settings speak of: made, or those that were given.

    Raises
    ------
    ArgumentError
        If these are no points of at least two classes.
    """
    if settings.data == OWN:
        return given_points(given)
    rng = np.random.default_rng(settings.seed)
    x, label = MAKERS[settings.data](rng, settings.rows, settings.noise)
    return PointSet(x, label.astype(np.int64), CLASS_NAMES[settings.data])


def given_points(given: Any) -> PointSet:
    """Points of a reader's own, checked."""
    if not is_dict(given):
        raise ArgumentError("There are no points yet.", do="Click some into the field.", where="")
    x, y = _numbers(given, "x"), _numbers(given, "y")
    labels: Any = given.get("label")
    if not is_list(labels) or not len(x) == len(y) == len(labels):
        raise ArgumentError("Points are as many x as y as labels.", where="")
    for label in labels:
        if type(label) is not int or not 0 <= label < MOST_CLASSES:
            raise ArgumentError(f"A class is a number from 0 to {MOST_CLASSES - 1}.", where="")
    if len(x) < LEAST_POINTS or len(set(labels)) < 2:
        raise ArgumentError(
            "These are points of fewer than two classes.",
            do="Set points of at least two classes: there is nothing to tell apart yet.",
            where="",
        )
    points = np.array([x, y], np.float64).T.copy()
    classes = max(labels) + 1
    columns = _names(given, "columns", 2)
    names = _names(given, "classes", MOST_CLASSES)
    if len(names) < classes:
        names = tuple(f"class {number}" for number in range(classes))
    return PointSet(
        points, np.array(labels, np.int64), names[:classes], columns if len(columns) == 2 else ()
    )


def _numbers(given: Mapping[Any, Any], name: str) -> list[float]:
    found: Any = given.get(name)
    if not is_list(found):
        raise ArgumentError("Points are as many x as y as labels.", where="")
    if len(found) > MOST_POINTS:
        raise ArgumentError(
            f"These are {len(found):,} points; {MOST_POINTS:,} are the most.", where=""
        )
    for x in found:
        if isinstance(x, bool) or not isinstance(x, int | float):
            raise ArgumentError(f"A point's {name} is a number.", where="")
        if not abs(x) <= FARTHEST:  # and so of NaN
            raise ArgumentError(f"A point's {name} is at most {FARTHEST:g} from 0.", where="")
    return [float(x) for x in found]


def _names(given: Mapping[Any, Any], key: str, most: int) -> tuple[str, ...]:
    found: Any = given.get(key, [])
    if not is_list(found) or len(found) > most or not all(isinstance(x, str) for x in found):
        raise ArgumentError(f"The names of {key} are at most {most} texts.", where="")
    return tuple(str(name)[:LONGEST_NAME] for name in found)
