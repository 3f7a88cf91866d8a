"""Movement: ops that move or repeat elements and compute nothing.

Imports the families and sums; ops of the files above are looked up by name. A repeated element
is a fork, so its gradients are added.
"""

import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import LinearOp, Movement, Pulled, Reshaping, Turning
from chainrule.graph.op.operation import op
from chainrule.jacobians import Identity, Jacobian
from chainrule.ops.sums import BLOCK, CHUNK, DOUBLE, HALF, SINGLE, accurate_sum
from chainrule.spec import normalize_axes


@op(
    "reshape",
    numpy=np.reshape,
    onnx="Reshape",
    samples=lambda rng: (rng.normal(size=(3, 4)), (2, 6)),
)
class Reshape(Reshaping):
    """The same elements, in the same order, in another shape; one length may be -1."""

    primitive = "reshape"
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if isinstance(self.shape, int):
            object.__setattr__(self, "shape", (self.shape,))

    def forward(self, x: Any) -> Any:
        return np.reshape(x, self.shape)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (reshape(upstream, x.shape),)


@op(
    "transpose",
    numpy=np.transpose,
    onnx="Transpose",
    samples=lambda rng: (rng.normal(size=(2, 3, 4)), (1, 2, 0)),
)
class Transpose(Turning):
    """The axes in another order; by default all in reverse."""

    primitive = "view"
    axes: tuple[int, ...] | None = None

    def forward(self, x: Any) -> Any:
        return np.transpose(x, self.axes)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        if self.axes is None:
            return (transpose(upstream),)
        order = [axis % len(self.axes) for axis in self.axes]
        return (transpose(upstream, tuple(order.index(i) for i in range(len(order)))),)


@op("swapaxes", numpy=np.swapaxes, samples=lambda rng: (rng.normal(size=(2, 3, 4)), 0, 2))
class SwapAxes(Turning):
    """Two axes exchanged."""

    primitive = "view"
    axis1: int
    axis2: int

    def forward(self, x: Any) -> Any:
        return np.swapaxes(x, self.axis1, self.axis2)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (swapaxes(upstream, self.axis1, self.axis2),)


@op(
    "squeeze",
    numpy=np.squeeze,
    onnx="Squeeze",
    samples=lambda rng: (rng.normal(size=(3, 1, 4)), 1),
)
class Squeeze(Reshaping):
    """Without the axes of length 1 (or without those named)."""

    primitive = "view"
    axis: int | tuple[int, ...] | None = None

    def forward(self, x: Any) -> Any:
        return np.squeeze(x, self.axis)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (reshape(upstream, x.shape),)


@op(
    "expand_dims",
    numpy=np.expand_dims,
    onnx="Unsqueeze",
    samples=lambda rng: (rng.normal(size=(3, 4)), 1),
)
class ExpandDims(Reshaping):
    """With new axes of length 1."""

    primitive = "view"
    axis: int | tuple[int, ...]

    def forward(self, x: Any) -> Any:
        return np.expand_dims(x, self.axis)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (reshape(upstream, x.shape),)


@op("flip", numpy=np.flip, samples=lambda rng: (rng.normal(size=(3, 4)), 0))
class Flip(Movement):
    """Reversed along the axes (by default along all)."""

    primitive = "view"
    axis: int | tuple[int, ...] | None = None

    def forward(self, x: Any) -> Any:
        return np.flip(x, self.axis)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (flip(upstream, self.axis),)


@op(
    "broadcast_to",
    numpy=np.broadcast_to,
    onnx="Expand",
    gate="gradient adder",
    samples=lambda rng: (rng.normal(size=(1, 4)), (3, 4)),
)
class BroadcastTo(Reshaping):
    """Repeated along axes of length 1, and along new axes in front."""

    primitive = "view"
    shape: tuple[int, ...]

    def __post_init__(self) -> None:
        if isinstance(self.shape, int):
            object.__setattr__(self, "shape", (self.shape,))

    def forward(self, x: Any) -> Any:
        return np.broadcast_to(x, self.shape)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (sum_to(upstream, x.shape),)


