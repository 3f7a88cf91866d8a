"""Training, validation and test rows: at random in proportion to the classes, in time, in groups.

Imports NumPy and errors. split_keys.py chooses among them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError

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


def split_latest(times: NDArray[np.float64], validation: float, test: float) -> Split:
    """The latest rows are the test part, the latest of the others the validation part.

    Rows of one time are never divided.
    """
    rest, held_out = _latest(np.arange(len(times)), times, test)
    train, watched = _latest(rest, times, validation)
    return Split(train, watched, held_out)


def split_groups(groups: NDArray[np.int64], validation: float, test: float, seed: int) -> Split:
    """Whole groups at random, as many as make about these shares of the rows."""
    rng = np.random.default_rng(seed)
    rest, held_out = _whole_groups(np.arange(len(groups)), groups, test, rng)
    train, watched = _whole_groups(rest, groups, validation, rng)
    return Split(train, watched, held_out)


def fold_rows(
    strata: NDArray[np.int64], folds: int, seed: int, keys: NDArray[Any] | None = None
) -> list[Split]:
    """So many splits without a validation part, whose test parts share no row.

    Parameters
    ----------
    strata : ndarray, int64, (N,)
        As for `split_rows`; each test part has the same mix of them.
    keys : ndarray, (N,), optional
        Times, float64: each part is tested by what was learned of all before it, the first one is
        only learned from. Codes of groups, int64: each group is tested whole.

    Raises
    ------
    DataError
        Fewer rows, groups or times than folds.
    """
    rng = np.random.default_rng(seed)
    if keys is None:
        order = rng.permutation(len(strata))
        order = order[np.argsort(strata[order], kind="stable")]
        part = np.empty(len(strata), np.int64)
        part[order] = np.arange(len(strata)) % folds
        _refuse_few(len(strata), folds, "rows")
    elif keys.dtype.kind == "f":
        different, place, counts = np.unique(keys, return_inverse=True, return_counts=True)
        _refuse_few(len(different), folds + 1, "times")
        middle = np.cumsum(counts) - counts / 2
        part = np.minimum(middle * (folds + 1) / len(keys), folds).astype(np.int64)
        part = np.unique(part, return_inverse=True)[1][place]
        _refuse_few(int(part.max()) + 1, folds + 1, "times")
        return [
            Split(np.flatnonzero(part < fold), np.arange(0), np.flatnonzero(part == fold))
            for fold in range(1, folds + 1)
        ]
    else:
        different, place = np.unique(keys, return_inverse=True)
        _refuse_few(len(different), folds, "groups")
        part = (rng.permutation(len(different)) % folds)[place]
    return [
        Split(np.flatnonzero(part != fold), np.arange(0), np.flatnonzero(part == fold))
        for fold in range(folds)
    ]


def _refuse_few(there: int, wanted: int, what: str) -> None:
    if there < wanted:
        raise DataError(
            f"these folds need {wanted:,} {what} at least; the table has {there:,}.",
            do="Ask for fewer folds.",
        )


def _latest(rows: Rows, times: NDArray[np.float64], share: float) -> tuple[Rows, Rows]:
    own = times[rows]
    wanted = round(share * len(own))
    if not wanted:
        return rows, rows[:0]
    first = np.sort(own)[len(own) - wanted]
    if first == own.min():  # all but the earliest, so that something is left to learn from
        later = own[own > first]
        first = later.min() if later.size else np.inf
    return rows[own < first], rows[own >= first]


def _whole_groups(
    rows: Rows, groups: NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[Rows, Rows]:
    """Rows kept and rows held out; one group at least is kept."""
    rows = rng.permutation(rows)
    different, place, counts = np.unique(groups[rows], return_inverse=True, return_counts=True)
    order = rng.permutation(len(different))
    before = np.cumsum(counts[order]) - counts[order] / 2
    chosen = order[before <= share * len(rows)]
    if share and not len(chosen):
        chosen = order[:1]
    is_held = np.isin(place, chosen[: len(different) - 1])
    return rows[~is_held], rows[is_held]


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
