"""Choice: the letters fmax, fmin and copysign, and the words nan_to_num and heaviside.

Imports the families and letters.
"""

from math import inf
from typing import Any

import numpy as np

from chainrule.domain import KINK_AT_ZERO, REAL, Domain
from chainrule.graph.op.families import Letter, Word
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import sign
from chainrule.ops.letters.logic import equal, isfinite, isnan, where


@op("fmax", numpy=np.fmax, gate="gradient router", router=True)
class FMax(Letter):
    """The larger of two tensors, where a NaN loses; ties share the gradient."""

    whole = "maximum"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _share(x > y, x < y, x, y), lambda: _share(y > x, y < x, y, x)


@op("fmin", numpy=np.fmin, gate="gradient router", router=True)
class FMin(Letter):
    """The smaller of two tensors, where a NaN loses; ties share the gradient."""

    whole = "minimum"

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _share(x < y, x > y, x, y), lambda: _share(y < x, y > x, y, x)


def _share(wins: Any, loses: Any, x: Any, y: Any) -> Any:
    """1 where x is the answer, 0 where y is, one half at a tie and where both are NaN."""
    alone, gone = isnan(y) & ~isnan(x), isnan(x) & ~isnan(y)
    return where(wins | alone, 1.0, where(loses | gone, 0.0, 0.5))


@op("nan_to_num", numpy=np.nan_to_num)
class NanToNum(Word):
    """x with NaN and the infinities replaced by numbers, which send no gradient back.

    Parameters
    ----------
    nan : float, default 0
        What stands for NaN.
    posinf, neginf : float, optional
        What stands for the infinities. Default: the largest and the smallest finite number.
    """

    whole = "copy"
    nan: float = 0.0
    posinf: float | None = None
    neginf: float | None = None

    def forward(self, x: Any) -> Any:
        return np.nan_to_num(x, nan=self.nan, posinf=self.posinf, neginf=self.neginf)

    def formula(self, x: Any) -> Any:
        limits: Any = np.finfo(x.dtype)
        high = limits.max if self.posinf is None else self.posinf
        low = limits.min if self.neginf is None else self.neginf
        finite = where(equal(x, inf), float(high), where(equal(x, -inf), float(low), x))
        return where(isnan(x), float(self.nan), finite)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (isfinite(x),)


@op("copysign", numpy=np.copysign, domains=(KINK_AT_ZERO, KINK_AT_ZERO))
class CopySign(Letter):
    """|x| with the sign of y; the slope at x = 0 is 0."""

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: sign(x) * sign(copysign(1.0, y)), None


@op("heaviside", smooth=False, numpy=np.heaviside, domains=(Domain(sample_low=0.3), REAL))
class Heaviside(Word):
    """0 below 0, 1 above it, and y at x = 0."""

    def formula(self, x: Any, y: Any) -> Any:
        return where(equal(x, 0), y, where(x < 0, 0, where(x > 0, 1, x)))  # NaN stays NaN

    def branch(self, *operands: Any) -> Any:
        """The sign of x, whose jump is at 0."""
        return np.sign(operands[0])

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return None, lambda: equal(x, 0)


copysign = CopySign.function
