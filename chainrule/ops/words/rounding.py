"""Rounding: the letters ceil, rint and trunc, and the word round; flat wherever they have a slope.

Imports the families. floor stands with the letters of arithmetic.
"""

from typing import Any

import numpy as np

from chainrule.domain import Domain
from chainrule.graph.op.families import Letter, Word
from chainrule.graph.op.operation import op

STEPS = Domain(kinks=(-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0))
HALF_STEPS = Domain(kinks=(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5))


class _Step(Letter):
    whole = "copy"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (None,)


@op("ceil", numpy=np.ceil, domains=(STEPS,), flat=True)
class Ceil(_Step):
    """The smallest integer not below x."""


@op("trunc", numpy=(np.trunc, np.fix), domains=(STEPS,), flat=True)
class Trunc(_Step):
    """The integer between 0 and x that is nearest to x."""


@op("rint", numpy=np.rint, domains=(HALF_STEPS,), flat=True)
class Rint(_Step):
    """The nearest integer; a half goes to the even one."""


@op("round", numpy=(np.round, np.around), domains=(HALF_STEPS,), flat=True)
class Round(Word):
    """x rounded to so many decimals; a half goes to the even digit.

    Parameters
    ----------
    decimals : int, default 0
        Digits behind the point; negative ones stand before it.
    """

    decimals: int = 0

    @property
    def whole(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]  by decimals
        """Whole numbers have no digits behind the point."""
        return "copy" if self.decimals >= 0 else ""

    def forward(self, x: Any) -> Any:
        return np.asarray(x).round(self.decimals)

    def formula(self, x: Any) -> Any:
        """rint of x times a power of ten, as NumPy does it."""
        power = np.asarray(10.0 ** abs(self.decimals), x.dtype)
        if self.decimals == 0:
            return rint(x)
        return rint(x * power) / power if self.decimals > 0 else rint(x / power) * power

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (None,)


rint = Rint.function
