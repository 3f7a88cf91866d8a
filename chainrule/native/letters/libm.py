"""C's own functions in the place of a formula, lane by lane in double.

Imports lanes and symbols. For what is rare, or has no formula here.
"""

from chainrule.native.letters.lanes import Lanes, lane_by_lane, pick
from chainrule.native.letters.symbols import symbol_of


def libm(name: str, *operands: Lanes) -> Lanes:
    """A function of doubles."""
    b, symbol = operands[0].b, symbol_of("c:" + name)
    b.module.declare(symbol, f"declare double @{symbol}({', '.join(['double'] * len(operands))})")
    return lane_by_lane(symbol, "double", operands)


def rarely(rare: Lanes, value: Lanes, name: str, *operands: Lanes) -> Lanes:
    """A value, but C's function in the lanes where ``rare`` holds: on a branch of its own."""
    b, any_rare = value.b, rare.value
    if any_rare.lanes > 1:
        any_rare = b.call("i1", f"llvm.vector.reduce.or.v{any_rare.lanes}i1", any_rare)
    before, far, after = b.block, b.fresh("far"), b.fresh("near")
    b.branch(any_rare, far, after)
    b.begin(far)
    exact = pick(rare, libm(name, *operands), value)
    b.jump(after)
    b.begin(after)
    return Lanes(b, b.phi(value.value.type, [(value.value, before), (exact.value, far)]))
