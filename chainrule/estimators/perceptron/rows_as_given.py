"""Rows as they come: dense arrays as they are, sparse matrices a block at a time.

Imports train's blocks. Nets read dense rows; a sparse matrix that would not fit into memory as one
dense array is never made one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
DENSE_BYTES = 1 << 28  # of a sparse matrix that is trained on as one array: 256 MiB
BLOCK_BYTES = 1 << 25  # of the dense rows of a block: 32 MiB


def is_sparse(x: Any) -> bool:
    """Whether x is a sparse matrix or array of SciPy."""
    return hasattr(x, "tocsr")


def is_large(x: Any, dtype: Any) -> bool:
    """Whether the dense form of a sparse matrix takes more memory than it should."""
    return x.shape[0] * x.shape[1] * np.dtype(dtype).itemsize > DENSE_BYTES


def dense(x: Any, dtype: Any) -> Array:
    """All rows as one C-contiguous array."""
    whole = x.toarray() if is_sparse(x) else x
    return np.ascontiguousarray(whole, dtype)


def rows_per_block(x: Any, dtype: Any) -> int:
    """How many rows are made dense at a time."""
    return max(BLOCK_BYTES // max(x.shape[1] * np.dtype(dtype).itemsize, 1), 1)


def parts_of(x: Any, dtype: Any) -> Iterator[Array]:
    """The rows of x, dense, a block at a time and in their order."""
    if not is_sparse(x):
        yield np.asarray(x, dtype)
        return
    x, size = x.tocsr(), rows_per_block(x, dtype)
    for start in range(0, x.shape[0], size):
        yield dense(x[start : start + size], dtype)


@dataclass(frozen=True, eq=False)
class SparseRows:
    """A sparse matrix as :func:`chainrule.fit` reads data that come in blocks.

    Attributes
    ----------
    x : sparse matrix, (N, D)
    y, weights : ndarray or None
    dtype : dtype
        Of the dense rows.
    in_order : int
        Rows of a block, where they come as they lie; 0: from everywhere, as many as fit.
    """

    x: Any
    y: Array
    weights: Array | None
    dtype: Any
    in_order: int

    @property
    def rows(self) -> int:
        """N."""
        return self.x.shape[0]

    def blocks(self, rng: np.random.Generator) -> Iterator[tuple[Any, ...]]:
        """Dense blocks of rows."""
        order = np.arange(self.rows) if self.in_order else rng.permutation(self.rows)
        x, size = self.x.tocsr(), self.in_order or rows_per_block(self.x, self.dtype)
        for start in range(0, self.rows, size):
            taken = order[start : start + size]
            block = dense(x[taken], self.dtype), self.y[taken]
            yield block if self.weights is None else (*block, self.weights[taken])
