"""EarlyStopping: end training when it no longer helps, and keep the best weights.

Imports the callbacks. `fit(early_stopping=...)` takes one.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.optim.arguments import not_negative, whole
from chainrule.train.events import Callback, FitState
from chainrule.train.state import part_of

MONITORED = ("auto", "validation_loss", "validation_metric", "loss", "metric")


class EarlyStopping(Callback):
    """Stops after some epochs without improvement; the model ends with its best weights.

    However the fit ends, weights and buffers are those of the best epoch.

    Parameters
    ----------
    patience : int, default 10
        Epochs without improvement that are waited for.
    minimum_change : float, default 0
        A smaller change is no improvement; in units of what is monitored.
    monitor : str, default "auto"
        "validation_loss", "validation_metric", "loss" or "metric" (of the training rows). "auto"
        is the validation loss if there are validation rows, else the loss. Losses are to fall,
        metrics to rise.

    Source
    ------
    Prechelt 1998, "Early stopping: but when?".
    """

    def __init__(
        self, patience: int = 10, minimum_change: float = 0.0, monitor: str = "auto"
    ) -> None:
        self.patience = whole("EarlyStopping", "patience", patience, least=1)
        self.minimum_change = not_negative("EarlyStopping", "minimum_change", minimum_change)
        if monitor not in MONITORED:
            raise UnknownNameError("quantity to monitor", str(monitor), MONITORED)
        self.monitor = monitor
        self._best = inf
        self._waited = 0
        self._best_epoch: int | None = None
        self._kept: dict[str, Any] = {}

    def on_fit_start(self, state: FitState) -> None:
        history, monitor = state.history, self.monitor
        lacks_rows = monitor.startswith("validation") and not history.validated
        lacks_metric = monitor.endswith("metric") and not history.metric
        if lacks_rows or lacks_metric:
            missing = "validation rows" if lacks_rows else "metric"
            raise ArgumentError(
                f"early stopping monitors {monitor}, but this fit has no {missing}.",
                do=f"Pass {'validation=(X, y)' if lacks_rows else 'metric=...'} to fit, or "
                'choose monitor="loss".',
            )
        self._best, self._waited, self._kept = inf, 0, {}
        self._best_epoch = None

    def on_epoch_end(self, state: FitState) -> None:
        value = self._value(state)
        if value < self._best - self.minimum_change:  # never true for NaN
            self._best, self._waited = value, 0
            self._kept = {name: np.array(a) for name, a in state.model.state().items()}
            self._best_epoch = state.history.best_epoch = state.epoch
            return
        self._waited += 1
        if self._waited >= self.patience:
            state.stop("early stopping")

    def remembered(self) -> dict[str, Any]:
        """The best value so far, how long ago it was, and the weights of then."""
        kept = {f"kept/{name}": array for name, array in self._kept.items()}
        best_epoch = -1 if self._best_epoch is None else self._best_epoch
        numbers = {"best": self._best, "waited": self._waited, "best_epoch": best_epoch}
        return {name: np.asarray(value) for name, value in numbers.items()} | kept

    def recall(self, remembered: Mapping[str, Any], state: FitState) -> None:
        """Go on waiting; a fit that has waited long enough does not start again."""
        self._best, self._waited = float(remembered["best"]), int(remembered["waited"])
        epoch = int(remembered["best_epoch"])
        self._best_epoch = state.history.best_epoch = None if epoch < 0 else epoch
        self._kept = part_of(remembered, "kept")
        if self._waited >= self.patience:
            state.stop("early stopping")

    def on_fit_end(self, state: FitState) -> None:
        if self._kept:
            state.model.load_state(self._kept)
            self._kept = {}

    def _value(self, state: FitState) -> float:
        """What is monitored, turned so that less is better."""
        monitor = self.monitor
        if monitor == "auto":
            monitor = "validation_loss" if state.history.validated else "loss"
        value = getattr(state.history.epochs[-1], monitor)
        return -value if monitor.endswith("metric") else value
