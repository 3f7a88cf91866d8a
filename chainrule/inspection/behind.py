"""What is closed behind the place where the flow ends: it would stop a gradient that came so far.

Imports zero_causes, sweep and the graph. A loss at its lowest point asks for nothing, and a dead
unit behind it would pass nothing if it asked: a second walk, from there, tells the two apart.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule.graph.nodes.node import Node
from chainrule.inspection.gate_words import Names
from chainrule.inspection.probing import LEAST, SEED
from chainrule.inspection.reachable import Masks
from chainrule.inspection.sweep import Array, Sweep, sweep
from chainrule.inspection.zero_causes import End, flow_ends


def zero_causes(found: Sweep, masks: Masks, names: Names) -> list[End]:
    """Why a gradient is 0: every place where the flow ends, the heaviest first.

    A place that merely asks for no change is no cause where all that lies behind it is closed:
    what is closed takes its place.
    """
    ends = flow_ends(found, masks, names)
    idle = [end for end in ends if end.reason.cause == "healthy"]
    closed = closed_behind(idle, found, masks, names)
    if not closed:
        return ends
    above = " and ".join(dict.fromkeys(end.reason.sentence.rstrip(".") for end in idle))
    first = closed[0].reason
    told = f"{first.sentence} Nothing arrives there either: {above}."
    others = [end for end in ends if end.reason.cause != "healthy"]
    second = replace(closed[0], reason=replace(first, sentence=told, weight=0.0))
    return [*others, second, *closed[1:]]


def also_closed(end: End, found: Sweep, masks: Masks, names: Names) -> str:
    """A sentence about what is closed behind a place where something arrives; "" for nothing."""
    if not end.reason.weight:
        return ""
    closed = closed_behind([end], found, masks, names)
    if not closed:
        return ""
    first = closed[0].reason
    return f" What passed there, {first.op} ({first.node}) would stop: {first.cause}."


def closed_behind(ends: Sequence[End], found: Sweep, masks: Masks, names: Names) -> list[End]:
    """What would stop a gradient below all of these places; nothing, where one would arrive."""
    below = list({id(end.below): end.below for end in ends}.values())
    if not below or any(x is found.target for x in below):
        return []
    starts = [_some(x, np.ones(x.shape, bool)) for x in below]
    supposed = sweep(below, found.target, starts)
    with np.errstate(all="ignore"):
        if np.asarray(supposed.gradients[found.target])[masks[found.target]].any():
            return []
        return flow_ends(supposed, masks, names)


def stopped_at(end: End, found: Sweep) -> Array:
    """The entries of the target that would receive something if this place let it pass."""
    if end.below is found.target:
        return end.at
    supposed = sweep([end.below], found.target, [_some(end.below, end.at)])
    return np.asarray(supposed.gradients[found.target]) != 0


def _some(x: Node, at: Array) -> Array:
    """A gradient of which no sum is 0 by chance."""
    weights = LEAST + np.random.default_rng(SEED).random(x.shape)
    return np.where(at, weights, 0).astype(x.dtype)
