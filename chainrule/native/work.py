"""Work: how long a body takes on one core, roughly.

Imports costs. The emitters of kernels that threads can share tell by it how large those are.
"""

from chainrule.native import costs
from chainrule.plan.scalar import Body, Load

# Of one core with vectors of 256 bits: others differ by a factor of 2, which does not matter here.
CYCLES_PER_US = 3_000
BYTES_OF_VECTOR = 32
FAR_LOAD = 1  # cycles of a load from beyond the first cache


def microseconds(body: Body) -> float:
    """Estimated time of a body for one element."""
    cycles = 0.0
    for step in body:
        each = FAR_LOAD if isinstance(step, Load) else costs.cycles(step)
        cycles += each * (8 if step.dtype.endswith("64") else 4) / BYTES_OF_VECTOR
    return cycles / CYCLES_PER_US
