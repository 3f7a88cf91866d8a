"""Answers: a net's outputs as class names and probabilities, or as numbers in the user's unit.

Imports the data's preprocessing. prediction.py shows them and writes them as CSV.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.ops.losses.loss import facts_of_named
from chainrule.train.architecture import Architecture
from chainrule.train.data import Preprocessing


@dataclass(frozen=True)
class Answers:
    """What a net says about rows.

    Parameters
    ----------
    said : list of str
        The predicted class or number of each row.
    truth : list of str
        The true ones, "" where one is not known; empty if none is.
    shares : ndarray, (N, C)
        Probability of each class, or its score after a loss without a link; (N, 0) for numbers.
    kind : str
        What the shares are: "probability" or "score".
    classes : tuple of str
    """

    said: list[str]
    truth: list[str]
    shares: NDArray[np.float64]
    kind: str
    classes: tuple[str, ...]

    @property
    def headings(self) -> list[str]:
        """Of the columns of the CSV."""
        known = ["truth"] if self.truth else []
        return ["row", "prediction", *known, *(f"{self.kind} {name}" for name in self.classes)]

    def rows(self) -> Iterator[list[str]]:
        """The cells of each row, counted from 1."""
        for number, said in enumerate(self.said):
            known = [self.truth[number]] if self.truth else []
            shares = [f"{share:.6g}" for share in self.shares[number]]
            yield [str(number + 1), said, *known, *shares]

    def to_csv(self) -> str:
        """All rows as CSV text."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.headings)
        writer.writerows(self.rows())
        return text.getvalue()

    def preview(self, most: int) -> tuple[list[str], list[list[str]]]:
        """Headings and first rows of a table: only the share of the class that was said."""
        known = ["truth"] if self.truth else []
        headings = ["row", "prediction", *known, *([self.kind] if self.classes else [])]
        shown = [
            [*cells[: 2 + len(known)], *([f"{max(shares):.4f}"] if self.classes else [])]
            for cells, shares, _ in zip(self.rows(), self.shares, range(most), strict=False)
        ]
        return headings, shown


def answers(
    architecture: Architecture,
    preprocessing: Preprocessing,
    outputs: NDArray[Any],
    y: NDArray[Any] | None,
    answered: NDArray[np.int64] | None = None,
) -> Answers:
    """Read outputs as the loss has taught the net to give them.

    Parameters
    ----------
    y : ndarray or None
        The targets of the rows that have one.
    answered : ndarray, int64, optional
        Which rows these are. Default: all.
    """
    classes, facts = preprocessing.classes, facts_of_named(architecture.loss)
    linked = np.asarray(facts.linked(outputs.astype(np.float64)))
    if not classes:
        known = [] if y is None else _numbers(preprocessing.original(y))
        truth = _in_rows(known, len(outputs), answered)
        none = np.empty((len(outputs), 0))
        return Answers(_numbers(preprocessing.original(linked)), truth, none, "", ())
    return Answers(
        said=[classes[index] for index in outputs.argmax(axis=1)],
        truth=_in_rows(
            [] if y is None else [classes[index] for index in y], len(outputs), answered
        ),
        shares=linked,
        kind="probability" if facts.link else "score",
        classes=classes,
    )


def _in_rows(known: list[str], rows: int, answered: NDArray[np.int64] | None) -> list[str]:
    """What is known, each in its row, and nothing in the others."""
    if answered is None or not known or len(known) == rows:
        return known
    truth = [""] * rows
    for row, word in zip(answered.tolist(), known, strict=True):
        truth[row] = word
    return truth


def _numbers(values: NDArray[np.float64]) -> list[str]:
    return [f"{value:.7g}" for value in values]
