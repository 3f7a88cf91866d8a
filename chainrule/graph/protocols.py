"""NumPy's protocols: a NumPy function called on a Symbol becomes the op that stands for it.

Imports the catalogue. Symbol calls it; nothing else does.
"""

import functools
import inspect
import sys
from typing import Any

import numpy as np

from chainrule.errors import InPlaceError, UnsupportedError
from chainrule.graph.catalogue import CATALOGUE
from chainrule.spec import is_sequence

REDUCERS = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}
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
# How a ufunc's reduce says that an argument was not given.
NOT_GIVEN = (None, True, vars(np)["_NoValue"])


def array_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], keywords: Any) -> Any:
    """Answer ``ufunc(*inputs)`` or ``ufunc.reduce(x)`` with the op of that name."""
    if keywords.get("out") is not None:
        raise InPlaceError(
            f"{_title(ufunc)} cannot write its result into out= when a tensor is involved.",
            do="Leave out= away and use the result.",
        )
    if method == "reduce" and ufunc in REDUCERS:
        name = REDUCERS[ufunc]
        axis, keepdims = keywords.pop("axis", 0), bool(keywords.pop("keepdims", False))
        for key, value in keywords.items():
            if not any(value is each for each in NOT_GIVEN):
                raise _unsupported_argument(ufunc, key, value, name)
        return CATALOGUE.function(name)(*inputs, axis=axis, keepdims=keepdims)
    name = CATALOGUE.by_numpy.get(ufunc)
    if name is None and _is_scipys(ufunc):
        name = CATALOGUE.by_scipy.get(ufunc.__name__)
    if name is None and all(map(_is_boolean, inputs)):
        name = ON_BOOLEANS.get(ufunc)
    if name is None or method != "__call__":
        suffix = "" if method == "__call__" else f".{method}"
        raise _unsupported(f"{_title(ufunc)}{suffix}")
    for key, value in keywords.items():
        if key not in CATALOGUE[name].attributes:
            raise _unsupported_argument(ufunc, key, value, name)
    return CATALOGUE.function(name)(*inputs, **keywords)


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
    name = CATALOGUE.by_numpy.get(function)
    if name is None:
        module = function.__module__.replace("numpy", "np", 1)
        raise _unsupported(f"{module}.{function.__name__}")
    operands, attributes = _translated(function, name, args, keywords)
    return CATALOGUE.function(name)(*operands, **attributes)


def _translated(
    function: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A call in NumPy's terms as operands and attributes of the op.

    NumPy's parameters come in the order of NumPy's signature: np.var(x, 0, np.float64) gives a
    dtype in the third place, where the op has its ddof. Arguments at their default say nothing.
    """
    op, signature = CATALOGUE[name], _signature(function)
    if signature is None or "bind" in vars(op):  # the op reads NumPy's call itself
        return args, keywords
    bound = signature.bind(*args, **keywords).arguments
    for more in [key for key, p in signature.parameters.items() if p.kind is p.VAR_KEYWORD]:
        bound.update(bound.pop(more, {}))
    count = 1 if op.variadic else op.places[0]  # optional inputs go by name
    names = list(bound)
    if len(names) < count:
        raise UnsupportedError(
            f"np.{function.__name__} with {len(names)} arguments has no op in chainrule.",
            do=f"Give all of {', '.join(op.inputs)}.",
        )
    attributes: dict[str, Any] = {}
    for key in names[count:]:
        value = bound[key]
        parameter = signature.parameters.get(key)
        if parameter is not None and value is parameter.default:
            continue
        if key in op.signature.parameters:
            attributes[key] = value
        elif key == "out" and value is not None:
            raise InPlaceError(
                f"np.{function.__name__} cannot write into out= when a tensor is involved.",
                do="Leave out= away and use the result.",
            )
        else:
            raise _unsupported_argument(function, key, value, name)
    return tuple(bound[key] for key in names[:count]), attributes


@functools.lru_cache(maxsize=256)
def _signature(function: Any) -> inspect.Signature | None:
    """NumPy's signature of a function; None where the operands are variadic."""
    signature = inspect.signature(function)
    kinds = [p.kind for p in signature.parameters.values()]
    return None if inspect.Parameter.VAR_POSITIONAL in kinds else signature


def _shape_only(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    x, *rest = args
    stand_in = np.broadcast_to(np.zeros((), x.dtype), x.shape)
    return function(stand_in, *rest, **keywords)


def _unsupported_argument(function: Any, key: str, value: Any, name: str) -> UnsupportedError:
    legal = CATALOGUE[name].signature.parameters
    return UnsupportedError(
        f"{_title(function)} takes no {key}= when a tensor is involved.",
        found=[f"{key}={value!r}"],
        do=f"Arguments that work: {', '.join(legal)}.",
    )


def _unsupported(name: str) -> UnsupportedError:
    return UnsupportedError(
        f"{name} has no op in chainrule, so its result would have no gradient.",
        do=(
            "Write it with functions that have one (see chainrule.ops_table()), define an op of "
            "your own (class MyOp(cr.Op)), or pass x.data to compute it without a gradient."
        ),
    )
