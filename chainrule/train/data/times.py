"""A point in time as numbers: year, month, weekday, hour, and days elapsed.

Imports NumPy only. learning.py and preparation.py use it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

PARTS = ("year", "month", "weekday", "hour", "elapsed")
DAY = 86_400e6  # microseconds
WEEKDAY_OF_EPOCH = 3  # 1 January 1970 was a Thursday; Monday is 0


def parts_of(times: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Each of PARTS for each time, NaN for NaT.

    Parameters
    ----------
    times : ndarray, datetime64[us], (N,)
    """
    months, days = times.astype("M8[M]"), times.astype("M8[D]")
    years = times.astype("M8[Y]")
    elapsed = np.where(np.isnat(times), np.nan, times.astype(np.int64) / DAY)
    return {
        "year": _count(years) + 1970,
        "month": _count(months - years) + 1,
        "weekday": (_count(days) + WEEKDAY_OF_EPOCH) % 7,
        "hour": _count(times.astype("M8[h]") - days),
        "elapsed": elapsed,
    }


def _count(steps: NDArray[Any]) -> NDArray[np.float64]:
    return np.where(np.isnat(steps), np.nan, steps.astype(np.int64))
