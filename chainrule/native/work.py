"""Work: how long a kernel takes, roughly, and whether that is worth a second thread.

Imports the plan's kernels. The module asks it when it writes the calls.
"""

from math import prod

from chainrule.plan.kernels import Kernel, Matmul, Pointwise, Row
from chainrule.plan.scalar import Apply, Body

FLOPS_PER_US = 60_000.0  # products on one core with AVX2 and FMA
STEPS_PER_US = 4_000.0  # instructions of a body, one per element: the dear ones outweigh the rest
LARGE_US = 30.0  # handing a kernel to a second thread costs up to 5 us


def is_large(kernel: Kernel) -> bool:
    """Whether a second thread saves more than it costs."""
    return microseconds(kernel) >= LARGE_US


def microseconds(kernel: Kernel) -> float:
    """Estimated time of a kernel on one core; 0 for those that are never spread."""
    if isinstance(kernel, Matmul):
        places = prod(kernel.batch) * kernel.rows * kernel.columns
        return places * (2 * kernel.depth / FLOPS_PER_US + _steps(kernel.body) / STEPS_PER_US)
    if isinstance(kernel, Pointwise):
        return prod(kernel.shape) * _steps(kernel.body) / STEPS_PER_US
    if isinstance(kernel, Row):
        inner = sum(_steps(each.body) + len(each.reductions) for each in kernel.passes)
        outer = sum(_steps(each.after) for each in kernel.passes)
        return prod(kernel.outer) * (prod(kernel.inner) * inner + outer) / STEPS_PER_US
    return 0.0


def _steps(body: Body) -> int:
    return sum(1 + 4 * isinstance(step, Apply) for step in body)
