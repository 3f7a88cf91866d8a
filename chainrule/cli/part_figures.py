"""Figures: loss and accuracy, or error and R^2, of the parts of a data set.

Imports train and the checkup. The table at the end, config.toml and the report show them.
"""

from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.inspection import Part
from chainrule.inspection.checkup import LayerCheckup, observe
from chainrule.nn import Module
from chainrule.ops.losses.loss import facts_of_named
from chainrule.train import predict
from chainrule.train.choices import TrainingPlan
from chainrule.train.data import Dataset, Preprocessing
from chainrule.train.judgement import judge_answers, judge_classes, judge_numbers

TELLING = ("accuracy", "R^2", "RMSE")  # the order in which a report shows them


@dataclass(frozen=True)
class Figures:
    """What a net makes of some rows.

    Parameters
    ----------
    part : str
        "training", "validation" or "test".
    rows : int
    loss : float
        Without regularization. Of a regression: of the standardised target.
    values : mapping of str to float
        "accuracy"; or "RMSE", in the target's own unit, and "R^2".
    outputs : ndarray, (N, C)
        The net's scores or numbers.
    constant : float
        What the best constant answer reaches: the share of the most frequent class, or an R^2 of
        0; NaN where the answers are all the same number.
    even : float
        The loss of equal scores for all classes; NaN for numbers.
    layers : tuple of LayerCheckup
        How its activations behaved; of the training part only.
    judged : dict
        For metrics.json: see `train.judgement`.
    """

    part: str
    rows: int
    loss: float
    values: dict[str, float]
    outputs: NDArray[Any]
    constant: float
    even: float = nan
    layers: tuple[LayerCheckup, ...] = ()
    judged: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def part_of_report(self) -> Part:
        """What the report shows, the most telling figure first."""
        told = {name: self.values[name] for name in TELLING if name in self.values}
        return Part(self.part, self.rows, self.loss, told, self.constant, self.even)


def figures(plan: TrainingPlan, model: Module, dataset: Dataset) -> list[Figures]:
    """Those of the parts that have rows."""
    parts: list[tuple[str, NDArray[Any], NDArray[Any]]] = [
        ("training", dataset.x_train, dataset.y_train),
        ("validation", dataset.x_validation, dataset.y_validation),
        ("test", dataset.x_test, dataset.y_test),
    ]
    return [_of_part(plan, model, dataset, *part) for part in parts if len(part[1])]


def values(
    preprocessing: Preprocessing, outputs: NDArray[Any], y: NDArray[Any]
) -> dict[str, float]:
    """Accuracy; or the root of the mean squared error, and the share of the spread explained."""
    if preprocessing.task == "classification":
        return values_of_classes(outputs.argmax(axis=1), y)
    miss = preprocessing.original(outputs) - preprocessing.original(y)
    truth = preprocessing.original(y)
    spread = float(np.sum(np.square(truth - truth.mean())))
    squares = float(np.sum(np.square(miss)))
    return {
        "RMSE": float(np.sqrt(squares / len(miss))),
        "R^2": 1 - squares / spread if spread else float("nan"),
    }


def values_of_classes(said: NDArray[Any], y: NDArray[Any]) -> dict[str, float]:
    """The share of rows whose class is said."""
    hits: NDArray[np.bool_] = said == y
    return {"accuracy": float(np.mean(hits))}


def heading(name: str, preprocessing: Preprocessing) -> str:
    """A figure's name, with the target whose unit it has."""
    return f"RMSE ({preprocessing.target.name})" if name == "RMSE" else name


def _of_part(
    plan: TrainingPlan,
    model: Module,
    dataset: Dataset,
    part: str,
    x: NDArray[Any],
    y: NDArray[Any],
) -> Figures:
    layers: tuple[LayerCheckup, ...] = ()
    if part == "training":  # one pass for what the report looks at, too
        observed = observe(model, x)
        outputs, layers = observed.outputs, observed.layers
    else:
        outputs = predict(model, x)
    targets = y.astype(outputs.dtype) if y.dtype.kind == "f" else y
    loss = float(plan.loss(outputs, targets))
    found = values(dataset.preprocessing, outputs, y)
    even = float(plan.loss(np.zeros_like(outputs), targets)) if "accuracy" in found else nan
    judged = _judged(plan, dataset.preprocessing, outputs, y)
    return Figures(part, len(x), loss, found, outputs, _constant(found, y), even, layers, judged)


def _judged(
    plan: TrainingPlan, preprocessing: Preprocessing, outputs: NDArray[Any], y: NDArray[Any]
) -> dict[str, Any]:
    classes, facts = preprocessing.classes, facts_of_named(plan.architecture.loss)
    if not classes:
        return judge_numbers(preprocessing.original(outputs), preprocessing.original(y))
    if not facts.link:  # scores, no chances
        return judge_answers(outputs.argmax(axis=1), y, classes)
    return judge_classes(np.asarray(facts.linked(outputs.astype(np.float64))), y, classes)


def _constant(found: dict[str, float], y: NDArray[Any]) -> float:
    """The figure of the best constant answer."""
    if "accuracy" in found:
        return float(np.bincount(y).max()) / len(y)
    return found["R^2"] * 0.0  # NaN stays NaN
