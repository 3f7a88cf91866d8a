"""Random numbers: masks and keys as functions of a key.

Imports the ops' random and the recorder. dispatch.py collects the rules.
"""

from typing import Any

import numpy as np

from chainrule.ops.random import LANES
from chainrule.plan.kinds.fold import Fold
from chainrule.plan.kinds.mask import Mask
from chainrule.plan.recorder import Recorder


def random_mask(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """False where 32 random bits are below the rate."""
    (key,) = operands
    out = recorder.array(tuple(op.shape), np.bool_)
    return recorder.symbol(
        recorder.emit(Mask(recorder.copied(key.ref), round(op.rate * LANES), out.ref()))
    )


def fold_key(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A new key from a key and a number."""
    (key,) = operands
    out = recorder.array((2,), np.uint64)
    return recorder.symbol(recorder.emit(Fold(recorder.copied(key.ref), op.number, out.ref())))


RULES = {"draw": random_mask, "fold": fold_key}
