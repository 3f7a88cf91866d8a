"""Costs: what a kernel computes and moves, estimated from its loops.

Imports letters, scalar and traffic. Kernels count their instructions with it; show() prints it.
"""

from collections.abc import Iterable
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from chainrule.plan.letters import weight
from chainrule.plan.scalar import Apply, Body
from chainrule.plan.traffic import Touch

if TYPE_CHECKING:
    from chainrule.plan.kernel import Kernel


def instructions(body: Body) -> int:
    """Arithmetic instructions for one element; a function such as exp counts as several."""
    return sum(weight(step.letter) for step in body if isinstance(step, Apply))


def moved_bytes(kernel: "Kernel") -> int:
    """Bytes read and written, each view once."""
    return read_bytes(kernel) + written_bytes(kernel)


def read_bytes(kernel: "Kernel") -> int:
    """Bytes of the elements that are loaded, each view once."""
    return _bytes(kernel.reads())


def written_bytes(kernel: "Kernel") -> int:
    """Bytes of the elements that are stored."""
    return _bytes(kernel.writes())


def _bytes(touches: Iterable[Touch]) -> int:
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
