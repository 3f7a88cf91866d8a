"""Costs: about how many cycles a vector of an instruction takes, to choose between loops.

Imports numbering and the letters. Pointwise and Row kernels ask it for unrolling, vector axes and
units.
"""

from collections import Counter
from collections.abc import Iterable

from chainrule.native.numbering import Numbered
from chainrule.native.target import BITS, Target
from chainrule.plan import letters
from chainrule.plan.scalar import Apply, Body, Gather, Instruction, Load

GATHER, LOAD = 10, 0.5  # cycles; of a load from a cache
# Of one core with vectors of 256 bits: others differ by a factor of 2, which does not matter here.
CYCLES_PER_US = 3_000
BYTES_OF_VECTOR = 32
FAR_LOAD = 1  # cycles of a load from beyond the first cache


def cycles(step: Instruction) -> float:
    """Of one vector."""
    if isinstance(step, Apply):
        return letters.cycles(step.letter)
    if isinstance(step, Gather):
        return GATHER
    return LOAD if isinstance(step, Load) else 0


def lanes(nodes: Iterable[Numbered], stored: Iterable[str], target: Target) -> int:
    """Elements of the dtype that most of the work is done in; the wider one of two."""
    worked = [n.step.dtype for n in nodes if isinstance(n.step, (Apply, Load, Gather)) and n.axes]
    counted = Counter(dtype for dtype in [*worked, *stored] if dtype != "bool")
    if not counted:
        return target.lanes("bool")
    dtype = max(counted, key=lambda dtype: (counted[dtype], BITS[dtype]))
    return target.lanes(dtype)


def microseconds(body: Body) -> float:
    """Estimated time of a body for one element."""
    total = 0.0
    for step in body:
        each = FAR_LOAD if isinstance(step, Load) else cycles(step)
        total += each * (8 if step.dtype.endswith("64") else 4) / BYTES_OF_VECTOR
    return total / CYCLES_PER_US
