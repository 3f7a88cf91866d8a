"""What the Jacobians share with plain matrices: types, places of elements, sparse products.

Imports NumPy; SciPy only where a sparse matrix is made.
"""

from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]
Coordinates = tuple[Array, Array, Array]  # rows, columns and values; each place once


def places(shape: Shape) -> Array:
    """The indices of all elements: one row per axis, one column per element."""
    grid: Any = np.indices(shape)
    return grid.reshape(len(shape), prod(shape))


def sparse_matrix(rows: Array, columns: Array, values: Array, shape: tuple[int, int]) -> Any:
    """A scipy.sparse array by rows, from its entries."""
    # SciPy takes longer to import than NumPy, and only sparse products need it.
    from scipy import sparse  # noqa: PLC0415

    short = np.int32 if max(shape) <= np.iinfo(np.int32).max else np.int64
    where = rows.astype(short, copy=False), columns.astype(short, copy=False)
    found: Any = sparse.coo_array((values, where), shape=shape)
    return found.tocsr()
