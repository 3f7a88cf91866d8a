"""NativeEpoch: a pass over the rows in native slices, short enough for Ctrl-C and progress bars.

Imports native_step. Program and the training loop advance it.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from math import inf
from typing import Any

import numpy as np

from chainrule.native.feeds import Copied
from chainrule.train.eager_step import TrainingStep
from chainrule.train.learning_settings import checked_rate
from chainrule.train.native.all_sizes import NativeSteps
from chainrule.train.native.keeping import Again
from chainrule.train.native.step import Feeds, NativeStep
from chainrule.train.streams import SINGLE, Container, Rows, outputs_of

Array = np.ndarray[Any, np.dtype[Any]]
SLICE = 0.04  # seconds: Ctrl-C is heard, and progress is seen, between two slices


class NativeEpoch:
    """The batches of one epoch.

    Parameters
    ----------
    rows : Rows
        Their order has been checked.
    size : int
        Rows of a batch.
    keys : callable
        Random keys, (count, 2), for so many batches; called where the step draws numbers.
    rates : float or sequence of float
        Learning rates of the batches.
    shows : bool, default True
        Whether the net's outputs are asked for, see ``scored``. Else each step writes over those
        of the one before it, which are in the cache still.
    first : NativeStep, optional
        The machine code of the first batch, if somebody knows it.
    before : int, default 0
        Batches of the epoch that came before these rows, for messages.
    total : int, optional
        Batches of the whole epoch. Default: those of these rows.

    Attributes
    ----------
    count, done : int
        Batches in all, and those whose steps were made.
    feeds : Feeds
        Losses by batch, as far as they are done; the next epoch writes over them.
    seconds : float
        Spent in native code.
    """

    def __init__(
        self,
        native: NativeSteps,
        rows: Rows,
        size: int,
        keys: Callable[[int], Array],
        rates: Any,
        name: str = "",
        shows: bool = True,
        first: NativeStep | None = None,
        before: int = 0,
        total: int | None = None,
    ) -> None:
        self._native, self._rows, self._size, self._keys = native, rows, size, keys
        self.count, self.done, self.seconds = -(-rows.count // size), 0, 0.0
        self._total = total or self.count
        self._name, self._before = name, before  # for messages
        self._shows = shows
        self._whole = rows.count // size
        self._outs: Sequence[Array] = ()  # of the last slice, each (batches, rows, ...)
        self._container: Container = SINGLE  # in which they stand
        self._afresh = True  # the steps of another epoch are not made again
        self._first: NativeStep | None = None
        self._begin(first)
        self._legal = 0  # up to which batch the rates are such
        if isinstance(rates, float):
            self.set_rate(0, rates)
        else:
            self.feeds.rates[:] = rates
            self._legal = self._legal_from(0)

    def set_rate(self, batch: int, rate: float, last: int | None = None) -> None:
        """Give a batch this learning rate, and those after it up to the last one."""
        self.feeds.rates[batch:last] = rate
        if last is None:
            self._legal = self.count if 0 <= rate < inf else batch
        else:
            self._legal = self._legal_from(batch)

    def _legal_from(self, batch: int) -> int:
        rates = self.feeds.rates[batch:]
        if len(rates) == 0 or (rates.min() >= 0 and rates.max() < inf):
            return self.count
        return batch + int(np.argmin((rates >= 0) & (rates < inf)))

    def _begin(self, first: NativeStep | None = None) -> None:
        if self.count:
            step = first or self._step_for(min(self._size, self._rows.count))
            self._first = step
            self.feeds = step.feeds(self.count)
            if step.draws:  # which takes as long as twenty steps of a small net
                self.feeds.keys[:] = self._keys(self.count)
        else:
            self.feeds = Feeds.of(0, float, float)

    def renew(self) -> None:
        """Take the machine code as it is now: what the step reads has changed."""
        before = self.feeds
        self._begin()
        for name in ("rates", "losses", "penalties"):
            getattr(self.feeds, name)[...] = getattr(before, name)

    def draw_keys(self) -> None:
        """Random keys for eager steps, which may draw where the machine code does not."""
        self.feeds.keys[:] = self._keys(self.count)

    def advance(self, limit: int | None = None, seen: Sequence[tuple[Array, Array]] = ()) -> None:
        """One slice: as many batches as fit into it, ``limit`` at most.

        Parameters
        ----------
        seen : sequence of (array, array)
            The first of each pair is copied to the second before the last step of ``limit`` steps,
            of which there are two or more, if it is made.

        Raises
        ------
        ArgumentError
            Where the next batch has no learning rate that is one.
        """
        if self._legal < self.done:  # batches of another fit came before
            self._legal = self._legal_from(self.done)
        if self.done == self._legal < self.count:
            number = f"{self._in_words(self.done)} (step {self._native.steps + 1})"
            checked_rate(float(self.feeds.rates[self.done]), number)
        limit = limit or self.count
        copied = [Copied(*pair, limit - 1) for pair in seen]
        limit = min(limit, self._legal - self.done)
        step, left = self._step(self.done), self._whole - self.done
        number = self._native.bound(step) + 1
        count = 1 if limit == 1 or left <= 0 else min(self._fitting(step, left), limit)
        if count == 1 < self.count:
            self._single(step, number)
        else:
            self._several(step, number, count, copied)

    def watched(self, step: TrainingStep, epoch: int) -> None:
        """The next batch, whose gradients are left at the parameters.

        It runs eagerly where the machine code keeps them to itself.
        """
        native = self._step(self.done)
        if native.gradients:
            self.advance(1)
            self._native.show(native)
        else:
            self.eagerly(step, epoch)

    def up_to(self, watched: int, seen: Sequence[tuple[Array, Array]]) -> bool:
        """A slice of the batches up to this one, before whose step some arrays are copied.

        Returns
        -------
        bool
            Whether that step was made: its gradients are left at the parameters then. It never is
            where the machine code keeps them to itself.
        """
        native, first = self._step(self.done), self.done
        if not native.gradients:
            self.advance(watched - first)
            return False
        self.advance(watched - first + 1, seen)
        if self.done <= watched:
            return False
        self._native.show(native)
        return True

    def rows_of(self, first: int, last: int) -> Rows:
        """The rows of some batches."""
        return self._rows.part(first * self._size, last * self._size)

    def size_of(self, batch: int) -> int:
        """How many rows a batch has."""
        return self._size if batch < self._whole else self._rows.count - batch * self._size

    def left(self, first: int) -> tuple[Array, Array, Array]:
        """Sizes, losses and penalties of the batches that are done, from this one on."""
        done, feeds = self.done, self.feeds
        sizes = np.full(done - first, self._size)
        sizes[-1] = self.size_of(done - 1)
        return sizes, feeds.losses[first:done], feeds.penalties[first:done]

    def scored(self, first: int) -> tuple[Any, Any]:
        """The net's outputs in the last slice, which began at this batch, and the targets."""
        begin, end = first * self._size, self.done * self._size
        y, copies = self._rows.targets(begin, end), self.done == first + 1
        if self._container is SINGLE:
            (out,) = self._outs
            out = out.reshape(out.shape[0] * out.shape[1], *out.shape[2:])
            return out.copy() if copies else out, y
        found = [out.reshape(len(out) * out.shape[1], *out.shape[2:]) for out in self._outs]
        return self._container.of([out.copy() for out in found] if copies else found), y

    def _several(
        self, step: NativeStep, number: int, count: int, copied: Sequence[Copied]
    ) -> None:
        first, rows, feeds = self.done, self._rows, self.feeds
        feeds.number(first, count, number)
        if count < self.count:
            rows, feeds = self.rows_of(first, first + count), feeds.part(first, first + count)
        # A small net's outputs are kept where they were in the last epoch: binding takes longer.
        held = count < self._total
        place = (first + self._before if self._total <= step.most_outs else None) if held else 0
        self._outs = step.room(count, place) if self._shows else ()
        self._container = step.out
        keeper = self._native.begin(self._afresh)
        self._afresh = False
        began = time.perf_counter()
        completed = step.run(rows, feeds, self._outs, copied)
        if not keeper.sound():
            again = partial(self._again, step, self.feeds, first)
            self._refuse(step, keeper.first_spoilt(again, completed), began)
        again = partial(self._again, step, self.feeds, first, 0, completed)
        self._note(step, completed, began, None if keeper.is_small else again)
        if completed < count:
            raise self._explained(step.failure())

    def _single(self, step: NativeStep, number: int) -> None:
        """One batch of several: copying its rows takes less than telling where they lie."""
        batch, one, feeds = self.done, step.one, self.feeds
        one.rates[0] = feeds.rates[batch]
        one.counts[0] = feeds.counts[batch] = number
        if step.draws:
            one.keys[0] = feeds.keys[batch]
        keeper = self._native.begin(self._afresh)
        self._afresh = False
        began = time.perf_counter()
        try:
            step.step_on(self._rows, batch * self._size)
        except BaseException as error:
            raise self._explained(error) from None
        if not keeper.sound():
            again = partial(self._again, step, feeds, batch)
            self._refuse(step, keeper.first_spoilt(again, 1), began)
        is_small = keeper.is_small
        self._note(
            step, 1, began, None if is_small else partial(self._again, step, feeds, batch, 0, 1)
        )
        feeds.losses[batch], feeds.penalties[batch] = one.losses[0], one.penalties[0]
        self._outs, self._container = step.results, step.out

    def _again(self, step: NativeStep, feeds: Feeds, start: int, first: int, last: int) -> None:
        """Make some of the steps from a batch on once more, in the same bits."""
        if last > first:
            places = start + first, start + last
            outs = step.room(last - first) if self._shows else ()
            step.run(self.rows_of(*places), feeds.part(*places).twin(), outs)

    def _refuse(self, step: NativeStep, made: int, began: float) -> None:
        """Raise for the step after those made: it has been taken back."""
        self._note(step, made, began)
        batch, key, place = self._next()
        raise self._native.spoilt(batch, key, place)

    def _note(
        self, step: NativeStep, completed: int, began: float, again: Again | None = None
    ) -> None:
        spent = time.perf_counter() - began
        self.seconds += spent
        step.pace = spent / max(completed, 1)
        self.done += completed
        self._native.made(completed, again)

    def _explained(self, error: BaseException) -> BaseException:
        """What was wrong with the next batch, whose step was not made."""
        return self._native.explained(error, *self._next())

    def _next(self) -> tuple[Rows, Array, str]:
        """The next batch, its random key, and its place in words."""
        batch = self.rows_of(self.done, self.done + 1)
        return batch, self.feeds.keys[self.done], self._in_words(self.done)

    def _in_words(self, batch: int) -> str:
        """The place of a batch in its epoch."""
        return f"{self._name}batch {self._before + batch + 1}"

    def eagerly(self, step: TrainingStep, epoch: int) -> None:
        """The next batch as an eager step."""
        batch = self.done
        rows = self.rows_of(batch, batch + 1).taken()
        feeds = self.feeds
        rate = checked_rate(float(feeds.rates[batch]), self._in_words(batch))
        step(rows, feeds.keys[batch], rate, (epoch, self._before + batch + 1))
        feeds.losses[batch], feeds.penalties[batch] = step.data_loss, step.regularization_loss
        outs, self._container = outputs_of(step.out)
        self._outs = [out[None] for out in outs]
        self.done += 1
        self._native.steps += 1

    def _step(self, batch: int) -> NativeStep:
        if self._first is not None and batch < max(self._whole, 1):
            return self._first
        return self._step_for(self.size_of(batch))

    def _step_for(self, rows: int) -> NativeStep:
        return self._native.step_for(self._rows, rows)

    def _fitting(self, step: NativeStep, left: int) -> int:
        """Steps that fit into a slice; one, as long as nobody knows how long it takes."""
        most = step.most_outs if self._shows else left
        return min(left, most, max(int(SLICE / step.pace), 1) if step.pace else 1)
