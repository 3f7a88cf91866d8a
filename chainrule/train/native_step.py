"""NativeStep: a recorded step as machine code, bound to the arrays of a net and its optimiser.

Imports recording, plan and native. Program keeps one for every size of batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

import numpy as np

from chainrule.native.arrays import aligned
from chainrule.native.engine import compile_plan
from chainrule.native.executable import Feed
from chainrule.optim.groups import Slot
from chainrule.plan.make import make
from chainrule.spec import Spec
from chainrule.tensors import Parameter
from chainrule.train.recording import Recipe, Recorded

Array = np.ndarray[Any, np.dtype[Any]]
MOST_OUTS = 4 * 1024**2  # bytes of outputs that are kept for one slice of an epoch
COPIED = 64 * 1024  # bytes of a batch that are copied rather than bound; measured: 4 us


@dataclass(frozen=True, eq=False)
class Rows:
    """The data of an epoch, as the machine code reads it.

    Attributes
    ----------
    x, y : ndarray, (N, ...)
        C-contiguous.
    order : ndarray of int64 or None
        The rows in the order in which they are taken; None: as they lie.
    """

    x: Array
    y: Array
    order: Array | None = None

    @property
    def count(self) -> int:
        """How many rows are taken."""
        return len(self.x) if self.order is None else len(self.order)

    def part(self, first: int, last: int) -> "Rows":
        """Those that are taken from the first place up to the last one."""
        if self.order is None:
            return Rows(self.x[first:last], self.y[first:last])
        return Rows(self.x, self.y, self.order[first:last])

    def targets(self, first: int, last: int) -> Array:
        """What the outputs should have been, from the first place up to the last one."""
        return self.y[first:last] if self.order is None else self.y.take(self.order[first:last], 0)

    def arrays(self) -> tuple[Array, Array]:
        """The rows themselves."""
        if self.order is None:
            return self.x, self.y
        return self.x.take(self.order, 0), self.y.take(self.order, 0)


@dataclass(frozen=True, eq=False)
class Feeds:
    """What the steps read beside the rows, and what they leave: one entry per batch.

    Attributes
    ----------
    keys : ndarray of uint64, (batches, 2)
    rates, numbers : ndarray of float64, (batches,)
        Learning rates, and the steps' numbers from 1 on.
    losses, penalties : ndarray, (batches,)
        Data loss and regularization loss.
    """

    keys: Array
    rates: Array
    numbers: Array
    losses: Array
    penalties: Array

    @classmethod
    def of(cls, count: int, loss: Any, penalty: Any) -> "Feeds":
        """Zeros for so many batches, with losses of these dtypes."""
        numbers = np.zeros((2, count))
        keys, kinds = np.zeros((count, 2), np.uint64), (loss, penalty)
        return cls(keys, *numbers, *(np.zeros(count, kind) for kind in kinds))

    def twin(self) -> "Feeds":
        """The same numbers, with other room for the losses."""
        kinds = self.losses.dtype, self.penalties.dtype
        losses = (np.zeros(len(self.rates), kind) for kind in kinds)
        return Feeds(self.keys, self.rates, self.numbers, *losses)

    def part(self, first: int, last: int) -> "Feeds":
        """Some batches."""
        return Feeds(*(getattr(self, name)[first:last] for name in self.__dataclass_fields__))


class NativeStep:
    """The step for batches of one size.

    Attributes
    ----------
    plan : Plan
    out, loss, penalty : Spec
        What a step leaves: the net's outputs, and the terms of the loss.
    draws : bool
        Whether the step reads its random key.
    most_outs : int
        Steps of one slice of an epoch, at most: as many outputs are kept.
    pace : float
        Seconds of one step, as last measured; 0 before that.
    result : ndarray
        The net's outputs at the last single step.
    gradients : dict of str to ndarray
        Those of the trained parameters at the last step, if the step is watched; else empty.
    """

    def __init__(
        self, recipe: Recipe, recorded: Recorded, x: Spec, y: Spec, watched: bool
    ) -> None:
        self._names = recorded.parameters, recorded.buffers  # the flow need not stay
        self.plan = make(recorded.flow)
        self._run = compile_plan(self.plan).run_object()
        self._bound: list[Any] = []
        self._told: tuple[Any, ...] = ()  # the arrays of the last run, if they may come again
        self._places = len([*recorded.parameters, *recorded.buffers, *recorded.memory])
        shown = recipe.trained if watched else ()
        self._results = results = len(self.plan.outputs) - 3 - len(shown)
        self.loss, self.penalty, self.out = self.plan.outputs[results : results + 3]
        self.gradients = {path: self._leave(results + 3 + i) for i, path in enumerate(shown)}
        self.one, self._made = self._feeds_of(1), self._feeds_of(0)
        self._x, self._y = (np.zeros(spec.shape, spec.dtype) for spec in (x, y))
        self.result = np.zeros(self.out.shape, self.out.dtype)
        self.draws = any(kernel.draws for kernel in self.plan.kernels)
        self.most_outs = max(MOST_OUTS // max(self.out.nbytes, 1), 1)
        self.pace = 0.0
        self._room = np.empty((0, *self.out.shape), self.out.dtype)
        self._ready = False  # whether the run is bound to what a single step reads and writes
        self._bindings: list[tuple[int, int]] = []  # to that

    def bind(self, arrays: Sequence[Array]) -> None:
        """Work on these arrays of the net and the optimiser, in the order of the recording."""
        if len(arrays) == len(self._bound) and all(map(is_, arrays, self._bound)):
            return
        for number, array in enumerate(arrays):
            spec = self.plan.inputs[number]
            self._run.bind_input(number, array.reshape(spec.shape))
        self._bound = list(arrays)

    def arrays(
        self, parameters: Mapping[str, Parameter], buffers: Mapping[str, Array], memory: Any
    ) -> list[Array]:
        """The arrays to bind: ``memory`` has those of each trained parameter, flat."""
        own = [parameters[path].value for path in self._names[0]]
        own += [buffers[path] for path in self._names[1]]
        return [*own, *memory]

    def changing(self) -> tuple[list[Array], list[Array]]:
        """The bound arrays that a step writes over, and the parameters among them."""
        places, parameters = sorted(self.plan.updates.values()), len(self._names[0])
        own = [number for number in places if number < parameters]
        return [self._bound[i] for i in places], [self._bound[i] for i in own]

    def run(self, rows: Rows, feeds: Feeds, outs: Array) -> int:
        """A step on each batch of ``rows``; returns how many were completed.

        ``outs``, (count, *batch), takes the net's outputs.
        """
        told = (rows.x, rows.y, feeds, outs, rows.order is None)
        self._ready = False
        if self._told and all(map(is_, told, self._told)):
            return self._run.again(rows.order)
        self._told, place = (), self._places
        found = [Feed.rows(place, rows.x), Feed.rows(place + 1, rows.y)]
        found += self._feeds(feeds, outs)
        completed = self._run.repeat(len(outs), found, rows.order)
        self._told = told
        return completed

    def step(self, x: Array, y: Array) -> None:
        """One step on a batch, with the numbers of ``one``."""
        run, place = self._run, self._places
        if not self._ready:
            self._bind_one()
        if x.nbytes <= COPIED and x.dtype == self._x.dtype:  # copying takes less than binding
            self._x[...] = x
            self._y[...] = y
        else:
            run.bind_input(place, x)
            run.bind_input(place + 1, y)
            self._ready = False
        run()

    def step_on(self, rows: Rows, first: int) -> None:
        """One step on the batch that begins at this place of the rows."""
        last, order = first + len(self._x), rows.order
        if order is None:
            self.step(rows.x[first:last], rows.y[first:last])
            return
        if not self._ready:
            self._bind_one()
        order = order[first:last]  # no row lies outside: "clip" spares a copy of the result
        rows.x.take(order, 0, self._x, "clip")
        rows.y.take(order, 0, self._y, "clip")
        self._run()

    def feeds(self, count: int) -> Feeds:
        """Room for the numbers of so many steps; the next call may return it too."""
        if len(self._made.rates) != count:
            self._made = self._feeds_of(count)
        return self._made

    def room(self, count: int, fresh: bool) -> Array:
        """Room for the outputs of so many steps; unless fresh, the next call may return it too."""
        if fresh or len(self._room) != count:
            room = np.empty((count, *self.out.shape), self.out.dtype)
            if fresh:
                return room
            self._room = room
        return self._room

    def failure(self) -> BaseException:
        """Why a step was not completed."""
        return self._run.failure()

    def _feeds_of(self, count: int) -> Feeds:
        return Feeds.of(count, self.loss.dtype, self.penalty.dtype)

    def _leave(self, number: int) -> Array:
        """The array in which every step leaves an output."""
        spec = self.plan.outputs[number]
        array = aligned(spec.nbytes).view(spec.dtype).reshape(spec.shape)
        self._run.bind_output(number, array)
        return array

    def _bind_one(self) -> None:
        self._ready = True
        if self._bindings:
            self._run.rebind(self._bindings)
            return
        one, place, result = self.one, self._places, self._results
        entries = (one.keys, one.rates, one.numbers)
        numbers = (array.reshape(array.shape[1:]) for array in entries)
        for i, array in enumerate((self._x, self._y, *numbers)):
            self._run.bind_input(place + i, array)
        for i, array in enumerate((one.losses, one.penalties)):
            self._run.bind_output(result + i, array.reshape(()))
        self._run.bind_output(result + 2, self.result)
        inputs = [("input", place + i) for i in range(5)]
        outputs = [("output", result + i) for i in range(3)]
        self._bindings = self._run.bindings([*inputs, *outputs])

    def _feeds(self, feeds: Feeds, outs: Array) -> list[Feed]:
        place, result = self._places + 2, self._results
        inputs = (feeds.keys, feeds.rates, feeds.numbers)
        outputs = (feeds.losses, feeds.penalties, outs)
        return [
            *(Feed.input(place + i, array) for i, array in enumerate(inputs)),
            *(Feed.output(result + i, array) for i, array in enumerate(outputs)),
        ]


def specs_of(x: Array, y: Array, rows: int) -> tuple[Spec, Spec]:
    """The shapes and dtypes of a batch of so many of these rows."""
    return Spec((rows, *x.shape[1:]), x.dtype), Spec((rows, *y.shape[1:]), y.dtype)


def memory_of(slots: Sequence[Slot]) -> list[Array]:
    """The optimiser's arrays for the trained parameters."""
    return [array for slot in slots for array in slot.state]


def missed(slots: Sequence[Slot]) -> tuple[int, ...]:
    """How many steps fewer than the most each parameter has been given: it was frozen, or new.

    () where all have been given the same.
    """
    most = max(slot.steps for slot in slots)
    behind = tuple(most - slot.steps for slot in slots)
    return behind if any(behind) else ()
