"""Update:weight ratios: whether the steps of training fit the size of what they change.

Imports NumPy only. checkup.py reads them; charts.py draws them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

# Stanford CS231n, "Neural networks part 3: babysitting the learning process".
HEALTHY = 1e-3
LOWEST, HIGHEST = 1e-4, 1e-2  # a factor of ten either way is still well

Verdict = Literal["low", "ok", "high", "unknown"]


@dataclass(frozen=True)
class Ratio:
    """The norm of a parameter's update over the norm of the parameter, and what it means.

    Parameters
    ----------
    name : str
        The parameter's path.
    typical : float
        The median over the epochs: schedules make the last ones small.
    last : float
        That of the last epoch.
    """

    name: str
    typical: float
    last: float

    @property
    def verdict(self) -> Verdict:
        """Whether it is low, ok or high; about 1e-3 is healthy."""
        if not np.isfinite(self.typical):
            return "unknown"
        if self.typical < LOWEST:
            return "low"
        return "high" if self.typical > HIGHEST else "ok"

    @property
    def advice(self) -> str:
        """What to do about it; "" if nothing."""
        if self.verdict == "low":
            return (
                f"{self.name}: an update changes it by {self.typical:.0e} of its size, where 1e-3 "
                "is healthy. Raise the learning rate, or train longer."
            )
        if self.verdict == "high":
            return (
                f"{self.name}: an update changes it by {self.typical:.0e} of its size, where 1e-3 "
                "is healthy. Lower the learning rate."
            )
        return ""


def read_ratios(ratios: Mapping[str, Sequence[float]]) -> tuple[Ratio, ...]:
    """One reading per matrix of weights: biases start at 0, where a ratio says nothing.

    Examples
    --------
    >>> [(r.name, r.verdict) for r in read_ratios({"layers.0.weight": [2e-3, 1e-3]})]
    [('layers.0.weight', 'ok')]
    """
    readings: list[Ratio] = []
    for name, values in ratios.items():
        known = np.asarray([v for v in values if np.isfinite(v)], np.float64)
        if is_bias(name) or not values:
            continue
        typical = float(np.median(known)) if len(known) else float("nan")
        readings.append(Ratio(name, typical, float(values[-1])))
    return tuple(readings)


def is_bias(name: str) -> bool:
    """Whether a parameter's path is that of a bias."""
    return name.rpartition(".")[2] == "bias"
