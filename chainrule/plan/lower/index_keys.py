"""Keys: what NumPy's indexing by slices and arrays of positions reaches, as strides and picks.

Imports the recorder, steps and views. indexing.py reads keys with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.errors import UnsupportedError, describe
from chainrule.plan.recorder import Recorded
from chainrule.plan.steps import Ref
from chainrule.plan.views import broadcasted, through

Positions = Any  # an array of integers, or a Recorded one


@dataclass(frozen=True)
class Pointer:
    """Positions along one axis: each times the stride is added to the place."""

    index: Positions
    stride: int
    length: int


@dataclass(frozen=True)
class Places:
    """What a key points at.

    Attributes
    ----------
    base : Ref
        Of the result's shape, with strides of 0 along the axes of the positions.
    axes : tuple of int
        Which axes of the result these are.
    pointers : tuple of Pointer
        One per axis that positions stand for; their indices broadcast to those axes.
    """

    base: Ref
    axes: tuple[int, ...]
    pointers: tuple[Pointer, ...]

    def spread(self, index: Ref) -> Ref:
        """Positions repeated to the shape of the result."""
        before, count = self.axes[0] if self.axes else 0, len(self.axes)
        index = broadcasted(index, tuple(self.base.shape[i] for i in self.axes))
        behind = len(self.base.shape) - before - count
        shape = (*self.base.shape[:before], *index.shape, *self.base.shape[before + count :])
        strides = (*(0,) * before, *index.strides, *(0,) * behind)
        return Ref(index.array, shape, strides, index.offset)


def places(ref: Ref, key: Sequence[Any]) -> Places:
    """What a key reaches; its arrays may be Recorded.

    Raises
    ------
    IndexError
        If there are too many indices, or a known one lies outside its axis.
    UnsupportedError
        If a mask is unknown: the shape of the result would be, too.
    """
    whole = _spelled_out(_without_masks(key), len(ref.shape))
    if not any(_is_positions(part) for part in whole):
        return Places(through(ref, lambda x: x[(*whole, ...)]), (), ())
    pointing = [part is not None and not isinstance(part, slice) for part in whole]
    plain = tuple(slice(None) if mine else p for p, mine in zip(whole, pointing, strict=True))
    view: Ref = through(ref, lambda x: x[(*plain, ...)])
    arrays = [_checked(p, view.shape[i]) for i, p in enumerate(whole) if pointing[i]]
    together = np.broadcast_shapes(*(x.shape for x in arrays))
    at = [i for i, mine in enumerate(pointing) if mine]
    rest = [i for i in range(len(view.shape)) if i not in at]
    adjacent = at[-1] - at[0] + 1 == len(at)
    before = at[0] if adjacent else 0
    ahead, behind = rest[:before], rest[before:]
    shape = (*(view.shape[i] for i in ahead), *together, *(view.shape[i] for i in behind))
    zeros = (0,) * len(together)
    strides = (*(view.strides[i] for i in ahead), *zeros, *(view.strides[i] for i in behind))
    pointers = tuple(
        Pointer(x, view.strides[i], view.shape[i]) for x, i in zip(arrays, at, strict=True)
    )
    axes = tuple(range(before, before + len(together)))
    return Places(Ref(view.array, shape, strides, view.offset), axes, pointers)


def known_offsets(pointers: Sequence[Pointer]) -> Any:
    """Where known positions lead, in elements from the base."""
    total: Any = np.zeros((), np.int64)
    for pointer in pointers:
        index: Any = pointer.index.astype(np.int64)
        total = total + (index + pointer.length * (index < 0)) * pointer.stride
    return total


def even_steps(offsets: np.ndarray[Any, Any]) -> tuple[int, ...] | None:
    """The steps along each axis of evenly spaced places, or None where they are not."""
    first = offsets[(0,) * offsets.ndim]
    steps: list[int] = []
    for axis, n in enumerate(offsets.shape):
        second = tuple(int(i == axis) for i in range(offsets.ndim))
        steps.append(int(offsets[second] - first) if n > 1 else 0)
    grid = sum(
        (s * g for s, g in zip(steps, np.ogrid[tuple(map(slice, offsets.shape))], strict=True)),
        start=np.full((1,) * offsets.ndim, first),
    )
    return tuple(steps) if np.array_equal(np.broadcast_to(grid, offsets.shape), offsets) else None


def _without_masks(key: Sequence[Any]) -> list[Any]:
    """Masks become the positions at which they are True."""
    parts: list[Any] = []
    for part in key:
        if not is_mask(part):
            parts.append(part)
        elif isinstance(part, Recorded):
            raise UnsupportedError(
                "how many elements a mask picks is not known while the function is recorded.",
                found=[describe("mask", part)],
                do="Use where(mask, x, 0), which keeps the shape, or a mask that is a constant.",
            )
        else:
            parts += part.nonzero()
    return parts


def _spelled_out(key: list[Any], ndim: int) -> list[Any]:
    """With a slice for every axis that the key leaves alone."""
    used = sum(part is not None and part is not Ellipsis for part in key)
    if used > ndim:
        raise IndexError(f"too many indices: the tensor has {ndim} axes, but {used} were indexed")
    free = [slice(None)] * (ndim - used)
    at = next((i for i, part in enumerate(key) if part is Ellipsis), None)
    return [*key, *free] if at is None else [*key[:at], *free, *key[at + 1 :]]


def is_mask(part: Any) -> bool:
    """Whether a part of a key holds booleans."""
    return _is_positions(part) and part.dtype == bool


def _is_positions(part: Any) -> bool:
    return isinstance(part, np.ndarray | Recorded)


def _checked(part: Any, length: int) -> Positions:
    """Positions of integers, known ones inside their axis."""
    index = part if _is_positions(part) else np.asarray(part)
    if index.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    known = not isinstance(index, Recorded) and index.size
    if known and (index.min() < -length or index.max() >= length):
        raise IndexError(f"index out of bounds for an axis of length {length}")
    return index
