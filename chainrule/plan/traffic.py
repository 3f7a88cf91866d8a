"""Traffic: which elements of which buffers a kernel reads and writes.

Imports the kernels. Memory asks it how long a buffer lives, the verifier whether all accesses are
within bounds, costs and show() how many bytes move.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chainrule.plan.kernels import (
    Bounds,
    Fold,
    Kernel,
    Mask,
    Matmul,
    Opaque,
    Pointwise,
    Row,
    Scan,
    Scatter,
    Sort,
    View,
)
from chainrule.plan.scalar import Access, Body, Gather, Load, Store


@dataclass(frozen=True)
class Touch:
    """An access and the loops over which it runs.

    Attributes
    ----------
    phase : int
        When it happens: what has a larger number comes later at the same element. Within a
        phase all loads come before all stores. -1: at no particular element.
    jumps : tuple of (int, int)
        (length, stride) of indices that are only known when the kernel runs.
    """

    access: Access
    lengths: tuple[int, ...]
    dtype: str
    phase: int = 0
    jumps: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Traffic:
    """What a kernel loads and stores."""

    reads: list[Touch]
    writes: list[Touch]

    @classmethod
    def of(cls, kernel: Kernel) -> "Traffic":
        """All of it."""
        return cls(reads(kernel), writes(kernel))


def reads(kernel: Kernel) -> list[Touch]:
    """What a kernel loads."""
    return list(_reads(kernel))


def writes(kernel: Kernel) -> list[Touch]:
    """What a kernel stores."""
    return list(_writes(kernel))


def _reads(kernel: Kernel) -> Iterator[Touch]:
    if isinstance(kernel, Pointwise):
        yield from _loads(kernel.body, kernel.shape, 0)
    elif isinstance(kernel, Row):
        shape = (*kernel.outer, *kernel.inner)
        for number, each in enumerate(kernel.passes):
            yield from _loads(each.body, shape, 2 * number)
            yield from _loads(each.after, kernel.outer, 2 * number + 1)
    elif isinstance(kernel, Matmul):
        rows, depth, columns = kernel.rows, kernel.depth, kernel.columns
        yield Touch(kernel.a, (*kernel.batch, rows, depth), kernel.dtype, -1)
        yield Touch(kernel.b, (*kernel.batch, depth, columns), kernel.dtype, -1)
        yield from _loads(kernel.body, (*kernel.batch, rows, columns), 0)
    elif isinstance(kernel, Scatter):
        yield from _loads(kernel.body, kernel.shape, -1)
        yield _scattered(kernel)
    elif isinstance(kernel, Scan):
        for source in kernel.sources:
            yield Touch(source, (*kernel.outer, kernel.length), kernel.dtype, -1)
    elif isinstance(kernel, Sort):
        yield Touch(kernel.source, (*kernel.outer, kernel.length), kernel.dtype, -1)
    elif isinstance(kernel, Mask | Fold):
        yield _whole_key(kernel.key)
    elif isinstance(kernel, Bounds):
        yield Touch(kernel.source, kernel.shape, kernel.dtype, -1)
    else:
        for view in kernel.operands:
            if isinstance(view, View):
                yield Touch(view.access, view.shape, view.dtype, -1)


def _writes(kernel: Kernel) -> Iterator[Touch]:
    if isinstance(kernel, Pointwise):
        yield from _stored(kernel.stores, kernel.body, kernel.shape, 0)
    elif isinstance(kernel, Row):
        shape = (*kernel.outer, *kernel.inner)
        for number, each in enumerate(kernel.passes):
            yield from _stored(each.stores, each.body, shape, 2 * number)
            yield from _stored(each.after_stores, each.after, kernel.outer, 2 * number + 1)
    elif isinstance(kernel, Matmul):
        shape = (*kernel.batch, kernel.rows, kernel.columns)
        yield from _stored(kernel.stores, kernel.body, shape, 0)
    elif isinstance(kernel, Scatter):
        yield _scattered(kernel)
    elif isinstance(kernel, Scan):
        yield Touch(kernel.target, (*kernel.outer, kernel.length), kernel.dtype, -1)
    elif isinstance(kernel, Sort):
        yield Touch(kernel.target, (*kernel.outer, kernel.length), "int64", -1)
    elif isinstance(kernel, Mask):
        yield Touch(kernel.target, (kernel.size,), "bool", -1)
    elif isinstance(kernel, Fold):
        yield _whole_key(kernel.target)
    elif isinstance(kernel, Opaque):
        for view in kernel.results:
            yield Touch(view.access, view.shape, view.dtype, -1)


def _loads(body: Body, lengths: tuple[int, ...], phase: int) -> Iterator[Touch]:
    for step in body:
        if isinstance(step, Load):
            yield Touch(step.access, lengths, step.dtype, phase)
        elif isinstance(step, Gather):
            jumps = ((step.length, step.stride),)
            yield Touch(step.access, lengths, step.dtype, -1, jumps)


def _stored(
    stores: Sequence[Store], body: Body, lengths: tuple[int, ...], phase: int
) -> Iterator[Touch]:
    for store in stores:
        yield Touch(store.access, lengths, body[store.value].dtype, phase)


def _scattered(kernel: Scatter) -> Touch:
    jumps = tuple((length, stride) for _, stride, length in kernel.places)
    dtype = kernel.body[kernel.value].dtype
    return Touch(kernel.target, kernel.shape, dtype, -1, jumps)


def _whole_key(access: Access) -> Touch:
    """Two words, one after the other."""
    return Touch(Access(access.buffer, (1,), access.offset), (2,), "uint64", -1)


def extent(touch: Touch) -> tuple[int, int]:
    """The lowest and the highest element that is touched, of a kernel that touches any."""
    low = high = touch.access.offset
    pairs = [*zip(touch.lengths, touch.access.strides, strict=True), *touch.jumps]
    for length, stride in pairs:
        reach = (length - 1) * stride
        low, high = low + min(reach, 0), high + max(reach, 0)
    return low, high
