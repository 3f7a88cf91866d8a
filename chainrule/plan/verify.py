"""Verify: a plan keeps its own rules.

Imports plan, memory and traffic. ``make`` calls it where assertions are on; tests call it too.
"""

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence

from chainrule.errors import GraphError
from chainrule.plan.buffers import ALIGNMENT, Buffer
from chainrule.plan.memory import heirs, lives
from chainrule.plan.plan import Plan
from chainrule.plan.traffic import Touch, Traffic, extent


def verify(plan: Plan) -> None:
    """Nothing is read before it is written, nothing leaves its buffer, nothing overlaps.

    Raises
    ------
    GraphError
        Where a rule is broken: a fault of fusion or memory, not of the user.
    """
    written = {n for n, b in enumerate(plan.buffers) if b.place in ("input", "constant")}
    traffic = [kernel.traffic for kernel in plan.kernels]
    for number, kernel in enumerate(traffic):
        _check_kernel(plan, number, kernel, written)
    for each in plan.blocks:
        for number in each.numbers():
            kernel = each.at(each.count - 1, number, plan.kernels[number])
            for touch in kernel.traffic.touches:
                _check_touch(plan, number, touch)
    _check_outputs(plan, written)
    _check_arena(plan, traffic)


def _check_kernel(plan: Plan, number: int, kernel: Traffic, written: set[int]) -> None:
    here = {touch.access.buffer for touch in kernel.writes if touch.phase >= 0}
    for touch in kernel.reads:
        buffer = touch.access.buffer
        if buffer in written or (buffer in here and touch.phase > 0):
            continue
        raise _broken(plan, number, f"reads buffer {buffer}, which nothing has written")
    for touch in kernel.touches:
        _check_touch(plan, number, touch)
    for touch in kernel.writes:
        if plan.buffers[touch.access.buffer].place == "constant":
            raise _broken(plan, number, "writes a constant")
        written.add(touch.access.buffer)


def _check_touch(plan: Plan, number: int, touch: Touch) -> None:
    buffer = plan.buffers[touch.access.buffer]
    low, high = extent(touch)
    met = 0 not in touch.lengths  # an empty result of a call beside others meets nothing
    if met and (low < 0 or high >= buffer.size):
        raise _broken(
            plan, number, f"meets elements {low} to {high} of buffer {touch.access.buffer}"
        )
    if touch.dtype != buffer.dtype:
        raise _broken(
            plan, number, f"takes {buffer.dtype} for {touch.dtype} in buffer {touch.access.buffer}"
        )


def _check_outputs(plan: Plan, written: set[int]) -> None:
    given = {plan.buffers[n].number for n in written if plan.buffers[n].place == "output"}
    for number, spec in enumerate(plan.outputs):
        if spec.size and number not in plan.updates and number not in given:
            raise GraphError(f"nothing writes output {number} of this plan.")


def _check_arena(plan: Plan, traffic: Sequence[Traffic]) -> None:
    """Two buffers that live at the same time have bytes of their own.

    Buffers come in the order in which their lives begin; ``living`` holds those that have not
    ended, by where they lie.
    """
    alive = lives(traffic, plan.blocks)
    used = [n for n, b in enumerate(plan.buffers) if b.place == "arena" and n in alive]
    living: list[tuple[int, int]] = []
    ends: list[tuple[int, int]] = []
    for n in sorted(used, key=lambda n: alive[n].first):
        buffer = plan.buffers[n]
        if buffer.number % ALIGNMENT or not 0 <= buffer.number <= plan.arena_bytes - buffer.nbytes:
            raise GraphError(f"buffer {n} of this plan has no place in the arena.")
        while ends and ends[0][0] < alive[n].first:
            gone = heapq.heappop(ends)[1]
            del living[bisect_left(living, (plan.buffers[gone].number, gone))]
        for other in _near(living, buffer):
            against = plan.buffers[other]
            if _collide(buffer, against):
                handed_on = heirs(n, other, alive, traffic)
                if buffer.number != against.number or not handed_on:
                    one, two = sorted((n, other))
                    raise GraphError(f"buffers {one} and {two} of this plan share bytes.")
        insort(living, (buffer.number, n))
        heapq.heappush(ends, (alive[n].last, n))


def _near(living: Sequence[tuple[int, int]], buffer: Buffer) -> Iterator[int]:
    """Those that begin within a buffer, and the last that begin before it.

    What begins earlier still ends before these do: that was seen when they came.
    """
    at = bisect_left(living, (buffer.number, 0))
    end = bisect_left(living, (buffer.number + buffer.nbytes, 0))
    start = bisect_left(living, (living[at - 1][0], 0)) if at else 0
    return (n for _, n in living[start:end])


def _collide(one: Buffer, other: Buffer) -> bool:
    return one.number < other.number + other.nbytes and other.number < one.number + one.nbytes


def _broken(plan: Plan, number: int, what: str) -> GraphError:
    kernel = f"kernel {number} ({plan.names[number]})"
    return GraphError(f"a kernel of this plan {what}.", found=[kernel])
