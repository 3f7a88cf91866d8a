"""Division with remainder: the letter fmod, and the words mod and floor_divide.

Imports the families and letters.
"""

from typing import Any

import numpy as np

from chainrule.domain import Domain
from chainrule.graph.op.families import Letter, Word
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import floor
from chainrule.ops.letters.logic import equal, not_equal, where
from chainrule.ops.words.choice import copysign
from chainrule.ops.words.rounding import rint

# Quotients between 2.1 and 2.8: differences must not cross a jump.
DIVIDEND = Domain(sample_low=2.4, sample_high=2.8)
DIVISOR = Domain(sample_low=1.0, sample_high=1.1)


@op("floor_divide", symbol="//", numpy=np.floor_divide, domains=(DIVIDEND, DIVISOR), flat=True)
class FloorDivide(Word):
    """The largest integer not above x / y; flat wherever it has a slope."""

    whole = "floor_divide"

    def formula(self, x: Any, y: Any) -> Any:
        """As NumPy: the quotient less what is left, which is nearly whole, and then made so."""
        left = fmod(x, y)
        quotient = (x - left) / y
        quotient = where(not_equal(left, 0) & not_equal(y < 0, left < 0), quotient - 1, quotient)
        below = floor(quotient)
        whole = where(quotient - below > 0.5, below + 1, below)
        whole = where(equal(quotient, 0), copysign(0.0, x / y), whole)
        return where(equal(y, 0), x / y, whole)

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return None, None


@op("mod", smooth=False, symbol="%", numpy=(np.mod, np.remainder), domains=(DIVIDEND, DIVISOR))
class Mod(Word):
    """What is left of x after whole steps of y, with the sign of y: x - y * floor(x / y).

    Notes
    -----
    The slope in x is 1, also where x is a multiple of y and the value jumps.
    """

    whole = "mod"

    def formula(self, x: Any, y: Any) -> Any:
        """fmod, moved to the sign of y."""
        left = fmod(x, y)
        moved = where(not_equal(y < 0, left < 0), left + y, left)
        return where(equal(left, 0), copysign(0.0, y), moved)

    def branch(self, *operands: Any) -> Any:
        """The number of whole steps."""
        return np.floor_divide(*operands)

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return 1, lambda: -floor_divide(x, y)  # floor(x / y) would round before it cuts


@op("fmod", smooth=False, numpy=np.fmod, domains=(DIVIDEND, DIVISOR))
class FMod(Letter):
    """What is left of x after whole steps of y, with the sign of x: x - y * trunc(x / y)."""

    def branch(self, *operands: Any) -> Any:
        """The number of whole steps."""
        return np.trunc(np.divide(*operands))

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return 1, lambda: -rint((x - out) / y)


floor_divide, fmod = FloorDivide.function, FMod.function
