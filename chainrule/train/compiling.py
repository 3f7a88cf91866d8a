"""Compiling the steps of a fit, or saying why they run eagerly.

Imports the native files. fit calls it once, before the first epoch.
"""

import time
import warnings
from collections.abc import Mapping
from dataclasses import replace

from chainrule.errors import ChainruleError, EagerWarning, NoGradientError, UnreachedWarning
from chainrule.tensors import Parameter
from chainrule.train.batches import Batches
from chainrule.train.history import History
from chainrule.train.native_loss import NativeLoss
from chainrule.train.native_steps import NativeSteps
from chainrule.train.recording import Recipe, UnreachedError
from chainrule.train.step import TrainingStep

# Bytes of gradients that an epoch writes in less time than an eager step takes; measured: the
# two meet at 9 MiB, and at 1 MiB a fit of digits gains a quarter.
WRITTEN = 4 * 1024**2


def compiled_steps(
    recipe: Recipe,
    parameters: Mapping[str, Parameter],
    step: TrainingStep,
    batches: Batches,
    history: History,
) -> NativeSteps | None:
    """The machine code of these steps; None where they cannot be compiled, and a warning says why.

    An optimiser that asks for several losses in a step goes on in Python: it is given the loss
    and its gradients as machine code.
    """
    began, native = time.perf_counter(), None
    try:
        try:
            native = _compiled(recipe, parameters, step, batches)
        except UnreachedError as error:
            step.leave_out(error.paths)
            reached = tuple(path for path in recipe.trained if path not in error.paths)
            native = _compiled(replace(recipe, trained=reached), parameters, step, batches)
        history.compiled = True
    except NoGradientError:
        native = None  # the eager step raises it too, and shows the parameters
    except UnreachedWarning:  # where warnings are errors
        raise
    except Exception as error:
        history.eager_because = _sentence(error)
        message = f"the training step runs eagerly, not as machine code: {history.eager_because}"
        warnings.warn(message, EagerWarning, stacklevel=3)
        native = None
    history.timing.compiling = time.perf_counter() - began
    return native


def _compiled(
    recipe: Recipe, parameters: Mapping[str, Parameter], step: TrainingStep, batches: Batches
) -> NativeSteps | None:
    if recipe.optimizer.needs_closure:
        step.native_loss = NativeLoss(recipe, parameters, batches.x, batches.y)
        return None
    full, rest = min(batches.size, batches.rows), batches.rows % batches.size
    native = NativeSteps(recipe, full if _watched(parameters, batches) else 0)
    for rows in {full, rest} - {0}:
        native.bound(native.step_for(batches.x, batches.y, rows))
    return native


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
