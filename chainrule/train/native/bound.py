"""Bound: a plan as machine code, bound to the arrays of a net and to those of a batch.

Imports native. The native step, the native loss and the native evaluation each hold one.
"""

from collections.abc import Sequence
from itertools import chain
from math import inf
from operator import is_
from typing import Any

import numpy as np

from chainrule.native.arrays import aligned
from chainrule.native.engine import compile_plan
from chainrule.native.feeds import Copied, Feed
from chainrule.plan.plan import Plan

Array = np.ndarray[Any, np.dtype[Any]]
COPIED = 64 * 1024  # bytes of a batch that are copied rather than bound; measured: 4 us


class Bound:
    """A plan that is run again and again: on one batch, or in a native loop on many.

    Parameters
    ----------
    plan : Plan
        Its inputs: arrays that stay for long, then the streams of a batch, then numbers.
    streams : int
        How many arrays a batch has.
    numbers : sequence of ndarray, default ()
        What a single run reads after the streams: entries of arrays whose first axis has length 1.
    results : mapping of int to ndarray, optional
        Where a single run leaves some of the outputs; the others are bound with ``leaves``.
    runs : float, default inf
        How often it will be run, where that is known: see ``compile_plan``.

    Attributes
    ----------
    plan : Plan
    code : Program
        The machine code, for who wants to hold it longer than this.
    """

    def __init__(
        self,
        plan: Plan,
        streams: int,
        numbers: Sequence[Array] = (),
        results: dict[int, Array] | None = None,
        runs: float = inf,
    ) -> None:
        self.plan = plan
        executable = compile_plan(plan, beside=True, runs=runs)
        self._run, self.code = executable.run_object(), executable.program
        self._place = place = len(plan.inputs) - streams - len(numbers)
        self._held: list[Array] = []
        batch = plan.inputs[place : place + streams]
        self._batch = [np.zeros(spec.shape, spec.dtype) for spec in batch]
        self._copies = all(spec.nbytes <= COPIED for spec in batch)
        self._reads = [*self._batch, *(array.reshape(array.shape[1:]) for array in numbers)]
        self._leaves = results or {}
        self._ready = False  # whether the run is bound to what a single run reads and writes
        self._bindings: list[tuple[int, int]] = []  # to that
        self._told: tuple[Any, ...] = ()  # the arrays of the last loop, if they may come again

    def ready(self) -> None:
        """Wait until the machine code is there; else the first run does."""
        self._run.ready()

    def hold(self, arrays: Sequence[Array]) -> None:
        """Read and write these arrays of the net and the optimiser, from now on."""
        held = self._held
        if len(arrays) == len(held) and all(map(is_, arrays, held)):
            return
        for number, array in enumerate(arrays):
            self._run.bind_input(number, array.reshape(self.plan.inputs[number].shape))
        self._held = list(arrays)

    def held(self, number: int) -> Array:
        """An array that was given to ``hold``."""
        return self._held[number]

    def leaves(self, number: int) -> Array:
        """The array in which every run leaves an output."""
        spec = self.plan.outputs[number]
        array = aligned(spec.nbytes).view(spec.dtype).reshape(spec.shape)
        self._run.bind_output(number, array)
        return array

    def run(self, arrays: Sequence[Array]) -> None:
        """One run on the streams of a batch."""
        if not self._ready:
            self._bind_one()
        if self._copies:  # which takes less than binding
            batch = self._batch
            if len(batch) == 2:  # x and y, or x alone, without the time that a loop takes
                batch[0][...], batch[1][...] = arrays
            elif len(batch) == 1:
                batch[0][...] = arrays[0]
            else:
                for own, array in zip(batch, arrays, strict=True):
                    own[...] = array
        else:
            for number, array in enumerate(arrays, self._place):
                self._run.bind_input(number, array)
            self._ready = False
        self._run()

    def run_on(self, arrays: Sequence[Array], order: Array) -> None:
        """One run on some rows of longer arrays."""
        if not self._ready:
            self._bind_one()
        batch = self._batch  # no row lies outside: "clip" spares a copy
        if len(batch) == 2:
            arrays[0].take(order, 0, batch[0], "clip")
            arrays[1].take(order, 0, batch[1], "clip")
        else:
            for own, array in zip(batch, arrays, strict=True):
                array.take(order, 0, own, "clip")
        self._run()

    def loop(
        self,
        count: int,
        arrays: Sequence[Array],
        order: Array | None,
        numbers: Sequence[Array],
        places: Sequence[int],
        outputs: Sequence[Array],
        copied: Sequence[Copied] = (),
    ) -> int:
        """So many runs in one native call, on the rows of some arrays, one batch after the other.

        Run k reads entry k of ``numbers`` and writes entry k of ``outputs``, which stand at some
        places among those of the plan; the others stay bound to what a single run writes. Returns
        how many runs were completed. ``copied`` are copied before some of them.
        """
        told = (*arrays, *numbers, *outputs, order is None, *chain.from_iterable(copied))
        self._ready = False
        if len(told) == len(self._told) and all(map(is_, told, self._told)):
            return self._run.again(order)
        self._told, place = (), self._place
        for number, array in self._leaves.items():
            if number not in places:
                self._run.bind_output(number, array)
        feeds = [Feed.rows(place + i, array) for i, array in enumerate(arrays)]
        place += len(arrays)
        feeds += [Feed.input(place + i, array) for i, array in enumerate(numbers)]
        feeds += [Feed.output(*pair) for pair in zip(places, outputs, strict=True)]
        completed = self._run.repeat(count, feeds, order, copied=copied)
        self._told = told
        return completed

    def failure(self) -> BaseException:
        """Why a run of a loop was not completed."""
        return self._run.failure()

    def _bind_one(self) -> None:
        self._ready = True
        if self._bindings:
            self._run.rebind(self._bindings)
            return
        for number, array in enumerate(self._reads, self._place):
            self._run.bind_input(number, array)
        for number, array in self._leaves.items():
            self._run.bind_output(number, array)
        places = range(self._place, self._place + len(self._reads))
        both = [("input", i) for i in places], [("output", i) for i in self._leaves]
        self._bindings = self._run.bindings([*both[0], *both[1]])
