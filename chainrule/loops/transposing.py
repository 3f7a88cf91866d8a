"""Transposing: the body of the scan that goes back, made from the body of the one that went there.

Imports body, recording and the backward walk. The op of a scan asks for it.

One step back takes the gradients of what the step has made, and gives those of what it was made
of. It reads values of the step, which have been kept: of them, no more than the rules ask for.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
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


@dataclass(frozen=True)
class Chosen:
    """What a step back is about.

    Attributes
    ----------
    carried, streams, shared : tuple of int
        Inputs of the step whose gradient is asked for.
    outputs : tuple of int
        Results of the step whose gradient is given at every step.
    masked : bool
        Whether masks come along, which tell where a gradient is alive. Where it is not, it stays
        exactly 0 through every step before, and through an infinite slope.
    """

    carried: tuple[int, ...]
    streams: tuple[int, ...]
    shared: tuple[int, ...]
    outputs: tuple[int, ...]
    masked: bool

    @property
    def ends(self) -> tuple[int, ...]:
        """Results that have a gradient."""
        return (*self.carried, *self.outputs)


@dataclass(frozen=True, eq=False)
class Transposed:
    """One step back, and what it takes and gives.

    Attributes
    ----------
    forward : Body
        The step there, whose values are kept: a scan inside it keeps those that it needs.
    body : Body
        Takes the gradients of the carry, the sums of what is shared, then the gradients of the
        outputs, the values ``kept`` and the inputs ``read``: streams, and then others. Gives new
        ones of the first two, and the gradients of the streams. Masks stand behind the sums,
        behind the gradients of the outputs, and behind those of the streams.
    kept : tuple of int
        Slots of the forward body.
    read : tuple of int
        Inputs of the forward body.
    """

    chosen: Chosen
    forward: Body
    body: Body
    kept: tuple[int, ...]
    read: tuple[int, ...]


def transposed(
    loop: Loop, wanted: frozenset[int], given: frozenset[int], masked: bool = False
) -> Transposed:
    """The step back.

    Parameters
    ----------
    wanted : frozenset of int
        Inputs whose gradient is asked for.
    given : frozenset of int
        Results that have one.
    masked : bool, default False
        Whether masks are given. They come along in any case where the step itself makes one.
    """
    key = loop.carries, loop.streams, loop.recomputes, wanted, given, masked
    known = loop.body.known
    if key not in known:
        known[key] = _transposed(loop, wanted, given, masked)
    return known[key]


def _transposed(
    loop: Loop, wanted: frozenset[int], given: frozenset[int], masked: bool
) -> Transposed:
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
    chosen = Chosen(
        carried,
        tuple(i for i in asked if i < loop.varying),
        tuple(i for i in asked if i >= loop.varying),
        tuple(sorted(i for i in ends if i >= carries)),
        masked,
    )
    run = _ThereAndBack(body, moving, chosen)
    joint = run.recorded()
    if run.makes_masks and not masked:
        return transposed(loop, wanted, given, True)
    return _split(loop, joint, run.count, chosen)


class _ThereAndBack:
    """The step there and back as one function.

    It takes what the step takes, the gradients of its ends, the sums, and the masks of the ends.
    It gives the results of the step, the gradients of carry, shared and streams, and the masks of
    carry and streams.
    """

    def __init__(self, body: Body, moving: Set[int], chosen: Chosen) -> None:
        self._body, self._moving, self._chosen = body, moving, chosen
        self.count = 0  # of the lines that lead there
        self.makes_masks = False  # whether a part of the carry has one

    def recorded(self) -> Body:
        """The function as a body."""
        body, chosen = self._body, self._chosen
        ups = [self._result(i) for i in chosen.ends]
        sums = [body.inputs[i] for i in chosen.shared]
        masks = [Spec(up.shape, np.dtype(bool)) for up in ups] if chosen.masked else []
        return derived(self, [*body.inputs, *ups, *sums, *masks])

    def _result(self, number: int) -> Spec:
        (slot,) = slots_of([self._body.results[number]])
        return self._body.specs[slot]

    def __call__(self, *given: Any) -> list[Any]:
        chosen, places = self._chosen, [0, len(self._body.inputs)]
        for more in (chosen.ends, chosen.shared):
            places.append(places[-1] + len(more))
        inputs, ups, totals = (given[a:b] for a, b in pairwise(places))
        masks = given[places[-1] :] or [None] * len(ups)
        kind = taped(Node, DEPTH.get())
        leaves = [kind(x, wants_gradient=i in self._moving) for i, x in enumerate(inputs)]
        token = RECORDING.set(ON)
        try:
            results = self._body(*leaves)
            self.count = given[0].writer.count
            ends = zip((results[i] for i in chosen.ends), ups, masks, strict=True)
            return [*results, *self._back(leaves, list(ends), totals)]
        finally:
            RECORDING.reset(token)

    def _back(
        self, leaves: Sequence[Any], ends: Sequence[Any], totals: Sequence[Any]
    ) -> list[Any]:
        """The gradients of carry, shared and streams; the masks of carry and streams."""
        chosen = self._chosen
        asked = (*chosen.carried, *chosen.shared, *chosen.streams)
        reached = [x for x in ends if isinstance(x[0], Node) and x[0].wants_gradient]
        starts, ups, masks = ([x[i] for x in reached] for i in range(3))
        targets = {leaves[i] for i in asked if i in self._moving}
        lives: dict[Any, Any] = {}
        found = walk(starts, ups, targets=targets, live=tuple(masks), lives=lives)
        lives = {x: mask() if callable(mask) else mask for x, mask in lives.items()}
        self.makes_masks = any(lives.get(leaves[i]) is not None for i in chosen.carried)
        gradients = {i: found.get(leaves[i]) for i in asked}
        for i, total in zip(chosen.shared, totals, strict=True):
            gradient = gradients[i]
            gradients[i] = total if gradient is None else total + gradient
        specs = self._body.inputs
        filled = {
            i: np.zeros(specs[i].shape, specs[i].dtype) if x is None else x
            for i, x in gradients.items()
        }
        alive = {
            i: np.full(specs[i].shape, gradients[i] is not None) if mask is None else mask
            for i in asked
            for mask in (lives.get(leaves[i]),)
        }
        return [
            *(filled[i] for i in (*chosen.carried, *chosen.shared)),
            *(alive[i] for i in chosen.carried if chosen.masked),
            *(filled[i] for i in chosen.streams),
            *(alive[i] for i in chosen.streams if chosen.masked),
        ]


def _split(loop: Loop, joint: Body, count: int, chosen: Chosen) -> Transposed:
    """The step there and the step back, by what lies between them."""
    inputs, results = len(loop.body.inputs), len(loop.body.results)
    carried, ends = len(chosen.carried), len(chosen.ends)
    ups = range(inputs, inputs + ends)
    sums = range(ups.stop, ups.stop + len(chosen.shared))
    masks = range(sums.stop, sums.stop + (ends if chosen.masked else 0))
    border = joint.firsts[count] if count < len(joint.lines) else len(joint.specs)
    gradients = joint.results[results:]
    later = joint.lines[count:]
    met = {*slots_of(gradients), *(x for line in later for x in slots_of(line.operands))}
    met = {i for i in met if i < inputs or masks.stop <= i < border}
    kept, read = _between(loop, joint, met)
    forward = part(joint, range(inputs), [*joint.results[:results], *map(Slot, kept)])
    numbers = tuple(slots_of(forward.results[results:]))
    first = (*ups[:carried], *sums, *masks[:carried], *ups[carried:], *masks[carried:])
    back = part(joint, [*first, *kept, *read], gradients)
    plain = Body(forward.inputs, forward.lines, forward.results[:results])
    return Transposed(chosen, plain, back, numbers, read)


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
