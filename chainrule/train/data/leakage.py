"""A column that alone tells the target: it may hold the answer, and will not be there later.

Imports outliers.py and tables.py. inference.py asks once per table.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.train.data.outliers import outweighing
from chainrule.train.data.tables import Text, Values

MOST_ROWS = 20_000  # looked at; more tell no more
FEWEST_ROWS = 50  # with fewer, chance does it
PURE = 0.99  # of the rows told right by the column alone
SHARE_OF_ERRORS = 0.05  # of those that the constant answer makes
ROWS_PER_GROUP = 10  # or groups are right by being small
MOST_BINS = 256
CORRELATED = 0.9995


def suspicious(used: Mapping[str, Values], answers: Values, target: str) -> tuple[str, ...]:
    """A note for each column that nearly gives the target away.

    Parameters
    ----------
    used : mapping of str to Values
        The columns that are learned from.
    answers : Values
        The target, without gaps.
    """
    rows = np.linspace(0, len(answers) - 1, min(len(answers), MOST_ROWS)).astype(np.int64)
    if len(rows) < FEWEST_ROWS:
        return ()
    found = [
        name for name, values in used.items() if _tells(_of(values, rows), _of(answers, rows))
    ]
    return tuple(
        f"{name!r} alone predicts {target!r} nearly perfectly: if it is known only "
        f"afterwards, leave it out (--drop)"
        for name in found
    )


def _of(values: Values, rows: NDArray[np.int64]) -> "tuple[NDArray[Any], int]":
    """The chosen rows as float64 with a count of 0; or as codes with the count of values."""
    if isinstance(values, Text):
        return values.codes[rows] + 1, len(values.values) + 1
    chosen = values[rows]
    if chosen.dtype.kind == "M":
        return np.where(np.isnat(chosen), np.nan, chosen.astype(np.int64).astype(float)), 0
    return chosen, 0


def _tells(column: "tuple[NDArray[Any], int]", answer: "tuple[NDArray[Any], int]") -> bool:
    values, groups = column
    answers, classes = answer
    if not classes:
        return not groups and _correlates(values, answers)
    if not groups:
        values, groups = _binned(values)
    if len(answers) < ROWS_PER_GROUP * groups:
        return False
    counts = np.bincount(values * classes + answers, minlength=groups * classes)
    right = counts.reshape(groups, classes).max(axis=1).sum() / len(answers)
    constant = np.bincount(answers).max() / len(answers)
    return right >= PURE and 1 - right <= SHARE_OF_ERRORS * (1 - constant)


def _binned(values: NDArray[np.float64]) -> "tuple[NDArray[np.int64], int]":
    """Numbers by their ranks: about as many in each bin, and equal ones together."""
    bins = int(np.clip(len(values) // ROWS_PER_GROUP - 1, 1, MOST_BINS))
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return np.zeros(len(values), np.int64), 1
    edges = np.unique(known[np.linspace(0, len(known) - 1, bins + 1).astype(np.int64)[1:-1]])
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values)), len(
        edges
    ) + 2


def _correlates(values: NDArray[np.float64], answers: NDArray[np.float64]) -> bool:
    known = np.isfinite(values) & np.isfinite(answers)
    if np.count_nonzero(known) < FEWEST_ROWS:
        return False
    x, y = values[known], answers[known]
    with np.errstate(all="ignore"):  # numbers near float64's end: no verdict
        few = np.union1d(outweighing(x), outweighing(y))  # a total is one in every column
        x, y = np.delete(x, few), np.delete(y, few)
        x, y = x - x.mean(), y - y.mean()
        spread = float(np.sqrt((x @ x) * (y @ y)))
        return bool(0 < spread < np.inf and abs(x @ y) / spread >= CORRELATED)
