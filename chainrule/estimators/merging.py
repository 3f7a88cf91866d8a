"""Rows that are alike, merged into one that counts as often; in an order of their own.

Imports NumPy. So a row of weight 2 trains as two rows do, and no row stands on both sides of a
split by being there twice. Where whole tables consist of a few rows, each many times, or where the
same inputs have several answers, rows are dealt instead: to leave out all "1st class, yes" would
teach that the 1st class means no.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
FEW = 8.0  # rows to each different one: then they are the table, not accidents in it


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of which no two are alike, but for the shares of one that is dealt.

    Attributes
    ----------
    numbers, codes, y, weights : ndarray, (N, ...)
    places : ndarray of int64
        Of each row that was given among these.
    origins : ndarray of int64, (N,)
        Shares of one row have the same; they stand beside each other.
    """

    numbers: Array
    codes: Array
    y: Array
    weights: Array
    places: Array
    origins: Array


def merged(numbers: Array, codes: Array, y: Array, weights: Array, parts: int = 1) -> Rows:
    """Add up the weights of rows with the same numbers, codes and targets.

    Parameters
    ----------
    numbers, codes, y, weights : ndarray, (N, ...)
    parts : int, default 1
        Into how many shares at most a row is dealt, where rows are.
    """
    whole = np.concatenate([numbers, codes, y[:, None]], axis=1, dtype=np.float64) + 0.0  # no -0
    whole[np.isnan(whole)] = np.nan  # of one pattern of bits
    first, places = _alike(whole)
    summed = np.bincount(places, weights)
    rows = Rows(numbers[first], codes[first], y[first], summed, places, np.arange(len(first)))
    times, are_counts = _times(summed, weights)
    if parts == 1 or times.max(initial=1) == 1:
        return rows
    _, inputs = _alike(whole[first, :-1])
    answers = np.bincount(inputs)
    are_few = are_counts and times.sum() >= FEW * len(answers)
    shares = np.where(are_few | (answers[inputs] > 1), np.minimum(times, parts), 1)
    return _dealt(rows, shares)


def _times(summed: Array, weights: Array) -> tuple[Array, bool]:
    """How many rows each stands for, at least 1; and whether weights are such numbers at all."""
    is_whole = bool((summed == np.rint(summed)).all())
    shares = summed / (1.0 if is_whole else weights[weights > 0].min(initial=np.inf))
    times = np.maximum(np.minimum(np.rint(shares), 2.0**31), 1)
    if np.allclose(times, shares, rtol=1e-6):
        return times.astype(np.int64), True
    return np.maximum(np.floor(np.minimum(shares, 2.0**31)), 1).astype(np.int64), False


def _alike(rows: Array) -> tuple[Array, Array]:
    """The first place of each different row, and which of them each is."""
    bits = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1] * 8))).ravel()
    _, first, places = np.unique(bits, return_index=True, return_inverse=True)
    return first, places


def _dealt(rows: Rows, shares: Array) -> Rows:
    """Each row as so many, beside each other; the rows that were given in turn among them."""
    if shares.max() == 1:
        return rows
    origins, begins = np.repeat(rows.origins, shares), np.cumsum(shares) - shares
    turn = _turns(rows.places) % shares[rows.places]
    return replace(
        rows,
        numbers=rows.numbers[origins],
        codes=rows.codes[origins],
        y=rows.y[origins],
        weights=(rows.weights / shares)[origins],
        places=begins[rows.places] + turn,
        origins=origins,
    )


def _turns(places: Array) -> Array:
    """How many others of the same place stand before each."""
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places)
    turns = np.empty(len(places), np.int64)
    turns[order] = np.arange(len(places)) - (np.cumsum(counts) - counts)[places[order]]
    return turns
