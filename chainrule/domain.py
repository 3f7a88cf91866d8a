"""Where an op is defined: the open interval of each input, its kinks, and where samples are drawn.

Floor 1: imports nothing of chainrule. Ops declare it; the property tests and the doctor read it.
"""

from dataclasses import dataclass

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
        The points where the left and the right slope differ.
    """

    low: float = -INF
    high: float = INF
    sample_low: float = -3.0
    sample_high: float = 3.0
    kinks: tuple[float, ...] = ()


REAL = Domain()
KINK_AT_ZERO = Domain(kinks=(0.0,))
POSITIVE = Domain(low=0.0, sample_low=0.2)
