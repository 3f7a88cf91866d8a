"""Traffic: which elements of which buffers a kernel reads and writes.

Imports light and scalar. Kernels say it; memory asks how long a buffer lives, the verifier whether
all accesses are within bounds, costs and show() how many bytes move.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from chainrule.plan.light import light
from chainrule.plan.scalar import Access, Body, Gather, Load, Store


@light()
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


@light(eq=False)
class Traffic:
    """What a kernel loads and stores."""

    reads: list[Touch]
    writes: list[Touch]

    @property
    def touches(self) -> Iterator[Touch]:
        """All of it."""
        return chain(self.reads, self.writes)


def loads(body: Body, lengths: tuple[int, ...], phase: int) -> Iterator[Touch]:
    """What a body loads, for every element of its loops."""
    for step in body:
        if isinstance(step, Load):
            yield Touch(step.access, lengths, step.dtype, phase)
        elif isinstance(step, Gather):
            jumps = ((step.length, step.stride),)
            yield Touch(step.access, lengths, step.dtype, -1, jumps)


def stored(
    stores: Sequence[Store], body: Body, lengths: tuple[int, ...], phase: int
) -> Iterator[Touch]:
    """What is stored of a body."""
    for store in stores:
        yield Touch(store.access, lengths, body[store.value].dtype, phase)


def extent(touch: Touch) -> tuple[int, int]:
    """The lowest and the highest element that is touched, of a kernel that touches any."""
    low = high = touch.access.offset
    pairs = [*zip(touch.lengths, touch.access.strides, strict=True), *touch.jumps]
    for length, stride in pairs:
        reach = (length - 1) * stride
        low, high = low + min(reach, 0), high + max(reach, 0)
    return low, high
