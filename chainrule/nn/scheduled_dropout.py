"""ScheduledDropout: dropout that fades by a schedule, inside the compiled step.

Imports dropout's op, module and optim's schedules. Nets for tables end their training without it.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.nn.module import Module
from chainrule.nn.op_layer import OperationOf
from chainrule.nn.run import Run
from chainrule.ops import random
from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.movement import cast


class ScheduledDropout(Module):
    """Dropout whose share of noise follows a schedule; evaluation leaves its input alone.

    Each element is dropped with the schedule's full rate r, and x becomes x + a (dropped - x).
    The strength a is such that the mean and the variance of each element are those of dropout
    with the rate of the step: the mask is drawn the same way from the first step to the last, so
    that one recorded step serves the whole training.

    Parameters
    ----------
    schedule : Schedule
        Step to rate, such as ``cr.optim.FlatCosine(0.15, steps=1000)``. It knows its steps: a
        layer cannot tell how long it will be trained.

    Attributes
    ----------
    step : ndarray, float32, ()
        How many training steps were made with it: a buffer, saved with the net.

    Source
    ------
    Holzmüller, Grinsztajn, Steinwart 2024, "Better by default: strong pre-tuned MLPs and boosted
    trees on tabular data", section 3 (regularization), there by masks of another rate.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> layer = cr.nn.ScheduledDropout(cr.optim.FlatCosine(0.5, steps=2, flat=0))
    >>> key = cr.ops.random.key(0)
    >>> out, updates = layer.run(np.ones(4), training=key)
    >>> out.data
    array([0., 2., 0., 2.])
    >>> layer.write_buffers(updates)
    >>> layer(np.ones(4), training=key).data.round(2)
    array([0.42, 1.58, 0.42, 1.58])
    """

    operation = OperationOf(random.Dropout, "rate")

    one_array: ClassVar[bool] = True

    def __init__(self, schedule: Any) -> None:
        self.schedule = schedule
        self.rate = float(schedule.rate or 0)
        random.Dropout(self.rate)  # which refuses what is no share
        if not self.rate:
            raise ArgumentError(
                "ScheduledDropout needs the full rate of its schedule.",
                do="Give it: FlatCosine(0.15, steps=1000).",
            )
        schedule(0)  # which says what else it does not know
        self.step = np.zeros((), np.float32)

    def forward(self, x: Any, run: Run) -> Any:
        if run.key is None:
            return x
        rate = self.schedule(cast(self.step, x.dtype))
        # Dropout with rate r adds noise of variance r / (1 - r) times x**2.
        strength = sqrt(rate * (1 - self.rate) / (self.rate * (1 - rate)))
        run.update(self, "step", self.step + 1)
        return x + strength * (self.operation(x, run.key_for(self)) - x)

    def extra(self) -> str:
        return f"{self.schedule}"
