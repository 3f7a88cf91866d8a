"""Costs: about how many cycles a vector of an instruction takes, to choose between loops.

Imports numbering. Pointwise and Row kernels ask it for unrolling, vector axes and units.
"""

from collections import Counter
from collections.abc import Iterable

from chainrule.native.numbering import Node
from chainrule.native.target import BITS, Target
from chainrule.plan.scalar import Apply, Gather, Load

# Cycles of throughput on an AVX2 core, roughly: the instructions of a letter over two a cycle.
HEAVY = {
    "divide": 4, "reciprocal": 4, "sqrt": 4, "exp": 10, "expm1": 14, "log": 14, "log1p": 16,
    "tanh": 16, "erf": 20, "erfc": 24, "power": 40, "sin": 20, "cos": 20, "logaddexp": 30,
    "floor_divide": 8, "mod": 10, "fmod": 30,
}  # fmt: skip
FOREIGN = 200  # a C function, lane by lane


def cycles(node: Node) -> float:
    """Of one vector."""
    step = node.step
    if isinstance(step, Apply):
        return FOREIGN if ":" in step.letter else HEAVY.get(step.letter, 0.5)
    if isinstance(step, Gather):
        return 10
    return 0.5 if isinstance(step, Load) else 0


def lanes(nodes: Iterable[Node], stored: Iterable[str], target: Target) -> int:
    """Elements of the dtype that most of the work is done in; the wider one of two."""
    worked = [n.step.dtype for n in nodes if isinstance(n.step, (Apply, Load, Gather)) and n.axes]
    counted = Counter(dtype for dtype in [*worked, *stored] if dtype != "bool")
    if not counted:
        return target.lanes("bool")
    dtype = max(counted, key=lambda dtype: (counted[dtype], BITS[dtype]))
    return target.lanes(dtype)
