"""Transposing: the body of the scan that goes back, made from the body of the one that went there.

Imports body, recording and the backward walk. The op of a scan asks for it.

One step back takes the gradients of what the step has made, and gives those of what it was made
of. It reads values of the step, which have been kept: of them, no more than the rules ask for.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node, taped
from chainrule.graph.nodes.walk import walk
from chainrule.graph.op.families import Movement
from chainrule.loops.body import Body, Slot, part, slots_of
from chainrule.loops.body_recording import derived
from chainrule.settings import DEPTH, ON, RECORDING
from chainrule.spec import Spec


@dataclass(frozen=True)
class Loop:
    """How a body is run: its first inputs are carried from step to step, the next are streams.

    Attributes
    ----------
    carries, streams : int
        How many of each; all further inputs are the same at every step.
    recomputes : bool
        Whether values of a step are made again on the way back, and only the carry is kept.
    """

    body: Body
    carries: int
    streams: int
    recomputes: bool = False

    @property
    def varying(self) -> int:
        """How many inputs are another tensor at every step."""
        return self.carries + self.streams


@dataclass(frozen=True, eq=False)
class Transposed:
    """One step back, and what it takes and gives.

    Attributes
    ----------
    forward : Body
        The step there, whose values are kept: a scan inside it keeps those that it needs.
    body : Body
        Takes the gradients of ``carried``, the sums of ``shared``, then the gradients of
        ``outputs``, the values ``kept`` and the inputs ``read``: streams, and then others. Gives
        new ones of the first two, and the gradients of ``streams``.
    carried, streams, shared : tuple of int
        Inputs of the forward body whose gradient is asked for.
    outputs : tuple of int
        Results of the forward body whose gradient is given at every step.
    kept : tuple of int
        Slots of the forward body.
    read : tuple of int
        Inputs of the forward body.
    """

    forward: Body
    body: Body
    carried: tuple[int, ...]
    streams: tuple[int, ...]
    shared: tuple[int, ...]
    outputs: tuple[int, ...]
    kept: tuple[int, ...]
    read: tuple[int, ...]


@lru_cache(maxsize=256)
def transposed(loop: Loop, wanted: frozenset[int], given: frozenset[int]) -> Transposed:
    """The step back.

    Parameters
    ----------
    wanted : frozenset of int
        Inputs whose gradient is asked for.
    given : frozenset of int
        Results that have one.
    """
    body, carries = loop.body, loop.carries
    moving = body.reached(wanted, carries)
    ends = {i for i in given if set(slots_of([body.results[i]])) & moving}
    behind = body.reaching(ends, carries)
    carried = tuple(
        i
        for i in range(carries)
        if set(slots_of([body.results[i]])) & moving and (i in ends or i in behind)
    )
    asked = [i for i in range(carries, len(body.inputs)) if i in moving and i in behind]
    streams = tuple(i for i in asked if i < loop.varying)
    shared = tuple(i for i in asked if i >= loop.varying)
    outputs = tuple(sorted(i for i in ends if i >= carries))
    ups = [body.specs[x] for i in (*carried, *outputs) for x in slots_of([body.results[i]])]
    sums = [body.inputs[i] for i in shared]
    joint, count = _recorded(body, moving, (carried, outputs, streams, shared), ups, sums)
    return _split(loop, joint, count, (carried, streams, shared, outputs))


Chosen = tuple[tuple[int, ...], ...]


def _recorded(
    body: Body, moving: Set[int], chosen: Chosen, ups: Sequence[Spec], sums: Sequence[Spec]
) -> tuple[Body, int]:
    """The step there and back as one body, and how many of its lines lead there.

    Its results: those of the step, then the gradients.
    """
    carried, outputs, streams, shared = chosen
    first, count = len(body.inputs), 0

    def there_and_back(*given: Any) -> list[Any]:
        nonlocal count
        kind = taped(Node, DEPTH.get())
        leaves = [kind(x, wants_gradient=i in moving) for i, x in enumerate(given[:first])]
        upstreams, totals = given[first : first + len(ups)], given[first + len(ups) :]
        token = RECORDING.set(ON)
        try:
            results = body(*leaves)
            count = given[0].writer.count
            pairs = [
                (results[i], upstream)
                for i, upstream in zip((*carried, *outputs), upstreams, strict=True)
                if isinstance(results[i], Node) and results[i].wants_gradient
            ]
            targets = {leaves[i] for i in (*carried, *streams, *shared) if i in moving}
            found = walk([x for x, _ in pairs], [u for _, u in pairs], targets=targets)
            gradients = [found.get(leaves[i]) for i in (*carried, *shared, *streams)]
            places = range(len(carried), len(carried) + len(shared))
            for place, total in zip(places, totals, strict=True):
                gradient = gradients[place]
                gradients[place] = total if gradient is None else total + gradient
        finally:
            RECORDING.reset(token)
        specs = [body.inputs[i] for i in (*carried, *shared, *streams)]
        return [
            *results,
            *(
                np.zeros(spec.shape, spec.dtype) if x is None else x
                for x, spec in zip(gradients, specs, strict=True)
            ),
        ]

    return derived(there_and_back, [*body.inputs, *ups, *sums]), count


def _split(loop: Loop, joint: Body, count: int, chosen: Chosen) -> Transposed:
    """The step there and the step back, by what lies between them."""
    carried, streams, shared, outputs = chosen
    inputs, results = len(loop.body.inputs), len(loop.body.results)
    ups = range(inputs, inputs + len(carried) + len(outputs))
    sums = range(ups.stop, ups.stop + len(shared))
    border = joint.firsts[count] if count < len(joint.lines) else len(joint.specs)
    gradients = joint.results[results:]
    later = list(joint.lines[count:])
    met = {*slots_of(gradients), *(x for line in later for x in slots_of(line.operands))}
    met = {i for i in met if i < inputs or sums.stop <= i < border}
    kept, read = _between(loop, joint, met)
    forward = part(joint, range(inputs), [*joint.results[:results], *map(Slot, kept)])
    numbers = forward.results[results:]
    back = part(
        joint,
        [*ups[: len(carried)], *sums, *ups[len(carried) :], *kept, *read],
        gradients,
    )
    plain = Body(forward.inputs, forward.lines, forward.results[:results])
    return Transposed(
        plain, back, carried, streams, shared, outputs, tuple(slots_of(numbers)), read
    )


def _between(loop: Loop, joint: Body, met: Set[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The values of a step to be kept, and the inputs to be read once more, for these values.

    What only moves elements is made again: a repeated row would take the room of all its copies.
    """
    kept: set[int] = set()
    read: set[int] = set()
    seen: set[int] = set()
    open_ = list(met)
    while open_:
        slot = open_.pop()
        if slot in seen:
            continue
        seen.add(slot)
        line = joint.makers.get(slot)
        if line is not None and (loop.recomputes or isinstance(line.op, Movement)):
            open_ += slots_of(line.operands)
        elif loop.carries <= slot < len(loop.body.inputs):
            read.add(slot)
        else:
            kept.add(slot)
    return tuple(sorted(kept)), tuple(sorted(read))
