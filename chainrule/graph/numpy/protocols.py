"""NumPy's protocols: a NumPy function called on a Symbol becomes the op that stands for it.

Imports the catalogue and numpy_calls. Symbol calls it; nothing else does.
"""

import sys
from typing import Any

import numpy as np

from chainrule.errors import InPlaceError, UnsupportedError
from chainrule.graph.numpy.calling import (
    COMPUTED_IN,
    DEFAULTS,
    adapted,
    cast,
    computed_in,
    says_nothing,
    takes_each,
    translated,
    unsupported_argument,
)
from chainrule.graph.numpy.foreign import foreign_call
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.spec import is_sequence

REDUCERS = {
    np.add: "sum",
    np.multiply: "prod",
    np.maximum: "max",
    np.minimum: "min",
    np.logaddexp: "logsumexp",
}
# On booleans, bits are truth values: mask & (t > 0).
ON_BOOLEANS = {
    np.bitwise_and: "logical_and",
    np.bitwise_or: "logical_or",
    np.bitwise_xor: "not_equal",
    np.invert: "logical_not",
}
# Functions that ask only for shape and dtype: answered without a node.
SHAPE_ONLY = frozenset(
    {np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.full_like, np.empty_like}
)
# Functions that ask only for the element type.
TYPE_ONLY = frozenset(
    {np.result_type, np.iscomplexobj, np.isrealobj, np.common_type, np.can_cast}
    | {np.min_scalar_type}
)
# Questions about values, whose answers are yes and no or text: no gradient can flow in them.
QUESTIONS = frozenset(
    {np.allclose, np.isclose, np.array_equal, np.array_equiv, np.isin, np.isreal, np.iscomplex}
    | {np.shares_memory, np.may_share_memory, np.array2string, np.array_repr, np.array_str}
)
# Functions that answer with positions: whole numbers, in which no gradient can flow.
POSITIONS = frozenset(
    {np.nonzero, np.flatnonzero, np.argwhere, np.searchsorted, np.argpartition, np.digitize}
)


def array_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], keywords: Any) -> Any:
    """Answer ``ufunc(*inputs)`` or ``ufunc.reduce(x)`` with the op of that name."""
    if keywords.get("out") is not None:
        raise InPlaceError(
            f"{_title(ufunc)} cannot write its result into out= when a tensor is involved.",
            do="Leave out= away and use the result.",
        )
    if method == "reduce" and ufunc in REDUCERS:
        return _reduced(ufunc, inputs, keywords)
    name = CATALOGUE.by_numpy.get(ufunc)
    if name is None and _is_scipys(ufunc):
        name = CATALOGUE.by_scipy.get(ufunc.__name__)
    if name is None and all(map(_is_boolean, inputs)):
        name = ON_BOOLEANS.get(ufunc)
    if name is None or method != "__call__":
        suffix = "" if method == "__call__" else f".{method}"
        raise _unsupported(f"{_title(ufunc)}{suffix}")
    return CATALOGUE.function(name)(*inputs, **_own(ufunc, name, keywords))


def _reduced(ufunc: Any, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """np.add.reduce(x): the sum, along the first axis where none is given."""
    name, dtype = REDUCERS[ufunc], keywords.pop("dtype", None)
    if keywords.get("initial") is None:
        keywords.pop("initial", None)
    own = {"axis": 0} | _own(ufunc, name, keywords)
    if dtype is None:
        return CATALOGUE.function(name)(*inputs, **own)
    if ufunc not in COMPUTED_IN:
        raise unsupported_argument(_title(ufunc), "dtype", dtype, name)
    x = computed_in(ufunc, inputs[0], dtype)
    return cast(dtype, CATALOGUE.function(name)(x, **own))


def _own(ufunc: Any, name: str, keywords: dict[str, Any]) -> dict[str, Any]:
    """The keywords that the op knows; the others must say nothing."""
    own: dict[str, Any] = {}
    for key, value in keywords.items():
        if key in CATALOGUE[name].attributes:
            own[key] = value
        elif not (key in DEFAULTS and says_nothing(value, DEFAULTS[key])):
            raise unsupported_argument(_title(ufunc), key, value, name)
    return own


def _is_scipys(ufunc: Any) -> bool:
    """Whether a ufunc is one of scipy.special, which is loaded if it is."""
    ufuncs: Any = sys.modules.get("scipy.special._ufuncs")
    return ufuncs is not None and getattr(ufuncs, ufunc.__name__, None) is ufunc


def _title(ufunc: Any) -> str:
    """How a user calls the ufunc; scipy.special.zeta calls one that is named _zeta."""
    if _is_scipys(ufunc):
        return f"scipy.special.{ufunc.__name__.lstrip('_')}"
    return f"np.{ufunc.__name__}"


def _is_boolean(x: Any) -> bool:
    if is_sequence(x):
        return all(map(_is_boolean, x))
    return isinstance(x, bool) or getattr(x, "dtype", None) == np.dtype(bool)


def array_function(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Answer a NumPy function that is not a ufunc with the op that stands for it."""
    if function in SHAPE_ONLY:
        return _shape_only(function, args, keywords)
    if function in TYPE_ONLY:
        return function(*map(_typed, args), **{key: _typed(x) for key, x in keywords.items()})
    if function is np.where and len(args) == 1 and not keywords:
        return _plainly(np.nonzero, args, keywords)
    if function in POSITIONS or function in QUESTIONS:
        return _plainly(function, args, keywords)
    name = CATALOGUE.by_numpy.get(function)
    if name is None:
        module = function.__module__.replace("numpy", "np", 1)
        raise _unsupported(f"{module}.{function.__name__}")
    op, each = CATALOGUE[name], takes_each(function, name)
    if each is not None and len(args) != 1 and not keywords:
        return tuple(map(each, args))
    args, keywords, finish = adapted(function, args, keywords)
    operands, attributes = translated(function, name, args, keywords)
    out = op.function(*operands, **attributes)
    if op.handed is not None:
        out = op.handed(out)
    return out if finish is None else finish(out)


def _plainly(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The function on values alone."""
    return function(*map(_value, args), **{key: _value(x) for key, x in keywords.items()})


def _typed(x: Any) -> Any:
    """An array of the same shape and element type, without values."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape) if _is_ours(x) else x


def _value(x: Any) -> Any:
    return x.data if _is_ours(x) else x


def _is_ours(x: Any) -> bool:
    return hasattr(x, "__array_function__") and not isinstance(x, np.ndarray | np.generic)


def _shape_only(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    x, *rest = args
    stand_in = np.broadcast_to(np.zeros((), x.dtype), x.shape)
    return function(stand_in, *rest, **keywords)


def _unsupported(name: str) -> UnsupportedError:
    caller = foreign_call()
    return UnsupportedError(
        f"{name} has no op in chainrule, so its result would have no gradient.",
        found=[f"called by {caller}(x)"] if caller else [],
        do=(
            "Write it with functions that have one (see chainrule.ops_table()), define an op of "
            "your own (class MyOp(cr.Op)), or pass x.data to compute it without a gradient."
        ),
    )
