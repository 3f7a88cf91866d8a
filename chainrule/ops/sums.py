"""Sums that keep float32's digits on every axis.

Imports NumPy only; reductions and losses use it. NumPy adds pairwise only along the last axis:
2**24 ones and a thousand more, summed along axis 0 in float32, stop at 16777216.
"""

from typing import Any

import numpy as np

BLOCK = 128  # rows added one after another; NumPy's own pairwise sum uses the same length


def accurate_sum(x: Any, axes: tuple[int, ...], keepdims: bool = False) -> Any:
    """Sum over axes with an error that grows with the logarithm of their lengths."""
    if len(axes) == x.ndim:
        whole = np.add.reduce(np.ravel(x, order="K"))
        return np.reshape(whole, (1,) * x.ndim) if keepdims else whole
    if not axes:
        return x.copy()
    for axis in sorted(axes, reverse=True):
        x = _sum_axis(x, axis)
    return np.expand_dims(x, axes) if keepdims else x


def _sum_axis(x: Any, axis: int) -> Any:
    """Blocks of 128 first, then the blocks' sums the same way."""
    while x.shape[axis] > BLOCK and not _is_pairwise(x, axis):
        length = x.shape[axis]
        whole = length // BLOCK * BLOCK
        before, after = x.shape[:axis], x.shape[axis + 1 :]
        index = (slice(None),) * axis
        blocks = x[(*index, slice(0, whole))].reshape((*before, whole // BLOCK, BLOCK, *after))
        sums = np.add.reduce(blocks, axis=axis + 1)
        if whole < length:
            rest = np.add.reduce(x[(*index, slice(whole, None))], axis=axis, keepdims=True)
            sums = np.concatenate([sums, rest], axis=axis)
        x = sums
    return np.add.reduce(x, axis=axis)


def _is_pairwise(x: Any, axis: int) -> bool:
    """Whether NumPy's inner loop runs along this axis, where it adds pairwise."""
    return x.strides[axis] == x.itemsize and all(
        abs(s) > x.itemsize or n == 1
        for i, (s, n) in enumerate(zip(x.strides, x.shape, strict=True))
        if i != axis
    )
