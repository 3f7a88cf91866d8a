"""Memory: the arena, in which buffers share bytes that are never needed at the same time.

Imports buffers and traffic. ``make`` calls it when the order of the kernels stands.

The largest buffers are placed first, each at the lowest place that is free while it lives. A
buffer may take the bytes of one that is read for the last time in the very kernel that writes it,
if that kernel meets both at the same elements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.plan.buffers import ALIGNMENT, Buffer
from chainrule.plan.kernels import Kernel
from chainrule.plan.traffic import Touch, reads, writes


@dataclass(frozen=True)
class Life:
    """The kernels during which a buffer holds something: the first and the last."""

    first: int
    last: int


@dataclass(frozen=True)
class _Placed:
    buffer: int
    begin: int
    end: int
    life: Life


def lives(kernels: Sequence[Kernel]) -> dict[int, Life]:
    """The life of every buffer that a kernel touches, by its number."""
    found: dict[int, Life] = {}
    for number, kernel in enumerate(kernels):
        for touch in (*reads(kernel), *writes(kernel)):
            buffer = touch.access.buffer
            known = found.get(buffer)
            found[buffer] = Life(number if known is None else known.first, number)
    return found


def arrange(
    kernels: Sequence[Kernel], buffers: Sequence[Buffer]
) -> tuple[tuple[Buffer, ...], int]:
    """The buffers with their places in the arena, and how many bytes it needs."""
    alive = lives(kernels)
    wanted = [n for n, buffer in enumerate(buffers) if buffer.place == "arena" and n in alive]
    wanted.sort(key=lambda n: (-buffers[n].nbytes, alive[n].first, n))
    placed: list[_Placed] = []
    size = 0
    arranged = [replace(b, number=0) if b.place == "arena" else b for b in buffers]
    for n in wanted:
        length = _rounded(buffers[n].nbytes)
        met = [each for each in placed if _overlap(alive[n], each.life)]
        begin = _inherited(n, length, met, alive, kernels)
        if begin < 0:
            begin = _lowest(length, met)
        placed.append(_Placed(n, begin, begin + length, alive[n]))
        arranged[n] = replace(buffers[n], number=begin)
        size = max(size, begin + length)
    return tuple(arranged), size


def _overlap(one: Life, other: Life) -> bool:
    return one.first <= other.last and other.first <= one.last


def _lowest(length: int, met: Sequence[_Placed]) -> int:
    """The first gap between the buffers that live at the same time."""
    begin = 0
    for each in sorted(met, key=lambda each: each.begin):
        if begin + length <= each.begin:
            break
        begin = max(begin, each.end)
    return begin


def _inherited(
    n: int,
    length: int,
    met: Sequence[_Placed],
    alive: Mapping[int, Life],
    kernels: Sequence[Kernel],
) -> int:
    """A place where this buffer may be written over others, or they over it; -1: there is none."""
    life = alive[n]
    partners = [
        each
        for each in met
        if each.end - each.begin == length
        and (each.life.last == life.first or each.life.first == life.last)
        and heirs(n, each.buffer, alive, kernels)
    ]
    for begin in sorted({each.begin for each in partners}):
        others = [
            each for each in met if not (each.begin == begin and any(each is p for p in partners))
        ]
        if all(each.end <= begin or begin + length <= each.begin for each in others):
            return begin
    return -1


def same_elements(kernel: Kernel, old: int, new: int) -> bool:
    """Whether a kernel may write one buffer over another that it reads.

    It may if it has done with each element of the old one when it stores the new one there.
    """
    stores = [touch for touch in writes(kernel) if touch.access.buffer == new]
    loads = [touch for touch in reads(kernel) if touch.access.buffer == old]
    if not all(_before(load, store) for load in loads for store in stores):
        return False
    if old == new:
        return True
    older = [touch for touch in writes(kernel) if touch.access.buffer == old]
    return all(
        _before(one, store) and one.phase < store.phase for one in older for store in stores
    )


def heirs(one: int, other: int, alive: Mapping[int, Life], kernels: Sequence[Kernel]) -> bool:
    """Whether two buffers meet in one kernel only, which may write the later over the earlier."""
    return any(
        alive[old].last == alive[new].first and same_elements(kernels[alive[new].first], old, new)
        for old, new in ((one, other), (other, one))
    )


def _before(load: Touch, store: Touch) -> bool:
    there = (load.access.strides, load.access.offset) == (
        store.access.strides,
        store.access.offset,
    )
    alike = (load.lengths, load.dtype) == (store.lengths, store.dtype)
    return there and alike and 0 <= load.phase <= store.phase


def _rounded(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
