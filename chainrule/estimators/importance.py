"""Importance: how much worse the answers become when one column of a table is shuffled.

Imports train.data. The report of a run shows it; scikit-learn's own takes frames alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.train.data.tables import Table

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Importance:
    """Of one column.

    Attributes
    ----------
    name : str
    fall : float
        By how much the score falls, on the mean.
    spread : float
        Standard deviation over the shuffles.
    """

    name: str
    fall: float
    spread: float


def column_importance(
    score: Callable[[Table], float], table: Table, repeats: int, seed: int
) -> list[Importance]:
    """Shuffle each column in turn; the most important first.

    Parameters
    ----------
    score : callable
        Of a table, the higher the better.
    """
    rng = np.random.default_rng(seed)
    whole = score(table)
    found: list[Importance] = []
    for name in table.order:
        falls = [
            whole - score(_shuffled(table, name, rng.permutation(len(table))))
            for _ in range(repeats)
        ]
        found.append(Importance(name, float(np.mean(falls)), float(np.std(falls))))
    return sorted(found, key=lambda each: -each.fall)


def _shuffled(table: Table, name: str, order: Array) -> Table:
    if name in table.texts:
        return replace(table, texts={**table.texts, name: table.texts[name].take(order)})
    if name in table.times:
        return replace(table, times={**table.times, name: table.times[name][order]})
    numbers = table.numbers.copy(order="F")
    place = table.numeric.index(name)
    numbers[:, place] = numbers[order, place]
    return replace(table, numbers=numbers)