@op("sum_to", gate="gradient distributor", samples=lambda rng: (rng.normal(size=(3, 4)), (1, 4)))
class SumTo(Movement):
    """Summed down to a shape that broadcasts to this one: the way back of broadcasting.

    A mask of booleans is True where any of the summed elements is.
    """

    shape: tuple[int, ...]

    def forward(self, x: Any) -> Any:
        if x.ndim == 2 and x.dtype is SINGLE and x.shape[1:] == self.shape and x.size <= CHUNK:
            # A bias, by a product with ones: NumPy sums in float64 in up to three times the time.
            return np.dot(_ones(len(x)), x.astype(DOUBLE)).astype(SINGLE)
        extra = x.ndim - len(self.shape)
        if extra == 1 and x.shape[1:] == self.shape and x.dtype == DOUBLE and len(x) <= BLOCK:
            return np.add.reduce(x, 0)  # too few rows to lose digits
        axes = tuple(range(extra)) + tuple(
            i + extra for i, n in enumerate(self.shape) if n == 1 and x.shape[i + extra] != 1
        )
        if x.dtype == bool:
            return np.logical_or.reduce(x, axis=axes).reshape(self.shape)
        return np.reshape(accurate_sum(x, axes), self.shape) if axes else x

    def formula(self, x: Any) -> Any:
        extra = x.ndim - len(self.shape)
        kept = (1,) * extra + self.shape[max(-extra, 0) :]
        axes = tuple(i for i, n in enumerate(kept) if n == 1 != x.shape[i])
        if axes:
            add = CATALOGUE.function("any" if x.dtype == bool else "sum")
            x = add(x, axis=axes, keepdims=True)
        return x if x.shape == self.shape else reshape(x, self.shape)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (broadcast_to(upstream, x.shape),)


@functools.lru_cache(maxsize=64)
def _ones(count: int) -> Any:
    ones = np.ones(count)
    ones.flags.writeable = False
    return ones


@op("any_live", flat=True, samples=lambda rng: (rng.normal(size=(3, 4)) > 0, -1))
class AnyLive(Movement):
    """Where any element along the axis is True, repeated along that axis."""

    axis: Any = None

    def forward(self, live: Any) -> Any:
        axes = normalize_axes(self.axis, live.ndim)
        return np.broadcast_to(np.logical_or.reduce(live, axis=axes, keepdims=True), live.shape)

    def formula(self, live: Any) -> Any:
        found = CATALOGUE.function("any")(live, axis=self.axis, keepdims=True)
        return broadcast_to(found, live.shape)


@op(
    "cast",
    gate="gradient copier",
    onnx="Cast",
    samples=lambda rng: (rng.normal(size=(3, 4)), np.dtype(np.float64)),
)
class Cast(LinearOp):
    """The same numbers with another element type."""

    primitive = "cast"
    changes_only: ClassVar[str] = "dtype"

    dtype: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", np.dtype(self.dtype))

    def forward(self, x: Any) -> Any:
        return np.asarray(x).astype(self.dtype)

    def backward(self, upstream: Any, x: Any, out: Any) -> Any:
        return (cast(upstream, x.dtype),)

    def pull(
        self, upstream: Any, live: Any, inputs: Sequence[Any], out: Any, wanted: Sequence[bool]
    ) -> Pulled:
        """The rule; every element stays in its place, and so does the live mask."""
        return super().pull(upstream, live, inputs, out, wanted)[0], [live]

    def local_jacobian(self, position: int, x: Any, out: Any) -> Jacobian:
        """Every element stays in its place."""
        return Identity(np.shape(out), x.shape, x.dtype)


def widened(x: Any) -> Any:
    """Half precision as float32, in which a count of 70000 or a square of 300 has a place."""
    return cast(x, np.float32) if getattr(x, "dtype", None) == HALF else x


def as_narrow(out: Any, *operands: Any) -> Any:
    """A result of widened operands in half precision, where all that were given have it."""
    narrow = all(x is None or x.dtype == HALF for x in operands)
    return cast(out, HALF) if narrow else out


def shaped(x: Any) -> Any:
    """An operand that has a shape: a list or a number of Python's own becomes an array."""
    return x if hasattr(x, "shape") else np.asarray(x)


reshape, transpose, swapaxes = Reshape.function, Transpose.function, SwapAxes.function
flip, broadcast_to = Flip.function, BroadcastTo.function
expand_dims, squeeze = ExpandDims.function, Squeeze.function
sum_to, cast = SumTo.function, Cast.function
