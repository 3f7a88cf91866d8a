"""Reductions: sums and extremes are steps; variances, norms and logsumexp are formulas of them.

Imports the ops' functions, the recorder and views. dispatch.py collects the rules.
"""

from math import inf, prod
from operator import index
from typing import Any

import numpy as np

from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.letters.logic import equal, isfinite, not_equal
from chainrule.ops.letters.logic import where as choose
from chainrule.ops.letters.transcendental import exp, log1p
from chainrule.ops.movement import cast, squeeze
from chainrule.ops.reductions import centred, largest, mean, total
from chainrule.ops.scaling import freedom
from chainrule.plan.lower.movement import with_shape
from chainrule.plan.recorder import Recorded, Recorder
from chainrule.plan.steps import Reduce, Ref
from chainrule.spec import normalize_axes

ONE_AXIS = ("any", "all", "argmax", "argmin", "count_nonzero")


def reduced(recorder: Recorder, kind: str, ref: Ref, op: Any, dtype: Any) -> Recorded:
    """A Reduce along the op's axes, which stay if the op says so."""
    axes = _axes(op, ref)
    kept = tuple(1 if i in axes else n for i, n in enumerate(ref.shape))
    if kind in ("argmax", "argmin") or any(ref.shape[i] != 1 for i in axes):
        if 0 in (ref.shape[i] for i in axes):
            raise ValueError("there is nothing to reduce")
        ref = recorder.emit(Reduce(kind, ref, axes, recorder.array(kept, dtype)))
    shape = kept if op.keepdims else tuple(n for i, n in enumerate(kept) if i not in axes)
    return recorder.symbol(with_shape(recorder, ref, shape))


def _axes(op: Any, ref: Ref) -> tuple[int, ...]:
    if not ref.shape and op.name in ONE_AXIS and op.axis in (0, -1):
        return ()  # NumPy takes a number for a row of one here
    return normalize_axes(op.axis, len(ref.shape))


def sums(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Whole numbers are summed in 64 bits, as NumPy does."""
    (x,) = operands
    dtype = np.add.reduce(np.zeros(1, x.dtype)).dtype
    return reduced(recorder, "sum", recorder.ref(x, dtype), op, dtype)


def means(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The sum, divided by the count."""
    x = _floating(operands[0])
    whole = reduced(recorder, "sum", x.ref, op, x.dtype)
    return whole / np.asarray(_count(x, _axes(op, x.ref)), x.dtype)


def extreme(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """max and min; of booleans they are any and all."""
    (x,) = operands
    kind = {"max": "any", "min": "all"}[op.name] if x.dtype == bool else op.name
    return reduced(recorder, kind, x.ref, op, x.dtype)


def place(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """argmax and argmin."""
    (x,) = operands
    if op.axis is not None:
        index(op.axis)  # one axis, or NumPy's error
    ref = recorder.ref(x, np.uint8) if x.dtype == bool else x.ref
    return reduced(recorder, op.name, ref, op, np.int64)


def truths(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """any and all: whatever is not 0 is true."""
    x = operands[0] if operands[0].dtype == bool else not_equal(operands[0], 0)
    return reduced(recorder, op.name, x.ref, op, np.bool_)


def count(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The sum of what is not 0."""
    return reduced(recorder, "sum", cast(not_equal(operands[0], 0), np.int64).ref, op, np.int64)


def var(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """In two passes: squares of the distances from the mean."""
    x = _floating(operands[0])
    axes = _axes(op, x.ref)
    far = x - mean(x, axes, True)
    return total(far * far, axes, op.keepdims) / freedom(x, axes, op.ddof)


def std(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """As var, on distances divided by the largest: squares of 1e200 leave float64."""
    x = _floating(operands[0])
    axes = _axes(op, x.ref)
    far = centred(x, axes)
    scale = cast(_scale(far, axes), x.dtype)
    far = far / scale
    left = freedom(x, axes, op.ddof)
    return _without(op, sqrt(total(far * far, axes, True) / left) * scale, axes)


def norm(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The root of the sum of squares, of entries divided by the largest."""
    x = _floating(operands[0])
    axes = _axes(op, x.ref)
    scale = _scale(x, axes)
    scaled = x / scale
    return _without(op, sqrt(total(scaled * scaled, axes, True)) * scale, axes)


def power_norm(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The p-th root of the sum of p-th powers, of entries divided by the largest."""
    x = _floating(operands[0])
    axes = _axes(op, x.ref)
    scale = _scale(x, axes)
    powers = abs(x / scale) ** np.asarray(op.p, x.dtype)
    root = np.asarray(1 / op.p, x.dtype)
    return _without(op, total(powers, axes, True) ** root * scale, axes)


def logsumexp(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The largest element, and the rest by log1p; the largest alone where that is infinite."""
    x, *mask = operands
    for takes_part in mask:
        if takes_part is not None:
            x = choose(takes_part, x, -inf)
    x = _floating(x)
    axes = _axes(op, x.ref)
    most = largest(x, axes, True)
    at_most = equal(x, most)
    others = total(choose(at_most, 0, exp(x - most)), axes, True)
    ties = total(cast(at_most, x.dtype), axes, True) - 1
    return _without(op, choose(isfinite(most), most + log1p(others + ties), most), axes)


def _scale(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest absolute entry, where it is a number above 0."""
    most = largest(abs(x), axes, True)
    return choose((most > 0) & (most < inf), most, 1)


def _without(op: Any, x: Any, axes: tuple[int, ...]) -> Any:
    return x if op.keepdims else squeeze(x, axes)


def _floating(x: Any) -> Any:
    return x if x.dtype.kind == "f" else cast(x, np.float64)


def _count(x: Any, axes: tuple[int, ...]) -> int:
    return prod(x.shape[i] for i in axes)


RULES = {
    "sum": sums,
    "mean": means,
    "max": extreme,
    "min": extreme,
    "argmax": place,
    "argmin": place,
    "any": truths,
    "all": truths,
    "count_nonzero": count,
    "var": var,
    "std": std,
    "norm": norm,
    "power_norm": power_norm,
    "logsumexp": logsumexp,
}
