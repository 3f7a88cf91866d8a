"""Why nothing comes back: where the flow from the loss ends on its way to an entry.

Imports probing, reason and the graph. It goes from the entry towards the loss, through all that
receives nothing, up to the gates that something arrives at: there the flow ends.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.graph.op.families import Elementwise
from chainrule.inspection.dead_units import dead_unit, silent_source
from chainrule.inspection.gate_words import Names, maker_of
from chainrule.inspection.probing import FAR, NEAR, Probe
from chainrule.inspection.reachable import Masks
from chainrule.inspection.reason import Reason
from chainrule.inspection.spoken import said
from chainrule.inspection.sweep import Array, Read, Sweep
from chainrule.ops.losses.loss import Loss
from chainrule.spec import is_tuple


@dataclass(frozen=True, eq=False)
class End:
    """A place where the flow ends.

    Parameters
    ----------
    reason : Reason
    below : Node
        The tensor that nothing comes back to from there.
    at : bool array
        Which of its elements it would have come back to.
    """

    reason: Reason
    below: Node
    at: Array


def flow_ends(found: Sweep, masks: Masks, names: Names) -> list[End]:
    """Every place where the flow ends, the heaviest first."""
    ends: list[End] = []
    seen, stack = {found.target}, [found.target]
    while stack:
        x = stack.pop()
        if found.begins_at(x):
            ends.append(End(_silent_start(x, names), x, masks[x]))
        reads = found.readers[x]
        flows = [np.where(masks[x], found.flow(read), 0) for read in reads]
        if any(flow.any() for flow in flows):  # they are not 0, and their sum is
            reason = _cancelled_at_fork(x, reads, flows, found, names)
            ends.append(End(reason, x, np.any(np.stack(flows) != 0, axis=0)))
            continue
        for read in reads:
            probe = Probe.of(found, read, masks)
            if probe is not None:
                ends.append(End(_ended(probe, names), x, _below(probe)))
            elif not any(masks[r].any() for r in found.results(read.gate)):
                ends.append(End(_not_picked(x, read, found, names), x, masks[x]))
            else:
                above = [r for r in found.results(read.gate) if r not in seen]
                seen.update(above)
                stack += above
    return sorted(ends, key=lambda end: -end.reason.weight)


def _below(probe: Probe) -> Array:
    """The elements of an input that what arrived would have come back to."""
    alike = probe.slopes is not None and probe.arrived.shape == probe.wanted.shape
    return probe.wanted & (probe.arrived != 0) if alike else probe.wanted


def _ended(probe: Probe, names: Names) -> Reason:
    """What closed a gate that something arrived at."""
    slopes = probe.slopes
    arrived = probe.arrived != 0
    if slopes is not None and np.any(slopes[arrived]):
        products = np.abs(slopes.astype(np.float64) * probe.arrived)
        least = np.finfo(probe.gate.result.dtype).tiny
        if products.max() >= least:
            return cancelled(probe, names, 0.0)
        return _underflow(probe, float(np.abs(slopes[arrived]).max()), names)
    if slopes is None and probe.reweighted().any():
        return cancelled(probe, names, 0.0)
    for rule in (dead_unit, _fitted, _factor, _routed, _masked, _flat):
        cause = rule(probe, names)
        if cause is not None:
            return cause
    op = probe.gate.op.name
    return probe.reason(
        names,
        "stopped",
        {},
        f"the rule of {op} sends nothing back to it, whatever the numbers are.",
        f"If a gradient is meant, give {op} a rule that returns one."
        if probe.gate.op.guarded
        else "It cannot change the loss at this place: leave it out there.",
    )


def _fitted(probe: Probe, names: Names) -> Reason | None:
    """A loss that asks for no change, or whose rows count nothing."""
    op, position = probe.gate.op, probe.position
    if not isinstance(op, Loss):
        return None
    if any(probe.opened_by(position, size) for size in (NEAR, 1.0, FAR)):
        return probe.reason(
            names,
            "healthy",
            {"loss": float(np.sum(probe.gate.result))},
            f"{op.name} asks for no change: what it was given already fits its targets.",
            "",
        )
    return probe.reason(
        names,
        "not_selected",
        {"loss": float(np.sum(probe.gate.result))},
        f"no row counts in {op.name}: their weights are 0, or their labels are left out.",
        "Look at the weights and at ignore_index of this batch.",
    )


def _routed(probe: Probe, names: Names) -> Reason | None:
    """A router that selected something else."""
    if not probe.closed():
        return None
    of, op = int(probe.depends.sum()), probe.gate.op.name
    where = f" on all {of:,} elements that may depend on it" if of > 1 else ""
    return probe.reason(
        names,
        "not_selected",
        {"elements": float(of)},
        f"{op} is a router, and selected something else{where}.",
        "Try other inputs: another batch, another start. What is not selected receives exactly 0.",
    )


def _factor(probe: Probe, names: Names) -> Reason | None:
    """Another operand is 0 wherever it is multiplied."""
    gate, inputs = probe.gate, maker_of(probe.result).inputs
    for other, x in enumerate(inputs):
        if other == probe.position or x is None or x is inputs[probe.position]:
            continue
        if x.dtype.kind != "f" or not probe.opened_by(other, NEAR):
            continue
        silent = silent_source(x, probe.partners(other), names)
        if silent is not None:
            return replace(silent, weight=probe.weight)
        called, op = names.of(x), gate.op.name
        numbers = {"factor": 0.0, "elements": float(probe.depends.sum())}
        if x.wants_gradient:
            return probe.reason(
                names,
                "small_factor",
                numbers,
                f"{op} multiplies by {called}, which is 0 wherever this entry meets it.",
                f"Start {called} with small random numbers rather than with 0.",
            )
        return probe.reason(
            names,
            "not_selected",
            numbers,
            f"{op} multiplies by {called}, a constant that is 0 wherever this entry meets it: "
            "nothing here makes use of the entry.",
            f"Look at {called}: a feature or a mask that is 0 in every row teaches nothing; try a "
            "batch in which it is not.",
        )
    return None


def _masked(probe: Probe, names: Names) -> Reason | None:
    """A mask among the operands that leaves the entry out."""
    for other, x in enumerate(maker_of(probe.result).inputs):
        if x is None or x.dtype.kind != "b" or not probe.opened_by(other, NEAR):
            continue
        return probe.reason(
            names,
            "not_selected",
            {"elements": float(probe.depends.sum())},
            f"{names.of(x)}, a mask of {probe.gate.op.name}, leaves it out.",
            f"Look at {names.of(x)}: what a mask leaves out receives exactly 0.",
        )
    return None


def _flat(probe: Probe, names: Names) -> Reason | None:
    """A slope that is 0 here and not elsewhere: at a point, or on a whole side."""
    op, position = probe.gate.op, probe.position
    values = np.asarray(probe.gate.inputs[position])[probe.wanted]
    numbers = {"slope": 0.0, "lowest_input": float(values.min())}
    numbers["highest_input"] = float(values.max())
    if probe.opened_by(position, NEAR):
        return probe.reason(
            names,
            "healthy",
            numbers,
            f"the slope of {op.name} is 0 at this very point, and not beside it: a lowest or "
            "highest point, or a kink.",
            "At the end of training that is the aim; at its beginning, start elsewhere.",
        )
    if probe.opened_by(position, 1.0) or probe.opened_by(position, FAR):
        return probe.reason(names, "saturated", numbers, *saturated_words(op, 0.0))
    return None


def saturated_words(op: Any, slope: float) -> tuple[str, str]:
    """The sentence about a saturated op, and what to try."""
    return (
        f"{op.name} is saturated: its inputs are so far out that its slope is {said(slope)}.",
        "Use smaller weights or smaller inputs in front of it, or an activation that does not "
        "flatten, such as cr.relu.",
    )


def _underflow(probe: Probe, slope: float, names: Names) -> Reason:
    dtype, op = str(probe.gate.result.dtype), probe.gate.op
    numbers = {"slope": slope, "upstream": float(np.abs(probe.arrived).max())}
    bounded = isinstance(op, Elementwise) and bool(np.isfinite(op.bounds).any())
    return probe.reason(
        names,
        "saturated" if bounded else "small_factor",
        numbers,
        f"{op.name} multiplies by {said(slope)} what is {said(numbers['upstream'])} already: the "
        f"product is below the smallest {dtype} number, and becomes 0.",
        "Compute in a wider type, or scale the loss up.",
    )


def _cancelled_at_fork(
    x: Node, reads: list[Read], flows: list[Array], found: Sweep, names: Names
) -> Reason:
    sizes = [float(np.abs(flow.astype(np.float64)).max()) for flow in flows]
    from_ = [names.of((found.results(read.gate) or [x])[0]) for read in reads]
    numbers = {f"from_{name}": size for name, size in zip(from_, sizes, strict=True)}
    return Reason(
        "cancelled",
        names.of(x),
        numbers,
        "If both terms are meant, this is a balance and nothing is wrong; else leave one out.",
        f"{names.of(x)} is read {len(reads)} times, and what comes back from "
        f"{' and '.join(dict.fromkeys(from_))} adds up to 0.",
        op=x.op.name if x.op else "",
        weight=float(sum(np.abs(flow.astype(np.float64)).sum() for flow in flows)),
    )


def cancelled(probe: Probe, names: Names, left: float) -> Reason:
    """The terms of the sum inside of one gate leave nothing, or nothing but rounding."""
    op = probe.gate.op.name
    terms = float(np.abs(probe.reweighted()).max())
    numbers = {"upstream": float(np.abs(probe.arrived).max()), "terms": terms, "left": left}
    return probe.reason(
        names,
        "cancelled",
        numbers,
        f"what comes back through {op} is a sum of terms of both signs, about {said(terms)} in "
        f"size, that leaves {said(left)}.",
        "The loss does not change when this moves, as a bias in front of a normalization or a "
        "constant added to all scores: leave it out. At the end of training it is the aim.",
    )


def _not_picked(x: Node, read: Read, found: Sweep, names: Names) -> Reason:
    gate = read.gate
    assert gate.op is not None
    result = (found.results(gate) or [gate])[0]
    sees = f"{gate.op.name} picks other elements of {names.of(x)}"
    if is_tuple(gate.value):
        sees = f"the results of {gate.op.name} that the loss reads do not depend on it"
    return Reason(
        "not_selected",
        names.of(result),
        {"picked": float(np.size(result.value)), "of": float(np.size(x.value))},
        "Try a batch that uses it: what is not picked receives exactly 0.",
        f"{sees}, so the loss never sees this one.",
        op=gate.op.name,
        weight=float(np.size(x.value)),
    )


def _silent_start(x: Node, names: Names) -> Reason:
    return Reason(
        "not_reached",
        names.of(x),
        {"upstream": 0.0},
        "Give an upstream gradient that is not 0.",
        f"the upstream gradient that was given for {names.of(x)} is 0.",
    )
