"""From a recorded function to its Jacobian: the structure first, then as few products as it needs.

Imports the graph's patterns, push, coloring and the Jacobians. jacobian.py calls it for every pair
of a result and an argument.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from chainrule.differentiate.coloring import fewest_colors
from chainrule.differentiate.push import push
from chainrule.differentiate.reverse import Recording
from chainrule.differentiate.traced import Traced
from chainrule.graph.nodes.node import Node
from chainrule.graph.nodes.walk import walk
from chainrule.graph.readings.gate import gates_between
from chainrule.graph.readings.local_jacobian import closed_form
from chainrule.graph.readings.sparsity import Patterns, TooDense
from chainrule.jacobians import BlockDiagonal, Dense, Diagonal, Implicit, Jacobian, Sparse, Zero
from chainrule.settings import RECORDING, rules_on

Array = np.ndarray[Any, Any]
DENSE_BYTES = 1 << 30  # the largest array that is made; beyond, products have to do
SPARSE_SHARE = 1 / 3  # of entries, above which their places take more than the zeros


@dataclass(frozen=True)
class Path:
    """A result and a variable of one recorded run, and the products of the Jacobian between."""

    run: Recording
    end: Node
    place: int  # of the variable among those of the run

    @property
    def leaf(self) -> Traced:
        """The variable."""
        return self.run.leaves[self.place]

    def push(self, tangent: Array) -> Array:
        """Jacobian times a direction."""
        tangents: list[Any] = [None] * len(self.run.leaves)
        tangents[self.place] = tangent.astype(self.leaf.dtype, copy=False)
        return np.asarray(push([self.end], self.run, tangents)[0])

    def pull(self, upstream: Array) -> Array:
        """Upstream times Jacobian."""
        return pulled(self.end, [self.leaf], upstream)[0]

    @property
    def shapes(self) -> tuple[tuple[int, ...], tuple[int, ...], np.dtype[Any]]:
        """Of result and variable; and the element type."""
        return self.end.shape, self.leaf.shape, self.leaf.dtype


def pulled(end: Node, leaves: Sequence[Traced], upstream: Array) -> list[Array]:
    """Upstream times the Jacobian by each of some variables, in one walk.

    Where upstream is 0, it is so by structure: it is dead there, and 0 * inf is 0.
    """
    upstream = upstream.astype(end.dtype)
    live = None if np.all(upstream) else upstream != 0
    token = RECORDING.set(rules_on())
    try:
        with np.errstate(all="ignore"):  # an infinite slope is an answer, not a warning
            found = walk([end], [upstream], targets=set(leaves), live=live)
    finally:
        RECORDING.reset(token)
    return [
        np.asarray(found[x], x.dtype) if x in found else np.zeros(x.shape, x.dtype) for x in leaves
    ]


def structured(path: Path, mode: str) -> Jacobian | None:
    """The Jacobian of a result by a variable, in the simplest form that tracing can show.

    None where everything may depend on everything, or too much to tell.
    """
    end, leaf = path.end, path.leaf
    if end is not leaf and not (end.wants_gradient and gates_between(end, leaf)):
        return Zero(*path.shapes)
    closed = closed_form(end, leaf)
    if closed is not None:
        return closed
    try:
        pattern = Patterns(leaf).of(end)
    except TooDense:
        return None
    if pattern is None or _is_diagonal(pattern):
        return _diagonal(path, mode)
    if pattern.nnz == 0:
        return Zero(*path.shapes)
    return _colored(path, pattern, mode)


def _diagonal(path: Path, mode: str) -> Jacobian:
    """All slopes by one product."""
    outputs, inputs, dtype = path.shapes
    forward = mode == "forward"
    slopes = path.push(np.ones(inputs, dtype)) if forward else path.pull(np.ones(outputs))
    return Diagonal(outputs, inputs, dtype, slopes.astype(dtype, copy=False))


def _colored(path: Path, pattern: Any, mode: str) -> Jacobian | None:
    """One product for every color; None where that saves nothing."""
    outputs, inputs, dtype = path.shapes
    pattern.sort_indices()
    blocks = _blocks(pattern)
    if blocks is None and pattern.nnz > SPARSE_SHARE * prod(outputs) * prod(inputs):
        return None
    colors, of_columns = (
        fewest_colors(pattern, mode) if blocks is None else _in_blocks(blocks, mode)
    )
    if colors is None or colors.max() + 1 >= max(min(prod(outputs), prod(inputs)), 2):
        return None
    values = _colored_entries(path, pattern, colors, of_columns)
    if of_columns and mode == "auto" and np.isnan(values).any():
        return _colored(path, pattern, "reverse")  # 0 * inf: backward, zeros are structural
    if blocks is not None:
        return BlockDiagonal(outputs, inputs, dtype, values.reshape(blocks))
    matrix = pattern.astype(dtype)
    matrix.data = values
    return Sparse(outputs, inputs, dtype, matrix)


def _colored_entries(path: Path, pattern: Any, colors: Array, of_columns: bool) -> Array:
    """The entries of a sparse Jacobian, row by row: one product finds those of one color."""
    outputs, inputs, dtype = path.shapes
    rows, columns, values = _rows(pattern), pattern.indices, np.zeros(pattern.nnz, dtype)
    own, other = (columns, rows) if of_columns else (rows, columns)
    product, shape = (path.push, inputs) if of_columns else (path.pull, outputs)
    for color in range(colors.max() + 1):
        found = product((colors == color).astype(dtype).reshape(shape))
        here = colors[own] == color
        values[here] = found.reshape(-1)[other[here]]
    return values


def _in_blocks(blocks: tuple[int, int, int], mode: str) -> tuple[Array, bool]:
    """The first columns of all blocks have one color, and so on; or their rows."""
    count, height, width = blocks
    of_columns = mode == "forward" or (mode == "auto" and width < height)
    return np.tile(np.arange(width if of_columns else height), count), of_columns


def unstructured(run: Recording, end: Node, places: Sequence[int], mode: str) -> list[Jacobian]:
    """The Jacobians by some variables: row by row backward, all of them in one walk per row.

    Where columns are fewer than rows they are filled one by one, forward; what is too large for
    an array only multiplies.
    """
    paths = [Path(run, end, place) for place in places]
    whole = [
        None
        if _is_too_large(path)
        else np.zeros((prod(end.shape), path.leaf.size), path.leaf.dtype)
        for path in paths
    ]
    by_rows: list[tuple[Path, Array]] = []
    for path, matrix in zip(paths, whole, strict=True):
        forward = mode == "forward" or (mode == "auto" and path.leaf.size < prod(end.shape))
        if matrix is not None and not (forward and _filled_forward(path, matrix, mode)):
            by_rows.append((path, matrix))
    if by_rows:
        leaves = [path.leaf for path, _ in by_rows]
        for k in range(prod(end.shape)):
            found = pulled(end, leaves, _unit(k, end.shape, end.dtype))
            for (_, matrix), row in zip(by_rows, found, strict=True):
                matrix[k] = row.reshape(-1)
    return [
        _implicit(path) if matrix is None else Dense(*path.shapes, matrix)
        for path, matrix in zip(paths, whole, strict=True)
    ]


def _filled_forward(path: Path, matrix: Array, mode: str) -> bool:
    """Fill a matrix column by column; whether that will do."""
    for k in range(matrix.shape[1]):
        matrix[:, k] = path.push(_unit(k, path.leaf.shape, path.leaf.dtype)).reshape(-1)
    # 0 * inf: forward it is NaN, but backward the zeros of a unit vector are structural.
    return mode == "forward" or not np.isnan(matrix).any()


def _unit(k: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    unit = np.zeros(shape, dtype)
    unit.reshape(-1)[k] = 1
    return unit


def _is_too_large(path: Path) -> bool:
    outputs, inputs, dtype = path.shapes
    return prod(outputs) * prod(inputs) * dtype.itemsize > DENSE_BYTES


def _implicit(path: Path) -> Jacobian:
    """Only products, by the rules of the recorded ops."""
    outputs, inputs, dtype = path.shapes
    nodes = gates_between(path.end, path.leaf)
    held = path.leaf.value.nbytes + sum(np.asarray(node.value).nbytes for node in nodes)
    return Implicit(outputs, inputs, dtype, path.push, path.pull, (outputs, inputs), held)


def _is_diagonal(pattern: Any) -> bool:
    """Whether every element depends on none but the one in its place."""
    if pattern.shape[0] != pattern.shape[1]:
        return False
    return np.array_equal(_rows(pattern), pattern.indices)


def _rows(pattern: Any) -> Array:
    """The row of every entry."""
    count: int = pattern.shape[0]
    return np.repeat(np.arange(count), np.diff(pattern.indptr))


def _blocks(pattern: Any) -> tuple[int, int, int] | None:
    """Number, height and width of the blocks that fill a pattern along its diagonal."""
    rows, columns, entries = pattern.shape[0], pattern.shape[1], int(pattern.nnz)
    width = entries // rows if rows else 0
    count = columns // width if width else 0
    if count < 2 or count * width != columns or rows % count or entries != rows * width:
        return None
    height = rows // count
    if not np.array_equal(np.diff(pattern.indptr), np.full(rows, width)):
        return None
    first = np.repeat(np.arange(count) * width, height * width)
    expected = first + np.tile(np.arange(width), rows)
    return (count, height, width) if np.array_equal(pattern.indices, expected) else None
