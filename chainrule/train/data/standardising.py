"""Standardising: (x - mean) / std of each column, in float64, kept in float32.

Imports the data model beside it. preprocessing.py applies it to inputs and to targets.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.columns import Numeric, Quantity
from chainrule.train.data.tables import Places, refuse_unusable_numbers

# Numbers standardised at once: their float64 stays in the cache, and 70,000 pictures need no
# float64 copy of themselves.
BLOCK = 1 << 17


def standardised(
    numbers: NDArray[Any],
    columns: Sequence[Numeric | Quantity],
    places: Places,
    source: str = "",
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Standardise each column.

    Parameters
    ----------
    numbers : ndarray, (N, K)
    columns : sequence of Numeric or Quantity
        The K columns' mean and std.
    places : Places
        Where the rows stand, for messages.
    source : str
        Name of the data set or file, for messages.
    out : ndarray, float32, (N, K), optional
        Where to write. Default: a new array.

    Raises
    ------
    DataError
        A number that is not finite, or not once it is standardised.
    """
    names = tuple(column.name for column in columns)
    refuse_unusable_numbers(numbers, names, places, source)
    mean = np.array([column.mean for column in columns])
    std = np.array([column.std for column in columns])
    out = np.empty(numbers.shape, np.float32) if out is None else out
    rows = max(BLOCK // max(len(columns), 1), 1)
    exact = np.empty((min(rows, len(numbers)), len(columns)))
    with np.errstate(over="ignore"):  # the error below says it better
        for start in range(0, len(numbers), rows):
            block, written = numbers[start : start + rows], out[start : start + rows]
            wide = exact[: len(block)]
            np.subtract(block, mean, out=wide)
            np.divide(wide, std, out=wide)
            written[...] = wide
            if not np.isfinite(written).all():
                raise _beyond_float32(written, names, places, start)
    return out


def _beyond_float32(
    written: NDArray[np.float32], names: tuple[str, ...], places: Places, start: int
) -> DataError:
    row, column = (int(index) for index in np.argwhere(~np.isfinite(written))[0])
    return DataError(
        f"column {names[column]!r} holds a number in {places[start + row]} that lies beyond "
        "float32 once it is standardised.",
        do="Correct the number: it is more than 1e38 standard deviations from the training rows.",
    )
