"""Shapes and dtypes without values: what a tensor looks like before anything is computed.

Floor 1: imports nothing of chainrule. The graph's spec reading makes a Symbol of it.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache
from math import prod
from typing import Any, TypeGuard

import numpy as np


@dataclass(frozen=True)
class Spec:
    """Shape and element type of one tensor."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return self.size * self.dtype.itemsize


def is_sequence(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether a value is a list or a tuple: the containers that arguments come in."""
    return isinstance(value, list | tuple)


def is_tuple(value: Any) -> TypeGuard[tuple[Any, ...]]:
    """Whether a value is a tuple, such as the results of an op that has several."""
    return isinstance(value, tuple)


@lru_cache(maxsize=1000)  # of a process that makes classes for ever
def fields_of(kind: Any) -> tuple[str, ...]:
    """The names of a dataclass's fields; none of another class."""
    return tuple(each.name for each in fields(kind)) if is_dataclass(kind) else ()


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def is_dict(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether a value is a dict."""
    return isinstance(value, dict)


def is_array(value: Any) -> TypeGuard[np.ndarray[Any, np.dtype[Any]]]:
    """Whether a value is an array of NumPy's."""
    return isinstance(value, np.ndarray)


def is_masked(value: Any) -> bool:
    """Whether a value is an array with a mask.

    NumPy loads what makes them at the first question, which takes longer than a small recording.
    """
    known = sys.modules.get("numpy.ma")
    return known is not None and isinstance(value, known.MaskedArray)


def holds_streams(value: Any) -> bool:
    """Whether a value is a container of arrays, each a stream of rows, and no array itself.

    A dict is one, and a tuple with an array in it. A list is not: it holds the rows of one array,
    as a tuple of numbers or of tuples does.
    """
    if isinstance(value, dict):
        return True
    return is_tuple(value) and (
        not value or any(holds_streams(x) or getattr(x, "shape", ()) != () for x in value)
    )


def is_plain(value: Any) -> bool:
    """Whether a value is a list, a tuple or a number of Python's own."""
    return isinstance(value, list | tuple | int | float)


def spec_of(value: Any) -> Spec:
    """The Spec of an array, a number or anything with shape and dtype."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return Spec(tuple(value.shape), np.dtype(value.dtype))
    array = np.asarray(value)
    return Spec(array.shape, array.dtype)


def normalize_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as sorted non-negative integers; None means all of them."""
    if axis is None:
        return tuple(range(ndim))
    axes: Iterable[int] = axis if is_sequence(axis) else (axis,)
    return tuple(sorted(np.lib.array_utils.normalize_axis_tuple(tuple(axes), ndim)))
