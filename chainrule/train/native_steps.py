"""NativeSteps: the machine code of a training step, for every size of batch it has met.

Imports native_step and recording. Program and the training loop run it, epoch by epoch.
"""

import warnings
from typing import Any

import numpy as np

from chainrule.compiled.function import KEPT, MANY_RECORDINGS
from chainrule.errors import ChainruleError, NonFiniteError, RecordingWarning
from chainrule.train.native_step import NativeStep, Rows, memory_of, specs_of
from chainrule.train.penalty import Penalty
from chainrule.train.recording import Recipe, inputs
from chainrule.train.step import TrainingStep

Array = np.ndarray[Any, np.dtype[Any]]


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
    """

    def __init__(self, recipe: Recipe, watched: int = 0) -> None:
        self.steps = 0
        self._recipe, self._watched = recipe, watched
        self._parameters = recipe.model.parameters()
        self._trained = {path: self._parameters[path] for path in recipe.trained}
        self._has_buffers = bool(recipe.model.buffers())
        self._steps: dict[Any, NativeStep] = {}  # by rows of a batch, shapes and dtypes

    def step_for(self, x: Array, y: Array, rows: int) -> NativeStep:
        """The machine code for batches of so many of these rows; made when it is first needed."""
        key = rows, x.shape[1:], x.dtype, y.shape[1:], y.dtype
        found = self._steps.get(key)
        if found is None:
            specs, watched = specs_of(x, y, rows), rows == self._watched
            found = NativeStep(self._recipe, *specs, watched)
            if len(self._steps) >= KEPT:  # the oldest goes
                del self._steps[next(iter(self._steps))]
            self._steps[key] = found
            self._say(len(self._steps))
        return found

    def bound(self, step: NativeStep) -> int:
        """Let the machine code work on the arrays as they are now; how many steps were made."""
        memory, made = memory_of(self._recipe, self._trained)
        step.bind(step.arrays(self._parameters, self._buffers(), memory))
        return made

    def made(self, count: int) -> None:
        """Count steps that were made in native code."""
        self._recipe.optimizer.made(count, "a compiled step")
        self.steps += count

    def show(self, step: NativeStep) -> None:
        """Leave the gradients of the last step at the parameters, as an eager one does."""
        for path, p in self._trained.items():
            p.gradient = step.gradients[path].copy()
            p.spend()

    def explained(self, error: BaseException, batch: Rows, key: Any, place: str) -> BaseException:
        """What was wrong with a batch whose step was not made."""
        if isinstance(error, NonFiniteError):  # the eager run finds the op where it began
            recipe = self._recipe
            penalty = Penalty(recipe.model, recipe.regularization)
            eager = TrainingStep(
                recipe.model, self._trained, recipe.loss, recipe.optimizer, penalty, None
            )
            x, y = batch.arrays()
            try:
                with np.errstate(all="ignore"):
                    eager.forward(inputs(recipe.model, x, recipe.scale), y, key, place)
            except NonFiniteError as found:
                return found
        if isinstance(error, ChainruleError):
            error.add_note(f"in {place}")
        return error

    def _say(self, count: int) -> None:
        if count == MANY_RECORDINGS:
            warnings.warn(
                f"this training step has been recorded and compiled {count} times: the size of a "
                "batch or the dtype of the data changes from call to call. Take batches of one "
                "size, or Program.epoch, whose last batch alone is smaller.",
                RecordingWarning,
                stacklevel=5,
            )

    def _buffers(self) -> dict[str, Array]:
        return self._recipe.model.buffers() if self._has_buffers else {}
