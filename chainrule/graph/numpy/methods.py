"""NumpyMethods: what a user expects to call on a tensor, under the names of NumPy's own methods.

Imports the catalogue, the protocols and absent. Symbol inherits from it. Arguments stand in
NumPy's order.
"""

from typing import Any

import numpy as np

from chainrule.errors import DTypeError, describe
from chainrule.graph.numpy.absent import Absent
from chainrule.graph.numpy.calling import NO_VALUE, says_nothing
from chainrule.graph.numpy.protocols import array_function
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.spec import is_sequence

# What the arguments of NumPy's methods are where nobody gave them.
UNSAID: dict[str, Any] = {
    "correction": NO_VALUE,
    "dtype": None,
    "initial": NO_VALUE,
    "kind": None,
    "mean": NO_VALUE,
    "mode": "raise",
    "order": None,
    "out": None,
    "stable": None,
    "where": True,
}


class NumpyMethods(Absent):
    """Each method calls the op of its name."""

    __slots__ = ()

    @property
    def T(self) -> Any:  # noqa: N802  NumPy's name
        """The transpose: all axes in reverse order."""
        return CATALOGUE.function("transpose")(self)

    @property
    def mT(self) -> Any:  # noqa: N802  NumPy's name
        """Every matrix of a stack transposed."""
        return CATALOGUE.function("matrix_transpose")(self)

    @property
    def real(self) -> Any:
        """The tensor itself: its numbers are real."""
        return self

    @property
    def imag(self) -> Any:
        """Zeros: an array, in which no gradient can flow."""
        return np.zeros_like(self)

    @property
    def flat(self) -> Any:
        """All elements in one axis; where NumPy has an iterator, this is :meth:`ravel`."""
        return self.ravel()

    @property
    def device(self) -> str:
        """Where the elements are: "cpu"."""
        return "cpu"

    def sum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NO_VALUE,
        where: Any = True,
    ) -> Any:
        """Sum over the axes; see :func:`chainrule.sum`."""
        rest = _given(dtype=dtype, out=out, initial=initial, where=where)
        return self._call(np.sum, {"axis": axis, "keepdims": keepdims}, rest)

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NO_VALUE,
        where: Any = True,
    ) -> Any:
        """Product over the axes; see :func:`chainrule.prod`."""
        rest = _given(dtype=dtype, out=out, initial=initial, where=where)
        return self._call(np.prod, {"axis": axis, "keepdims": keepdims}, rest)

    def mean(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = True,
    ) -> Any:
        """Mean over the axes; see :func:`chainrule.mean`."""
        rest = _given(dtype=dtype, out=out, where=where)
        return self._call(np.mean, {"axis": axis, "keepdims": keepdims}, rest)

    def max(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NO_VALUE,
        where: Any = True,
    ) -> Any:
        """Largest element along the axes; see :func:`chainrule.max`."""
        rest = _given(out=out, initial=initial, where=where)
        return self._call(np.max, {"axis": axis, "keepdims": keepdims}, rest)

    def min(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NO_VALUE,
        where: Any = True,
    ) -> Any:
        """Smallest element along the axes; see :func:`chainrule.min`."""
        rest = _given(out=out, initial=initial, where=where)
        return self._call(np.min, {"axis": axis, "keepdims": keepdims}, rest)

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
        mean: Any = NO_VALUE,
        correction: Any = NO_VALUE,
    ) -> Any:
        """Variance over the axes; see :func:`chainrule.var`."""
        rest = _given(dtype=dtype, out=out, where=where, mean=mean, correction=correction)
        return self._call(np.var, {"axis": axis, "ddof": ddof, "keepdims": keepdims}, rest)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        *,
        where: Any = True,
        mean: Any = NO_VALUE,
        correction: Any = NO_VALUE,
    ) -> Any:
        """Standard deviation over the axes; see :func:`chainrule.std`."""
        rest = _given(dtype=dtype, out=out, where=where, mean=mean, correction=correction)
        return self._call(np.std, {"axis": axis, "ddof": ddof, "keepdims": keepdims}, rest)

    def any(
        self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
    ) -> Any:
        """Whether any element over the axes is true; see :func:`chainrule.any`."""
        return self._call(
            np.any, {"axis": axis, "keepdims": keepdims}, _given(out=out, where=where)
        )

    def all(
        self, axis: Any = None, out: Any = None, keepdims: bool = False, *, where: Any = True
    ) -> Any:
        """Whether all elements over the axes are true; see :func:`chainrule.all`."""
        return self._call(
            np.all, {"axis": axis, "keepdims": keepdims}, _given(out=out, where=where)
        )

    def argmax(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """Position of the largest element; see :func:`chainrule.argmax`."""
        return self._call(np.argmax, {"axis": axis, "keepdims": keepdims}, _given(out=out))

    def argmin(self, axis: Any = None, out: Any = None, *, keepdims: bool = False) -> Any:
        """Position of the smallest element; see :func:`chainrule.argmin`."""
        return self._call(np.argmin, {"axis": axis, "keepdims": keepdims}, _given(out=out))

    def argsort(
        self, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None
    ) -> Any:
        """Positions that would sort it; see :func:`chainrule.argsort`."""
        rest = _given(kind=kind, order=order, stable=stable)
        return self._call(np.argsort, {"axis": axis}, rest)

    def argpartition(
        self, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
    ) -> Any:
        """Positions that would put the kth smallest element in its place: an array."""
        return array_function(np.argpartition, (self, kth, axis, kind, order), {})

    def nonzero(self) -> Any:
        """Positions of the elements that are not 0: an array for each axis."""
        return array_function(np.nonzero, (self,), {})

    def searchsorted(self, v: Any, side: Any = "left", sorter: Any = None) -> Any:
        """Where v would have to be put to keep the order: an array of positions."""
        return array_function(np.searchsorted, (self, v, side, sorter), {})

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Running sum; see :func:`chainrule.cumsum`."""
        rest = _given(dtype=dtype, out=out)
        return self._call(np.cumsum, {"axis": axis}, rest)

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        """Running product; see :func:`chainrule.cumprod`."""
        rest = _given(dtype=dtype, out=out)
        return self._call(np.cumprod, {"axis": axis}, rest)

    def trace(
        self,
        offset: int = 0,
        axis1: int = 0,
        axis2: int = 1,
        dtype: Any = None,
        out: Any = None,
    ) -> Any:
        """Sum along a diagonal; see :func:`chainrule.trace`."""
        rest = _given(dtype=dtype, out=out)
        own = {"offset": offset, "axis1": axis1, "axis2": axis2}
        return self._call(np.trace, own, rest)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
        """The diagonals of matrices; see :func:`chainrule.diagonal`."""
        return CATALOGUE.function("diagonal")(self, offset, axis1, axis2)

    def dot(self, b: Any, out: Any = None) -> Any:
        """Inner or matrix product; see :func:`chainrule.dot`."""
        return self._call(np.dot, {"b": b}, _given(out=out))

    def reshape(self, *shape: Any, order: Any = "C", copy: Any = None) -> Any:
        """The same elements in another shape; see :func:`chainrule.reshape`.

        ``order="F"`` reads and writes the elements with the first index fastest.
        """
        whole: Any = shape[0] if len(shape) == 1 and is_sequence(shape[0]) else shape
        if says_nothing(order, "C") and copy is not False:
            return CATALOGUE.function("reshape")(self, whole)
        rest = {} if copy is None else {"copy": copy}
        return array_function(np.reshape, (self, whole, order), rest)

    def transpose(self, *axes: Any) -> Any:
        """Axes in another order; see :func:`chainrule.transpose`."""
        whole = axes[0] if len(axes) == 1 and not isinstance(axes[0], int | np.integer) else axes
        return CATALOGUE.function("transpose")(self, whole or None)

    def ravel(self, order: Any = "C") -> Any:
        """All elements in one axis; see :func:`chainrule.ravel`."""
        return self._call(np.ravel, {}, {} if says_nothing(order, "C") else {"order": order})

    def flatten(self, order: Any = "C") -> Any:
        """All elements in one axis; see :func:`chainrule.ravel`."""
        return self._call(np.ravel, {}, {} if says_nothing(order, "C") else {"order": order})

    def squeeze(self, axis: Any = None) -> Any:
        """Without axes of length 1; see :func:`chainrule.squeeze`."""
        return CATALOGUE.function("squeeze")(self, axis)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Two axes exchanged; see :func:`chainrule.swapaxes`."""
        return CATALOGUE.function("swapaxes")(self, axis1, axis2)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Each element several times; see :func:`chainrule.repeat`."""
        return CATALOGUE.function("repeat")(self, repeats, axis)

    def take(self, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
        """Elements by their positions; see :func:`chainrule.take`."""
        rest = _given(out=out, mode=mode)
        return self._call(np.take, {"indices": indices, "axis": axis}, rest)

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Any:
        """Elements at whose place the condition is true; see :func:`chainrule.take`."""
        places = array_function(np.flatnonzero, (condition,), {})
        return self.take(places, axis, out)

    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> Any:
        """Held between two bounds; see :func:`chainrule.clip`."""
        return self._call(np.clip, {"a_min": min, "a_max": max}, _given(out=out))

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        """Rounded to decimals; see :func:`chainrule.round`."""
        return self._call(np.round, {"decimals": decimals}, _given(out=out))

    def conj(self) -> Any:
        """The tensor itself: its numbers are real."""
        return self

    def conjugate(self) -> Any:
        """The tensor itself: its numbers are real."""
        return self

    def copy(self, order: Any = "C") -> Any:
        """The same values in the same graph, which no change of a parameter reaches."""
        return CATALOGUE.function("identity")(self)

    def astype(
        self,
        dtype: Any,
        order: Any = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Any:
        """The same numbers with another element type; see :func:`chainrule.cast`.

        ``order``, ``subok`` and ``copy`` are about memory: they change no number.
        """
        here: Any = self
        if not np.can_cast(here.dtype, dtype, casting):
            raise DTypeError(
                f"{here.dtype} cannot become {np.dtype(dtype)} by the rule {casting!r}.",
                found=[describe("tensor", self)],
                do='Leave casting= away, which allows all, or choose "same_kind".',
            )
        return CATALOGUE.function("cast")(self, dtype)

    def tolist(self) -> Any:
        """The elements as Python numbers in lists; raises where a gradient is wanted."""
        return np.asarray(self).tolist()

    def _call(self, function: Any, own: dict[str, Any], rest: dict[str, Any]) -> Any:
        """The op of a NumPy function; by NumPy's call where more than its own was given."""
        if not rest:
            return CATALOGUE.function(function.__name__)(self, *own.values())
        return array_function(function, (self,), own | rest)


def _given(**rest: Any) -> dict[str, Any]:
    """The arguments that say something."""
    return {
        key: value
        for key, value in rest.items()
        if value is not UNSAID[key] and not says_nothing(value, UNSAID[key])
    }
