"""Judgement: what chances or numbers are worth on rows whose answers are known, as plain figures.

Imports NumPy. The command line writes them to metrics.json, and shows them.
"""

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Figures = dict[str, Any]
MOST_MISSES = 10_000  # that are kept: a level is met to one part in as many
BINS = 10  # of chances, from 0 to 1, each as wide
LEAST_CHANCE = float(np.finfo(np.float64).eps)  # log(0) would leave one row nothing to compare


def judge_classes(
    chances: Array, labels: Array, classes: Sequence[str], said: Array | None = None
) -> Figures:
    """Figures of a classification.

    Parameters
    ----------
    chances : ndarray, (N, C)
    labels : ndarray of int, (N,)
        Places among the classes.
    classes : sequence of str
    said : ndarray of int, (N,), optional
        The classes that are said. Default: the likeliest.

    Returns
    -------
    dict
        "rows"; "accuracy"; "balanced_accuracy", the mean share of each class that is found;
        "log_loss", in nats; "roc_auc", of the last of two classes, or the mean over the classes,
        each against all others; "f1", the mean over the classes; "classes", with rows, precision,
        recall and F1 of each; "calibration", see :func:`calibration`. NaN where these rows do not
        tell: the ROC AUC of rows of one class.

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    >>> found = judge_classes(chances, np.array([0, 0, 1, 1]), ["no", "yes"])
    >>> found["accuracy"], found["roc_auc"], found["classes"][1]["recall"]
    (0.75, 1.0, 1.0)
    """
    chances = np.asarray(chances, np.float64)
    answers = judge_answers(chances.argmax(1) if said is None else said, labels, classes)
    own = np.clip(chances[np.arange(len(labels)), labels], LEAST_CHANCE, 1.0)
    return {
        **{name: answers[name] for name in ("rows", "accuracy", "balanced_accuracy")},
        "log_loss": float(np.mean(-np.log(own))) if len(own) else nan,
        "roc_auc": _roc_auc_of(chances, labels),
        "f1": answers["f1"],
        "classes": answers["classes"],
        "calibration": calibration(chances, labels),
    }


def judge_answers(said: Array, labels: Array, classes: Sequence[str]) -> Figures:
    """The figures of `judge_classes` that need no chances.

    Parameters
    ----------
    said, labels : ndarray of int, (N,)
        Places among the classes.
    """
    counts = confusion(said, labels, len(classes))
    rows, answers, right = counts.sum(1), counts.sum(0), np.diag(counts)
    recall, precision = _share(right, rows), _share(right, answers, nothing=0.0)
    f1 = _share(2 * right, rows + answers, nothing=0.0)
    is_there = (rows + answers) > 0
    return {
        "rows": len(labels),
        "accuracy": float(right.sum() / len(labels)) if len(labels) else nan,
        "balanced_accuracy": float(recall[rows > 0].mean()) if len(labels) else nan,
        "f1": float(f1[is_there].mean()) if len(labels) else nan,
        "classes": [
            {
                "class": name,
                "rows": int(rows[place]),
                "precision": float(precision[place]),
                "recall": float(recall[place]),
                "f1": float(f1[place]),
            }
            for place, name in enumerate(classes)
        ],
    }


def judge_numbers(predicted: Array, truth: Array, margin: float | Array | None = None) -> Figures:
    """Figures of a regression, in the target's own unit.

    Parameters
    ----------
    margin : float or ndarray, (N,), optional
        Half the width of the interval around each prediction.

    Returns
    -------
    dict
        "rows", "rmse", "mae", "r2" (NaN where the truth is always the same number), and
        "coverage", the share of the rows that lie in their interval, where there is one.

    Examples
    --------
    >>> judge_numbers(np.array([1.0, 2.0, 5.0]), np.array([1.0, 3.0, 5.0]), margin=0.5)["mae"]
    0.3333333333333333
    """
    truth = np.asarray(truth, np.float64)
    miss = np.asarray(predicted, np.float64) - truth
    known = len(truth) > 0
    squares, spread = float(np.sum(miss**2)), 0.0
    if known and truth.min() < truth.max():
        spread = float(np.sum((truth - truth.mean()) ** 2))
    found: Figures = {
        "rows": len(truth),
        "rmse": float(np.sqrt(squares / len(truth))) if known else nan,
        "mae": float(np.mean(np.abs(miss))) if known else nan,
        "r2": 1 - squares / spread if spread else nan,
    }
    if margin is not None:
        found["coverage"] = float(np.mean(np.abs(miss) <= margin)) if known else nan
    return found


