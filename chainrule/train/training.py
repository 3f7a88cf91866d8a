"""Training: the epochs of a fit, step by step, with everybody who listens.

Imports what the loop needs: batches, the step, validation, the history, callbacks, signals.
`fit` makes one, once all arguments are good.
"""

import time
from collections.abc import Callable
from math import nan
from typing import Any

import numpy as np

from chainrule.ops.random import fold, key, philox
from chainrule.train.batches import Batches
from chainrule.train.checks import Task
from chainrule.train.evaluation import measure
from chainrule.train.events import FitState, Hooks
from chainrule.train.history import Epoch, History
from chainrule.train.interruption import Interruption
from chainrule.train.native_epoch import NativeEpoch
from chainrule.train.native_step import Rows
from chainrule.train.native_steps import NativeSteps
from chainrule.train.settings import Rates
from chainrule.train.state import TrainingState, part_of
from chainrule.train.step import TrainingStep, in_words
from chainrule.train.watch import Watch

Array = np.ndarray[Any, np.dtype[Any]]
VALIDATION_ROWS = 1024  # evaluated at a time
SUMS = ("data_loss_sum", "regularization_loss_sum", "loss", "rate")  # of an epoch so far


class Training:
    """A fit whose arguments are good."""

    def __init__(
        self,
        state: FitState,
        task: Task,
        watched: Task | None,
        loss: Callable[[Any, Any], Any],
        batches: Batches,
        step: TrainingStep,
        native: NativeSteps | None,
        hooks: Hooks,
        rates: Rates | None,
        after: TrainingState | None = None,
    ) -> None:
        self._state, self._task, self._watched, self._loss = state, task, watched, loss
        self._batches, self._step, self._hooks, self._rates = batches, step, hooks, rates
        self._native, self._after = native, after
        self._left: TrainingState | None = None  # at the end of an epoch that was cut short
        self._key, self._watch = key(batches.seed), Watch(state.parameters)

    def run(self) -> History:
        """Train until the epochs are over or somebody asks to stop."""
        state, history = self._state, self._state.history
        with Interruption() as interruption:
            self._hooks.call("on_fit_start", state)
            if self._after is not None:
                self._hooks.recall(self._after.callbacks, state)
            try:
                while state.epoch < state.epochs and not state.stopped:
                    self._epoch(interruption)
                history.stopped = state.stopped or "epochs"
                history.state = self._left or self._after or self._captured()
            except BaseException:
                history.stopped = "error"
                raise
            finally:
                self._hooks.call_all("on_fit_end", state)
        return history

    def _epoch(self, interruption: Interruption) -> None:
        state, make_metric = self._state, self._task.make_metric
        state.begin_epoch(None if make_metric is None else make_metric())
        watch = self._watch
        watch.begin_epoch()
        if self._after is not None:
            self._go_on(self._after)
        self._hooks.call("on_epoch_start", state)
        started = time.perf_counter()
        self._train(interruption) if self._native is None else self._run(interruption)
        trained = time.perf_counter() - started
        if state.batch < state.batches or interruption.requested:
            self._left = self._captured(cut_short=True)
        validated = (nan, nan)
        if not interruption.requested:
            self._hooks.call("on_validation_start", state)
            validated = self._validate()
        state.history.epochs.append(
            Epoch(
                epoch=state.epoch,
                loss=state.running_loss(),
                data_loss=state.data_loss_sum / state.seen,
                regularization_loss=state.regularization_loss_sum / state.seen,
                metric=state.running_metric(),
                validation_loss=validated[0],
                validation_metric=validated[1],
                rate=state.rate,
                seconds=time.perf_counter() - started,
                rows_per_second=state.seen / trained if trained else nan,
                gradient_norm=watch.gradient_norm,
                update_ratio=watch.update_ratio,
            )
        )
        self._hooks.call("on_epoch_end", state)
        if interruption.requested and not state.stopped:
            state.stop("interrupted")
            self._hooks.call("on_interrupt", state)

    def _go_on(self, after: TrainingState) -> None:
        """Stand where an epoch that was cut short ended."""
        state, running, self._after = self._state, after.running, None
        if after.batch:
            state.batch, state.seen = after.batch, int(running["seen"])
            for name in SUMS:
                setattr(state, name, float(running[name]))
            if state.metric is not None:
                state.metric.go_on(part_of(running, "metric"))
            self._watch.go_on(running)

    def _captured(self, cut_short: bool = False) -> TrainingState:
        """Where training stands now, before anybody puts the best weights in place.

        An epoch that was cut short is not complete: some batches or its validation are missing.
        """
        state, batches = self._state, self._batches
        running: dict[str, Array] = {}
        if cut_short:
            running = {name: np.asarray(getattr(state, name)) for name in ("seen", *SUMS)}
            counted = {} if state.metric is None else state.metric.running()
            running |= {f"metric/{name}": array for name, array in counted.items()}
            running |= self._watch.running()
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
            callbacks=self._hooks.remembered(),
        )

    def _train(self, interruption: Interruption) -> None:
        """The steps of an epoch."""
        state, step, watch = self._state, self._step, self._watch
        before, after = map(self._hooks.listeners, ("on_batch_start", "on_batch_end"))
        optimizer, metric, epoch = state.optimizer, state.metric, state.epoch
        keys, watched = self._keys(self._batches.count), self._batches.last_full
        rates, done = self._rates_of_epoch(), state.batch
        for batch, (x, y) in enumerate(self._batches.epoch(epoch, done), start=done + 1):
            state.batch = batch
            state.rate = optimizer.rate if rates is None else rates[batch - 1]
            for listener in before:
                listener(state)
            if batch == watched:
                watch.before_step()
            step(x, y, keys[batch - 1], state.rate, (epoch, batch))
            if batch == watched:
                watch.after_step(in_words((epoch, batch)))
            state.count(len(x), step.data_loss, step.regularization_loss)
            if metric is not None:
                metric.add(step.out, y)
            for listener in after:
                listener(state)
            if state.stopped or interruption.requested:
                break

    def _run(self, interruption: Interruption) -> None:
        """The steps of an epoch in native slices; the one that is watched has its own."""
        state, timing, began = self._state, self._state.history.timing, time.perf_counter()
        before, after = map(self._hooks.listeners, ("on_batch_start", "on_batch_end"))
        watch, watched = self._watch, self._batches.last_full - 1
        epoch = self._native_epoch()
        epoch.done = first = state.batch
        sums = state.data_loss_sum, state.regularization_loss_sum
        timing.data += time.perf_counter() - began
        while epoch.done < epoch.count:
            batch = epoch.done
            state.batch = batch + 1
            if self._rates is None:
                epoch.feeds.rates[batch:] = state.optimizer.rate
            state.rate = float(epoch.feeds.rates[batch])
            for listener in before:
                listener(state)
            if batch == watched:
                watch.before_step()
                epoch.watched(self._step, state.epoch)
                watch.after_step(in_words((state.epoch, batch + 1)))
            else:
                each = before or after
                epoch.advance(1 if each else watched - batch if batch < watched else None)
            self._count(epoch, batch)
            for listener in after:
                listener(state)
            if state.stopped or interruption.requested:
                break
        if epoch.done > first:  # however many slices there were, the sums are the same
            state.settle(sums, *self._left_by(epoch, first))
        timing.native += epoch.seconds
        timing.python += time.perf_counter() - began - epoch.seconds

    def _native_epoch(self) -> NativeEpoch:
        state, batches = self._state, self._batches
        native: Any = self._native
        order = None if batches.size >= batches.rows else batches.order(state.epoch)
        rates = self._rates_of_epoch()
        rates = state.optimizer.rate if rates is None else rates
        rows = Rows(batches.x, batches.y, order)
        name = f"epoch {state.epoch}, "
        return NativeEpoch(native, rows, batches.size, self._keys, rates, name)

    def _rates_of_epoch(self) -> Any:
        """The schedule's rates of all steps of this epoch; None where there is no schedule."""
        state = self._state
        return self._rates and self._rates(state.step - state.batch, state.batches)

    def _count(self, epoch: NativeEpoch, first: int) -> None:
        """Take in what the batches from the first one on have left."""
        state, feeds, done = self._state, epoch.feeds, epoch.done
        rows = epoch.rows_of(first, done)
        state.batch, state.rate = done, float(feeds.rates[done - 1])
        if done == first + 1:
            state.count(rows.count, float(feeds.losses[first]), float(feeds.penalties[first]))
        else:
            state.count_batches(*self._left_by(epoch, first))
        if state.metric is not None:
            y = rows.targets()
            state.metric.add(epoch.outs.reshape(len(y), *epoch.outs.shape[2:]), y)

    def _left_by(self, epoch: NativeEpoch, first: int) -> tuple[Array, Array, Array]:
        """Sizes, losses and penalties of the batches from the first one on."""
        size, done, feeds = self._batches.size, epoch.done, epoch.feeds
        sizes = np.full(done - first, size)
        sizes[-1] = epoch.rows_of(done - 1, done).count
        return sizes, feeds.losses[first:done], feeds.penalties[first:done]

    def _keys(self, count: int) -> Array:
        """A random key per batch of an epoch: Philox's words of the epoch's own key, two by two.

        Drawn in one go: folding each batch's number in would cost more than the whole loop.
        """
        words = philox(fold(self._key, self._state.epoch)).random_raw(2 * count)
        return words.reshape(-1, 2)

    def _validate(self) -> tuple[float, float]:
        """Loss and metric of the validation rows; NaN where there is none."""
        watched = self._watched
        if watched is None:
            return nan, nan
        metric = None if watched.make_metric is None else watched.make_metric()
        rows = (watched.x, watched.y)
        loss = measure(self._state.model, rows, self._loss, VALIDATION_ROWS, metric)
        return loss, nan if metric is None else metric.value()
