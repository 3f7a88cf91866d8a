"""NativeStep: a recorded step as machine code, bound to the arrays of a net and its optimiser.

Imports recording, plan and native. Program keeps one for every size of batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from chainrule.native.feeds import Copied
from chainrule.optim.groups import Slot
from chainrule.tensors import Parameter
from chainrule.train.native.bound import Bound
from chainrule.train.native.known import Known
from chainrule.train.recipe import Recipe
from chainrule.train.streams import Rows

Array = np.ndarray[Any, np.dtype[Any]]
MOST_OUTS = 4 * 1024**2  # bytes of outputs that are kept for one slice of an epoch
PLACES = 4  # of an epoch whose arrays are kept for the next one
NUMBERS = 3  # of a step: its random key, its learning rate and its count


@dataclass(frozen=True, eq=False)
class Feeds:
    """What the steps read beside the rows, and what they leave: one entry per batch.

    Attributes
    ----------
    keys : ndarray of uint64, (batches, 2)
    rates, counts : ndarray of float64, (batches,)
        Learning rates, and the steps' numbers from 1 on.
    losses, penalties : ndarray, (batches,)
        Data loss and regularization loss.
    """

    keys: Array
    rates: Array
    counts: Array
    losses: Array
    penalties: Array
    _parts: dict[tuple[int, int], "Feeds"] = field(
        default_factory=dict[tuple[int, int], "Feeds"], init=False
    )

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
        return Feeds(self.keys, self.rates, self.counts, *losses)

    def numbers(self) -> tuple[Array, Array, Array]:
        """What the steps read, in the order of the recording."""
        return self.keys, self.rates, self.counts

    def number(self, first: int, count: int, number: int) -> None:
        """Let so many batches be the steps from this number on."""
        self.counts[first : first + count] = np.arange(number, number + count)

    def part(self, first: int, last: int) -> "Feeds":
        """Some batches; the same arrays the next time, which need not be bound anew."""
        found = self._parts.get((first, last))
        if found is None:
            arrays = self.keys, self.rates, self.counts, self.losses, self.penalties
            found = Feeds(*(array[first:last] for array in arrays))
            if len(self._parts) >= PLACES:
                self._parts.clear()
            self._parts[first, last] = found
        return found


class NativeStep:
    """The step for batches of one size.

    Attributes
    ----------
    plan : Plan
    rows : int
        Of a batch.
    loss, penalty : Spec
        What a step leaves: the terms of the loss.
    outs : tuple of Spec
        And the net's outputs, which stand in ``out``.
    draws : bool
        Whether the step reads its random key.
    most_outs : int
        Steps of one slice of an epoch, at most: as many outputs are kept.
    pace : float
        Seconds of one step, as last measured; 0 before that.
    results : tuple of ndarray, each (1, N, ...)
        The net's outputs at the last single step.
    gradients : dict of str to ndarray
        Those of the trained parameters at the last step, if the step is watched; else empty.
    """

    def __init__(
        self, recipe: Recipe, known: Known, streams: int, watched: bool, runs: float
    ) -> None:
        recorded, plan = known.recorded, known.plan
        self._names = recorded.parameters, recorded.buffers
        self.plan = plan
        shown, arrays = recipe.trained if watched else (), len(plan.inputs) - streams - NUMBERS
        last = len(plan.outputs) - len(shown)
        first = len(plan.updates)
        self.loss, self.penalty, *outs = plan.outputs[first:last]
        self.outs, self.out = tuple(outs), recorded.out
        self.rows = plan.inputs[arrays].shape[0]
        self.one, self._made = self._feeds_of(1), self._feeds_of(0)
        self._rooms: dict[int | None, tuple[Array, ...]] = {}
        self.results = self.room(1)
        self._left = tuple(range(first, last))
        one = zip(self._left, (self.one.losses, self.one.penalties, *self.results), strict=True)
        self._bound = Bound(
            plan,
            streams,
            self.one.numbers(),
            {i: array.reshape(array.shape[1:]) for i, array in one},
            known.expected(runs),
        )
        known.code = self._bound.code
        self.gradients = {path: self._bound.leaves(last + i) for i, path in enumerate(shown)}
        self.draws = any(kernel.draws for kernel in plan.kernels)
        self.most_outs = max(MOST_OUTS // max(sum(spec.nbytes for spec in outs), 1), 1)
        self.pace = 0.0
        self.hold = self._bound.hold  # in the order of the recording, see ``arrays``
        self.failure, self.ready = self._bound.failure, self._bound.ready
        self.step = self._bound.run  # one step on a batch, with the numbers of ``one``

    def arrays(
        self, parameters: Mapping[str, Parameter], buffers: Mapping[str, Array], memory: Any
    ) -> list[Array]:
        """The arrays to hold: ``memory`` has those of each trained parameter, flat."""
        own = [parameters[path].value for path in self._names[0]]
        own += [buffers[path] for path in self._names[1]]
        return [*own, *memory]

    def changing(self) -> tuple[list[Array], list[Array]]:
        """The arrays that a step writes over, and the parameters among them."""
        places, parameters = sorted(self.plan.updates.values()), len(self._names[0])
        held = self._bound.held
        return [held(i) for i in places], [held(i) for i in places if i < parameters]

    def run(
        self, rows: Rows, feeds: Feeds, outs: Sequence[Array], copied: Sequence[Copied] = ()
    ) -> int:
        """A step on each batch of ``rows``; returns how many were completed.

        ``outs``, each (count, *batch), take the net's outputs; without them ``results`` has those
        of the last step. ``copied`` are copied before some of the steps.
        """
        return self._bound.loop(
            len(feeds.rates), rows.arrays, rows.order, feeds.numbers(),
            self._left[: 2 + len(outs)], (feeds.losses, feeds.penalties, *outs), copied,
        )  # fmt: skip

    def step_on(self, rows: Rows, first: int) -> None:
        """One step on the batch that begins at this place of the rows."""
        last, order = first + self.rows, rows.order
        if order is None:
            self._bound.run([array[first:last] for array in rows.arrays])
        else:
            self._bound.run_on(rows.arrays, order[first:last])

    def feeds(self, count: int) -> Feeds:
        """Room for the numbers of so many steps; the next call may return it too."""
        if len(self._made.rates) != count:
            self._made = self._feeds_of(count)
        return self._made

    def room(self, count: int, place: int | None = None) -> tuple[Array, ...]:
        """Room for the outputs of so many steps; of its own, or that of a place.

        The next call for the same place may return it too.
        """
        found = self._rooms.get(place)
        if found is None or len(found[0]) != count:
            found = tuple([np.empty((count, *spec.shape), spec.dtype) for spec in self.outs])
            if place is not None:
                if len(self._rooms) >= PLACES:
                    self._rooms.clear()
                self._rooms[place] = found
        return found

    def _feeds_of(self, count: int) -> Feeds:
        return Feeds.of(count, self.loss.dtype, self.penalty.dtype)


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
