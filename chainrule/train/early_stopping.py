"""EarlyStopping: end training when it no longer helps, and keep the best weights.

Imports the callbacks and what is monitored. `fit(early_stopping=...)` takes one.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.optim.arguments import flag, whole
from chainrule.train.events import Callback
from chainrule.train.fit_state import FitState
from chainrule.train.monitored import Monitored
from chainrule.train.state import part_of


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
        "validation_loss", "validation_metric", "loss" or "metric" (of the training rows), or a
        column of the history, such as "data_loss" or "validation_accuracy_class". "auto" is the
        validation loss if there are validation rows, else the loss.
    mode : {"auto", "min", "max"}, default "auto"
        Whether less is better or more. "auto": losses are to fall, everything else is to rise.
    restore : bool, default True
        Whether the best weights are put back. False: the last ones stay, and none are copied.
    against : {"improvement", "best"}, default "improvement"
        What an epoch is compared with. "improvement": the last one that was an improvement, so
        that slow progress adds up. "best": the best one, be it ahead by less than
        ``minimum_change``; an epoch that is ahead by just as much is an improvement. This is how
        scikit-learn counts, with ``n_iter_no_change`` + 1 as patience.

    Source
    ------
    Prechelt 1998, "Early stopping: but when?".
    """

    def __init__(
        self,
        patience: int = 10,
        minimum_change: float = 0.0,
        monitor: str = "auto",
        *,
        mode: str = "auto",
        restore: bool = True,
        against: str = "improvement",
    ) -> None:
        self.patience = whole("EarlyStopping", "patience", patience, least=1)
        self.restore = flag("EarlyStopping", "restore", restore)
        self._monitored = Monitored("EarlyStopping", monitor, minimum_change, mode, against)
        self._best_epoch: int | None = None
        self._kept: dict[str, Any] = {}

    def on_fit_start(self, state: FitState) -> None:
        self._monitored.begin(state.history)
        self._best_epoch, self._kept = None, {}

    def on_epoch_end(self, state: FitState) -> None:
        if self._monitored.look(state.history) and self.restore:
            with state.averaged():
                self._kept = {name: np.array(a) for name, a in state.model.state().items()}
            self._best_epoch = state.history.best_epoch = state.epoch
        self._stop_where_waited(state)

    def remembered(self) -> dict[str, Any]:
        """The best value so far, how long ago it was, and the weights of then."""
        kept = {f"kept/{name}": array for name, array in self._kept.items()}
        best_epoch = -1 if self._best_epoch is None else self._best_epoch
        return self._monitored.remembered() | {"best_epoch": np.asarray(best_epoch)} | kept

    def recall(self, remembered: Mapping[str, Any], state: FitState) -> None:
        """Go on waiting; a fit that has waited long enough does not start again."""
        self._monitored.recall(remembered)
        epoch = int(remembered["best_epoch"])
        self._best_epoch = state.history.best_epoch = None if epoch < 0 else epoch
        self._kept = part_of(remembered, "kept")
        self._stop_where_waited(state)

    def on_fit_end(self, state: FitState) -> None:
        if self._kept:
            state.model.load_state(self._kept)
            self._kept = {}

    def _stop_where_waited(self, state: FitState) -> None:
        if self._monitored.waited >= self.patience:
            state.stop("early stopping")
