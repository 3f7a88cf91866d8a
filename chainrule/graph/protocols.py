"""NumPy's protocols: a NumPy function called on a Symbol becomes the op that stands for it.

Imports the catalogue. Symbol calls it; nothing else does.
"""

from typing import Any

import numpy as np

from chainrule.errors import InPlaceError, UnsupportedError
from chainrule.graph.catalogue import CATALOGUE

REDUCERS = {np.add: "sum", np.multiply: "prod", np.maximum: "max", np.minimum: "min"}
# Functions that ask only for shape and dtype: answered without a node.
SHAPE_ONLY = frozenset(
    {np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.full_like, np.empty_like}
)
# NumPy's own "not given" marker, and the value that means the same for each keyword.
NOT_GIVEN = (None, np._NoValue, "same_kind", "K", True)  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]  no public name


def array_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], keywords: Any) -> Any:
    """Answer ``ufunc(*inputs)`` or ``ufunc.reduce(x)`` with the op of that name."""
    if keywords.get("out") is not None:
        raise InPlaceError(
            f"np.{ufunc.__name__} cannot write its result into out= when a tensor is involved.",
            do="Leave out= away and use the result.",
        )
    if method == "reduce" and ufunc in REDUCERS:
        axis, keepdims = keywords.get("axis", 0), bool(keywords.get("keepdims", False))
        return CATALOGUE.function(REDUCERS[ufunc])(*inputs, axis=axis, keepdims=keepdims)
    name = CATALOGUE.by_numpy.get(ufunc)
    if name is None or method != "__call__":
        suffix = "" if method == "__call__" else f".{method}"
        raise _unsupported(f"np.{ufunc.__name__}{suffix}")
    return CATALOGUE.function(name)(*inputs, **_given(ufunc, keywords))


def array_function(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Answer a NumPy function that is not a ufunc with the op that stands for it."""
    if function in SHAPE_ONLY:
        return _shape_only(function, args, keywords)
    name = CATALOGUE.by_numpy.get(function)
    if name is None:
        module = function.__module__.replace("numpy", "np", 1)
        raise _unsupported(f"{module}.{function.__name__}")
    if keywords.get("out") is not None:
        raise InPlaceError(
            f"np.{function.__name__} cannot write into out= when a tensor is involved.",
            do="Leave out= away and use the result.",
        )
    return CATALOGUE.function(name)(*args, **_given(function, keywords))


def _given(function: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    """The keywords that change something; those at NumPy's own default say nothing."""
    legal = CATALOGUE[CATALOGUE.by_numpy[function]].signature.parameters
    kept = {key: value for key, value in keywords.items() if key in legal}
    for key, value in keywords.items():
        if key not in legal and not any(value is none for none in NOT_GIVEN):
            raise UnsupportedError(
                f"np.{function.__name__} takes no {key}= when a tensor is involved.",
                found=[f"{key}={value!r}"],
                do=f"Arguments that work: {', '.join(legal)}.",
            )
    return kept


def _shape_only(function: Any, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    x, *rest = args
    if function is np.shape:
        return x.shape
    if function is np.ndim:
        return x.ndim
    if function is np.size:
        return x.shape[rest[0]] if rest else x.size
    stand_in = np.broadcast_to(np.zeros((), x.dtype), x.shape)
    return function(stand_in, *rest, **keywords)


def _unsupported(name: str) -> UnsupportedError:
    return UnsupportedError(
        f"{name} has no op in chainrule, so its result would have no gradient.",
        do=(
            "Write it with functions that have one (see chainrule.ops_table()), define an op of "
            "your own (class MyOp(cr.Op)), or pass x.data to compute it without a gradient."
        ),
    )
