"""Compiling the steps of a fit, or saying why they run eagerly.

Imports the native files. fit calls it once, before the first epoch.
"""

import time
import warnings
from collections.abc import Mapping

from chainrule.errors import ChainruleError, EagerWarning, NoGradientError
from chainrule.tensors import Parameter
from chainrule.train.batches import Batches
from chainrule.train.history import History
from chainrule.train.native_loss import NativeLoss
from chainrule.train.native_steps import NativeSteps
from chainrule.train.recording import Recipe
from chainrule.train.step import TrainingStep

ONE_BATCH = "the only batch of an epoch is the one whose gradients the history shows."


def compiled_steps(
    recipe: Recipe,
    parameters: Mapping[str, Parameter],
    step: TrainingStep,
    batches: Batches,
    history: History,
) -> NativeSteps | None:
    """The machine code of these steps; None where they cannot be compiled, and a warning says why.

    None without a warning where an epoch has one batch: it would run eagerly all the same.

    An optimiser that asks for several losses in a step goes on in Python: it is given the loss
    and its gradients as machine code.
    """
    began, native = time.perf_counter(), None
    if batches.count == 1 and not recipe.optimizer.needs_closure:
        history.eager_because = ONE_BATCH
        return None
    try:
        if recipe.optimizer.needs_closure:
            step.native_loss = NativeLoss(recipe, parameters, batches.x, batches.y)
        else:
            native = NativeSteps(recipe)
            for rows in {min(batches.size, batches.rows), batches.rows % batches.size} - {0}:
                native.bound(native.step_for(batches.x, batches.y, rows))
        history.compiled = True
    except NoGradientError:
        native = None  # the eager step raises it too, and shows the parameters
    except Exception as error:
        history.eager_because = _sentence(error)
        message = f"the training step runs eagerly, not as machine code: {history.eager_because}"
        warnings.warn(message, EagerWarning, stacklevel=3)
        native = None
    history.timing.compiling = time.perf_counter() - began
    return native


def _sentence(error: Exception) -> str:
    if not isinstance(error, ChainruleError):
        return f"{type(error).__name__}: {error}"
    return " ".join(filter(None, (error.what, f"[{error.where}]" if error.where else "")))
