"""Answers: what is said of rows, as class names and probabilities, or as numbers and intervals.

Imports NumPy and the losses' facts. prediction.py shows them and writes them as CSV.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.cli.figure_table import written_alike
from chainrule.ops.losses.loss import facts_of_named
from chainrule.train.architecture import Architecture
from chainrule.train.data import Preprocessing

MOST_NAMES = 2  # columns that name the rows, in the table on the screen


@dataclass(frozen=True)
class Answers:
    """What is said of rows.

    Parameters
    ----------
    said : list of str
        The predicted class or number of each row.
    truth : list of str
        The true ones, "" where one is not known; empty if none is.
    shares : ndarray, (N, C)
        Probability of each class, its score after a loss without a link, or the ends of each
        number's interval; (N, 0) for a number alone.
    kind : str
        What the shares are: "probability", "score" or "interval".
    classes : tuple of str
    named : mapping of str to list of str
        The columns that name the rows.
    chosen : ndarray of int
        Of each row, the place of its class.
    how : (str, str) or None
        What to know of them, such as the level of the intervals: a label and a sentence.
    """

    said: list[str]
    truth: list[str]
    shares: NDArray[np.float64]
    kind: str
    classes: tuple[str, ...]
    named: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    chosen: NDArray[np.int64] = field(default_factory=lambda: np.arange(0))
    how: tuple[str, str] | None = None

    @property
    def headings(self) -> list[str]:
        """Of the columns of the CSV."""
        known = ["truth"] if self.truth else []
        own = ["row", "prediction", *known, *self._shares]
        return [own[0], *(_apart(name, own) for name in self.named), *own[1:]]

    @property
    def _shares(self) -> list[str]:
        if self.kind == "interval":
            return ["lowest", "highest"]
        return [f"{self.kind} {name}" for name in self.classes]

    def rows(self) -> Iterator[list[str]]:
        """The cells of each row, counted from 1."""
        for number, said in enumerate(self.said):
            names = [cells[number] for cells in self.named.values()]
            known = [self.truth[number]] if self.truth else []
            shares = [f"{share:.6g}" for share in self.shares[number]]
            yield [str(number + 1), *names, said, *known, *shares]

    def to_csv(self) -> str:
        """All rows as CSV text."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.headings)
        writer.writerows(self.rows())
        return text.getvalue()

    def preview(self, most: int) -> tuple[list[str], list[list[str]]]:
        """Headings and first rows of a table: only the share of the class that was said."""
        names = len(self.named)
        left = [1 + place for place in range(min(names, MOST_NAMES))]
        places = [0, *left, *range(1 + names, 2 + names + bool(self.truth))]
        headings = [self.headings[place] for place in places]
        headings += [self.kind] if self.classes else self._shares
        shown: list[list[str]] = []
        for number, (cells, _) in enumerate(zip(self.rows(), range(most), strict=False)):
            shares = self.shares[number]
            told = (
                [f"{shares[self.chosen[number]]:.4f}"] if self.classes else cells[-len(shares) :]
            )
            shown.append([*(cells[place] for place in places), *(told if len(shares) else [])])
        if not self.classes:
            _write_alike(shown, 1 + len(left))
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
    facts = facts_of_named(architecture.loss)
    linked = np.asarray(facts.linked(outputs.astype(np.float64)))
    if not preprocessing.classes:
        return numbers(preprocessing, preprocessing.original(linked), y, answered)
    kind = "probability" if facts.link else "score"
    return classified(preprocessing, linked, outputs.argmax(axis=1), y, answered, kind)


def classified(
    preprocessing: Preprocessing,
    shares: NDArray[np.float64],
    chosen: NDArray[np.int64],
    y: NDArray[Any] | None,
    answered: NDArray[np.int64] | None = None,
    kind: str = "probability",
) -> Answers:
    """Answers that are classes, each row's chosen one among them."""
    classes = preprocessing.classes
    return Answers(
        said=[classes[index] for index in chosen],
        truth=_in_rows(
            [] if y is None else [classes[index] for index in y], len(shares), answered
        ),
        shares=shares,
        kind=kind,
        classes=classes,
        chosen=chosen,
    )


def numbers(
    preprocessing: Preprocessing,
    said: NDArray[np.float64],
    y: NDArray[Any] | None,
    answered: NDArray[np.int64] | None = None,
    ends: NDArray[np.float64] | None = None,
) -> Answers:
    """Answers that are numbers, with the ends of their intervals where there are some."""
    known = [] if y is None else _numbers(preprocessing.original(y))
    truth = _in_rows(known, len(said), answered)
    if ends is None:
        return Answers(_numbers(said), truth, np.empty((len(said), 0)), "", ())
    return Answers(_numbers(said), truth, ends, "interval", ())


def _apart(name: str, own: list[str]) -> str:
    """The heading of a column of the user's, which may be called like one of ours."""
    while name in own:
        name = f"{name}_"
    return name


def _in_rows(known: list[str], rows: int, answered: NDArray[np.int64] | None) -> list[str]:
    """What is known, each in its row, and nothing in the others."""
    if answered is None or not known or len(known) == rows:
        return known
    truth = [""] * rows
    for row, word in zip(answered.tolist(), known, strict=True):
        truth[row] = word
    return truth


def _write_alike(rows: list[list[str]], first: int) -> None:
    """Give the numbers from one column on, which have one unit, as many decimals each."""
    places = [(row, at) for row in rows for at in range(first, len(row)) if row[at]]
    told = written_alike([float(row[at]) for row, at in places])
    for (row, at), cell in zip(places, told, strict=True):
        row[at] = cell


def _numbers(values: NDArray[np.float64]) -> list[str]:
    return [f"{value + 0.0:.7g}" for value in values]  # no "-0"
