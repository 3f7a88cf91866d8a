"""Symbol: anything but an array that can flow through a formula. It owns the operators, once.

Imports the catalogue and the methods. Node, Dual, SpecSymbol and Constant inherit from it; NumPy's
own functions reach the ops through the two protocols at the end.
"""

from collections.abc import Callable
from math import nan, prod
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import InPlaceError, UnsupportedError, a_kind, describe
from chainrule.graph.numpy.methods import NumpyMethods
from chainrule.graph.numpy.protocols import array_function, array_ufunc
from chainrule.graph.op.catalogue import CATALOGUE

_standard = CATALOGUE.standard


class Symbol(NumpyMethods):
    """A value whose formula is read in its own way.

    ``read`` decides what an op means for it. Where several kinds meet in one call, the kind with
    the highest ``rank`` reads, and takes the others for constants.
    """

    __slots__ = ()
    rank: ClassVar[int] = 0
    depth: int = 0  # of the derivative it belongs to: see settings.DEPTH
    wraps: ClassVar[bool] = False  # whether ``value`` may be a symbol of a reading around it

    def read(self, op: Any, operands: tuple[Any, ...]) -> Any:
        """Apply an op to operands of which this symbol is one."""
        raise NotImplementedError  # every reader writes this: Node, Dual, SpecSymbol, Constant

    # Shape and dtype come from the reader; the rest follows.
    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        raise NotImplementedError  # written by every reader that has a value

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        raise NotImplementedError  # written by every reader that has a value

    @property
    def data(self) -> Any:
        """The value alone, without any derivative."""
        raise NotImplementedError  # written by every reader that has a value

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a tensor without axes")
        return self.shape[0]

    def by_rule(self, rule: Callable[..., Any], *operands: Any) -> Any:
        """What a rule without state returns; a reader may know it from operands like these."""
        return rule(*operands)

    # Arithmetic: the reader is known, so the op is read without a dispatch.
    def __add__(self, other: Any) -> Any:
        return self.read(_standard["add"], (self, other))

    def __radd__(self, other: Any) -> Any:
        return self.read(_standard["add"], (other, self))

    def __sub__(self, other: Any) -> Any:
        return self.read(_standard["subtract"], (self, other))

    def __rsub__(self, other: Any) -> Any:
        return self.read(_standard["subtract"], (other, self))

    def __mul__(self, other: Any) -> Any:
        return self.read(_standard["multiply"], (self, other))

    def __rmul__(self, other: Any) -> Any:
        return self.read(_standard["multiply"], (other, self))

    def __truediv__(self, other: Any) -> Any:
        return self.read(_standard["divide"], (self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return self.read(_standard["divide"], (other, self))

    def __pow__(self, other: Any) -> Any:
        return self.read(_standard["power"], (self, other))

    def __rpow__(self, other: Any) -> Any:
        return self.read(_standard["power"], (other, self))

    def __matmul__(self, other: Any) -> Any:
        return self.read(_standard["matmul"], (self, other))

    def __rmatmul__(self, other: Any) -> Any:
        return self.read(_standard["matmul"], (other, self))

    def __neg__(self) -> Any:
        return self.read(_standard["negative"], (self,))

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.read(_standard["abs"], (self,))

    def __mod__(self, other: Any) -> Any:
        return self.read(_standard["mod"], (self, other))

    def __rmod__(self, other: Any) -> Any:
        return self.read(_standard["mod"], (other, self))

    def __floordiv__(self, other: Any) -> Any:
        return self.read(_standard["floor_divide"], (self, other))

    def __rfloordiv__(self, other: Any) -> Any:
        return self.read(_standard["floor_divide"], (other, self))

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, decimals: int | None = None) -> Any:
        return CATALOGUE.function("round")(self, decimals or 0)

    # Comparisons are elementwise, as in NumPy; identity and hash stay those of the object.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return self.read(_standard["equal"], (self, _comparable(other)))

    def __ne__(self, other: object) -> Any:
        return self.read(_standard["not_equal"], (self, _comparable(other)))

    def __gt__(self, other: Any) -> Any:
        return self.read(_standard["greater"], (self, other))

    def __ge__(self, other: Any) -> Any:
        return self.read(_standard["greater_equal"], (self, other))

    def __lt__(self, other: Any) -> Any:
        return self.read(_standard["less"], (self, other))

    def __le__(self, other: Any) -> Any:
        return self.read(_standard["less_equal"], (self, other))

    # On booleans, bits are truth values; the bits of numbers have no op.
    def __and__(self, other: Any) -> Any:
        return array_ufunc(np.bitwise_and, "__call__", (self, other), {})

    def __rand__(self, other: Any) -> Any:
        return array_ufunc(np.bitwise_and, "__call__", (other, self), {})

    def __or__(self, other: Any) -> Any:
        return array_ufunc(np.bitwise_or, "__call__", (self, other), {})

    def __ror__(self, other: Any) -> Any:
        return array_ufunc(np.bitwise_or, "__call__", (other, self), {})

    def __xor__(self, other: Any) -> Any:
        return array_ufunc(np.bitwise_xor, "__call__", (self, other), {})

    def __rxor__(self, other: Any) -> Any:
        return array_ufunc(np.bitwise_xor, "__call__", (other, self), {})

    def __invert__(self) -> Any:
        return array_ufunc(np.invert, "__call__", (self,), {})

    def __getitem__(self, key: Any) -> Any:
        return CATALOGUE.function("getitem")(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        raise InPlaceError(
            "this tensor is part of a graph and can no longer be changed in place.",
            found=[describe("tensor", self)],
            do="The backward walk needs the values the forward pass saw. Use where(mask, new, x).",
        )

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __iter__(self) -> Any:
        return (self[row] for row in range(len(self)))

    def __bool__(self) -> bool:
        raise UnsupportedError(
            f"{a_kind(self)} has no truth value.", do="Use where(condition, x, y)."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        raise UnsupportedError(
            "np.asarray(x) would leave the graph, and the gradient would miss this path.",
            found=[describe("x", self)],
            do="Stay with ops and NumPy's functions on x.",
        )

    def leaves(self) -> bool:
        """Whether a gradient would miss what is made of the value outside the graph."""
        return False

    def __dlpack__(self, **keywords: Any) -> Any:
        return np.asarray(self).__dlpack__(**keywords)

    def __dlpack_device__(self) -> Any:
        return np.empty(0).__dlpack_device__()

    # A value is never changed, so a copy is the value itself, in the same graph.
    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self

    def __reduce__(self) -> Any:
        raise UnsupportedError(
            "pickling x would leave the graph, and the gradient would miss this path.",
            found=[describe("x", self)],
            do="Pickle its value, x.data, or a parameter; inside a derivative, copy.deepcopy(x).",
        )

    # NumPy's protocols: np.tanh(t), np.sum(t, axis=0), array @ t stay in the graph.
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
        return array_ufunc(ufunc, method, inputs, keywords)

    def __array_function__(self, function: Any, types: Any, args: Any, keywords: Any) -> Any:
        return array_function(function, args, keywords)


def _comparable(x: Any) -> Any:
    """What stands for None or a text in a comparison: NaN, for it equals no number."""
    return nan if x is None or isinstance(x, str) else x


def plain(x: Any) -> Any:
    """A value alone, without any derivative."""
    return x.data if isinstance(x, Symbol) else x


class Constant(Symbol):
    """A named number: pi keeps its name in a formula's text, and its weak type next to float32.

    A subclass of float would promote float32 arrays to float64 (NEP 50), so it is a Symbol.
    """

    __slots__ = ("tex", "value")

    def __init__(self, value: float, tex: str) -> None:
        self.value = value
        self.tex = tex

    def read(self, op: Any, operands: tuple[Any, ...]) -> Any:
        """Let another symbol read the op, or compute it with plain numbers."""
        for x in operands:
            if isinstance(x, Symbol) and not isinstance(x, Constant):
                return x.read(op, operands)
        return op.forward(*(x.value if isinstance(x, Constant) else x for x in operands))

    @property
    def shape(self) -> tuple[int, ...]:
        """A number has no axes."""
        return ()

    @property
    def data(self) -> float:
        """The number."""
        return self.value

    @property
    def dtype(self) -> np.dtype[Any]:
        """A Python float."""
        return np.dtype(float)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.value, dtype=dtype)

    def __float__(self) -> float:
        return self.value

    def __reduce__(self) -> tuple[type["Constant"], tuple[float, str]]:
        return Constant, (self.value, self.tex)

    def __repr__(self) -> str:
        return self.tex
