"""Baseline: scikit-learn's boosted trees on the same rows, to be read beside the nets.

Imports scikit-learn. The command line shows it with --baseline.
"""

from importlib import import_module
from typing import Any

import numpy as np

from chainrule.estimators.table_reading import Reading, prepared_of
from chainrule.train.data import Fitted
from chainrule.train.data.columns import Classes

Array = np.ndarray[Any, np.dtype[Any]]
NAME = "HistGradientBoosting"
MOST_CATEGORIES = 255  # that scikit-learn's trees tell apart


class Boosted:
    """HistGradientBoosting with its defaults, on numbers with gaps and categories as they are."""

    def __init__(self, table: Fitted, seed: int) -> None:
        ensemble: Any = import_module("sklearn.ensemble")
        self._reading = Reading.of(table.preprocessing)
        numbers, codes = prepared_of(table)
        few = [size <= MOST_CATEGORIES for size in self._reading.sizes()]
        columns = np.array([False] * numbers.shape[1] + few)
        self._classes = len(table.preprocessing.classes)
        options = {"categorical_features": columns, "random_state": seed}
        if isinstance(table.preprocessing.target, Classes):
            if np.unique(table.y, return_counts=True)[1].min() < 2:  # no part for early stopping
                options["early_stopping"] = False
            self._model: Any = ensemble.HistGradientBoostingClassifier(**options)
        else:
            self._model = ensemble.HistGradientBoostingRegressor(**options)
        self._model.fit(_beside(numbers, codes), table.answers)

    def answers(self, table: Any) -> Array:
        """Chances of each class, (N, classes); or numbers, (N,)."""
        x = _beside(*self._reading.read(table))
        if not self._classes:
            return self._model.predict(x)
        chances = np.zeros((len(x), self._classes))
        chances[:, self._model.classes_] = self._model.predict_proba(x)
        return chances


def _beside(numbers: Array, codes: Array) -> Array:
    return np.concatenate([numbers, np.where(codes < 0, np.nan, codes)], axis=1)
