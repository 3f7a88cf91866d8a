"""Memory: the arena, in which buffers share bytes that are never needed at the same time.

Imports blockwise, buffers and traffic. ``make`` calls it when the order of the kernels stands.

The largest buffers are placed first, each at the lowest place that is free while it lives. A
buffer may take the bytes of one that is read for the last time in the very kernel that writes it,
if that kernel meets both at the same elements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.plan.blockwise import Blocks
from chainrule.plan.buffers import ALIGNMENT, Buffer
from chainrule.plan.kernel import Kernel
from chainrule.plan.light import light
from chainrule.plan.traffic import Touch, Traffic

Numbers = np.ndarray[Any, np.dtype[np.int64]]


@light()
class Life:
    """The kernels during which a buffer holds something: the first and the last.

    ``handed_on``: whether the last kernel may write another buffer over it, and the first kernel
    this one over another; not where kernels run in blocks, and the next one needs it too.
    """

    first: int
    last: int
    handed_on: bool = True


def lives(traffic: Sequence[Traffic], blocks: Sequence[Blocks] = ()) -> dict[int, Life]:
    """The life of every buffer that a kernel touches, by its number."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for number, kernel in enumerate(traffic):
        for touch in kernel.touches:
            first.setdefault(touch.access.buffer, number)
            last[touch.access.buffer] = number
    found = {buffer: Life(number, last[buffer]) for buffer, number in first.items()}
    for each in blocks:
        for buffer, life in found.items():
            if each.kept(life.first, life.last):
                begin, end = min(life.first, each.first), max(life.last, each.stop - 1)
                found[buffer] = Life(begin, end, handed_on=False)
    return found


def arrange(
    kernels: Sequence[Kernel], buffers: Sequence[Buffer], blocks: Sequence[Blocks] = ()
) -> tuple[tuple[Buffer, ...], int]:
    """The buffers with their places in the arena, and how many bytes it needs."""
    traffic = [kernel.traffic for kernel in kernels]
    alive = lives(traffic, blocks)
    wanted = [n for n, buffer in enumerate(buffers) if buffer.place == "arena" and n in alive]
    nbytes = {n: buffers[n].nbytes for n in wanted}
    wanted.sort(key=lambda n: (-nbytes[n], alive[n].first, n))
    placed = _Placed(len(wanted))
    size = 0
    arranged = [replace(b, number=0) if b.place == "arena" else b for b in buffers]
    for n in wanted:
        length = _rounded(nbytes[n])
        met = placed.living_with(alive[n])
        begin = _inherited(n, length, met, alive, traffic)
        if begin < 0:
            begin = _lowest(length, met)
        placed.add(n, begin, begin + length, alive[n])
        arranged[n] = replace(buffers[n], number=begin)
        size = max(size, begin + length)
    return tuple(arranged), size


_BUFFER, _BEGIN, _END, _FIRST, _LAST = range(5)  # the rows of _Placed


class _Placed:
    """The buffers that have their places, one per column, by where they begin."""

    def __init__(self, room: int) -> None:
        self._count = 0
        self._columns = np.empty((5, room), np.int64)

    def living_with(self, life: Life) -> Numbers:
        """The columns of the buffers that hold something at the same time."""
        known = self._columns[:, : self._count]
        return known[:, (known[_FIRST] <= life.last) & (known[_LAST] >= life.first)]

    def add(self, buffer: int, begin: int, end: int, life: Life) -> None:
        """Put one more among them."""
        count, columns = self._count, self._columns
        at = int(columns[_BEGIN, :count].searchsorted(begin))
        columns[:, at + 1 : count + 1] = columns[:, at:count]
        columns[:, at] = buffer, begin, end, life.first, life.last
        self._count += 1


def _lowest(length: int, met: Numbers) -> int:
    """The first gap between the buffers that live at the same time."""
    if not met.shape[1] or met[_BEGIN, 0] >= length:
        return 0
    free = np.maximum.accumulate(met[_END])  # after a buffer and all that begin before it
    fits = met[_BEGIN, 1:] - free[:-1] >= length
    return int(free[fits.argmax() if fits.any() else -1])


def _inherited(
    n: int, length: int, met: Numbers, alive: Mapping[int, Life], traffic: Sequence[Traffic]
) -> int:
    """A place where this buffer may be written over others, or they over it; -1: there is none."""
    life, begins, ends = alive[n], met[_BEGIN], met[_END]
    partner = (met[_LAST] == life.first) | (met[_FIRST] == life.last)
    partner &= ends == begins + length
    for i in partner.nonzero()[0].tolist():
        partner[i] = heirs(n, int(met[_BUFFER, i]), alive, traffic)
    for begin in dict.fromkeys(begins[partner].tolist()):
        apart = (ends <= begin) | (begins >= begin + length)
        if (apart | (partner & (begins == begin))).all():
            return begin
    return -1


def same_elements(kernel: Traffic, old: int, new: int) -> bool:
    """Whether a kernel may write one buffer over another that it reads.

    It may if it has done with each element of the old one when it stores the new one there.
    """
    stores = [touch for touch in kernel.writes if touch.access.buffer == new]
    loads = [touch for touch in kernel.reads if touch.access.buffer == old]
    if not all(_before(load, store) for load in loads for store in stores):
        return False
    if old == new:
        return True
    older = [touch for touch in kernel.writes if touch.access.buffer == old]
    return all(
        _before(one, store) and one.phase < store.phase for one in older for store in stores
    )


def heirs(one: int, other: int, alive: Mapping[int, Life], traffic: Sequence[Traffic]) -> bool:
    """Whether two buffers meet in one kernel only, which may write the later over the earlier."""
    if not (alive[one].handed_on and alive[other].handed_on):
        return False
    return any(
        alive[old].last == alive[new].first and same_elements(traffic[alive[new].first], old, new)
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
