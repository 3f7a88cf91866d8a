"""Size and lambda panels: nets of one hidden layer, side by side, on the same points of a plane.

Imports the training and the parts beside it. questions.py asks it.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.explorer.asked_values import Asked, number, whole, word
from chainrule.nn import L2, MLP
from chainrule.ops.losses.classification import SoftmaxCrossEntropy
from chainrule.ops.softmax import softmax
from chainrule.optim import Adam, Cosine
from chainrule.spec import is_dict, is_list
from chainrule.train import Program, evaluate
from chainrule.train.data import load

DATA = ("moons", "circles", "spiral")
VARIED = ("size", "lambda")
MOST_NETS, MOST_UNITS, MOST_LAMBDA, MOST_SEED = 3, 64, 10.0, 9999
FEWEST, MOST_POINTS, USUAL_POINTS = 20, 200, 80  # that are trained on
MOST_NOISE, USUAL_NOISE = 1.0, 0.5  # standard deviations of the inputs
TESTED = 100  # points at most
HELD = 0.4  # of all points: those that nobody trains on
STEPS, RATE = 1500, 0.05  # on all points at once
CELLS = 64  # on a side of the picture
MARGIN = 0.25  # around the points

Array = np.ndarray[Any, np.dtype[Any]]
softmax_cross_entropy = SoftmaxCrossEntropy.function


@dataclass(frozen=True, eq=False)
class Points:
    """Points of the plane with their classes; some are trained on, others held back."""

    x: Array
    y: Array
    held_x: Array
    held_y: Array
    classes: tuple[str, ...]
    box: tuple[float, float, float, float]


def panels_card(asked: Asked) -> dict[str, Any]:
    """Some nets, trained alike but for their size or their lambda, and what they say."""
    varied, name = word(asked, "vary", VARIED), word(asked, "data", DATA)
    seed = whole(asked, "seed", 0, 0, MOST_SEED)
    count = whole(asked, "points", USUAL_POINTS, FEWEST, MOST_POINTS)
    noise = number(asked, "noise", USUAL_NOISE, MOST_NOISE)
    nets = asked.get("nets")
    if not is_list(nets) or not 1 <= len(nets) <= MOST_NETS or not all(map(is_dict, nets)):
        raise ArgumentError(f"nets is a list of 1 to {MOST_NETS} objects.")
    forms = [
        (whole(each, "units", 20, 1, MOST_UNITS), number(each, "lambda", 1e-3, MOST_LAMBDA))
        for each in nets
    ]
    points = _points(name, seed, count, noise)
    panels = [_panel(points, units, strength, seed) for units, strength in forms]
    return {
        "card": "panels",
        "vary": varied,
        "classes": list(points.classes),
        "kind": "probability" if len(points.classes) == 2 else "classes",
        "points": _drawn(points),
        "box": list(points.box),
        "columns": CELLS,
        "rows": CELLS,
        "panels": panels,
        "says": _compared(panels, varied),
    }


@lru_cache(maxsize=16)
def _points(name: str, seed: int, count: int, noise: float) -> Points:
    data = load(name, seed=seed, validation=0, test=HELD)
    rng = np.random.default_rng(seed)
    parts: list[Array] = []
    for x, y, most in (
        (data.x_train, data.y_train, count),
        (data.x_test, data.y_test, TESTED),
    ):
        rows = rng.permutation(len(x))[:most]
        moved = x[rows] + noise * rng.standard_normal((len(rows), 2))
        parts += [moved.astype(np.float32), y[rows]]
    x, y, held_x, held_y = parts
    both = np.concatenate([x, held_x])
    (x0, y0), (x1, y1) = both.min(axis=0) - MARGIN, both.max(axis=0) + MARGIN
    middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), max(x1 - x0, y1 - y0) / 2
    sides = [side for centre in middle for side in (centre - half, centre + half)]
    left, right, low, high = (round(float(side), 4) for side in sides)
    return Points(x, y, held_x, held_y, data.classes, (left, right, low, high))


def _drawn(points: Points) -> dict[str, Any]:
    both = np.concatenate([points.x, points.held_x]).astype(float).round(4)
    return {
        "x": both[:, 0].tolist(),
        "y": both[:, 1].tolist(),
        "label": [*points.y.tolist(), *points.held_y.tolist()],
        "held": [False] * len(points.x) + [True] * len(points.held_x),
    }


def _panel(points: Points, units: int, strength: float, seed: int) -> dict[str, Any]:
    """One net, trained in native code: a single call for all of its steps."""
    model = MLP([2, units, len(points.classes)], activation="tanh", seed=seed)
    schedule = Cosine(RATE, steps=STEPS)
    program = Program(model, softmax_cross_entropy, Adam(RATE), L2(strength), schedule)
    rows = len(points.x)
    program.epoch(points.x, points.y, rows, order=np.tile(np.arange(rows), STEPS))
    train = evaluate(model, (points.x, points.y), softmax_cross_entropy)
    test = evaluate(model, (points.held_x, points.held_y), softmax_cross_entropy)
    shares = np.asarray(softmax(program.predict(_cells(points.box))))
    if shares.shape[1] == 2:
        grid, strengths = shares[:, 1].round(3).tolist(), None
    else:
        grid = shares.argmax(axis=1).tolist()
        strengths = shares.max(axis=1).round(3).tolist()
    return {
        "units": units,
        "lambda": strength,
        "parameters": sum(each.size for each in model.parameters().values()),
        "train": {"loss": train[0], "accuracy": train[1]},
        "test": {"loss": test[0], "accuracy": test[1]},
        "penalty": L2(strength)(model).item(),
        "squares": 2 * L2(1.0)(model).item(),
        "says": f"{_units(units)}: train {train[1]:.2f}, test {test[1]:.2f}",
        "grid": grid,
        "strength": strengths,
    }


def _cells(box: tuple[float, float, float, float]) -> Array:
    """The middles of the picture's cells, row by row from the top."""
    x0, x1, y0, y1 = box
    share = (np.arange(CELLS) + 0.5) / CELLS
    across, down = np.meshgrid(x0 + share * (x1 - x0), y1 - share * (y1 - y0))
    return np.stack([across.ravel(), down.ravel()], axis=1).astype(np.float32)


def _units(count: int) -> str:
    return f"{count} unit" if count == 1 else f"{count} units"


def _compared(panels: list[dict[str, Any]], varied: str) -> str:
    """What the panels tell beside each other, in the order in which they stand."""
    train, test = (
        ", ".join(f"{each[part]['accuracy']:.2f}" for each in panels) for part in ("train", "test")
    )
    if varied == "size":
        named = "With " + ", ".join(str(each["units"]) for each in panels) + " hidden units"
    else:
        named = "With lambda " + ", ".join(f"{each['lambda']:g}" for each in panels)
        squares = ", ".join(f"{each['squares']:.3g}" for each in panels)
        named += f" the squares of the weights add up to {squares};"
    seen = f"the net is right on {train} of the points it has seen"
    return f"{named} {seen}, and on {test} of new ones."
