"""Where an op is defined and smooth: the open interval of each input, its kinks and its poles.

Floor 1: imports NumPy only. Ops declare it; the property tests and the doctor read it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

INF = float("inf")


@dataclass(frozen=True)
class Domain:
    """One input of an op.

    Parameters
    ----------
    low, high : float
        The interval on which the value is a number; outside it is NaN.
    sample_low, sample_high : float
        The interval that samples are drawn from: well inside, where differences are accurate.
    kinks : tuple of float
        The points where the left and the right slope differ, or those of a higher derivative.
    poles : tuple of float
        The points inside the interval where there is no finite slope.
    """

    low: float = -INF
    high: float = INF
    sample_low: float = -3.0
    sample_high: float = 3.0
    kinks: tuple[float, ...] = ()
    poles: tuple[float, ...] = ()

    def is_smooth(self, x: Any) -> Any:
        """Where a smooth op has all its derivatives, as far as this input decides."""
        inside = (self.low < x) & (x < self.high)
        return inside & ~np.isin(x, (*self.kinks, *self.poles))


REAL = Domain()
KINK_AT_ZERO = Domain(kinks=(0.0,))
POSITIVE = Domain(low=0.0, sample_low=0.2)
