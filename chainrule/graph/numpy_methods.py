"""NumpyMethods: what a user expects to call on a tensor, under the names of NumPy's own methods.

Imports the catalogue. Symbol inherits from it. Methods that change an array in place are missing
on purpose: a recorded value stays as it is.
"""

from typing import Any

from chainrule.graph.catalogue import CATALOGUE
from chainrule.spec import is_sequence


class NumpyMethods:
    """Each method calls the op of its name."""

    __slots__ = ()

    @property
    def T(self) -> Any:  # noqa: N802  NumPy's name
        """The transpose: all axes in reverse order."""
        return CATALOGUE.function("transpose")(self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum over the axes; see :func:`chainrule.sum`."""
        return CATALOGUE.function("sum")(self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Mean over the axes; see :func:`chainrule.mean`."""
        return CATALOGUE.function("mean")(self, axis, keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Largest element along the axes; see :func:`chainrule.max`."""
        return CATALOGUE.function("max")(self, axis, keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Smallest element along the axes; see :func:`chainrule.min`."""
        return CATALOGUE.function("min")(self, axis, keepdims)

    def prod(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Product over the axes; see :func:`chainrule.prod`."""
        return CATALOGUE.function("prod")(self, axis, keepdims)

    def var(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        """Variance over the axes; see :func:`chainrule.var`."""
        return CATALOGUE.function("var")(self, axis, ddof, keepdims)

    def std(self, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        """Standard deviation over the axes; see :func:`chainrule.std`."""
        return CATALOGUE.function("std")(self, axis, ddof, keepdims)

    def reshape(self, *shape: Any) -> Any:
        """The same elements in another shape; see :func:`chainrule.reshape`."""
        whole: Any = shape[0] if len(shape) == 1 and is_sequence(shape[0]) else shape
        return CATALOGUE.function("reshape")(self, whole)

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; see :func:`chainrule.transpose`."""
        whole = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return CATALOGUE.function("transpose")(self, whole or None)

    def any(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether any element over the axes is true; see :func:`chainrule.any`."""
        return CATALOGUE.function("any")(self, axis, keepdims)

    def all(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Whether all elements over the axes are true; see :func:`chainrule.all`."""
        return CATALOGUE.function("all")(self, axis, keepdims)

    def argmax(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Position of the largest element; see :func:`chainrule.argmax`."""
        return CATALOGUE.function("argmax")(self, axis, keepdims)

    def argmin(self, axis: Any = None, keepdims: bool = False) -> Any:
        """Position of the smallest element; see :func:`chainrule.argmin`."""
        return CATALOGUE.function("argmin")(self, axis, keepdims)

    def argsort(self, axis: Any = -1) -> Any:
        """Positions that would sort it; see :func:`chainrule.argsort`."""
        return CATALOGUE.function("argsort")(self, axis)

    def cumsum(self, axis: Any = None) -> Any:
        """Running sum; see :func:`chainrule.cumsum`."""
        return CATALOGUE.function("cumsum")(self, axis)

    def cumprod(self, axis: Any = None) -> Any:
        """Running product; see :func:`chainrule.cumprod`."""
        return CATALOGUE.function("cumprod")(self, axis)

    def dot(self, b: Any) -> Any:
        """Inner or matrix product; see :func:`chainrule.dot`."""
        return CATALOGUE.function("dot")(self, b)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """Sum along a diagonal; see :func:`chainrule.trace`."""
        return CATALOGUE.function("trace")(self, offset, axis1, axis2)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The diagonals of matrices; see :func:`chainrule.diagonal`."""
        return CATALOGUE.function("diagonal")(self, offset, axis1, axis2)

    def ravel(self) -> Any:
        """All elements in one axis; see :func:`chainrule.ravel`."""
        return CATALOGUE.function("ravel")(self)

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of length 1; see :func:`chainrule.squeeze`."""
        return CATALOGUE.function("squeeze")(self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged; see :func:`chainrule.swapaxes`."""
        return CATALOGUE.function("swapaxes")(self, axis1, axis2)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Each element several times; see :func:`chainrule.repeat`."""
        return CATALOGUE.function("repeat")(self, repeats, axis)

    def take(self, indices: Any, axis: Any = None) -> Any:
        """Elements by their positions; see :func:`chainrule.take`."""
        return CATALOGUE.function("take")(self, indices, axis)

    def clip(self, min: Any = None, max: Any = None) -> Any:
        """Held between two bounds; see :func:`chainrule.clip`."""
        return CATALOGUE.function("clip")(self, min, max)

    def round(self, decimals: int = 0) -> Any:
        """Rounded to decimals; see :func:`chainrule.round`."""
        return CATALOGUE.function("round")(self, decimals)

    def flatten(self) -> Any:
        """All elements in one axis; see :func:`chainrule.ravel`."""
        return CATALOGUE.function("ravel")(self)

    def astype(self, dtype: Any) -> Any:
        """The same numbers with another element type; see :func:`chainrule.cast`."""
        return CATALOGUE.function("cast")(self, dtype)

    @property
    def mT(self) -> Any:  # noqa: N802  NumPy's name
        """Every matrix of a stack transposed."""
        return CATALOGUE.function("matrix_transpose")(self)
