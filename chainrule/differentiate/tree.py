"""Nested containers of arrays: the door to optree, and what a differentiated leaf must be.

Imports errors, the graph and optree. Every derivative flattens its arguments here.
"""

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np
import optree

from chainrule.errors import ArgumentError, DTypeError, a_kind, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operands import unmasked
from chainrule.spec import holds_streams

Argnums = int | Sequence[int]


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """Arrays of a nested container of lists, tuples and dicts, and the container itself."""
    run: Any = optree.tree_flatten
    flat, structure = run(tree)
    return list(flat), structure


def streams_of(tree: Any) -> tuple[list[Any], Any]:
    """The arrays in dicts and tuples, and the container itself: a list is an array."""
    run: Any = optree.tree_flatten
    flat, structure = run(tree, is_leaf=_is_one, none_is_leaf=True)
    return list(flat), structure


def _is_one(tree: Any) -> bool:
    return not holds_streams(tree)


def unflatten(structure: Any, leaves: Sequence[Any]) -> Any:
    """The container with these leaves."""
    return optree.tree_unflatten(structure, list(leaves))


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """The container with a function applied to every leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(x) for x in leaves])


def chosen_arguments(argnums: Argnums, count: int, name: str) -> tuple[int, ...]:
    """The positions to differentiate, counted from 0.

    Raises
    ------
    ArgumentError
        If a position is no whole number, lies outside the positional arguments of the call, or
        names an argument a second time.
    """
    asked: list[int] = []
    given: Any = [argnums] if is_one(argnums) else argnums
    for place in given:
        i = _whole(place, argnums)
        if not -count <= i < count:
            raise ArgumentError(
                f"argnums asks for argument {i}, but {name} was called with {count} positional "
                f"{'argument' if count == 1 else 'arguments'}.",
                do="Count positional arguments from 0, and pass what is differentiated by place.",
            )
        asked.append(i % count)
    for i in asked:
        if asked.count(i) > 1:  # one of the two variables would stay unused, its gradient 0
            raise ArgumentError(
                f"argnums names argument {i} of {name} twice.",
                found=[f"argnums   {argnums!r}"],
                do="Name every argument once; a negative number counts from the last one.",
            )
    return tuple(asked)


def is_one(argnums: Argnums) -> bool:
    """Whether one argument is meant, whose gradient comes without a tuple around it."""
    return not hasattr(argnums, "__len__") or getattr(argnums, "ndim", 1) == 0


def _whole(place: Any, argnums: Any) -> int:
    """A position; True is an answer to another question."""
    if isinstance(place, bool | np.bool_):
        raise _no_position(argnums)
    try:
        return index(place)
    except TypeError:
        raise _no_position(argnums) from None


def _no_position(argnums: Any) -> ArgumentError:
    return ArgumentError(
        "argnums is the position of an argument, or a sequence of positions.",
        found=[f"argnums   {argnums!r}"],
        do="Write argnums=0 for the first argument, argnums=(0, 1) for the first two.",
    )


def float_array(x: Any, which: str) -> np.ndarray[Any, Any]:
    """A leaf as an array of its own in native byte order.

    Raises
    ------
    DTypeError
        If the elements are not floating-point numbers.
    """
    array = np.asarray(x)
    check_float(array, which)
    unmasked(x)
    return array.astype(array.dtype.newbyteorder("="))


def check_float(x: Any, which: str) -> None:
    """Refuse a leaf, an array or a symbol, that no derivative can be taken by.

    Raises
    ------
    DTypeError
        If the elements are not floating-point numbers.
    """
    if x.dtype.kind != "f":
        raise DTypeError(
            f"a gradient needs floating-point numbers, but {which} holds {x.dtype}.",
            found=[describe("argument", x)],
            do="Pass floats: np.asarray(x, dtype=np.float64), or leave it out of argnums.",
        )


def matching(tree: Any, like: Sequence[Any], structure: Any, what: str) -> list[Any]:
    """Tangents or upstream gradients as arrays: one per leaf, of its shape and dtype.

    Raises
    ------
    ArgumentError
        If the container is another one, or an array has another shape.
    """
    leaves, found = flatten(tree)
    if found != structure:
        raise ArgumentError(
            f"the {what} must come in the container that they belong to.",
            found=[f"expected  {structure}", f"found     {found}"],
            do="Give one array for each array, in the same lists, tuples and dicts.",
        )
    return [_fitting(x, other, what) for x, other in zip(leaves, like, strict=True)]


def _fitting(x: Any, like: Any, what: str) -> Any:
    if not isinstance(x, Symbol):
        x = np.asarray(unmasked(x))
        if x.dtype.kind not in "biuf":
            raise DTypeError(
                f"the {what} hold numbers, but these are {x.dtype}.",
                found=[describe("found", x)],
                do="Give an array of floats.",
            )
        if getattr(like, "dtype", np.dtype(float)).kind == "f":
            x = np.array(x, getattr(like, "dtype", float))  # a copy: it may become a result
    if x.shape != np.shape(like):
        raise ArgumentError(
            f"the {what} have shape {x.shape} where the shape is {np.shape(like)}.",
            found=[describe("found", x), describe("wanted", like)],
            do="They have the shape of what they belong to.",
        )
    return x


def require_numbers(ends: Sequence[Any], name: str) -> None:
    """Show that a function returned nothing but arrays and numbers, in its containers.

    Raises
    ------
    ArgumentError
        If something else stands there: what it may hold would not be differentiated.
    """
    for end in ends:
        if not any(hasattr(end, each) for each in ("dtype", "__array__", "__float__")):
            raise ArgumentError(
                f"{name} returned {a_kind(end)}, which is no array and no number.",
                found=[f"result    {type(end).__module__}.{type(end).__qualname__}"],
                do=(
                    "Return arrays, or lists, tuples and dicts of them; what is no result of the "
                    "derivative is returned aside, with has_aux=True."
                ),
            )
