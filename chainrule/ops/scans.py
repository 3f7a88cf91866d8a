"""Scans: running results along an axis, and the differences that undo them.

Imports the families, letters and movement. No rule divides: a zero among factors is no trouble.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.graph.op.families import Composite, Pulled, Structured
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import greater, where
from chainrule.ops.movement import broadcast_to, cast, flip, reshape, shaped
from chainrule.ops.parts import concatenate


class _Scan(Structured):
    """A running result along an axis (by default over the flattened tensor)."""

    axis: int | None = None
    views: ClassVar[bool] = False
    runs: ClassVar[str]  # what is carried from element to element

    @property
    def along(self) -> int:
        """The axis of the result that the scan runs along."""
        return 0 if self.axis is None else self.axis

    def pull(self, upstream: Any, live: Any, inputs: Any, out: Any, wanted: Any) -> Pulled:
        """The rule; an input is dead where every result from it on is dead."""
        if live is None:
            return super().pull(upstream, None, inputs, out, wanted)
        count = _from_the_end(cast(live, np.int64), self.along)
        reached = reshape(greater(count, 0), inputs[0].shape)
        # A dead factor takes no part in the gradients of the others, in no order.
        alive = where(reached, inputs[0], 1)
        gradients, _ = super().pull(upstream, None, (alive,), out, wanted)
        return [where(reached, gradients[0], 0)], [reached]


@op("cumsum", numpy=np.cumsum, onnx="CumSum", samples=lambda rng: (rng.normal(size=(3, 4)), 1))
class CumSum(_Scan):
    """Running sum along an axis; by default of the flattened tensor.

    Notes
    -----
    float32 and half precision are added in float64, as :func:`sum` adds them.
    """

    primitive, runs = "scan", "sum"

    def forward(self, a: Any) -> Any:
        if a.dtype.char in "ef":  # float16, float32
            return np.cumsum(a, self.axis, np.float64).astype(a.dtype)
        return np.cumsum(a, axis=self.axis)

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        return (reshape(_from_the_end(upstream, self.along), a.shape),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """Linear: the op itself."""
        return self(tangents[0])


@op("cumprod", numpy=np.cumprod, samples=lambda rng: (rng.normal(size=(3, 4)), 1))
class CumProd(_Scan):
    """Running product along an axis; by default of the flattened tensor.

    Notes
    -----
    The gradient is the product of all before, times a recurrence over all behind: linear in the
    length, and right where factors are 0.
    """

    primitive, runs = "scan", "product"

    def forward(self, a: Any) -> Any:
        run: Any = np.cumprod
        return run(a, axis=self.axis)

    def backward(self, upstream: Any, a: Any, out: Any) -> Any:
        # out[j] / a[i] would divide; instead r[i] = upstream[i] + a[i+1] r[i+1].
        behind = _backward_recurrence(reshape(a, out.shape), upstream, self.along)
        return (reshape(_previous(out, self.along, 1) * behind, a.shape),)

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """t[i] = a[i] t[i-1] + out[i-1] da[i]."""
        moved = _previous(out, self.along, 1) * reshape(tangents[0], out.shape)
        return recurrence(reshape(inputs[0], out.shape), moved, self.along)


@op(
    "recurrence",
    samples=lambda rng: (rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), 1),
)
class Recurrence(Structured):
    """s[i] = a[i] * s[i-1] + b[i] along an axis, from s[0] = b[0]; a[0] has no effect."""

    primitive = "recurrence"
    axis: int = -1
    views: ClassVar[bool] = False

    def forward(self, a: Any, b: Any) -> Any:
        if a.shape != b.shape:
            raise ValueError(f"factors of shape {a.shape} meet terms of shape {b.shape}")
        out: Any = np.empty(b.shape, np.result_type(a, b))
        factors, terms, rows = (np.moveaxis(x, self.axis, 0) for x in (a, b, out))
        rows[:1] = terms[:1]
        for i in range(1, len(rows)):
            rows[i] = factors[i] * rows[i - 1] + terms[i]
        return out

    def backward(self, upstream: Any, a: Any, b: Any, out: Any) -> Any:
        behind = _backward_recurrence(a, upstream, self.axis)
        return lambda: behind * _previous(out, self.axis, 0), behind

    def jvp(self, tangents: Any, inputs: Any, out: Any) -> Any:
        """The same recurrence, driven by the moved factors and terms."""
        da, db = tangents
        terms = [da * _previous(out, self.axis, 0)] if da is not None else []
        terms += [db] if db is not None else []
        return self(inputs[0], sum(terms[1:], terms[0]))


@op(
    "diff",
    gate="gradient distributor",
    numpy=np.diff,
    samples=lambda rng: (rng.normal(size=(3, 5)), 1, 1),
)
class Diff(Composite):
    """Differences of neighbours along an axis.

    Parameters
    ----------
    n : int, default 1
        How often differences are taken.
    prepend, append : tensor, optional
        What is joined to ``a`` before and behind; a number is repeated.
    """

    n: int = 1
    axis: int = -1

    def __post_init__(self) -> None:
        if self.n < 0:
            raise ArgumentError(f"diff is taken n >= 0 times, not {self.n}.", do="Leave n at 1.")

    def forward(self, a: Any, prepend: Any = None, append: Any = None) -> Any:
        a = shaped(a)
        (axis,) = np.lib.array_utils.normalize_axis_tuple(self.axis, a.ndim)
        if self.n == 0:
            return a  # as NumPy, which then joins nothing
        edge = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
        parts = [a if x is a else _edge(x, edge) for x in (prepend, a, append) if x is not None]
        if len(parts) > 1:
            a = concatenate(parts, axis)
        before = (slice(None),) * axis
        for _ in range(self.n):
            a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
        return a


def _edge(x: Any, shape: tuple[int, ...]) -> Any:
    x = shaped(x)
    return x if x.ndim else broadcast_to(x, shape)


def _from_the_end(x: Any, axis: int) -> Any:
    return flip(cumsum(flip(x, axis), axis), axis)


def _backward_recurrence(a: Any, upstream: Any, axis: int) -> Any:
    """r[i] = upstream[i] + a[i+1] r[i+1]: the recurrence with time reversed."""
    factors = _previous(flip(a, axis), axis, 1)
    return flip(recurrence(factors, flip(upstream, axis), axis), axis)


def _previous(x: Any, axis: int, first: int) -> Any:
    """Every element's predecessor along the axis; the first one's is the given number."""
    axis %= x.ndim
    shape = x.shape
    if shape[axis] == 0:
        return x
    start = np.full((*shape[:axis], 1, *shape[axis + 1 :]), first, x.dtype)
    return concatenate([start, x[(*(slice(None),) * axis, slice(None, -1))]], axis)


cumsum, recurrence = CumSum.function, Recurrence.function
