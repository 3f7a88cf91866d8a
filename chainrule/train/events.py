"""Events: what happens during a fit, and how a callback listens.

Imports the history. The training loop calls the hooks; progress reporters, early stopping and
users' own callbacks are Callbacks.
"""

from collections.abc import Callable, Mapping, Sequence
from math import nan
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.optim import Optimizer
from chainrule.tensors import Parameter
from chainrule.train.history import History
from chainrule.train.metrics import Metric

Array = np.ndarray[Any, np.dtype[Any]]


class FitState:
    """Where a fit stands; every hook receives the same one.

    Attributes
    ----------
    model, parameters, optimizer, history
        What is trained (parameters by name), by whom, and the epochs so far.
    epochs, batches, rows : int
        Epochs asked for; batches and rows of one epoch.
    epoch, batch : int
        The current ones, counted from 1.
    step : int
        Steps made since the fit began.
    seen : int
        Rows of this epoch that have been used.
    loss : float
        Loss (with regularization) of the last step.
    rate : float
        Learning rate of the last step; in ``on_batch_start``, of the one to come. A hook that
        sets it decides for the next step alone. Else the fit's ``schedule`` decides; without one
        ``optimizer.rate``, read after the hooks, from the first step on. While there is a
        schedule ``optimizer.rate`` is not read. A rate that is negative, NaN or infinite is an
        ArgumentError that names the step, before it is made.
    stopped : str
        Why training ends; "" while it goes on.
    """

    def __init__(
        self,
        model: Any,
        parameters: Mapping[str, Parameter],
        optimizer: Optimizer,
        history: History,
        epochs: int,
        batches: int,
        rows: int,
    ) -> None:
        self.model, self.parameters, self.optimizer = model, parameters, optimizer
        self.history, self.epochs, self.batches, self.rows = history, epochs, batches, rows
        self.epoch = self.batch = self.step = self.seen = 0
        self.loss = self._rate = nan
        self.asked: Any = None  # the rate that a hook has set for the next step
        self.stopped = ""
        self.metric: Metric | None = None
        self.data_loss_sum = self.regularization_loss_sum = 0.0

    @property
    def rate(self) -> float:
        """Learning rate of the last step, or of the next one."""
        return self._rate

    @rate.setter
    def rate(self, new: float) -> None:
        self._rate = self.asked = new

    def plan_rate(self, rate: float) -> None:
        """The loop's: the rate of the next step, unless a hook has set another."""
        self._rate = rate if self.asked is None else self.asked

    def stop(self, reason: str = "callback") -> None:
        """Ask training to end after this step; the reason stands in ``history.stopped``."""
        self.stopped = reason

    def begin_epoch(self, metric: Metric | None) -> None:
        """The loop's: count from the first batch again."""
        self.epoch += 1
        self.batch = self.seen = 0
        self.data_loss_sum = self.regularization_loss_sum = 0.0
        self.metric = metric

    def count(self, rows: int, data_loss: float, regularization_loss: float) -> None:
        """The loop's: a step has been made."""
        self.loss = data_loss + regularization_loss
        self.data_loss_sum += data_loss * rows
        self.regularization_loss_sum += regularization_loss * rows
        self.seen += rows
        self.step += 1

    def count_batches(self, sizes: Array, data_losses: Array, penalties: Array) -> None:
        """The loop's: several steps have been made, of so many rows each."""
        self.loss = float(data_losses[-1]) + float(penalties[-1])
        self.data_loss_sum += float(np.dot(data_losses, sizes))
        self.regularization_loss_sum += float(np.dot(penalties, sizes))
        self.seen += int(sizes.sum())
        self.step += len(sizes)

    def running_loss(self) -> float:
        """Mean loss over the rows of this epoch so far."""
        total = self.data_loss_sum + self.regularization_loss_sum
        return total / self.seen if self.seen else nan

    def running_metric(self) -> float:
        """The metric over the rows of this epoch so far; counting it takes a few microseconds."""
        return nan if self.metric is None else self.metric.value()


class Callback:
    """Listens to a fit. Override the hooks you want; those left alone cost nothing.

    Examples
    --------
    >>> class StopAtZero(Callback):
    ...     def on_epoch_end(self, state):
    ...         if state.history["loss"][-1] < 1e-6:
    ...             state.stop("the loss is 0")
    """

    def on_fit_start(self, state: FitState) -> None:
        """Before the first epoch, once all arguments are known to be good."""

    def on_epoch_start(self, state: FitState) -> None:
        """Before the first batch of an epoch."""

    def on_batch_start(self, state: FitState) -> None:
        """Before a step."""

    def on_batch_end(self, state: FitState) -> None:
        """After a step: the parameters have been updated."""

    def on_validation_start(self, state: FitState) -> None:
        """After the last batch of an epoch, before the validation rows are evaluated."""

    def on_epoch_end(self, state: FitState) -> None:
        """After an epoch: its figures, validation included, are ``state.history.epochs[-1]``."""

    def on_interrupt(self, state: FitState) -> None:
        """After Ctrl-C or SIGTERM, when the step in progress is done."""

    def on_fit_end(self, state: FitState) -> None:
        """At the end, also if an error ends the fit."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))


class Hooks:
    """The hooks of several callbacks: only those that somebody overrode are called."""

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                kind = callback.__name__ if isinstance(callback, type) else type(callback).__name__
                raise ArgumentError(
                    f"a callback is an instance of chainrule.train.Callback, but {kind} is not.",
                    do="Inherit from Callback, override the hooks you want, and pass an instance.",
                )
        self._heard: dict[str, tuple[Callable[[FitState], None], ...]] = {
            hook: tuple(
                getattr(callback, hook)
                for callback in callbacks
                if getattr(type(callback), hook) is not getattr(Callback, hook)
            )
            for hook in HOOKS
        }

    def listeners(self, hook: str) -> tuple[Callable[[FitState], None], ...]:
        """The methods to call for a hook."""
        return self._heard[hook]

    def call(self, hook: str, state: FitState) -> None:
        """Call a hook of everybody who listens."""
        for listener in self._heard[hook]:
            listener(state)
