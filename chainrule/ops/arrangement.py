"""Arrangement: elements rolled, turned, repeated and put on other axes.

Imports the families, movement and indexing. Nothing is computed, so live masks move along; what
is repeated adds up its gradients.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.graph.op.families import Composite, Movement
from chainrule.graph.op.operands import unmasked
from chainrule.graph.op.operation import op
from chainrule.ops.indexing import take
from chainrule.ops.movement import (
    broadcast_to,
    flip,
    reshape,
    shaped,
    transpose,
)
from chainrule.ops.parts import concatenate
from chainrule.spec import is_list, is_sequence, normalize_axes


def _matrix(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.normal(size=(3, 4)),)


@op("roll", numpy=np.roll, samples=lambda rng: (rng.normal(size=(3, 4)), 1, 1))
class Roll(Movement):
    """Elements moved along the axes; those that leave at one end return at the other.

    Parameters
    ----------
    shift : int or tuple of int
        By how many places, for each axis.
    axis : int or tuple of int or None, default None
        None rolls the flattened tensor.
    """

    shift: Any
    axis: Any = None

    def __post_init__(self) -> None:
        unmasked(self.shift)

    def forward(self, a: Any) -> Any:
        return np.roll(a, self.shift, self.axis)

    def formula(self, a: Any) -> Any:
        """Axis by axis: the end, then the beginning."""
        moved = reshape(a, (-1,)) if self.axis is None else a
        shifts, axes = np.broadcast_arrays(self.shift, 0 if self.axis is None else self.axis)
        for axis in np.unique(axes).tolist():
            (place,) = normalize_axes(axis, moved.ndim)
            cut = -int(shifts[axes == axis].sum()) % moved.shape[place]
            before = (slice(None),) * place
            if cut:
                end, start = moved[(*before, slice(cut, None))], moved[(*before, slice(cut))]
                moved = concatenate([end, start], place)
        return reshape(moved, a.shape)

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        back = tuple(-n for n in self.shift) if is_sequence(self.shift) else -self.shift
        return (Roll(back, self.axis)(upstream),)


@op("rot90", numpy=np.rot90, samples=lambda rng: (rng.normal(size=(3, 4)), 1))
class Rot90(Movement):
    """Turned k times by 90 degrees, from the first of two axes towards the second."""

    primitive = "view"
    k: int = 1
    axes: tuple[int, int] = (0, 1)

    def forward(self, m: Any) -> Any:
        return np.rot90(m, self.k, self.axes)

    def backward(self, upstream: Any, m: Any, out: Any) -> Any:
        return (Rot90(-self.k, self.axes)(upstream),)


@op("fliplr", gate="gradient copier", numpy=np.fliplr, samples=_matrix)
class FlipLR(Composite):
    """Columns in reverse order: axis 1 flipped."""

    def forward(self, m: Any) -> Any:
        return flip(m, 1)


@op("flipud", gate="gradient copier", numpy=np.flipud, samples=_matrix)
class FlipUD(Composite):
    """Rows in reverse order: axis 0 flipped."""

    def forward(self, m: Any) -> Any:
        return flip(m, 0)


@op(
    "moveaxis",
    gate="gradient copier",
    numpy=np.moveaxis,
    samples=lambda rng: (rng.normal(size=(2, 3, 4)), 0, -1),
)
class MoveAxis(Composite):
    """Axes moved to new places; the others keep their order."""

    changes_only: ClassVar[str] = "axes"

    source: Any
    destination: Any

    def forward(self, a: Any) -> Any:
        a = shaped(a)
        sources, places = (
            np.lib.array_utils.normalize_axis_tuple(axes, a.ndim)
            for axes in (self.source, self.destination)
        )
        axes = [i for i in range(a.ndim) if i not in sources]
        for place, source in sorted(zip(places, sources, strict=True)):
            axes.insert(place, source)
        return transpose(a, tuple(axes))


@op("ravel", gate="gradient copier", numpy=np.ravel, onnx="Flatten", samples=_matrix)
class Ravel(Composite):
    """All elements in one axis, the last index fastest."""

    changes_only: ClassVar[str] = "shape"

    def forward(self, a: Any) -> Any:
        return reshape(a, (-1,))


@op("tile", numpy=np.tile, gate="gradient adder", samples=lambda rng: (
    rng.normal(size=(3, 2)), (2, 3)))  # fmt: skip
class Tile(Composite):
    """The whole tensor repeated along its axes.

    Parameters
    ----------
    reps : int or tuple of int
        How often, for each axis; the last ones are meant where there are fewer.
    """

    reps: Any

    def forward(self, a: Any) -> Any:
        a = shaped(a)
        reps = tuple(int(n) for n in np.ravel(self.reps))
        ndim = max(len(reps), a.ndim)
        times = (1,) * (ndim - len(reps)) + reps
        lengths = (1,) * (ndim - a.ndim) + tuple(a.shape)
        once = reshape(a, tuple(k for n in lengths for k in (1, n)))
        pairs = list(zip(times, lengths, strict=True))
        copies = broadcast_to(once, tuple(k for pair in pairs for k in pair))
        return reshape(copies, tuple(n * m for n, m in pairs))


@op("repeat", numpy=np.repeat, gate="gradient adder", samples=lambda rng: (
    rng.normal(size=(3, 2)), 2, 0))  # fmt: skip
class Repeat(Composite):
    """Each element (or row) several times, one copy beside the other.

    Parameters
    ----------
    repeats : int or sequence of int
        How often: for all, or for each along the axis.
    axis : int or None, default None
        None repeats the elements of the flattened tensor.
    """

    repeats: Any
    axis: int | None = None

    def __post_init__(self) -> None:
        counts: Any = np.asarray(unmasked(self.repeats)).tolist()
        object.__setattr__(self, "repeats", tuple(counts) if is_list(counts) else counts)

    def forward(self, a: Any) -> Any:
        a = shaped(a)
        length = a.size if self.axis is None else a.shape[self.axis]
        places = np.arange(int(length))
        return take(a, np.repeat(places, self.repeats), self.axis)
