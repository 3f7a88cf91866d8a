"""Costs: about how many cycles a vector of an instruction takes, to choose between loops.

Imports numbering and the letters. Pointwise and Row kernels ask it for unrolling, vector axes and
units.
"""

from collections import Counter
from collections.abc import Iterable

from chainrule.native.numbering import Node
from chainrule.native.target import BITS, Target
from chainrule.plan import letters
from chainrule.plan.scalar import Apply, Gather, Instruction, Load

GATHER, LOAD = 10, 0.5  # cycles; of a load from a cache


def cycles(step: Instruction) -> float:
    """Of one vector."""
    if isinstance(step, Apply):
        return letters.cycles(step.letter)
    if isinstance(step, Gather):
        return GATHER
    return LOAD if isinstance(step, Load) else 0


def lanes(nodes: Iterable[Node], stored: Iterable[str], target: Target) -> int:
    """Elements of the dtype that most of the work is done in; the wider one of two."""
    worked = [n.step.dtype for n in nodes if isinstance(n.step, (Apply, Load, Gather)) and n.axes]
    counted = Counter(dtype for dtype in [*worked, *stored] if dtype != "bool")
    if not counted:
        return target.lanes("bool")
    dtype = max(counted, key=lambda dtype: (counted[dtype], BITS[dtype]))
    return target.lanes(dtype)
