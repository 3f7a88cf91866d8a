"""FitState: where a fit stands, for everybody who listens.

Imports the history, metrics and the optimisers. The training loop keeps it, and every hook is
given it.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from math import nan
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.optim import Averaging, Optimizer
from chainrule.optim.other_names import Call, Misnamed
from chainrule.tensors import Parameter
from chainrule.train.history import History
from chainrule.train.metrics import Metric

Array = np.ndarray[Any, np.dtype[Any]]
T = TypeVar("T")


class Fixed(Generic[T]):
    """What a hook may change in place, and cannot exchange for another object."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, state: "FitState", kind: type | None = None) -> T:
        return state.__dict__[self._name]

    def __set__(self, state: "FitState", new: T) -> None:
        if self._name in state.__dict__:
            raise ArgumentError(
                f"state.{self._name} cannot be exchanged while a fit runs: the steps would go on "
                "with the old one.",
                do="Change it in place, such as state.optimizer.rate or a layer of state.model; "
                "or end this fit and start another one.",
            )
        state.__dict__[self._name] = new


class FitState:
    """Where a fit stands; every hook receives the same one.

    Attributes
    ----------
    model, parameters, optimizer, history
        What is trained (parameters by name), by whom, and the epochs so far. A hook may change
        them in place; setting another one is an ArgumentError.
    epochs, batches, rows : int
        Epochs asked for; batches and rows of one epoch.
    epoch, batch : int
        The current ones, counted from 1.
    step, seen : int
        Steps made since the fit began; rows of this epoch that have been used.
    loss : float
        Loss (with regularization) of the last step.
    rate : float
        Learning rate of the last step; in ``on_batch_start``, of the one to come. A hook that
        sets it decides for the next step alone. Else the fit's ``schedule`` decides; without one
        ``optimizer.rate``, read after the hooks, from the first step on. While there is a
        schedule ``optimizer.rate`` is not read. A rate that is negative, NaN or infinite is an
        ArgumentError that names the step, before it is made.
    scheduled : bool
        Whether the fit has a schedule.
    stopped : str
        Why training ends; "" while it goes on.
    """

    model: Fixed[Any] = Fixed()
    parameters: Fixed[Mapping[str, Parameter]] = Fixed()
    optimizer: Fixed[Optimizer] = Fixed()
    history: Fixed[History] = Fixed()
    lr: ClassVar[Misnamed] = Misnamed("rate")
    learning_rate: ClassVar[Misnamed] = Misnamed("rate")
    stop_training: ClassVar[Misnamed] = Misnamed("stop()")
    should_stop: ClassVar[Misnamed] = Misnamed("stop()")

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
        self.scheduled = False
        self.project: Callable[[], None] = _nothing
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

    def follow(self, parameters: Mapping[str, Parameter], project: Callable[[], None]) -> None:
        """The loop's: other parameters are trained from now on, and held within bounds."""
        vars(self)["parameters"], self.project = parameters, project

    @contextmanager
    def averaged(self) -> Generator[None]:
        """In the ``with`` block the net holds what validation sees: an EMA's or SWA's average."""
        optimizer = self.optimizer
        if not isinstance(optimizer, Averaging):
            yield
            return
        with optimizer.averaged(self.parameters):
            self.project()  # of weights within bounds, as they were before the bounds
            yield

    def settle_average(self) -> None:
        """The loop's: leave the average of the weights in the net, where there is one."""
        if isinstance(self.optimizer, Averaging):
            self.optimizer.settle(self.parameters)
            self.project()

    @Call
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

    def settle(
        self, before: tuple[float, float], sizes: Array, data_losses: Array, penalties: Array
    ) -> None:
        """The loop's: the sums of an epoch, from all its losses at once."""
        self.data_loss_sum = before[0] + float(np.dot(data_losses, sizes))
        self.regularization_loss_sum = before[1] + float(np.dot(penalties, sizes))

    def running_loss(self) -> float:
        """Mean loss over the rows of this epoch so far."""
        total = self.data_loss_sum + self.regularization_loss_sum
        return total / self.seen if self.seen else nan

    def running_data_loss(self) -> float:
        """The same without regularization, as validation losses are."""
        return self.data_loss_sum / self.seen if self.seen else nan

    def running_metric(self) -> float:
        """The metric over the rows of this epoch so far; counting it takes a few microseconds."""
        return nan if self.metric is None else self.metric.value()


def _nothing() -> None:
    """No weight has bounds."""
