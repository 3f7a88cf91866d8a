"""Where a fit stands: taken down when it ends or is cut short, and taken up again.

Imports batches, events, state and the watch. The training loop calls it.
"""

from typing import Any

import numpy as np

from chainrule.train.batches import Batches
from chainrule.train.events import Hooks
from chainrule.train.fit_state import FitState
from chainrule.train.state import TrainingState, part_of
from chainrule.train.watch import Watch

Array = np.ndarray[Any, np.dtype[Any]]
SUMS = ("data_loss_sum", "regularization_loss_sum", "loss", "rate")  # of an epoch so far


def go_on(state: FitState, watch: Watch, after: TrainingState) -> None:
    """Stand where an epoch that was cut short ended."""
    running = after.running
    if after.batch:
        state.batch, state.seen = after.batch, int(running["seen"])
        for name in SUMS:
            setattr(state, name, float(running[name]))
        state.asked = None  # the rate was that of a step before
        if state.metric is not None:
            state.metric.go_on(part_of(running, "metric"))
        watch.go_on(running)


def captured(
    state: FitState, batches: Batches, watch: Watch, hooks: Hooks, cut_short: bool = False
) -> TrainingState:
    """Where training stands now, before anybody puts the best weights in place.

    An epoch that was cut short is not complete: some batches or its validation are missing.
    """
    running: dict[str, Array] = {}
    if cut_short:
        running = {name: np.asarray(getattr(state, name)) for name in ("seen", *SUMS)}
        counted = {} if state.metric is None else state.metric.running()
        running |= {f"metric/{name}": array for name, array in counted.items()}
        running |= watch.running()
    return TrainingState(
        epoch=state.epoch - cut_short,
        batch=state.batch if cut_short else 0,
        step=state.step,
        seed=batches.seed,
        batch_size=batches.size,
        rows=batches.rows,
        optimizer_kind=type(state.optimizer).__name__,
        model=state.model.state(),
        optimizer=state.optimizer.state(),
        running=running,
        callbacks=hooks.remembered(),
    )
