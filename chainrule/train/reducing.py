"""ReduceOnPlateau: a smaller learning rate whenever training no longer helps.

Imports the callbacks and what is monitored. Users hand one to ``fit(callbacks=...)``.
"""

from collections.abc import Mapping
from math import nan
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.optim.arguments import not_negative, positive, whole
from chainrule.train.events import Callback
from chainrule.train.fit_state import FitState
from chainrule.train.monitored import Monitored


class ReduceOnPlateau(Callback):
    """Multiplies the optimiser's rate after some epochs without improvement.

    Parameters
    ----------
    factor : float, default 0.1
        What the rate is multiplied by, below 1.
    patience : int, default 10
        Epochs without improvement that are waited for.
    minimum_change : float, default 0
        A smaller change is no improvement; in units of what is monitored.
    monitor : str, default "auto"
        As in :class:`EarlyStopping`: "auto" is the validation loss, else the loss.
    mode : {"auto", "min", "max"}, default "auto"
        Whether less is better or more; as in :class:`EarlyStopping`.
    against : {"improvement", "best"}, default "improvement"
        What an epoch is compared with; as in :class:`EarlyStopping`.
    cooldown : int, default 0
        Epochs after a reduction in which none counts as waited.
    min_rate : float, default 0
        The rate does not fall below it.
    stop_at : float, default 0
        Where an epoch would bring another reduction and the rate is no larger than this, training
        stops instead. 0: it never does.

    Notes
    -----
    It changes ``optimizer.rate``, which stays what it has become; a schedule would override it,
    so that a fit with both is refused. scikit-learn's ``learning_rate="adaptive"`` is
    ``ReduceOnPlateau(0.2, n_iter_no_change + 1, tol, against="best", stop_at=1e-6)``.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x = np.random.default_rng(0).normal(size=(64, 3))
    >>> history = cr.fit(
    ...     cr.nn.MLP([3, 8, 1]), (x, x[:, :1]), loss=cr.squared_error, epochs=60,
    ...     optimizer=cr.optim.SGD(0.3), callbacks=[ReduceOnPlateau(0.5, patience=2)])
    >>> history["rate"][-1] < 0.3
    True
    """

    def __init__(
        self,
        factor: float = 0.1,
        patience: int = 10,
        minimum_change: float = 0.0,
        monitor: str = "auto",
        *,
        mode: str = "auto",
        against: str = "improvement",
        cooldown: int = 0,
        min_rate: float = 0.0,
        stop_at: float = 0.0,
    ) -> None:
        owner = type(self).__name__
        self.factor = positive(owner, "factor", factor)
        if factor >= 1:
            raise ArgumentError(
                f"{owner} was given factor={factor!r}.",
                do="factor is a number between 0 and 1, such as 0.1.",
            )
        self.patience = whole(owner, "patience", patience, least=1)
        self.cooldown = whole(owner, "cooldown", cooldown)
        self.min_rate = not_negative(owner, "min_rate", min_rate)
        self.stop_at = not_negative(owner, "stop_at", stop_at)
        self._monitored = Monitored(owner, monitor, minimum_change, mode, against)
        self._cooling, self._reduced = 0, nan

    def on_fit_start(self, state: FitState) -> None:
        if state.scheduled:
            raise ArgumentError(
                f"{type(self).__name__} changes optimizer.rate, which a fit with a schedule does "
                "not read.",
                do="Leave out schedule= or this callback.",
            )
        self._monitored.begin(state.history)
        self._cooling, self._reduced = 0, nan

    def on_epoch_end(self, state: FitState) -> None:
        monitored = self._monitored
        monitored.look(state.history)
        if self._cooling:
            self._cooling -= 1
            monitored.waited = 0
        if monitored.waited < self.patience:
            return
        monitored.waited, self._cooling = 0, self.cooldown
        rate = state.optimizer.rate
        if rate <= self.stop_at:
            state.stop("plateau")
        elif rate > self.min_rate:
            self._reduced = max(rate * self.factor, self.min_rate)
            state.optimizer.rate = self._reduced

    def remembered(self) -> dict[str, Any]:
        """How long it has waited, and the rate if it has reduced one."""
        own = {"cooling": np.asarray(self._cooling), "reduced": np.asarray(self._reduced)}
        return self._monitored.remembered() | own

    def recall(self, remembered: Mapping[str, Any], state: FitState) -> None:
        """Go on waiting, with the rate of then if it was a reduced one."""
        self._monitored.recall(remembered)
        self._cooling, self._reduced = int(remembered["cooling"]), float(remembered["reduced"])
        if self._reduced == self._reduced:  # NaN is not itself
            state.optimizer.rate = self._reduced
