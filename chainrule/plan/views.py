"""Views: what NumPy's movements do to the shape and strides of a Ref, without any memory.

Imports steps. Lowering uses it wherever a movement needs no step.
"""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from chainrule.plan.steps import Ref, contiguous
from chainrule.spec import is_array, is_sequence


def through(ref: Ref, move: Callable[[Any], Any]) -> Any:
    """What a function that only makes views makes of a Ref: a Ref, or a tuple of them.

    The function is given an array of bytes with the Ref's shape and strides, which nobody reads.
    """
    stand_in: Any = as_strided(np.zeros(1, np.uint8), ref.shape, ref.strides)
    start = _address(stand_in) - ref.offset

    def seen(view: Any) -> Ref:
        if not is_array(view):
            return ref  # no axes, so NumPy has handed out a number
        return Ref(ref.array, view.shape, view.strides, _address(view) - start)

    moved: Any = move(stand_in)
    return tuple(map(seen, moved)) if is_sequence(moved) else seen(moved)


def moved(ref: Ref, move: Callable[[Any], Any]) -> Any:
    """What any function makes of a Ref, if that is a view or a tuple of views; else None.

    The function is given memory of its own, so it may read and copy.
    """
    memory = np.zeros(ref.array.size, np.uint8)
    stand_in: Any = as_strided(memory[ref.offset :], ref.shape, ref.strides)
    found = move(stand_in)
    views = found if is_sequence(found) else (found,)
    if not all(_looks_at(memory, view) or not (ref.shape or is_array(view)) for view in views):
        return None
    refs = tuple(
        Ref(ref.array, view.shape, view.strides, _address(view) - _address(memory))
        if is_array(view)
        else ref  # no axes, so NumPy has handed out a number
        for view in views
    )
    return refs if is_sequence(found) else refs[0]


def _looks_at(memory: Any, view: Any) -> bool:
    own = is_array(view) and view.dtype == memory.dtype
    return own and (not view.size or np.may_share_memory(memory, view))


def broadcasted(ref: Ref, shape: tuple[int, ...]) -> Ref:
    """Repeated to a shape that is known to fit: with strides of 0."""
    if ref.shape == shape:
        return ref
    extra = len(shape) - len(ref.shape)
    strides = tuple(
        0 if have == 1 and want != 1 else stride
        for have, want, stride in zip(ref.shape, shape[extra:], ref.strides, strict=True)
    )
    return Ref(ref.array, shape, (0,) * extra + strides, ref.offset)


def reshaped(ref: Ref, shape: tuple[int, ...]) -> Ref | None:
    """The same elements in another shape, or None if they must be copied for it."""
    if ref.shape == shape:
        return ref
    if is_contiguous(ref):
        return Ref(ref.array, shape, contiguous(shape), ref.offset)
    try:
        return through(ref, lambda x: np.reshape(x, shape, copy=False))
    except ValueError:
        return None


def transposed(ref: Ref, axes: tuple[int, ...]) -> Ref:
    """The axes in another order."""
    shape = tuple(ref.shape[i] for i in axes)
    return Ref(ref.array, shape, tuple(ref.strides[i] for i in axes), ref.offset)


def moved_last(ref: Ref, axis: int) -> tuple[Ref, tuple[int, ...]]:
    """With one axis behind all others; and the order of axes that undoes this."""
    ndim = len(ref.shape)
    rest = tuple(i for i in range(ndim) if i != axis % ndim)
    order = (*rest, axis % ndim)
    back = tuple(order.index(i) for i in range(ndim))
    return transposed(ref, order), back


def is_contiguous(ref: Ref) -> bool:
    """Whether the elements lie one behind the other, in the order of the indices."""
    wanted = contiguous(ref.shape)
    return ref.strides == wanted or all(
        have == want or n == 1
        for have, want, n in zip(ref.strides, wanted, ref.shape, strict=True)
    )


def is_whole(ref: Ref) -> bool:
    """Whether a Ref shows all of its array in the order in which it lies."""
    return ref.offset == 0 and is_contiguous(ref) and prod(ref.shape) == ref.array.size


def _address(x: Any) -> int:
    return x.__array_interface__["data"][0]
