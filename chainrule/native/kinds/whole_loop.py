"""Loop: the native loop over an inner plan is called, which knows its own kernels.

Imports frame and ir. The address of its record, which looping.py explains, stands behind those of
the kernel's buffers; ``end`` is how many threads there are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.native.frame import FIRST_SLOT
from chainrule.native.ir import POINTER
from chainrule.native.kernel_function import Function
from chainrule.plan.alike import accesses
from chainrule.plan.alone import View
from chainrule.plan.kinds.whole_loop import Loop

Places = Sequence[tuple[int, int]] | np.ndarray[Any, np.dtype[np.int64]]


def emit(kernel: Loop[View], function: Function) -> int:
    """Write it; it is one unit."""
    b, frame = function.builder, function.frame
    buffers = len({access.buffer for access in accesses(kernel)})
    record = frame.word(FIRST_SLOT + buffers, POINTER)
    run = b.load(record, POINTER, 8)
    b.line(f"call void {run.text}({frame.table}, {record}, {function.end})")
    return 1


def record(
    kernel: Loop[View],
    places: Mapping[tuple[str, int], Places],
    table: int,
    function: int,
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The record of a loop.

    Parameters
    ----------
    kernel : Loop
        Over buffers 0, 1, 2, ..., whose addresses stand in its table.
    places : mapping
        Where in the table of the inner run the addresses of its inputs and outputs stand.
    table : int
        The address of that table.
    function : int
        The address of chainrule_loop.
    """
    copies: list[int] = []
    once: list[int] = []
    each: list[int] = []
    last: list[int] = []
    count, written = len(kernel.carry), kernel.step.written
    for number, (begin, place) in enumerate(zip(kernel.carry, kernel.step.lies, strict=True)):
        end = kernel.results[number]
        home, step = (_place(end), 0) if place < 0 else _stepping(kernel, kernel.results[place])
        copies += [*_place(begin), *home, kernel.runs.inputs[number].nbytes]
        each += _words(places, ("input", number), home, step)
        if place >= 0:
            output = "output", written.index(number)
            each += _words(places, output, (home[0], home[1] + step), step)
            last += _words(places, output, _place(end), 0)
    for number, x in enumerate(kernel.streams, count):
        each += _words(places, ("input", number), *_stepping(kernel, x))
    for number, x in enumerate(kernel.shared, count + len(kernel.streams)):
        once += _words(places, ("input", number), _place(x), 0)
    for number in written:
        if number >= count:
            output = "output", written.index(number)
            each += _words(places, output, *_stepping(kernel, kernel.results[number]))
    words = once, each, last
    head = [function, table, kernel.length, len(copies) // 5, *(len(x) // 4 for x in words)]
    return np.array([*head, *copies, *once, *each, *last], np.int64)


def _place(x: View) -> tuple[int, int]:
    """The slot of its buffer, and the bytes behind that."""
    return FIRST_SLOT + x.access.buffer, x.access.offset * np.dtype(x.dtype).itemsize


def _stepping(kernel: Loop[View], x: View) -> tuple[tuple[int, int], int]:
    """Where the first step finds its entry, and the bytes to the entry of the next one."""
    (slot, shift), step = _place(x), x.access.strides[0] * np.dtype(x.dtype).itemsize
    if kernel.reverse:
        return (slot, shift + (kernel.length - 1) * step), -step
    return (slot, shift), step


def _words(
    places: Mapping[tuple[str, int], Places],
    which: tuple[str, int],
    place: tuple[int, int],
    step: int,
) -> list[int]:
    """The records of all words that lead to an input or output."""
    slot, first = place
    found: list[int] = []
    for word, shift in places.get(which, []):
        found += [slot, first + int(shift), step, int(word)]
    return found
