"""Training: the epochs of a fit, step by step, with everybody who listens.

Imports what the loop needs: batches, the step, validation, the history, callbacks, signals.
`fit` makes one, once all arguments are good.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import inf, nan
from typing import Any

import numpy as np

from chainrule.errors import NonFiniteError
from chainrule.ops.random import fold, key, philox
from chainrule.train.batches import Batches
from chainrule.train.checks import Task, trained_parameters
from chainrule.train.claims import Claimed
from chainrule.train.eager_step import TrainingStep, in_words
from chainrule.train.evaluation import measure
from chainrule.train.events import Hooks
from chainrule.train.fit_state import FitState
from chainrule.train.head_metrics import values_by_name
from chainrule.train.history import Epoch, History
from chainrule.train.interruption import Interruption
from chainrule.train.learning_settings import Rates, checked_rate
from chainrule.train.native.all_sizes import NativeSteps
from chainrule.train.native.compiling import (
    compile_sizes,
    compiled_loss,
    compiles,
    leaving_out,
    say_eager,
)
from chainrule.train.native.epoch import NativeEpoch
from chainrule.train.native.steadiness import surroundings_of
from chainrule.train.penalty import Penalty
from chainrule.train.recipe import Recipe
from chainrule.train.standing import captured, go_on
from chainrule.train.state import TrainingState
from chainrule.train.streams import Rows
from chainrule.train.waiting import COMPILING, telling
from chainrule.train.watch import Watch

Array = np.ndarray[Any, np.dtype[Any]]
VALIDATION_ROWS = 1024  # evaluated at a time
MOST_RENEWALS = 8  # of the machine code in one fit: each takes as long as thousands of steps


class Training:
    """A fit whose arguments are good."""

    def __init__(
        self,
        state: FitState,
        task: Task,
        watched: Task | None,
        recipe: Recipe,
        batches: Batches,
        step: TrainingStep,
        native: NativeSteps | None,
        hooks: Hooks,
        rates: Rates | None,
        after: TrainingState | None = None,
    ) -> None:
        self._state, self._task, self._watched, self._recipe = state, task, watched, recipe
        self._batches, self._step, self._hooks, self._rates = batches, step, hooks, rates
        self._native, self._after = native, after
        self._surroundings = surroundings_of(recipe) if native is None else None
        self._left: TrainingState | None = None  # at the end of an epoch that was cut short
        self._key, self._watch = key(batches.seed), Watch(state.parameters)

    def run(self) -> History:
        """Train until the epochs are over or somebody asks to stop."""
        state, history = self._state, self._state.history
        with Claimed(state.parameters, state.optimizer), Interruption() as interruption:
            self._hooks.call("on_fit_start", state)
            if self._after is not None:
                self._hooks.recall(self._after.callbacks, state)
            try:
                while state.epoch < state.epochs and not state.stopped:
                    self._epoch(interruption)
                history.stopped = state.stopped or "epochs"
                history.state = self._left or self._after or self._captured()
                state.settle_average()
            except BaseException:
                history.stopped = "error"
                raise
            finally:
                self._hooks.call_all("on_fit_end", state)
        return history

    def _epoch(self, interruption: Interruption) -> None:
        state, make_metric = self._state, self._task.make_metric
        self._hooks.listen()
        state.begin_epoch(None if make_metric is None else make_metric())
        self._watch.begin_epoch()
        if self._after is not None:
            go_on(self._state, self._watch, self._after)
            self._after = None
        self._hooks.call("on_epoch_start", state)
        native = self._native
        if self._follow() and native is not None:
            left = state.epochs - state.epoch + 1
            timing = state.history.timing
            self._renew(lambda: compile_sizes(native, self._step, self._batches, left, timing))
        started = time.perf_counter()
        self._train(interruption) if self._native is None else self._run(interruption)
        trained = time.perf_counter() - started
        if state.batch < state.batches or interruption.requested:
            self._left = self._captured(cut_short=True)
        validated: tuple[float, dict[str, float]] = nan, {}
        if not interruption.requested:
            self._hooks.call("on_validation_start", state)
            with state.averaged():
                validated = self._validate()
        state.history.epochs.append(
            Epoch(
                epoch=state.epoch,
                loss=state.running_loss(),
                data_loss=state.data_loss_sum / state.seen,
                regularization_loss=state.regularization_loss_sum / state.seen,
                metric=state.running_metric(),
                validation_loss=validated[0],
                validation_metric=next(iter(validated[1].values()), nan),
                rate=state.rate,
                seconds=time.perf_counter() - started,
                rows_per_second=state.seen / trained if trained else nan,
                gradient_norm=self._watch.gradient_norm,
                update_ratio=self._watch.update_ratio,
                metrics=values_by_name(state.metric),
                validation_metrics=validated[1],
            )
        )
        self._hooks.call("on_epoch_end", state)
        if interruption.requested and not state.stopped:
            state.stop("interrupted")
            self._hooks.call("on_interrupt", state)

    def _captured(self, cut_short: bool = False) -> TrainingState:
        return captured(self._state, self._batches, self._watch, self._hooks, cut_short)

    def _train(self, interruption: Interruption) -> None:
        """The steps of an epoch."""
        state, step, watch = self._state, self._step, self._watch
        before, after = map(self._hooks.listeners, ("on_batch_start", "on_batch_end"))
        optimizer, metric, epoch = state.optimizer, state.metric, state.epoch
        heard = bool(before or after)
        keys, watched = self._keys(self._batches.count), self._batches.last_full
        rates, done = self._rates_of_epoch(0, state.batches), state.batch
        rows, form = self._batches.epoch(epoch, done), self._batches.all.form
        for batch in range(done + 1, self._batches.count + 1):
            state.batch = batch
            state.plan_rate(optimizer.rate if rates is None else rates[batch - 1])
            for listener in before:
                listener(state)
            if heard:
                self._follow()
                step, watch = self._step, self._watch
            rate, state.asked = state.asked, None
            if rate is None:
                rate = optimizer.rate if rates is None else rates[batch - 1]
            if type(rate) is not float or not 0 <= rate < inf:
                rate = checked_rate(rate, self._place())
            if batch == watched:
                watch.before_step()
            given = next(rows)  # after the hooks, which may have changed the caller's arrays
            step(given, keys[batch - 1], rate, (epoch, batch))
            state.plan_rate(rate)
            if batch == watched:
                watch.after_step(in_words((epoch, batch)))
            state.count(len(given[0]), step.data_loss, step.regularization_loss)
            if metric is not None:
                metric.add(step.out, form.targets_of(given))
            for listener in after:
                listener(state)
            if state.stopped or interruption.requested:
                break

    def _run(self, interruption: Interruption) -> None:
        """The steps of an epoch in native slices, part by part."""
        state, began = self._state, time.perf_counter()
        for start, rows in self._batches.parts(state.epoch, state.batch):
            self._run_part(interruption, start, rows, began)
            if state.stopped or interruption.requested:
                return
            began = time.perf_counter()

    def _run_part(self, interruption: Interruption, start: int, rows: Rows, began: float) -> None:
        """The steps on some rows; the one that is watched is the last of a slice.

        ``start`` batches of the epoch stand before these rows, which were asked for at ``began``.
        """
        state, optimizer = self._state, self._state.optimizer
        timing = state.history.timing
        before, after = map(self._hooks.listeners, ("on_batch_start", "on_batch_end"))
        watched, each = self._batches.last_full - 1 - start, bool(before or after)
        epoch = self._native_epoch(rows, start)
        scheduled = None if self._rates is None else epoch.feeds.rates.tolist()
        epoch.done = first = max(state.batch - start, 0)
        sums = state.data_loss_sum, state.regularization_loss_sum
        timing.data += time.perf_counter() - began
        began = time.perf_counter()
        while epoch.done < epoch.count:
            batch = epoch.done
            state.batch = start + batch + 1
            state.plan_rate(optimizer.rate if scheduled is None else scheduled[batch])
            for listener in before:
                listener(state)
            native = self._native
            if each and self._follow() and native is not None:
                self._renew(partial(leaving_out, epoch.renew, native, self._step))
                if self._native is None:
                    epoch.draw_keys()
            if state.asked is not None or optimizer.rate is not self._rate_of_epoch:
                self._set_rate(epoch, batch)
            if self._native is None:
                epoch.eagerly(self._step, state.epoch)
            elif batch == watched:
                self._watch.before_step()
                epoch.watched(self._step, state.epoch)
                self._see(epoch, batch, start)
            elif each or batch > watched:
                epoch.advance(1 if each else None)
            elif epoch.up_to(watched, self._watch.seen):
                self._see(epoch, batch, start)
            self._count(epoch, batch, start)
            for listener in after:
                listener(state)
            if state.stopped or interruption.requested:
                break
        if epoch.done > first:  # however many slices there were, the sums are the same
            state.settle(sums, *epoch.left(first))
        timing.native += epoch.seconds
        timing.python += time.perf_counter() - began - epoch.seconds

    def _see(self, epoch: NativeEpoch, first: int, start: int) -> None:
        """Look at what the last step has left; those of its slice before it count in any case."""
        try:
            self._watch.after_step(in_words((self._state.epoch, start + epoch.done)))
        except NonFiniteError:
            epoch.done -= 1
            if epoch.done > first:
                self._count(epoch, first, start)
            self._state.batch = start + epoch.done + 1
            raise

    def _set_rate(self, epoch: NativeEpoch, batch: int) -> None:
        """The learning rates of the next steps, after the hooks before them."""
        state = self._state
        asked, state.asked = state.asked, None
        if asked is not None:
            epoch.set_rate(batch, checked_rate(asked, self._place()), batch + 1)
            self._rate_of_epoch = None  # the steps after it have their own
            return
        self._rate_of_epoch = rate = state.optimizer.rate
        if self._rates is None:
            rate = rate if type(rate) is float else checked_rate(rate, self._place())
            epoch.set_rate(batch, rate)

    def _place(self) -> str:
        """The next step, in words."""
        state = self._state
        return f"{in_words((state.epoch, state.batch))} (step {state.step + 1})"

    def _follow(self) -> bool:
        """Whether Python code of others has changed what the steps read; they follow then."""
        native, surroundings = self._native, self._surroundings
        if native is not None:
            if not native.follow():
                return False
        elif surroundings is None or surroundings.same() or not surroundings.change():
            return False
        recipe = self._recipe
        parameters = trained_parameters(recipe.model)
        self._recipe = recipe = replace(recipe, trained=tuple(parameters))
        penalty = Penalty(recipe.model, recipe.regularization)
        self._state.follow(parameters, penalty.project)
        searches = self._step.native_loss is not None
        self._step = self._step.renewed(parameters, penalty)
        if searches:
            compiled_loss(recipe, parameters, self._step, self._batches, self._state.history)
        self._watch = self._watch.of(parameters)
        return True

    def _renew(self, compile_anew: Callable[[], None]) -> None:
        """Go on with the machine code of what is there now; eagerly where there can be none."""
        native, history = self._native, self._state.history
        if native is None:
            return
        if native.renewals > MOST_RENEWALS:
            say_eager(history, f"what it reads has changed {native.renewals} times in this fit.")
        else:
            with telling(self._hooks, COMPILING):
                if compiles(compile_anew, history):
                    return
        self._native, self._surroundings = None, surroundings_of(self._recipe)

    def _native_epoch(self, rows: Rows, start: int) -> NativeEpoch:
        """Native steps on some rows of an epoch, whose first batch has this number."""
        state, batches = self._state, self._batches
        native: Any = self._native
        self._rate_of_epoch: Any = None
        rates = self._rates_of_epoch(start, count := -(-rows.count // batches.size))
        return NativeEpoch(
            native,
            rows,
            batches.size,
            lambda _: self._keys(batches.count)[start : start + count],
            nan if rates is None else rates,
            f"epoch {state.epoch}, ",
            shows=state.metric is not None,
            before=start,
            total=batches.count,
        )

    def _rates_of_epoch(self, start: int, count: int) -> Any:
        """The schedule's rates of some batches of this epoch; None where there is no schedule."""
        return self._rates and self._rates(self._state.step - self._state.batch + start, count)

    def _count(self, epoch: NativeEpoch, first: int, start: int) -> None:
        """Take in what the batches from the first one on have left."""
        state, feeds, done = self._state, epoch.feeds, epoch.done
        state.batch = start + done
        state.plan_rate(feeds.rates.item(done - 1))
        if done == first + 1:
            loss, penalty = feeds.losses.item(first), feeds.penalties.item(first)
            state.count(epoch.size_of(first), loss, penalty)
        else:
            state.count_batches(*epoch.left(first))
        if state.metric is not None:
            state.metric.add(*epoch.scored(first))

    def _keys(self, count: int) -> Array:
        """A random key per batch of an epoch: Philox's words of the epoch's own key, two by two.

        Drawn in one go: folding each batch's number in would cost more than the whole loop.
        """
        return philox(fold(self._key, self._state.epoch)).random_raw(2 * count).reshape(-1, 2)

    def _validate(self) -> tuple[float, dict[str, float]]:
        """Loss and metrics of the validation rows; NaN where there is none."""
        watched = self._watched
        if watched is None:
            return nan, {}
        metric = None if watched.make_metric is None else watched.make_metric()
        loss = measure(self._state.model, watched.rows, self._recipe.loss, VALIDATION_ROWS, metric)
        return loss, values_by_name(metric)
