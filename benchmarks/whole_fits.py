"""Whole fits of a fresh process, timed by themselves: one, and a search over shapes and folds.

Imports cases and Task. The peers say how one of them is made.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.cases import SHAPES, Case, folds, table
from benchmarks.peers import Task

Fitted = Callable[[Case, Any, Any], object]


def fit(case: Case, fitted: Fitted) -> Task:
    """One fit; its value is seconds."""
    return _timed(case, lambda x, y: fitted(case, x, y))


def search(case: Case, fitted: Fitted) -> Task:
    """Fits of all shapes in all folds; its value is seconds."""

    def run(x: Any, y: Any) -> None:
        for hidden in SHAPES:
            for rows in folds(len(x)):
                fitted(case.but(hidden=hidden), x[rows], y[rows])

    return _timed(case, run)


def _timed(case: Case, run: Callable[[Any, Any], object]) -> Task:
    x, y = table(case)

    def call() -> float:
        started = time.perf_counter()
        run(x, y)
        return time.perf_counter() - started

    return Task(call, float)
