"""Tangents: the body of the scan that moves with some of its inputs.

Imports body, recording and Dual. The op of a scan asks for it.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from chainrule.graph.readings.dual import Dual, duals
from chainrule.loops.body import Body, slots_of
from chainrule.loops.body_recording import derived
from chainrule.loops.transposing import Loop
from chainrule.settings import DEPTH, ON, RECORDING


@dataclass(frozen=True, eq=False)
class Moving:
    """One step, with the tangents of what moves.

    Attributes
    ----------
    body : Body
        Takes the carry, the tangents of ``carried``, the streams, the tangents of ``streams``,
        then what is the same at every step, and the tangents of ``shared``. Gives the carry, the
        tangents of ``carried``, and those of ``outputs``.
    carried, streams, shared : tuple of int
        Inputs that move.
    outputs : tuple of int
        Results of a step that move.
    """

    body: Body
    carried: tuple[int, ...]
    streams: tuple[int, ...]
    shared: tuple[int, ...]
    outputs: tuple[int, ...]


def moving(loop: Loop, wanted: Set[int]) -> Moving:
    """The step with tangents, where these inputs have one."""
    body, carries = loop.body, loop.carries
    reached = body.reached(wanted, carries)
    moved = [bool(set(slots_of([x])) & reached) for x in body.results]
    carried = tuple(i for i in range(carries) if moved[i] or i in reached)
    streams = tuple(i for i in range(carries, loop.varying) if i in reached)
    shared = tuple(i for i in range(loop.varying, len(body.inputs)) if i in reached)
    outputs = tuple(i for i in range(carries, len(body.results)) if moved[i])
    pieces = (
        range(carries), carried, range(carries, loop.varying), streams,
        range(loop.varying, len(body.inputs)), shared,
    )  # fmt: skip
    order = [(i, number % 2) for number, piece in enumerate(pieces) for i in piece]

    def step(*given: Any) -> list[Any]:
        values = dict(zip(order, given, strict=True))
        places = range(len(body.inputs))
        found, pushed = one_step(
            body, [values[i, 0] for i in places], [values.get((i, 1)) for i in places]
        )
        return [*found[:carries], *(_or_zeros(pushed[i], body, i) for i in (*carried, *outputs))]

    found = derived(step, [body.inputs[i] for i, _ in order])
    return Moving(found, carried, streams, shared, outputs)


def one_step(
    body: Body, values: Sequence[Any], tangents: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """The results of a step, and their tangents; None stands for one that is 0."""
    moved = [None if t is None else x for x, t in zip(values, tangents, strict=True)]
    variables = duals(moved, [(t,) for t in tangents])
    token, standing = RECORDING.set(ON), DEPTH.set(DEPTH.get() + 1)
    try:
        found = body(*[x if d is None else d for x, d in zip(values, variables, strict=True)])
    finally:
        DEPTH.reset(standing)
        RECORDING.reset(token)
    plain = [x.value if isinstance(x, Dual) else x for x in found]
    return plain, [x.partials[0] if isinstance(x, Dual) else None for x in found]


def begins_apart(loop: Loop, moving: Moving, given: Set[int]) -> bool:
    """Whether a carry that does not move at every step is met by a slope that may be infinite.

    Its tangent is no number that was computed, but nothing; times infinity it would be NaN.
    """
    body = loop.body
    here = body.reached(given, 0)
    always = {
        i for i in given if i < loop.carries and here.intersection(slots_of([body.results[i]]))
    }
    still = set(moving.carried) - always
    return bool(still) and _meets_infinity(body, body.reached(still, loop.carries))


def _meets_infinity(body: Body, slots: Set[int]) -> bool:
    return any(
        _has_infinite_slopes(line.op) and not slots.isdisjoint(slots_of(line.operands))
        for line in body.lines
    )


def _has_infinite_slopes(op: Any) -> bool:
    """Whether a slope of an op can be infinite where its value is a number."""
    if hasattr(op, "body"):
        return _meets_infinity(op.body, set(range(len(op.body.specs))))
    ends = any(each.poles or isfinite(each.low) or isfinite(each.high) for each in op.domains)
    return op.guarded or ((ends or op.edges) and not (op.router or op.flat))


def _or_zeros(tangent: Any, body: Body, result: int) -> Any:
    if tangent is not None:
        return tangent
    (slot,) = slots_of([body.results[result]]) or [result]  # a carry that is a constant
    return np.zeros(body.specs[slot].shape, body.specs[slot].dtype)
