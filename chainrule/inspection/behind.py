"""What is closed behind the place where the flow ends: it would stop a gradient that came so far.

Imports zero_causes, sweep and the graph. A loss at its lowest point asks for nothing, and a dead
unit behind it would pass nothing if it asked: a second walk, from there, tells the two apart.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from chainrule.inspection.gate_words import Names
from chainrule.inspection.probing import LEAST, SEED
from chainrule.inspection.reachable import Masks
from chainrule.inspection.reason import Reason
from chainrule.inspection.sweep import Sweep, sweep
from chainrule.inspection.zero_causes import End, flow_ends


def zero_causes(found: Sweep, masks: Masks, names: Names) -> list[Reason]:
    """Why a gradient is 0: every place where the flow ends, the heaviest first.

    A place that merely asks for no change is no cause where all that lies behind it is closed:
    what is closed takes its place.
    """
    ends = flow_ends(found, masks, names)
    idle = [end for end in ends if end.reason.cause == "healthy"]
    closed = closed_behind(idle, found, masks, names)
    if not closed:
        return [end.reason for end in ends]
    above = " and ".join(dict.fromkeys(end.reason.sentence.rstrip(".") for end in idle))
    told = f"{closed[0].sentence} Nothing arrives there either: {above}."
    others = [end.reason for end in ends if end.reason.cause != "healthy"]
    return [*others, replace(closed[0], sentence=told, weight=0.0), *closed[1:]]


def also_closed(found: Sweep, masks: Masks, names: Names) -> str:
    """A sentence about what is closed behind the heaviest place; "" for nothing."""
    closed = closed_behind(flow_ends(found, masks, names)[:1], found, masks, names)
    if not closed:
        return ""
    first = closed[0]
    return f" What passed there, {first.op} ({first.node}) would stop: {first.cause}."


def closed_behind(ends: Sequence[End], found: Sweep, masks: Masks, names: Names) -> list[Reason]:
    """What would stop a gradient below all of these places; nothing, where one would arrive."""
    below = list({id(end.below): end.below for end in ends}.values())
    if not below or any(x is found.target for x in below):
        return []
    rng = np.random.default_rng(SEED)
    starts = [np.asarray(LEAST + rng.random(x.shape), x.dtype) for x in below]
    supposed = sweep(below, found.target, starts)
    with np.errstate(all="ignore"):
        if np.asarray(supposed.gradients[found.target])[masks[found.target]].any():
            return []
        return [end.reason for end in flow_ends(supposed, masks, names)]
