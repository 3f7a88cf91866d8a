"""Compiling the steps of a fit, or saying why they run eagerly.

Imports the native files. fit calls it once, before the first epoch.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace

from chainrule.errors import ChainruleError, EagerWarning, NoGradientError, UnreachedWarning
from chainrule.native.engine import load
from chainrule.plan.undisturbed import undisturbed
from chainrule.tensors import Parameter
from chainrule.train.batches import Batches
from chainrule.train.eager_step import TrainingStep
from chainrule.train.history import History, Timing
from chainrule.train.native.all_sizes import NativeSteps
from chainrule.train.native.loss_and_gradients import NativeLoss
from chainrule.train.native.recorded_step import UnreachedError
from chainrule.train.recipe import Recipe

with contextlib.suppress(ImportError, OSError):  # fit will say what is wrong
    load()  # whoever asks for fit will train, and each fit would wait for it

# Bytes of gradients that an epoch writes in less time than an eager step takes; measured: the
# two meet at 9 MiB, and at 1 MiB a fit of digits gains a quarter.
WRITTEN = 4 * 1024**2


def compiled_steps(
    recipe: Recipe,
    parameters: Mapping[str, Parameter],
    step: TrainingStep,
    batches: Batches,
    history: History,
    epochs: int,
) -> NativeSteps | None:
    """The machine code of these steps; None where they cannot be compiled, and a warning says why.

    An optimiser that asks for several losses in a step goes on in Python: it is given the loss
    and its gradients as machine code.
    """
    if recipe.optimizer.needs_closure:
        compiled_loss(recipe, parameters, step, batches, history)
        return None
    full = min(batches.size, batches.rows)
    native = NativeSteps(recipe, full if _watched(parameters, batches) else 0)
    timing = history.timing
    made = compiles(lambda: compile_sizes(native, step, batches, epochs, timing), history)
    return native if made else None


def compile_sizes(
    native: NativeSteps, step: TrainingStep, batches: Batches, epochs: int, timing: Timing
) -> None:
    """Machine code for full batches, and for the last one where it is smaller."""
    whole, rest = divmod(batches.rows, batches.size)

    def make() -> None:
        for rows, count in ((batches.size, whole), (rest, 1)):
            if rows and count:
                native.bound(native.step_for(batches.all, rows, epochs * count))
        began = time.perf_counter()
        native.ready()
        timing.waiting += time.perf_counter() - began

    leaving_out(make, native, step)


def leaving_out(make: Callable[[], None], native: NativeSteps, step: TrainingStep) -> None:
    """Record; where the loss does not reach some parameters, without those, and say so once."""
    try:
        make()
    except UnreachedError as error:
        step.leave_out(error.paths)
        native.leave_out(error.paths)
        make()


def compiled_loss(
    recipe: Recipe,
    parameters: Mapping[str, Parameter],
    step: TrainingStep,
    batches: Batches,
    history: History,
) -> None:
    """Give the step machine code for its loss, where there can be."""

    def give() -> None:
        try:
            step.native_loss = NativeLoss(recipe, parameters, batches.all)
        except UnreachedError as error:
            step.leave_out(error.paths)
            reached = tuple(path for path in recipe.trained if path not in error.paths)
            rest = replace(recipe, trained=reached)
            step.native_loss = NativeLoss(rest, parameters, batches.all)

    compiles(give, history)


def compiles(make: Callable[[], None], history: History) -> bool:
    """Whether this can be compiled; else the history and a warning say why not."""
    began = time.perf_counter()
    try:
        with undisturbed():
            make()
    except NoGradientError:  # the eager step raises it too, and shows the parameters
        return False
    except UnreachedWarning:  # where warnings are errors
        raise
    except Exception as error:
        say_eager(history, _sentence(error))
        return False
    finally:
        history.timing.compiling += time.perf_counter() - began
    history.compiled = True
    return True


def say_eager(history: History, because: str) -> None:
    """Say that the steps run eagerly from now on."""
    history.compiled, history.eager_because = False, because
    message = f"the training step runs eagerly, not as machine code: {because}"
    warnings.warn(message, EagerWarning, stacklevel=4)


def _watched(parameters: Mapping[str, Parameter], batches: Batches) -> bool:
    """Whether the steps of full batches show their gradients; else one per epoch runs eagerly.

    They share their machine code, so that each of them writes its gradients for the sake of one:
    a second compilation would take longer than many epochs of a small net.
    """
    written = sum(p.value.nbytes for p in parameters.values()) * batches.last_full
    return batches.last_full == 1 or written <= WRITTEN


def _sentence(error: Exception) -> str:
    if not isinstance(error, ChainruleError):
        return f"{type(error).__name__}: {error}"
    return " ".join(filter(None, (error.what, f"[{error.where}]" if error.where else "")))
