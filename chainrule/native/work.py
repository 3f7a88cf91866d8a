"""Work: how long a kernel takes, roughly, and whether that is worth a second thread.

Imports the plan's kernels and costs. The module asks it when it writes the calls.
"""

from math import prod

from chainrule.native import costs
from chainrule.plan.kernels import Kernel, Matmul, Pointwise, Row
from chainrule.plan.scalar import Body, Load

# Of one core with vectors of 256 bits: others differ by a factor of 2, which does not matter here.
CYCLES_PER_US = 3_000
BYTES_OF_VECTOR = 32
FAR_LOAD = 1  # cycles of a load from beyond the first cache
FLOPS_PER_CYCLE = 20  # of a product of float32; two thirds of what the registers could do
LARGE_US = 20  # handing over costs 1 us; 10 us if the other threads sleep by then


def is_large(kernel: Kernel) -> bool:
    """Whether a second thread saves more than it costs."""
    return microseconds(kernel) >= LARGE_US


def microseconds(kernel: Kernel) -> float:
    """Estimated time of a kernel on one core; 0 for those that are never spread."""
    if isinstance(kernel, Matmul):
        size = 2 if kernel.dtype == "float64" else 1
        depth = 2 * kernel.depth * size / FLOPS_PER_CYCLE
        places = prod(kernel.batch) * kernel.rows * kernel.columns
        return places * (depth + _cycles(kernel.body)) / CYCLES_PER_US
    if isinstance(kernel, Pointwise):
        return prod(kernel.shape) * _cycles(kernel.body) / CYCLES_PER_US
    if isinstance(kernel, Row):
        inner = sum(_cycles(each.body) for each in kernel.passes) * prod(kernel.inner)
        outer = sum(_cycles(each.after) for each in kernel.passes)
        return prod(kernel.outer) * (inner + outer) / CYCLES_PER_US
    return 0.0


def _cycles(body: Body) -> float:
    """Of one element."""
    cycles = 0.0
    for step in body:
        each = FAR_LOAD if isinstance(step, Load) else costs.cycles(step)
        cycles += each * (8 if step.dtype.endswith("64") else 4) / BYTES_OF_VECTOR
    return cycles
