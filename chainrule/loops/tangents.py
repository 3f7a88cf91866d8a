"""Tangents: the body of the scan that moves with some of its inputs.

Imports body, recording and Dual. The op of a scan asks for it.
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.graph.readings.dual import Dual, duals
from chainrule.loops.body import Body, slots_of
from chainrule.loops.body_recording import derived
from chainrule.loops.transposing import Loop
from chainrule.settings import ON, RECORDING


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
        primals = [values[i, 0] for i in range(len(body.inputs))]
        variables = duals(
            [x if (i, 1) in values else None for i, x in enumerate(primals)],
            [(values.get((i, 1)),) for i in range(len(primals))],
        )
        token = RECORDING.set(ON)
        try:
            found = body(*[x if d is None else d for x, d in zip(primals, variables, strict=True)])
        finally:
            RECORDING.reset(token)
        plain = [x.value if isinstance(x, Dual) else x for x in found]
        return [
            *plain[:carries],
            *(_tangent(found[i], body, i) for i in (*carried, *outputs)),
        ]

    found = derived(step, [body.inputs[i] for i, _ in order])
    return Moving(found, carried, streams, shared, outputs)


def _tangent(x: Any, body: Body, result: int) -> Any:
    tangent = x.partials[0] if isinstance(x, Dual) else None
    if tangent is not None:
        return tangent
    (slot,) = slots_of([body.results[result]]) or [result]  # a carry that is a constant
    return np.zeros(body.specs[slot].shape, body.specs[slot].dtype)
