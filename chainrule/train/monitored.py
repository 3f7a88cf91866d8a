"""Monitored: a column of the history, and how many epochs ago it last became better.

Imports the history and errors. Early stopping and the reduction on a plateau each hold one.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.optim.arguments import not_negative
from chainrule.train.history import History

GENERAL = ("auto", "validation_loss", "validation_metric", "loss", "metric")
MODES = ("auto", "min", "max")
AGAINST = ("improvement", "best")
VALIDATION = "validation_"


class Monitored:
    """What is monitored; of a fit that begins, once ``begin`` was called.

    Parameters
    ----------
    owner : str
        Who monitors, for messages.
    monitor, minimum_change, mode, against
        As in :class:`EarlyStopping`.

    Attributes
    ----------
    waited : int
        Epochs since the last improvement.
    """

    def __init__(
        self, owner: str, monitor: str, minimum_change: float, mode: str, against: str
    ) -> None:
        self.minimum_change = not_negative(owner, "minimum_change", minimum_change)
        for name, value, legal in (("mode", mode, MODES), ("against", against, AGAINST)):
            if value not in legal:
                raise UnknownNameError(f"{name} of {owner}", str(value), legal)
        self.monitor, self.mode, self.against = str(monitor), mode, against
        self._owner = "early stopping" if owner == "EarlyStopping" else owner
        self._best, self.waited = inf, 0

    def begin(self, history: History) -> None:
        """Start anew, where the fit has what is monitored.

        Raises
        ------
        ArgumentError
            If it has no validation rows, or no metric.
        UnknownNameError
            If there is no such column.
        """
        monitor = self.monitor
        known = dict.fromkeys([*GENERAL, *history.columns])
        lacks_rows = monitor.startswith(VALIDATION) and not history.validated
        if monitor not in known:
            validated = {f"{VALIDATION}{name}" for name in history.metrics}
            if not (lacks_rows and monitor in validated):
                raise UnknownNameError("quantity to monitor", monitor, tuple(known))
        lacks_metric = monitor.endswith("metric") and not history.metric
        if lacks_rows or lacks_metric:
            missing = "validation rows" if lacks_rows else "metric"
            raise ArgumentError(
                f"{self._owner} monitors {monitor}, but this fit has no {missing}.",
                do=f"Pass {'validation=(X, y)' if lacks_rows else 'metric=...'} to fit, or "
                'choose monitor="loss".',
            )
        self._best, self.waited = inf, 0

    def look(self, history: History) -> bool:
        """Take in the last epoch; whether it is the best one so far."""
        value, best = self._value(history), self._best
        # Never true for NaN.
        if self.against == "best":
            improved, is_best = value <= best - self.minimum_change, value < best
        else:
            improved = is_best = value < best - self.minimum_change
        self.waited = 0 if improved else self.waited + 1
        if is_best:
            self._best = value
        return is_best

    def remembered(self) -> dict[str, Any]:
        """The best value so far, and how long ago the last improvement was."""
        return {"best": np.asarray(self._best), "waited": np.asarray(self.waited)}

    def recall(self, remembered: Mapping[str, Any]) -> None:
        """Go on waiting."""
        self._best, self.waited = float(remembered["best"]), int(remembered["waited"])

    def _value(self, history: History) -> float:
        """The value of the last epoch, turned so that less is better."""
        monitor = self.monitor
        if monitor == "auto":
            monitor = "validation_loss" if history.validated else "loss"
        row = history.epochs[-1]
        value = getattr(row, monitor) if monitor in GENERAL else history.cell(row, monitor)
        falls = "loss" in monitor if self.mode == "auto" else self.mode == "min"
        return value if falls else -value
