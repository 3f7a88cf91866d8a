"""Coloring: columns of a sparse matrix that share no row can be found by one product.

Imports NumPy and, when called, SciPy. structured.py fills sparse Jacobians with it.
"""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
WORK = 50_000_000  # conflicts between columns that may be listed


def column_colors(pattern: Any) -> Array | None:
    """A color for every column, so that no two columns of a color share a row.

    Greedy, in the order of the columns. None where a few rows are so long that the conflicts are
    too many to list.

    Parameters
    ----------
    pattern : scipy.sparse.csr_array of bool

    Source
    ------
    Curtis, Powell, Reid 1974, "On the estimation of sparse Jacobian matrices"; as a coloring of
    the graph of conflicts: Coleman and Moré 1983.
    """
    lengths = np.diff(pattern.indptr).astype(np.int64)
    if (lengths * lengths).sum() > WORK:
        return None
    conflicts: Any = (pattern.T @ pattern).tocsr()
    starts: list[int] = conflicts.indptr.tolist()
    neighbours: list[int] = conflicts.indices.tolist()
    colors: list[int] = [-1] * pattern.shape[1]
    for column in range(len(colors)):
        taken = {colors[other] for other in neighbours[starts[column] : starts[column + 1]]}
        color = 0
        while color in taken:
            color += 1
        colors[column] = color
    return np.array(colors, np.intp)


def fewest_colors(pattern: Any, mode: str) -> tuple[Array | None, bool]:
    """The colors of the columns or of the rows, whichever are fewer; and whether of the columns.

    ``mode`` "forward" allows columns only, "reverse" rows only.
    """
    columns = column_colors(pattern) if mode != "reverse" else None
    if columns is not None and (mode == "forward" or _count(columns) <= _longest(pattern.T)):
        return columns, True
    rows = column_colors(pattern.T.tocsr()) if mode != "forward" else None
    if rows is None or (columns is not None and _count(columns) <= _count(rows)):
        return columns, True
    return rows, False


def _count(colors: Array) -> int:
    return int(colors.max(initial=-1)) + 1


def _longest(pattern: Any) -> int:
    """Elements of the longest row: no coloring of the columns has fewer colors."""
    return int(np.diff(pattern.tocsr().indptr).max(initial=0))
