"""Scaling: what powers of entries need before they are summed, and their roots after it.

Imports movement; reductions, lengths, norms and the plan use it.
"""

from math import inf, prod
from typing import Any

import numpy as np

from chainrule.ops.movement import cast


def floating(x: Any) -> Any:
    """Whole numbers have lengths too, which are floating-point numbers."""
    return x if x.dtype.kind == "f" else cast(x, np.float64)


def largest_entry(x: Any, axes: tuple[int, ...]) -> Any:
    """The largest absolute entry, where it is a number above 0."""
    least: Any = {} if x.size else {"initial": 0}
    most = np.max(np.abs(x), axis=axes, keepdims=True, **least)
    return np.where((most > 0) & (most < inf), most, 1).astype(x.dtype)


def finished(op: Any, out: Any, axes: tuple[int, ...], dtype: Any) -> Any:
    """A result that kept its axes, in the dtype of the input: half precision was widened."""
    out = out.astype(dtype, copy=False) if dtype.kind == "f" else out
    return out if op.keepdims else np.squeeze(out, axes)


def count(x: Any, axes: tuple[int, ...]) -> int:
    """How many elements lie along the axes."""
    return prod(x.shape[i] for i in axes)


def freedom(x: Any, axes: tuple[int, ...], ddof: int) -> Any:
    """What a sum of squares is divided by, in the dtype of x: 0 where ddof leaves nothing."""
    return np.asarray(max(count(x, axes) - ddof, 0), x.dtype)
