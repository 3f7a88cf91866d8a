"""Verify: a plan keeps its own rules.

Imports plan, memory and traffic. ``make`` calls it where assertions are on; tests call it too.
"""

from chainrule.errors import GraphError
from chainrule.plan.buffers import ALIGNMENT, Buffer
from chainrule.plan.kernels import Kernel
from chainrule.plan.memory import Life, heirs, lives
from chainrule.plan.plan import Plan
from chainrule.plan.traffic import Touch, extent, reads, writes


def verify(plan: Plan) -> None:
    """Nothing is read before it is written, nothing leaves its buffer, nothing overlaps.

    Raises
    ------
    GraphError
        Where a rule is broken: a fault of fusion or memory, not of the user.
    """
    written = {n for n, b in enumerate(plan.buffers) if b.place in ("input", "constant")}
    for number, kernel in enumerate(plan.kernels):
        _check_kernel(plan, number, kernel, written)
    _check_outputs(plan, written)
    _check_arena(plan)


def _check_kernel(plan: Plan, number: int, kernel: Kernel, written: set[int]) -> None:
    stores = writes(kernel)
    here = {touch.access.buffer for touch in stores if touch.phase >= 0}
    for touch in reads(kernel):
        buffer = touch.access.buffer
        if buffer in written or (buffer in here and touch.phase > 0):
            continue
        raise _broken(plan, number, f"reads buffer {buffer}, which nothing has written")
    for touch in (*reads(kernel), *stores):
        _check_touch(plan, number, touch)
    for touch in stores:
        if plan.buffers[touch.access.buffer].place == "constant":
            raise _broken(plan, number, "writes a constant")
        written.add(touch.access.buffer)


def _check_touch(plan: Plan, number: int, touch: Touch) -> None:
    buffer = plan.buffers[touch.access.buffer]
    low, high = extent(touch)
    if low < 0 or high >= buffer.size:
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


def _check_arena(plan: Plan) -> None:
    """Two buffers that live at the same time have bytes of their own."""
    alive = lives(plan.kernels)
    used = [(n, b) for n, b in enumerate(plan.buffers) if b.place == "arena" and n in alive]
    for i, (n, buffer) in enumerate(used):
        if buffer.number % ALIGNMENT or not 0 <= buffer.number <= plan.arena_bytes - buffer.nbytes:
            raise GraphError(f"buffer {n} of this plan has no place in the arena.")
        for other, against in used[:i]:
            if _collide(buffer, against) and _meet(alive[n], alive[other]):
                handed_on = heirs(n, other, alive, plan.kernels)
                if buffer.number != against.number or not handed_on:
                    raise GraphError(f"buffers {other} and {n} of this plan share bytes.")


def _collide(one: Buffer, other: Buffer) -> bool:
    return one.number < other.number + other.nbytes and other.number < one.number + one.nbytes


def _meet(one: Life, other: Life) -> bool:
    return one.first <= other.last and other.first <= one.last


def _broken(plan: Plan, number: int, what: str) -> GraphError:
    kernel = f"kernel {number} ({plan.names[number]})"
    return GraphError(f"a kernel of this plan {what}.", found=[kernel])
