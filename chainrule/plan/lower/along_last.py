"""Scans and sorting: they run along the last axis; other axes are moved there by strides.

Imports the recorder and views. dispatch.py collects the rules.
"""

import functools
from operator import index
from typing import Any

import numpy as np

from chainrule.plan.kinds.scan import Scan
from chainrule.plan.kinds.sort import Sort
from chainrule.plan.lower.shapes import with_shape
from chainrule.plan.recorder import Recorded, Recorder
from chainrule.plan.steps import Array, Ref
from chainrule.plan.views import moved_last, transposed
from chainrule.spec import normalize_axes


def running(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """cumsum and cumprod; whole numbers run in 64 bits, as in NumPy."""
    (x,) = operands
    dtype = np.add.reduce(np.zeros(1, x.dtype)).dtype
    ref, axis = _rows(recorder, op, recorder.ref(x, dtype))
    return _along(recorder, (ref,), axis, dtype, functools.partial(Scan, op.runs))


def recurrence(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """s[i] = a[i] s[i-1] + b[i]."""
    a, b = operands
    if a.shape != b.shape:
        raise ValueError(f"factors of shape {a.shape} meet terms of shape {b.shape}")
    dtype = np.result_type(a.dtype, b.dtype)
    refs = tuple(recorder.ref(x, dtype) for x in operands)
    (axis,) = _normal(op, refs[0])
    return _along(recorder, refs, axis, dtype, functools.partial(Scan, "recurrence"))


def argsort(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The stable order along an axis."""
    (x,) = operands
    ref, axis = _rows(recorder, op, recorder.ref(x, np.uint8 if x.dtype == bool else x.dtype))
    return _along(recorder, (ref,), axis, np.int64, _order)


def _order(rows: tuple[Ref, ...], out: Ref) -> Sort[Ref]:
    return Sort(rows[0], out)


def _rows(recorder: Recorder, op: Any, ref: Ref) -> tuple[Ref, int]:
    """The tensor and its axis; without one, the flattened tensor."""
    if op.axis is None or (not ref.shape and index(op.axis) in (0, -1)):
        return with_shape(recorder, ref, (recorder.symbol(ref).size,)), 0
    return ref, _normal(op, ref)[0]


def _normal(op: Any, ref: Ref) -> tuple[int, ...]:
    return normalize_axes(index(op.axis), len(ref.shape))


def _along(
    recorder: Recorder, refs: tuple[Ref, ...], axis: int, dtype: Any, step: Any
) -> Recorded:
    """A step over rows along an axis, and the result with its axes in their old places."""
    rows, back = zip(*(moved_last(ref, axis) for ref in refs), strict=True)
    out: Array = recorder.array(rows[0].shape, dtype)
    return recorder.symbol(transposed(recorder.emit(step(rows, out.ref())), back[0]))


RULES = {"scan": running, "recurrence": recurrence, "order": argsort}
