"""NativeSteps: the machine code of a training step, for every size of batch it has met.

Imports native_step and recording. Program and the training loop run it, epoch by epoch.
"""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from math import inf
from operator import attrgetter
from typing import Any

import numpy as np

from chainrule.compiled.function import KEPT, MANY_RECORDINGS
from chainrule.errors import (
    ChainruleError,
    NonFiniteError,
    RecordingWarning,
    frames_of_ours,
)
from chainrule.train.checks import trained_parameters
from chainrule.train.claims import Claimed
from chainrule.train.eager_step import TrainingStep
from chainrule.train.loss_not_finite import non_finite_update
from chainrule.train.native.entering_symbols import inputs, symbol_of
from chainrule.train.native.keeping import Again, Keeper
from chainrule.train.native.known import known
from chainrule.train.native.recorded_step import Recorded, recorded_step
from chainrule.train.native.steadiness import steady, surroundings_of
from chainrule.train.native.step import NativeStep, memory_of, missed
from chainrule.train.penalty import Penalty
from chainrule.train.recipe import Recipe
from chainrule.train.streams import Arrays, Rows, key_of_batch, specs_of

Array = np.ndarray[Any, np.dtype[Any]]
VERSION = attrgetter("changed")
# What is made to be changed in mid-training needs no word of warning.
OWN = ("the optimiser", "the model")


