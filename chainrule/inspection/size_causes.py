"""Why a gradient is small or large: what each gate does to its size on the way that carries most.

Imports probing, reason, zero_causes and loops.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, log, prod

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.inspection.gate_words import Names
from chainrule.inspection.probing import Probe
from chainrule.inspection.reachable import Masks
from chainrule.inspection.reason import Reason
from chainrule.inspection.spoken import said
from chainrule.inspection.sweep import Array, Read, Sweep
from chainrule.inspection.zero_causes import cancelled, saturated_words
from chainrule.loops.scan_op import Scan
from chainrule.ops.losses.loss import Loss

SMALL, LARGE = 1e-6, 1e3  # of the largest entry, for an upstream gradient of 1 at the loss
SATURATED = 0.02  # a tanh within 1 % of its bound has this slope
WEAK = 1e-2  # what one kind of gate leaves together, to be named for a small gradient
ROUNDING = 32.0  # units in the last place: what a sum of two terms that cancel may leave
MOST_ROUNDING = 0.01  # of the terms, however many and in half precision
MAIN = 0.5  # of the logarithm of the largest factor: what else may be the first cause
LEAST = 1e-300  # whose logarithm stands for that of 0
FEW_TURNS = 3  # from here on the same gate, again and again, is one cause
AGAIN = "The same step is taken {turns} times: "
FADES = "start its weights near an orthogonal matrix, or keep a way past it, as in h + step(h)."
GROWS = "clip the gradient, or start its weights smaller, near an orthogonal matrix."


@dataclass(frozen=True, eq=False)
class Step:
    """One gate on the way: what arrived at it, and what it passed on."""

    probe: Probe

    @cached_property
    def passed(self) -> float:
        """The share that passes: of an elementwise gate its mean slope, weighted by upstream.

        Of other gates the ratio of sizes, taken as a sum or as a root mean square, whichever is
        nearer to 1: a mean over rows makes each gradient small and their sum stays.
        """
        probe = self.probe
        arrived = np.abs(probe.arrived.astype(np.float64))
        if probe.slopes is not None:
            return float((np.abs(probe.slopes) * arrived).sum() / arrived.sum())
        after = np.abs(probe.passed.astype(np.float64))[probe.wanted]
        before = arrived[probe.depends]
        ratios = [
            after.sum() / before.sum(),
            np.sqrt(np.mean(after**2)) / np.sqrt(np.mean(before**2)),
        ]
        return float(min(ratios, key=lambda ratio: abs(np.log(max(ratio, LEAST)))))

    @property
    def flattens(self) -> bool:
        """Whether its op has a side on which its slope fades: it is bounded there, or faint."""
        op = self.probe.gate.op
        if not isinstance(op, Elementwise) or op.silent == "dead":
            return False
        return bool(op.silent) or any(map(isfinite, op.bounds))

    @property
    def inputs(self) -> set[Node]:
        """The tensors that it reads, each once."""
        return {x for x in self.probe.read.gate.inputs if x is not None}

    @property
    def is_loss(self) -> bool:
        """Whether its local gradient is how far the answers are from their targets."""
        return isinstance(self.probe.gate.op, Loss)


@dataclass(frozen=True)
class Share:
    """What a gate does to the size; all its turns together, where it stands there again and again.

    Parameters
    ----------
    step : Step
        The gate; of several turns the one nearest to the entry.
    turns : int
        The steps of a loop, or how many gates on the way share its weight.
    factor : float
        What passes it, or all of them.
    """

    step: Step
    turns: int
    factor: float

    @staticmethod
    def each(some: list[Step]) -> "list[Share]":
        """The share of each gate, with those among them that read what it reads."""
        readers: dict[Node, list[Step]] = {}
        for step in some:
            for x in step.inputs:
                readers.setdefault(x, []).append(step)
        return [Share._of(step, readers) for step in some]

    @staticmethod
    def _of(step: Step, readers: dict[Node, list[Step]]) -> "Share":
        op = step.probe.gate.op
        if isinstance(op, Scan):
            return Share(step, op.length, step.passed)
        alike = max((readers[x] for x in step.inputs), key=len)
        if len(alike) < FEW_TURNS:
            return Share(step, 1, step.passed)
        return Share(alike[0], len(alike), float(prod(s.passed for s in alike)))

    @property
    def does(self) -> str:
        """The op and what it multiplies by, as a sentence ends."""
        turns = "" if self.turns == 1 else f" in {self.turns} steps"
        return f"{self.step.probe.gate.op.name} multiplies it by {said(self.factor)}{turns}"


def _first_cause(shares: list[Share], grows: bool) -> Share:
    """The share that does most; or one before it, on the way forward, that does half of that.

    What it makes large or small is the reason that later gates are steep or flat.
    """
    logs = [log(max(share.factor, LEAST)) * (1 if grows else -1) for share in shares]
    return next(s for s, size in zip(shares, logs, strict=True) if size >= MAIN * max(logs))


def steps(found: Sweep, masks: Masks) -> Iterator[Step]:
    """The gates from the entry to the loss, along the edges that most gradient comes back on."""
    x = found.target
    while not found.begins_at(x):
        read = max(found.readers[x], key=lambda read: _size(found.flow(read), masks[x]))
        probe = Probe.of(found, read, masks)
        if probe is None:
            return
        yield Step(probe)
        x = probe.result


def _size(flow: Array, mask: Array) -> float:
    return float(np.abs(np.where(mask, flow, 0).astype(np.float64)).sum())


def size_cause(found: Sweep, masks: Masks, names: Names) -> Reason | None:
    """What makes the gradient cancel to rounding, small or large; None for a healthy one."""
    mask = masks[found.target]
    largest = float(np.abs(np.asarray(found.gradients[found.target])[mask]).max())
    way = list(steps(found, masks))
    for step in way:
        reason = _rounding(step.probe, found, masks, names)
        if reason is not None:
            return reason
    if not way:
        return None
    if largest > LARGE:
        return _large(way, largest, names)
    flattest = min((s for s in way if s.flattens), key=lambda s: s.passed, default=None)
    if flattest is not None and flattest.passed < SATURATED:
        return _saturated(flattest, [flattest], largest, names)
    return _small(way, largest, names) if largest < SMALL else None


def _rounding(probe: Probe, found: Sweep, masks: Masks, names: Names) -> Reason | None:
    """A sum inside of the gate, or at the fork below it, that leaves nothing but rounding."""
    x = probe.read.gate.inputs[probe.position]
    assert x is not None
    terms = max(float(probe.depends.sum()) / float(probe.wanted.sum()), 1.0)
    room = min(ROUNDING * float(np.finfo(x.dtype).eps) * terms**0.5, MOST_ROUNDING)
    left = float(np.abs(probe.passed.astype(np.float64)).max())
    if left < room * float(np.abs(probe.reweighted()).max()):
        return cancelled(probe, names, left)
    whole = np.where(masks[x], np.asarray(found.gradients[x]), 0)
    left = float(np.abs(whole.astype(np.float64)).max())
    reads = found.readers[x]
    flows = [_largest(found, read, masks[x]) for read in reads]
    if len(reads) > 1 and left < room * max(flows):
        makers = [(found.results(read.gate) or [x])[0] for read in reads]
        numbers = {f"from_{names.of(m)}": size for m, size in zip(makers, flows, strict=True)}
        return Reason(
            "cancelled",
            names.of(x),
            numbers | {"left": left},
            "If both terms are meant, this is a balance and nothing is wrong; else leave one out.",
            f"{names.of(x)} is read {len(reads)} times, and what comes back leaves {said(left)}.",
            op=x.op.name if x.op else "",
        )
    return None


def _largest(found: Sweep, read: Read, mask: Array) -> float:
    return float(np.abs(np.where(mask, found.flow(read), 0).astype(np.float64)).max())


def _large(way: list[Step], largest: float, names: Names) -> Reason:
    growing = [s for s in way if s.passed > 1]
    share = _first_cause(Share.each(growing or way[:1]), grows=True)
    step, op = share.step, share.step.probe.gate.op
    together = said(float(prod(s.passed for s in growing)))
    also = f"; {len(growing)} gates enlarge it {together} times"
    among = "" if len(growing) in (0, 1, share.turns) else also
    numbers = {"gradient": largest, "factor": share.factor, "gates": float(len(growing))}
    if share.turns >= FEW_TURNS:
        advice = AGAIN.format(turns=share.turns) + GROWS
    elif step.is_loss or not isinstance(op, Elementwise):
        advice = "Scale the targets and the inputs to about 1, or start with smaller weights."
    else:
        advice = f"Keep the inputs of {op.name} away from where it is steep, or scale them."
    return step.probe.reason(
        names,
        "large_factor",
        numbers | {"turns": float(share.turns)},
        f"the gradient is {said(largest)}: {share.does}{among}.",
        advice,
    )


def _saturated(step: Step, flat: list[Step], largest: float, names: Names) -> Reason:
    op, together = step.probe.gate.op, float(prod(s.passed for s in flat))
    x = np.broadcast_to(
        np.asarray(step.probe.gate.inputs[step.probe.position]), step.probe.depends.shape
    )
    numbers = {"slope": step.passed, "gradient": largest, "gates": float(len(flat))}
    numbers["mean_size_of_inputs"] = float(np.abs(x[step.probe.depends]).mean())
    sentence, advice = saturated_words(op, step.passed)
    if len(flat) > 1:
        numbers["together"] = together
        sentence = (
            f"{len(flat)} gates like {op.name} stand in a row, and pass {said(together)} together."
        )
        advice = "Use an activation that does not flatten, such as cr.relu, or fewer layers."
    return step.probe.reason(names, "saturated", numbers, sentence, advice)


def _small(way: list[Step], largest: float, names: Names) -> Reason | None:
    """The kind of gate that takes most of it away; None if the loss itself asks for little."""
    bending = [s for s in way if s.flattens and s.passed < 1]
    others = [s for s in way if not s.flattens and not s.is_loss and s.passed < 1]
    bent, scaled = (float(prod(s.passed for s in kind)) for kind in (bending, others))
    if min(bent, scaled) >= WEAK:
        return None
    if bent <= scaled:
        return _saturated(min(bending, key=lambda s: s.passed), bending, largest, names)
    share = _first_cause(Share.each(others), grows=False)
    step = share.step
    if step.probe.opened_wider(step.passed):
        return None  # near a lowest point
    also = f"; {len(others)} gates leave {said(scaled)} of it"
    among = "" if len(others) in (1, share.turns) else also
    numbers = {"gradient": largest, "factor": share.factor, "together": scaled}
    return step.probe.reason(
        names,
        "small_factor",
        numbers | {"gates": float(len(others)), "turns": float(share.turns)},
        f"the gradient is {said(largest)}: {share.does}{among}.",
        AGAIN.format(turns=share.turns) + FADES
        if share.turns >= FEW_TURNS
        else "Scale the loss or the weights up, or start with larger weights.",
    )
