"""C's own functions in the place of a formula, lane by lane in double.

Imports lanes and symbols. For what is rare, or has no formula here.
"""

from chainrule.native.letters.lanes import Lanes, lane_by_lane
from chainrule.native.letters.symbols import symbol_of


def libm(name: str, *operands: Lanes) -> Lanes:
    """A function of doubles."""
    b, symbol = operands[0].b, symbol_of("c:" + name)
    b.module.declare(symbol, f"declare double @{symbol}({', '.join(['double'] * len(operands))})")
    return lane_by_lane(symbol, "double", operands)
