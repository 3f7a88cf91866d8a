"""NumPy's calls in the terms of ops: its order of arguments, its defaults, dtype= and order=.

Imports the catalogue and spec. protocols.py translates with it; the methods of a tensor give it
what is more than an op's own arguments.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError, InPlaceError, UnsupportedError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.spec import is_sequence

NO_VALUE = vars(np)["_NoValue"]
# What the keywords of a ufunc and of its reduce are, where nobody gave them.
DEFAULTS = {
    "casting": "same_kind",
    "dtype": None,
    "initial": NO_VALUE,
    "order": "K",
    "subok": True,
    "where": True,
}
# Functions whose dtype= is the element type in which they compute: the tensor is cast first.
COMPUTED_IN = frozenset(
    {np.sum, np.prod, np.mean, np.var, np.std, np.cumsum, np.cumprod, np.trace}
    | {np.nansum, np.nanmean, np.add, np.multiply}
)
DIVIDING = frozenset({np.mean, np.var, np.std, np.nanmean})
Call = tuple[tuple[Any, ...], dict[str, Any]]


def translated(function: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> Call:
    """A call in NumPy's terms as operands and attributes of the op.

    NumPy's parameters come in the order of NumPy's signature: np.var(x, 0, np.float64) gives a
    dtype in the third place, where the op has its ddof. Arguments at their default say nothing.
    """
    op, signature = CATALOGUE[name], signature_of(function)
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
        if parameter is not None and says_nothing(value, parameter.default):
            continue
        if key == "copy" and value is True:
            continue  # nobody writes into a result, so that it might as well be a copy
        if key in op.signature.parameters:
            attributes[key] = value
        elif key == "out" and value is not None:
            by_name = " Give keepdims=True by its name." if isinstance(value, bool) else ""
            raise InPlaceError(
                f"np.{function.__name__} cannot write into out= when a tensor is involved.",
                do=f"Leave out= away and use the result.{by_name}",
            )
        else:
            raise unsupported_argument(f"np.{function.__name__}", key, value, name)
    return tuple(bound[key] for key in names[:count]), attributes


def adapted(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """A call without its dtype= and order=, and what they make of its operand and its result.

    Returns
    -------
    args, keywords : the call that is left
    finish : callable, or None where neither was given
    """
    signature = signature_of(function)
    if signature is None or not args:
        return args, keywords, None
    ordered = function is np.reshape or function is np.ravel
    key = "order" if ordered else "dtype" if function in COMPUTED_IN else ""
    place = list(signature.parameters).index(key) if key else 0
    if not key or (key not in keywords and len(args) <= place):
        return args, keywords, None
    bound = signature.bind(*args, **keywords)
    asked = bound.arguments.pop(key)
    x, *rest = bound.arguments.items()
    named = dict(rest)
    if says_nothing(asked, signature.parameters[key].default):
        return (x[1],), named, None
    if not ordered:
        return (computed_in(function, x[1], asked),), named, functools.partial(cast, asked)
    if asked != "F":
        raise UnsupportedError(
            f"np.{function.__name__} takes no order={asked!r} when a tensor is involved.",
            do='Orders that work: "C", the last index fastest, and "F", the first one.',
        )
    transpose = CATALOGUE.function("transpose")
    if "shape" in named:
        shape = named["shape"]
        named["shape"] = tuple(shape)[::-1] if is_sequence(shape) else shape
    return (transpose(x[1]),), named, transpose if function is np.reshape else None


def computed_in(function: Any, x: Any, dtype: Any) -> Any:
    """The tensor in the element type in which NumPy's function shall compute."""
    title = f"np.{function.__name__}"
    try:
        if isinstance(dtype, bool):
            raise TypeError("a truth value is none")
        kind = np.dtype(dtype).kind
    except TypeError as error:
        raise ArgumentError(
            f"dtype={dtype!r} is no element type: {error}.",
            do=f"In {title} the dtype comes behind the axis, as in NumPy. Give other arguments by "
            "name: keepdims=True, ddof=1.",
        ) from None
    if kind not in ("f" if function in DIVIDING else "fiu"):
        raise UnsupportedError(
            f"{title} takes no dtype={np.dtype(dtype)} when a tensor is involved.",
            do="Give one of floating-point numbers, and convert the result: x.mean().astype(int).",
        )
    return cast(dtype, x)


def cast(dtype: Any, x: Any) -> Any:
    """The tensor in another element type; itself where it has that."""
    return x if x.dtype == np.dtype(dtype) else CATALOGUE.function("cast")(x, np.dtype(dtype))


def says_nothing(value: Any, default: Any) -> bool:
    """Whether an argument equals its default: the same value, whichever object it is."""
    if value is default:
        return True
    if is_sequence(value) and is_sequence(default):
        return len(value) == len(default) and all(map(says_nothing, value, default))
    plain = (str, int, float, np.generic)
    return isinstance(value, plain) and isinstance(default, plain) and bool(value == default)


@functools.lru_cache(maxsize=256)
def signature_of(function: Any) -> inspect.Signature | None:
    """NumPy's signature of a function; None where the operands are variadic."""
    signature = inspect.signature(function)
    kinds = [p.kind for p in signature.parameters.values()]
    return None if inspect.Parameter.VAR_POSITIONAL in kinds else signature


def takes_each(function: Any, name: str) -> Callable[..., Any] | None:
    """The op of a function that NumPy applies to each of its arguments: np.atleast_1d(x, y)."""
    op = CATALOGUE[name]
    each = op.arity == (1, 1) and not op.variadic and not op.attributes
    return op.function if each and signature_of(function) is None else None


def unsupported_argument(title: str, key: str, value: Any, name: str) -> UnsupportedError:
    """The error for an argument that the op does not know."""
    legal = CATALOGUE[name].signature.parameters
    return UnsupportedError(
        f"{title} takes no {key}= when a tensor is involved.",
        found=[f"{key}={value!r}"],
        do=f"Arguments that work: {', '.join(legal)}.",
    )
