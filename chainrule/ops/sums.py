"""Sums that keep float32's digits on every axis: within 2 ulp of the sum of the magnitudes.

Imports NumPy only; reductions, movement and losses use it. NumPy adds float32 in float32, pairwise
only along the last axis: 2**24 and a thousand ones behind it become 16777216 along axis 0, and
16778204 along the last one. Here float32 is added in float64, and half precision too.
"""

from math import prod
from typing import Any

import numpy as np

BLOCK = 128  # rows added one after another; NumPy's own pairwise sum uses the same length
CHUNK = 8192  # elements that NumPy widens at a time; more than one such buffer makes it slow
# Comparing dtypes with np.float16 itself takes four times as long.
HALF, SINGLE, DOUBLE = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
_reduce: Any = np.add.reduce


def accurate_sum(x: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """Sum over axes, rounded to the dtype of x once."""
    if not axes:
        return x.copy()
    if x.dtype.char in "ef":  # float16, float32
        return _narrow_sum(x, axes, keepdims)
    if len(axes) == x.ndim:
        whole = _reduce(np.ravel(x, order="K"))
        return np.reshape(whole, (1,) * x.ndim) if keepdims else whole
    for axis in sorted(axes, reverse=True):
        x = _sum_axis(x, axis)
    return np.expand_dims(x, axes) if keepdims else x


def _narrow_sum(x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    if x.size <= CHUNK:
        if x.ndim == 1 and axes and not keepdims:
            return x.dtype.type(_reduce(x, 0, DOUBLE))
        return _reduce(x, axes, DOUBLE, None, keepdims).astype(x.dtype)
    dtype = x.dtype
    if len(axes) == x.ndim and (x.flags.c_contiguous or x.flags.f_contiguous):
        whole = _reduce(np.ravel(x, order="K"), 0, DOUBLE)
        return np.reshape(whole, (1,) * x.ndim if keepdims else ()).astype(dtype)[()]
    # The axis that is shortest in memory first: what is left is small, and float64.
    for axis in sorted(axes, key=lambda axis: abs(x.strides[axis])):
        x = _wide_sum(x, axis)
    x = x.astype(dtype)
    return x if keepdims else np.squeeze(x, axes)[()]


def _wide_sum(x: Any, axis: int) -> Any:
    """In float64 along one axis, which stays; in pieces that NumPy widens in one buffer."""
    length = x.shape[axis]
    others = prod(x.shape) // max(length, 1)
    runs_along = x.strides[axis] == x.itemsize or others == 1
    if runs_along or x.size <= CHUNK or x.dtype == DOUBLE:
        return _reduce(x, axis, DOUBLE, None, True)
    rows, index = max(1, CHUNK // others), (slice(None),) * axis
    total: Any = 0.0
    for start in range(0, length, 2 * rows):
        piece = x[(*index, slice(start, start + rows))]
        behind = x[(*index, slice(start + rows, start + 2 * rows))]
        if behind.shape == piece.shape and x.dtype == np.float32:
            piece = piece + behind  # one rounding each, in half the time that widening both takes
        elif behind.shape[axis]:
            total = total + _reduce(behind, axis, DOUBLE, None, True)
        total = total + _reduce(piece, axis, DOUBLE, None, True)
    return total


def _sum_axis(x: Any, axis: int) -> Any:
    """Blocks of 128 first, then the blocks' sums the same way."""
    while x.shape[axis] > BLOCK and not _is_pairwise(x, axis):
        length = x.shape[axis]
        whole = length // BLOCK * BLOCK
        before, after = x.shape[:axis], x.shape[axis + 1 :]
        index = (slice(None),) * axis
        blocks = x[(*index, slice(0, whole))].reshape((*before, whole // BLOCK, BLOCK, *after))
        sums = _reduce(blocks, axis=axis + 1)
        if whole < length:
            rest = _reduce(x[(*index, slice(whole, None))], axis=axis, keepdims=True)
            sums = np.concatenate([sums, rest], axis=axis)
        x = sums
    return _reduce(x, axis=axis)


def _is_pairwise(x: Any, axis: int) -> bool:
    """Whether NumPy's inner loop runs along this axis, where it adds pairwise."""
    return x.strides[axis] == x.itemsize and all(
        abs(s) > x.itemsize or n == 1
        for i, (s, n) in enumerate(zip(x.strides, x.shape, strict=True))
        if i != axis
    )
