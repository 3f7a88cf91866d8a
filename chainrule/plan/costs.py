"""Costs: what a kernel computes and moves, estimated from its loops.

Imports the kernels, letters and traffic. The engine sizes its threads by it; show() prints it.
"""

from math import prod

import numpy as np

from chainrule.plan.kernels import Kernel, Mask, Matmul, Pointwise, Row, Scan, Scatter, Sort
from chainrule.plan.letters import weight
from chainrule.plan.scalar import Apply, Body
from chainrule.plan.traffic import Touch, reads, writes

PHILOX = 20  # instructions for 32 random bits


def flops(kernel: Kernel) -> int:
    """Arithmetic instructions on single elements; a function such as exp counts as several."""
    if isinstance(kernel, Pointwise):
        return prod(kernel.shape) * _letters(kernel.body)
    if isinstance(kernel, Matmul):
        results = prod(kernel.batch) * kernel.rows * kernel.columns
        return results * (2 * kernel.depth + _letters(kernel.body))
    if isinstance(kernel, Row):
        rows, length = prod(kernel.outer), prod(kernel.inner)
        each = sum(_letters(p.body) + len(p.reductions) for p in kernel.passes)
        return rows * (length * each + sum(_letters(p.after) for p in kernel.passes))
    if isinstance(kernel, Scatter):
        return prod(kernel.shape) * (1 + _letters(kernel.body))
    if isinstance(kernel, Scan):
        return 2 * prod(kernel.outer) * kernel.length
    if isinstance(kernel, Sort):
        comparisons = kernel.length * max(kernel.length - 1, 1).bit_length()
        return prod(kernel.outer) * comparisons
    return PHILOX * kernel.size if isinstance(kernel, Mask) else 0


def moved_bytes(kernel: Kernel) -> int:
    """Bytes read and written, each view once."""
    return read_bytes(kernel) + written_bytes(kernel)


def read_bytes(kernel: Kernel) -> int:
    """Bytes of the elements that are loaded, each view once."""
    return _bytes(reads(kernel))


def written_bytes(kernel: Kernel) -> int:
    """Bytes of the elements that are stored."""
    return _bytes(writes(kernel))


def _letters(body: Body) -> int:
    return sum(weight(step.letter) for step in body if isinstance(step, Apply))


def _bytes(touches: list[Touch]) -> int:
    """A view that is loaded in several passes moves once: a row stays in the cache."""
    sizes = {
        (touch.access, touch.lengths, touch.jumps): np.dtype(touch.dtype).itemsize
        * _elements(touch)
        for touch in touches
    }
    return sum(sizes.values())


def _elements(touch: Touch) -> int:
    loops = zip(touch.lengths, touch.access.strides, strict=True)
    repeated = not touch.jumps  # an index may take every element of the loop somewhere else
    return prod(n for n, stride in loops if stride or not repeated)
