"""Random numbers: masks and keys as functions of a key.

Imports the ops' random and the recorder. dispatch.py collects the rules.
"""

from typing import Any

import numpy as np

from chainrule.ops.random import LANES
from chainrule.plan.recorder import Recorder
from chainrule.plan.steps import Draw, NextKey


def random_mask(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """False where 32 random bits are below the rate."""
    (key,) = operands
    out = recorder.array(tuple(op.shape), np.bool_)
    return recorder.symbol(
        recorder.emit(Draw(recorder.copied(key.ref), round(op.rate * LANES), out))
    )


def fold_key(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A new key from a key and a number."""
    (key,) = operands
    out = recorder.array((2,), np.uint64)
    return recorder.symbol(recorder.emit(NextKey(recorder.copied(key.ref), op.number, out)))


RULES = {"draw": random_mask, "fold": fold_key}