def judge_constant(seen: Array, truth: Array, classes: Sequence[str] = ()) -> Figures:
    """What one reaches who looks at no column, but knows the answers of the training rows.

    Parameters
    ----------
    seen, truth : ndarray, (N,)
        Answers of the training rows, and of those that are judged: places among the classes, or
        numbers. Of classes their shares are said, of numbers the mean.
    """
    if not classes:
        return judge_numbers(np.full(len(truth), np.mean(seen)), truth)
    shares = np.bincount(seen, minlength=len(classes)) / max(len(seen), 1)
    found = judge_classes(np.tile(shares, (len(truth), 1)), truth, classes)
    return {name: value for name, value in found.items() if name not in ("classes", "calibration")}


def confusion(said: Array, labels: Array, classes: int) -> Array:
    """Rows of each class, by what was answered: truth down, answers across."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (labels, said), 1)
    return counts


def roc_auc(scores: Array, positive: Array) -> float:
    """The chance that a positive row has a higher score than another; a tie counts one half.

    Examples
    --------
    >>> roc_auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    positive = np.asarray(positive, bool)
    ups, downs = int(positive.sum()), int((~positive).sum())
    if not ups or not downs:
        return nan
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks: Array = np.cumsum(counts) - (counts - 1) / 2  # the mean rank of equal scores, from 1
    return float((ranks[places][positive].sum() - ups * (ups + 1) / 2) / (ups * downs))


def calibration(chances: Array, labels: Array) -> list[Figures]:
    """How often what was given a chance comes true, in ten bins of chances; without empty ones.

    Of two classes, the chance of the last; of more, the chance of the class that is said.
    """
    if chances.shape[1] == 2:
        chance, comes_true = chances[:, 1], labels == 1
    else:
        said: Array = chances.argmax(1)
        chance, comes_true = chances[np.arange(len(said)), said], labels == said
    bins: Array = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], chance)
    return [
        {
            "rows": int(np.count_nonzero(bins == each)),
            "chance": float(chance[bins == each].mean()),
            "share": float(comes_true[bins == each].mean()),
        }
        for each in np.unique(bins)
    ]


def sorted_misses(misses: Array) -> Array:
    """By how much rows are missed, the smallest first; of more than MOST_MISSES some, evenly."""
    misses = np.sort(np.abs(misses[~np.isnan(misses)]))
    if len(misses) <= MOST_MISSES:
        return misses
    return misses[np.ceil(np.linspace(1, len(misses), MOST_MISSES)).astype(np.int64) - 1]


def margin_of(misses: Array, share: float) -> float:
    """Half the width of an interval that holds a share of rows like these; NaN without rows.

    Notes
    -----
    The conformal quantile: of n misses the ceil((n + 1) * share)-th smallest, or the largest.

    Source
    ------
    Barber, Candès, Ramdas, Tibshirani 2021, "Predictive inference with the jackknife+", for
    misses of rows that were left out in turn.
    """
    misses = sorted_misses(misses)
    if not len(misses):
        return nan
    place = int(np.ceil((len(misses) + 1) * share)) - 1
    return float(misses[min(place, len(misses) - 1)])


def without_nan(figures: Any) -> Any:
    """The same with None for what is not finite: JSON knows no NaN."""
    if isinstance(figures, float):
        return figures if isfinite(figures) else None
    if isinstance(figures, Mapping):
        each: Mapping[str, Any] = figures  # pyright: ignore[reportUnknownVariableType] of any
        return {name: without_nan(value) for name, value in each.items()}
    if isinstance(figures, list):
        every: list[Any] = figures  # pyright: ignore[reportUnknownVariableType] of any
        return [without_nan(value) for value in every]
    return figures


def _roc_auc_of(chances: Array, labels: Array) -> float:
    if chances.shape[1] == 2:
        return roc_auc(chances[:, 1], labels == 1)
    each = [roc_auc(chances[:, place], labels == place) for place in range(chances.shape[1])]
    known = [area for area in each if isfinite(area)]
    return float(np.mean(known)) if known else nan


def _share(part: Array, whole: Array, nothing: float = nan) -> Array:
    return np.where(whole > 0, part / np.maximum(whole, 1), nothing)
