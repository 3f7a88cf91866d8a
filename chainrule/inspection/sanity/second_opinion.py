"""Opinion: what plain learners make of the same rows, each row answered by all the others.

Imports NumPy alone. Nearest neighbours, a linear map, and one of random units: the best of them
tells which rows are easy, and what can be learned at the least.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
MOST_ROWS = 2000  # the distances between all of them are 16 MB
MOST_COLUMNS = 512  # of more, so many random mixtures: distances are kept to a few per cent
NEIGHBOURS = 10
UNITS = 300  # random units: Rahimi and Recht 2008, "Random features for large-scale kernels"
STRENGTHS = (1e-3, 1e-1, 1e1)  # of the ridge, times the mean square of a column
SEED = 0


@dataclass(frozen=True, eq=False)
class Opinion:
    """The answers of the best of the plain learners.

    Attributes
    ----------
    rows : ndarray of int
        Which rows were asked.
    misses : ndarray
        Of each row: 1 where the label is missed, else 0; of numbers the squared distance.
    sureness : ndarray
        By how much the answer stands out from the second one; of numbers 0.
    constant : float
        The mean of the misses of a constant answer.
    of_labels : bool
    """

    rows: Array
    misses: Array
    sureness: Array
    constant: float
    of_labels: bool

    @property
    def errors(self) -> float:
        """Share of labels that were missed; of numbers, of the spread that is not explained."""
        mean = float(self.misses.mean())
        return mean if self.of_labels else mean / self.constant


def opinion_of(x: Array, y: Array, classes: int) -> Opinion | None:
    """Ask the plain learners about labels (N,), or about numbers (N,) or (N, k).

    None where nothing can be said: a few rows, or numbers that are all the same.
    """
    rows = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_ROWS)).round().astype(np.int64))
    if len(rows) < 2 * NEIGHBOURS:
        return None
    columns = _columns(x[rows].reshape(len(rows), -1).astype(np.float64))
    if not columns.shape[1]:
        return None
    targets = y[rows]
    if classes:
        wanted = (np.arange(classes) == targets[:, None]).astype(np.float64)
        constant = 1 - float(np.bincount(targets, minlength=classes).max()) / len(rows)
    else:
        wanted = targets.reshape(len(rows), -1).astype(np.float64)
        constant = float(np.square(wanted - wanted.mean(axis=0)).sum(axis=1).mean())
    if not constant:
        return None
    found: list[tuple[Array, Array]] = []
    for answers in _answers(columns, wanted):
        if classes:
            ranked = np.sort(answers, axis=1)
            misses = (answers.argmax(axis=1) != targets).astype(np.float64)
            found.append((misses, ranked[:, -1] - ranked[:, -2]))
        else:
            misses = np.square(answers - wanted).sum(axis=1)
            found.append((misses, np.zeros(len(rows))))
    misses, sureness = min(found, key=lambda pair: float(pair[0].mean()))
    return Opinion(rows, misses, sureness, constant, bool(classes))


def _columns(x: Array) -> Array:
    """Standardised, without those that are constant."""
    rng = np.random.default_rng(SEED)
    spread = x.std(axis=0)
    x = (x - x.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    if x.shape[1] > MOST_COLUMNS:
        x = x @ rng.normal(size=(x.shape[1], MOST_COLUMNS)) / np.sqrt(MOST_COLUMNS)
    return x


def _answers(x: Array, wanted: Array) -> Iterator[Array]:
    """Of each learner: answers (N, k) for each row, made without its own target."""
    yield _by_neighbours(x, wanted)
    ones = np.ones((len(x), 1))
    rng = np.random.default_rng(SEED)
    weights = rng.normal(size=(x.shape[1], UNITS)) * np.sqrt(2 / x.shape[1])
    units = np.maximum(x @ weights + rng.normal(size=UNITS), 0)
    for features in (np.hstack([x, ones]), np.hstack([x, units, ones])):
        yield from _by_ridge(features, wanted)


def _by_neighbours(x: Array, wanted: Array) -> Array:
    """The mean of the nearest ones."""
    few = x.astype(np.float32)
    length = np.square(few).sum(axis=1)
    apart = length[:, None] + length - 2 * (few @ few.T)
    np.fill_diagonal(apart, np.inf)
    near = np.argpartition(apart, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    return wanted[near].mean(axis=1)


def _by_ridge(features: Array, wanted: Array) -> Iterator[Array]:
    """Least squares with a penalty, for some strengths; each row left out in closed form.

    Source
    ------
    Hastie, Tibshirani, Friedman 2009, "The elements of statistical learning", equation 7.52.
    """
    values, vectors = np.linalg.eigh(features.T @ features)
    turned, aimed = features @ vectors, vectors.T @ (features.T @ wanted)
    usual = max(float(values.mean()), np.finfo(np.float64).tiny)
    for strength in STRENGTHS:
        shrunk = 1 / (np.maximum(values, 0) + strength * usual)
        own = np.minimum(np.square(turned) @ shrunk, 1 - 1e-6)[:, None]  # its say in its answer
        fitted = turned @ (shrunk[:, None] * aimed)
        yield wanted - (wanted - fitted) / (1 - own)
