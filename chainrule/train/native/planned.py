"""Planned: the plan of a recorded step, which the last fits may have made already.

Imports the plan's passes. A cross-validation, an ensemble and a search train one net many times
over, and a fit that goes on records the step it has left: to compare takes a tenth of planning.
"""

import functools
from collections.abc import Hashable

from chainrule.plan.kinds.opaque import Opaque
from chainrule.plan.make import make
from chainrule.plan.plan import Plan
from chainrule.plan.rewrite import makes, reads
from chainrule.plan.same_flow import same_flow
from chainrule.plan.steps import Array, Flow, Ref

KEPT = 16  # plans: those of the last few fits
LARGEST = 64 * 1024  # bytes of constants in a plan that is kept


def planned(flow: Flow) -> Plan:
    """The plan of a flow: that of an equal one, or a new one.

    A plan with much in it is not kept, nor one with an op that Python computes: it would hold
    what is the user's.
    """
    return _made(_Content(flow)) if may_be_kept(flow) else make(flow)


def may_be_kept(flow: Flow) -> bool:
    """Whether a plan holds little, and nothing that is the user's."""
    seen = (x for x in flow.outputs if isinstance(x, Ref))
    read = {x.array for x in (*seen, *(ref for step in flow.steps for ref in reads(step)))}
    constants = sum(array.value.nbytes for array in read if array.value is not None)
    return constants <= LARGEST and not any(isinstance(step, Opaque) for step in flow.steps)


class _Content:
    """A flow by what it says: equal ones have one plan."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        made = [array for step in flow.steps for array in makes(step)]
        self._outline = (
            tuple(map(type, flow.steps)),
            tuple(map(_outline, (*flow.inputs, *made))),
            len(flow.outputs),
        )

    def __hash__(self) -> int:
        return hash(self._outline)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Content)
            and self._outline == other._outline
            and same_flow(self.flow, other.flow)
        )


def _outline(array: Array) -> Hashable:
    return array.shape, array.dtype, array.label


@functools.lru_cache(KEPT)
def _made(content: _Content) -> Plan:
    return make(content.flow)
