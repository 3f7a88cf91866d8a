"""Walks: how a Ref runs through memory while its elements are counted in C order.

Imports steps. Fusion asks it whether two steps meet each element at the same place, and which
stride an access has along each loop of a kernel.

A walk is a Ref without its shape: lengths and strides, outermost first, with every pair of axes
merged that one stride runs through. The whole of an array is one axis of stride 1, whatever its
shape; so reshaping is nothing at all.
"""

import functools
from collections.abc import Iterable, Sequence
from math import prod
from typing import TypeAlias

from chainrule.plan.steps import Ref

Walk: TypeAlias = tuple[tuple[int, int], ...]  # (length, stride), without axes of length 1
MANY = 4096  # walks that are remembered: a deep net meets few again and again


def walk(ref: Ref) -> Walk:
    """The walk of a view."""
    return _walked(ref.shape, ref.strides)


@functools.lru_cache(MANY)
def _walked(shape: tuple[int, ...], strides: tuple[int, ...]) -> Walk:
    return merged(zip(shape, strides, strict=True))


def seen(ref: Ref) -> tuple[Walk, bool]:
    """The walk of a view, and whether it is all of its array: see ``is_whole``."""
    return _seen(ref.shape, ref.strides, ref.offset, ref.array.shape)


@functools.lru_cache(MANY)
def _seen(
    shape: tuple[int, ...], strides: tuple[int, ...], offset: int, array: tuple[int, ...]
) -> tuple[Walk, bool]:
    path, size = _walked(shape, strides), prod(array)
    return path, not offset and path == (((size, 1),) if size != 1 else ())


def merged(axes: Iterable[tuple[int, int]]) -> Walk:
    """Axes of length 1 left out, and neighbours made one where a single stride runs through."""
    pairs: list[tuple[int, int]] = []
    for length, stride in axes:
        if length == 1:
            continue
        if pairs and pairs[-1][1] == length * stride:
            pairs[-1] = (pairs[-1][0] * length, stride)
        else:
            pairs.append((length, stride))
    return tuple(pairs)


def is_whole(ref: Ref) -> bool:
    """Whether a view is all of its array, in C order."""
    return seen(ref)[1]


def repeated(shape: Sequence[int], axes: Sequence[int]) -> Walk:
    """How a result with one element per row is met at every element of its rows."""
    pairs: list[tuple[int, int]] = []
    step = 1
    for axis in reversed(range(len(shape))):
        inner = axis in axes
        pairs.append((shape[axis], 0 if inner else step))
        step *= 1 if inner else shape[axis]
    return merged(reversed(pairs))


def split(lengths: Sequence[int], path: Walk) -> list[tuple[int, ...]] | None:
    """Each loop cut into several where a walk changes its stride inside it; None: it cannot be."""
    parts: list[tuple[int, ...]] = []
    place, left = len(path), 1
    for length in reversed(lengths):
        part: list[int] = []
        while length > 1:
            if left == 1:
                place -= 1
                if place < 0:
                    return None
                left = path[place][0]
            if length % left and left % length:
                return None
            taken = min(length, left)
            part.append(taken)
            length //= taken
            left //= taken
        parts.append(tuple(reversed(part)) or (1,))
    return parts[::-1] if left == 1 and place == 0 else None


@functools.lru_cache(MANY)
def along(path: Walk, lengths: tuple[int, ...]) -> tuple[int, ...] | None:
    """Stride of a walk along each loop; None where it changes its stride inside one."""
    strides: list[int] = []
    place, inside = len(path), 1
    size = stride = 1
    for length in reversed(lengths):
        if length == 1:
            strides.append(0)
            continue
        if inside == 1:
            place -= 1
            if place < 0:
                return None
            size, stride = path[place]
        strides.append(stride * inside)
        inside *= length
        if inside == size:
            inside = 1
        elif size % inside:
            return None
    return tuple(reversed(strides)) if inside == 1 and place == 0 else None


def dense(lengths: Sequence[int]) -> tuple[int, ...]:
    """Strides of loops over elements that lie in C order."""
    strides: list[int] = []
    step = 1
    for n in reversed(lengths):
        strides.append(0 if n == 1 else step)
        step *= n
    return tuple(reversed(strides))