class NativeSteps:
    """Compiled steps on the arrays of one net and one optimiser.

    Parameters
    ----------
    recipe : Recipe
    watched : int, default 0
        Steps on so many rows show their gradients.

    Attributes
    ----------
    steps : int
        How many have been made, eager ones among them.
    renewals : int
        How often what the step reads has changed, and with it the machine code.
    claimed : Claimed
        Holds the net, as it was when it was last looked at, and the optimiser.
    """

    def __init__(self, recipe: Recipe, watched: int = 0) -> None:
        self.steps = self.renewals = 0
        self._recipe, self._watched = recipe, watched
        self._steps: dict[Any, NativeStep] = {}  # by rows of a batch, shapes and dtypes
        self._unreached: set[str] = set()  # parameters that are left out
        self._arrange()
        self._surroundings = surroundings_of(recipe)

    def _arrange(self) -> None:
        """Look up what is trained; no recording holds any more."""
        model = self._recipe.model
        trained = trained_parameters(model)
        self._trained = {path: p for path, p in trained.items() if path not in self._unreached}
        self._recipe = replace(self._recipe, trained=tuple(self._trained), behind=())
        self._parameters = model.parameters()
        self._members = tuple(self._parameters.values())
        self.claimed = Claimed(self._parameters, self._recipe.optimizer)
        self._has_buffers = bool(model.buffers())
        self._steps.clear()
        self._bound: dict[NativeStep, Any] = {}  # to the arrays of which slots
        self._slots: Any = None
        self._keeper = Keeper((), ())

    def follow(self) -> bool:
        """Whether something that the step reads has changed; it is recorded anew then.

        To be asked wherever Python code of others has run.
        """
        slots = self._recipe.optimizer.slots(self._trained)
        stands = self._surroundings.same()
        if stands and slots is self._slots:
            return False
        self._bound.clear()  # a buffer may be another array
        what = "" if stands else self._surroundings.change()
        if not what:
            self._slots = slots
            if self._steps and missed(slots) != self._recipe.behind:
                self._arrange()
                return True
            return False
        self.renewals += 1
        self._unreached.clear()
        self._arrange()
        if self.renewals == 1 and not what.startswith(OWN):
            warnings.warn(
                f"the training step is recorded and compiled anew, because {what}. Where that "
                "happens at every step, compiled=False is faster.",
                RecordingWarning,
                stacklevel=6,
            )
        return True

    def leave_out(self, paths: Iterable[str]) -> None:
        """Train without these parameters, which the loss does not reach."""
        self._unreached.update(paths)
        self._arrange()

    def find(self, key: tuple[Any, ...]) -> NativeStep | None:
        """The machine code for a batch with this key; None if there is none yet."""
        return self._steps.get(key)

    def find_for(self, rows: Rows, size: int) -> NativeStep | None:
        """The machine code for an epoch's first batch; None if there is none for one of them."""
        count, steps = rows.count, self._steps
        rest = count % size
        if rest and count > size and key_of_batch(rows, rest) not in steps:
            return None
        return steps.get(key_of_batch(rows, min(size, count)))

    def step_for(self, rows: Rows, count: int, runs: float = inf) -> NativeStep:
        """The machine code for batches of so many of these rows; made when it is first needed.

        ``runs``: how many such steps there will be, where that is known.
        """
        key = key_of_batch(rows, count)
        found = self._steps.get(key)
        if found is None:
            found = self._made(rows, count, runs)
            if len(self._steps) >= KEPT:  # the oldest goes
                self._bound.pop(self._steps.pop(next(iter(self._steps))), None)
            self._steps[key] = found
            self._say(len(self._steps))
        return found

    def ready(self) -> None:
        """Wait until all machine code is there: of one size while another one was recorded."""
        for step in self._steps.values():
            step.ready()

    def _made(self, rows: Rows, count: int, runs: float) -> NativeStep:
        slots = self._recipe.optimizer.slots(self._trained)
        self._recipe = recipe = replace(self._recipe, behind=missed(slots))
        specs, watched = specs_of(rows, count), count == self._watched

        def record() -> Recorded:
            return steady(
                lambda left: recorded_step(recipe, specs, rows.form, watched, left),
                self._surroundings,
                twice=not self._steps,
            )

        batch = specs, rows.form.key, watched
        found = known(recipe, self._surroundings, batch, record)
        return NativeStep(recipe, found, len(specs), watched, runs)

    def bound(self, step: NativeStep) -> int:
        """Let the machine code work on the arrays as they are now; how many steps were made."""
        slots = self._recipe.optimizer.slots(self._trained)
        if self._bound.get(step) is not slots:
            step.hold(step.arrays(self._parameters, self._buffers(), memory_of(slots)))
            self._bound[step] = slots
            changing, trained = step.changing()
            if not self._keeper.watches(changing):
                self._keeper = Keeper(changing, trained)
        return max(slot.steps for slot in slots) if self._recipe.behind else slots[0].steps

    def begin(self, afresh: bool = False) -> Keeper:
        """Be ready to take the next steps back; afresh: those before cannot be made again."""
        self._keeper.begin(self._version, afresh)
        return self._keeper

    def made(self, count: int, again: Again | None = None, held: int = 0) -> None:
        """Count steps that were made in native code, and how to make them again."""
        self._recipe.optimizer.made(count, "a compiled step")
        self.steps += count
        self._keeper.keep(again, held)

    def _version(self) -> int:
        """When a parameter was last written."""
        return max(map(VERSION, self._members))

    def show(self, step: NativeStep) -> None:
        """Leave the gradients of the last step at the parameters, as an eager one does."""
        for path, p in self._trained.items():
            p.gradient = step.gradients[path].copy()
            p.spend()

    def explained(self, error: BaseException, batch: Rows, key: Any, place: str) -> BaseException:
        """What was wrong with a batch whose step was not made."""
        if isinstance(error, NonFiniteError):  # the eager run finds the op where it began
            try:
                with np.errstate(all="ignore"):
                    self._eager(batch).examine(self._given(batch), key, place)
            except NonFiniteError as found:
                return found
        if isinstance(error, ChainruleError):
            error.add_note(f"in {place}")
        return error

    def spoilt(self, batch: Rows, key: Any, place: str) -> NonFiniteError:
        """Why the step of a batch, taken back by now, left parameters that are not finite."""
        try:
            self._eager(batch).gradients(self._given(batch), key, place)
        except NonFiniteError as found:
            return found
        return non_finite_update(place)

    def _eager(self, batch: Rows) -> TrainingStep:
        recipe = self._recipe
        penalty = Penalty(recipe.model, recipe.regularization)
        return TrainingStep(recipe, self._trained, penalty, batch.form)

    def _given(self, batch: Rows) -> Arrays:
        """The rows of a batch, in element types that an eager step computes in."""
        taken, form = batch.taken(), batch.form
        with np.errstate(all="ignore"):
            given = [
                symbol_of(inputs(self._recipe.model, x, self._recipe.scale, form))
                for x in taken[: form.inputs]
            ]
        return (*given, *taken[form.inputs :])

    def _say(self, count: int) -> None:
        if count == MANY_RECORDINGS:
            warnings.warn(
                f"this training step has been recorded and compiled {count} times: the size of a "
                "batch or the dtype of the data changes from call to call. Take batches of one "
                "size, or Program.epoch, whose last batch alone is smaller.",
                RecordingWarning,
                stacklevel=frames_of_ours(),
            )

    def _buffers(self) -> dict[str, Array]:
        return self._recipe.model.buffers() if self._has_buffers else {}
