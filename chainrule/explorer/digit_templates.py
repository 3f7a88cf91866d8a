"""Templates on digits: what a linear classifier, or hidden units, look for in pictures of digits.

Imports the inspection's templates, the training and the parts beside it. questions.py asks it.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.explorer.asked_values import Asked, number, whole, word
from chainrule.inspection.unit_templates import templates
from chainrule.nn import L2, MLP, Module
from chainrule.ops.losses.classification import Hinge, SoftmaxCrossEntropy
from chainrule.optim import Adam, Cosine
from chainrule.train import Program, evaluate
from chainrule.train.data import Dataset, load
from chainrule.train.data.bundled import DIGIT_SIDE

LOSSES = {"softmax": SoftmaxCrossEntropy.function, "svm": Hinge.function}
MOST_UNITS, MOST_LAMBDA, MOST_SEED = 40, 10.0, 9999
BATCH, EPOCHS, RATE = 128, 40, 0.02
STRONGEST = 3  # pixels named of either sign
DECIMALS = 4  # of a weight: its colour needs two
INK = 16.0  # of a black pixel, in the set's own units

Array = np.ndarray[Any, np.dtype[Any]]


def templates_card(asked: Asked) -> dict[str, Any]:
    """A net trained on the digits, and the templates of its first layer."""
    loss = word(asked, "loss", tuple(LOSSES))
    strength = number(asked, "lambda", 1e-2, MOST_LAMBDA)
    units = whole(asked, "units", 0, 0, MOST_UNITS)
    seed = whole(asked, "seed", 0, 0, MOST_SEED)
    data = _digits()
    model = _trained(data, loss, strength, units, seed)
    train, test = (
        evaluate(model, part, LOSSES[loss])
        for part in ((data.x_train, data.y_train), (data.x_test, data.y_test))
    )
    found = templates(model, data.x_train, image_shape=data.image_shape, classes=data.classes)
    weights = np.asarray(next(iter(model.parameters().values())).value, np.float64)
    told = sorted(found.to_dict()["units"], key=lambda each: each["unit"])
    shown = [_unit(each, weights[:, each["unit"]]) for each in told]
    rows = sorted({row for each in told for row in (*each["most"], *each["least"])})
    kind = f"The net of {units} hidden units" if units else "The classifier"
    return {
        "card": "templates",
        "layer": found.layer,
        "columns": DIGIT_SIDE,
        "scale": float(np.abs(weights).max()) or 1.0,
        "train": {"loss": train[0], "accuracy": train[1]},
        "test": {"loss": test[0], "accuracy": test[1]},
        "says": f"{kind} is right on {train[1]:.3f} of the {data.rows:,} digits it has seen, "
        f"and on {test[1]:.3f} of {len(data.x_test)} new ones.",
        "sharing": found.sharing,
        "units": shown,
        "pictures": {str(row): _ink(data, row) for row in rows},
        "labels": {str(row): data.classes[int(data.y_train[row])] for row in rows},
    }


@lru_cache(maxsize=1)
def _digits() -> Dataset:
    return load("digits", seed=0, validation=0)


def _trained(data: Dataset, loss: str, strength: float, units: int, seed: int) -> Module:
    hidden = [units] if units else []
    model = MLP([data.inputs, *hidden, data.outputs], seed=seed)
    steps = EPOCHS * -(-data.rows // BATCH)
    schedule = Cosine(RATE, steps=steps)
    program = Program(model, LOSSES[loss], Adam(RATE), L2(strength), schedule)
    rng = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        program.epoch(data.x_train, data.y_train, BATCH, order=rng.permutation(data.rows))
    return model


def _unit(told: dict[str, Any], weights: Array) -> dict[str, Any]:
    """A template with its weights, which the page colours itself: for light and for dark."""
    kept = ("name", "unit", "strength", "votes", "shared", "most", "least", "alt")
    order = np.argsort(-weights, kind="stable")
    return {
        **{key: told[key] for key in kept},
        "weights": weights.round(DECIMALS).tolist(),
        "for": [_pixel(i, weights) for i in order[:STRONGEST].tolist() if weights[i] > 0],
        "against": [
            _pixel(i, weights) for i in order[::-1][:STRONGEST].tolist() if weights[i] < 0
        ],
    }


def _pixel(place: int, weights: Array) -> dict[str, Any]:
    row, column = divmod(place, DIGIT_SIDE)
    return {"row": row + 1, "column": column + 1, "weight": round(float(weights[place]), DECIMALS)}


def _ink(data: Dataset, row: int) -> list[float]:
    """A picture as the set has it: standardising undone, from 0 (paper) to 1 (ink)."""
    columns = data.preprocessing.columns
    mean, std = (np.array([getattr(each, key) for each in columns]) for key in ("mean", "std"))
    return ((data.x_train[row] * std + mean) / INK).clip(0, 1).round(2).tolist()
