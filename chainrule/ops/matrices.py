"""Parts of matrices: diagonals, triangles and the trace.

Imports the families, letters, movement, indexing, reductions and linear_algebra.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ShapeError, describe
from chainrule.graph.op.families import Composite
from chainrule.graph.op.operation import op
from chainrule.ops.indexing import getitem
from chainrule.ops.letters.logic import where
from chainrule.ops.linear_algebra import diagonal_embed
from chainrule.ops.movement import shaped, swapaxes, transpose
from chainrule.ops.parts import pad
from chainrule.ops.reductions import total


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.normal(size=(3, 4)),)


@op("diagonal", gate="gradient router", numpy=np.diagonal, samples=_matrix)
class Diagonal(Composite):
    """The diagonals of matrices, along a new last axis.

    Parameters
    ----------
    offset : int, default 0
        How far above (or, negative, below) the main diagonal.
    axis1, axis2 : int, default 0 and 1
        The axes of rows and of columns.
    """

    offset: int = 0
    axis1: int = 0
    axis2: int = 1

    def forward(self, a: Any) -> Any:
        a = shaped(a)
        pair = np.lib.array_utils.normalize_axis_tuple((self.axis1, self.axis2), a.ndim)
        rest = [i for i in range(a.ndim) if i not in pair]
        rows, columns = (a.shape[i] for i in pair)
        down, right = max(-self.offset, 0), max(self.offset, 0)
        steps = np.arange(max(0, min(rows - down, columns - right)))
        return getitem(transpose(a, (*rest, *pair)), (..., steps + down, steps + right))


@op("trace", numpy=np.trace, gate="gradient distributor", samples=_matrix)
class Trace(Composite):
    """Sum along a diagonal; the arguments are those of ``diagonal``."""

    offset: int = 0
    axis1: int = 0
    axis2: int = 1

    def forward(self, a: Any) -> Any:
        return total(diagonal(a, self.offset, self.axis1, self.axis2), -1)


@op("diag", gate="gradient copier", numpy=np.diag, samples=lambda rng: (rng.normal(size=3),))
class Diag(Composite):
    """A matrix with a vector on its k-th diagonal; or the k-th diagonal of a matrix."""

    k: int = 0

    def forward(self, v: Any) -> Any:
        v = shaped(v)
        if v.ndim == 2:
            return diagonal(v, self.k)
        if v.ndim != 1:
            raise ShapeError(
                f"diag takes a vector or a matrix, not {v.ndim} axes.",
                found=[describe("v", v)],
                do="Take diagonal(v, axis1=-2, axis2=-1) of a stack of matrices.",
            )
        up, down = max(self.k, 0), max(-self.k, 0)
        return pad(diagonal_embed(v, "i", "ii"), ((down, up), (up, down)))


@op("tril", gate="gradient router", numpy=np.tril, samples=_matrix)
class TriL(Composite):
    """The lower triangle up to the k-th diagonal; 0 above, which receives no gradient."""

    k: int = 0

    def forward(self, m: Any) -> Any:
        m = shaped(m)
        return where(_triangle(m, self.k), m, np.zeros((), m.dtype))


@op("triu", gate="gradient router", numpy=np.triu, samples=_matrix)
class TriU(Composite):
    """The upper triangle from the k-th diagonal on; 0 below, which receives no gradient."""

    k: int = 0

    def forward(self, m: Any) -> Any:
        m = shaped(m)
        return where(_triangle(m, self.k - 1), np.zeros((), m.dtype), m)


@op(
    "matrix_transpose",
    gate="gradient copier",
    numpy=(np.matrix_transpose, np.linalg.matrix_transpose),
    samples=lambda rng: (rng.normal(size=(2, 3, 4)),),
)
class MatrixTranspose(Composite):
    """The last two axes exchanged: every matrix of a stack transposed."""

    changes_only: ClassVar[str] = "axes"

    def forward(self, x: Any) -> Any:
        if len(x.shape) < 2:
            raise ShapeError(
                "matrix_transpose takes matrices, at least two axes.",
                found=[describe("x", x)],
                do="Make a vector a column first: x[:, None].",
            )
        return swapaxes(x, -1, -2)


def _triangle(m: Any, k: int) -> Any:
    """True up to the k-th diagonal; a vector stands in every row of a square."""
    if not m.ndim:
        raise ShapeError(
            "a number has no triangle.", found=[describe("m", m)], do="Give a matrix."
        )
    rows, columns = m.shape[-2:] if m.ndim > 1 else m.shape * 2
    return np.tri(rows, columns, k, bool)


diagonal, tril, matrix_transpose = Diagonal.function, TriL.function, MatrixTranspose.function
