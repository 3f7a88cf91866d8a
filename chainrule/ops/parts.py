"""Parts: tensors joined into one, cut apart, and put among zeros.

Imports the families and movement; indexing, which imports these, is looked up by name.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Movement
from chainrule.graph.op.operation import op
from chainrule.ops.movement import expand_dims, reshape, shaped
from chainrule.spec import is_list, is_sequence


@op(
    "concatenate",
    numpy=np.concatenate,
    onnx="Concat",
    samples=lambda rng: ([rng.normal(size=(2, 3)), rng.normal(size=(4, 3))], 0),
)
class Concatenate(Movement):
    """Several tensors joined along an axis that exists; ``axis=None`` joins them flattened."""

    primitive = "concatenate"
    axis: int | None = 0

    def forward(self, *parts: Any) -> Any:
        return np.concatenate(parts, axis=self.axis)

    def backward(self, upstream: Any, *parts_and_out: Any) -> Any:
        parts = parts_and_out[:-1]
        axis, start = self.axis, 0
        pieces: list[Any] = []
        for x in parts:
            length = x.size if axis is None else x.shape[axis]
            before = 0 if axis is None else axis % x.ndim
            piece = (*(slice(None),) * before, slice(start, start + length))
            pieces.append(_piece(upstream, piece, x.shape))
            start += length
        return pieces


def _piece(upstream: Any, place: tuple[slice, ...], shape: tuple[int, ...]) -> Any:
    return lambda: reshape(upstream[place], shape)


@op(
    "stack",
    numpy=np.stack,
    samples=lambda rng: ([rng.normal(size=(2, 3)), rng.normal(size=(2, 3))], 1),
)
class Stack(Movement):
    """Several tensors of one shape, joined along a new axis."""

    axis: int = 0

    def forward(self, *parts: Any) -> Any:
        return np.stack(parts, axis=self.axis)

    def formula(self, *parts: Any) -> Any:
        parts = tuple(map(shaped, parts))
        if len({x.shape for x in parts}) > 1:
            raise ValueError("all input arrays must have the same shape")
        return concatenate([expand_dims(x, self.axis) for x in parts], self.axis)

    def backward(self, upstream: Any, *parts_and_out: Any) -> Any:
        out = parts_and_out[-1]
        before = (slice(None),) * (self.axis % out.ndim)
        return [lambda i=i: upstream[(*before, i)] for i in range(len(parts_and_out) - 1)]


@op("split", numpy=np.split, onnx="Split", samples=lambda rng: (rng.normal(size=(6, 4)), 3, 0))
class Split(Movement):
    """Cut along an axis, into equal parts or at the given places: several results.

    Parameters
    ----------
    indices_or_sections : int or tuple of int
        The number of equal parts, or the places to cut at.
    """

    primitive = "view"
    handed: ClassVar[Any] = list
    indices_or_sections: Any
    axis: int = 0

    def forward(self, x: Any) -> Any:
        return tuple(np.split(x, self.indices_or_sections, axis=self.axis))

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (concatenate(list(upstream), self.axis),)


@op(
    "pad",
    numpy=np.pad,
    onnx="Pad",
    samples=lambda rng: (rng.normal(size=(3, 4)), ((1, 0), (2, 1))),
)
class Pad(Movement):
    """With zeros around it.

    Parameters
    ----------
    pad_width : int, pair, or one pair per axis
        How many zeros before and after, as in ``numpy.pad``.
    """

    pad_width: Any

    def __post_init__(self) -> None:
        widths = self.pad_width
        if is_sequence(widths):
            pairs = tuple(tuple(w) if is_list(w) else w for w in widths)
            object.__setattr__(self, "pad_width", pairs)

    def pairs(self, ndim: int) -> tuple[tuple[int, int], ...]:
        """One (before, after) pair per axis."""
        return tuple(
            (int(a), int(b)) for a, b in np.broadcast_to(np.asarray(self.pad_width), (ndim, 2))
        )

    def forward(self, x: Any) -> Any:
        return np.pad(x, self.pairs(x.ndim))

    def formula(self, x: Any) -> Any:
        """Zeros, to which x is added in the middle."""
        pairs = list(zip(self.pairs(x.ndim), x.shape, strict=True))
        if min((n for pair, _ in pairs for n in pair), default=0) < 0:
            raise ValueError("index can't contain negative values")
        place = tuple(("slice", before, before + n, None) for (before, _), n in pairs)
        shape = tuple(before + n + after for (before, after), n in pairs)
        return CATALOGUE["putitem"].of(place, shape)(x)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        pairs = zip(self.pairs(x.ndim), x.shape, strict=True)
        return (upstream[tuple(slice(before, before + n) for (before, _), n in pairs)],)


concatenate, split, pad = Concatenate.function, Split.function, Pad.function
