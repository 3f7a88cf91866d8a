"""Reductions: one step along the axes, whichever way the op combines elements.

Imports letters, movement, the recorder and steps. dispatch.py collects the rules.
"""

from operator import index
from typing import Any

import numpy as np

from chainrule.plan.lower.maps import truth
from chainrule.plan.lower.shapes import with_shape
from chainrule.plan.recorder import Recorder
from chainrule.plan.steps import Reduce, Ref

PLACES = ("argmax", "argmin")
OF_BOOLEANS = {"max": "any", "min": "all"}


def reduce(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A Reduce along the op's axes, which stay if the op says so."""
    (x,) = operands
    kind: str = op.combines
    if kind in PLACES and op.axis is not None:
        index(op.axis)  # one axis, or NumPy's error
    if x.dtype == bool:
        kind = OF_BOOLEANS.get(kind, kind)
    ref, dtype = _entries(recorder, kind, x)
    axes, kept = op.reduced_axes(x.ndim), op.kept_shape(x.shape)
    if kind in PLACES or kept != x.shape:
        if 0 in (x.shape[i] for i in axes):
            raise ValueError("there is nothing to reduce")
        ref = recorder.emit(Reduce(kind, ref, axes, recorder.array(kept, dtype)))
    shape = kept if op.keepdims else tuple(n for i, n in enumerate(kept) if i not in axes)
    return recorder.symbol(with_shape(recorder, ref, shape))


def _entries(recorder: Recorder, kind: str, x: Any) -> tuple[Ref, np.dtype[Any]]:
    """What is combined, and the dtype of the result."""
    if kind == "sum":  # whole numbers are summed in 64 bits, as NumPy does
        dtype = np.add.reduce(np.zeros(1, x.dtype)).dtype
        return recorder.ref(x, dtype), dtype
    if kind in PLACES:
        return recorder.ref(x, np.uint8) if x.dtype == bool else x.ref, np.dtype(np.int64)
    if kind in ("any", "all"):  # whatever is not 0 is true
        return recorder.ref(truth(recorder, x)), np.dtype(bool)
    return x.ref, x.dtype


RULES = {"reduce": reduce}
