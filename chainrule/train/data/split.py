"""Training, validation and test rows: in proportion to the classes, and from the seed alone.

Imports NumPy only. `loading.load` uses it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Split:
    """Row numbers of the three parts; together they are every row exactly once."""

    train: Rows
    validation: Rows
    test: Rows


def split_rows(
    strata: NDArray[np.int64], validation: float, test: float, seed: int, own_test_rows: int = 0
) -> Split:
    """Split rows at random, each part with the same mix of strata.

    Parameters
    ----------
    strata : ndarray, int64, (N,)
        The class of each row; all 0 where there are no classes.
    validation, test : float
        Test is a share of all rows, validation a share of the rest: the test part is the same
        whatever the validation share.
    own_test_rows : int
        If not 0, the last rows are the test part, and `test` is not read.
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(len(strata))
    if own_test_rows:
        rest, held_out = rows[:-own_test_rows], rows[-own_test_rows:]
    else:
        rest, held_out = _hold_out(rows, strata, test, rng)
    train, watched = _hold_out(rest, strata, validation, rng)
    return Split(train, watched, held_out)


def keep_categories_known(split: Split, columns: Iterable[NDArray[np.int64]]) -> Split:
    """Move the first row of each category that training lacks into the training part.

    Without it, whether a rare category can be encoded would hang on the seed.

    Parameters
    ----------
    columns : iterable of ndarray, int64, (N,)
        The category of each row, for each text column.
    """
    parts = [split.train, split.validation, split.test]
    for codes in columns:
        for part in (1, 2):
            held = parts[part]
            categories, first = np.unique(codes[held], return_index=True)
            lent = first[~np.isin(categories, codes[parts[0]])]
            parts[0] = np.concatenate([parts[0], held[lent]])
            parts[part] = np.delete(held, lent)
    return Split(*parts)


def _hold_out(
    rows: Rows, strata: NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Rows kept and rows held out, both in random order."""
    rows = rng.permutation(rows)
    _, stratum, counts = np.unique(strata[rows], return_inverse=True, return_counts=True)
    order = np.argsort(stratum, kind="stable")  # rows of stratum 0, then of 1, ...
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(rows), np.int64)  # of a row among the rows of its stratum
    rank[order] = np.arange(len(rows)) - np.repeat(starts, counts)
    is_held = rank < _held_per_stratum(counts, share)[stratum]
    return rows[~is_held], rows[is_held]


def _held_per_stratum(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Whole rows nearest to share * counts that add up to round(share * N): largest remainders.

    Every stratum keeps at least one row.
    """
    exact = share * counts
    held = np.floor(exact).astype(np.int64)
    left = max(round(share * int(counts.sum())) - int(held.sum()), 0)
    held[np.argsort(held - exact, kind="stable")[:left]] += 1
    return np.minimum(held, counts - 1)
