"""Prepare: steps over nothing, or over single elements, written as what they come to.

Imports batches, rewrite and steps. Fusion calls it first; kernels then never meet an axis of
length 0.
"""

from math import prod

from chainrule.plan.alone import Alone, is_guard
from chainrule.plan.matrix_batches import without_summed_batches
from chainrule.plan.rewrite import makes, reads
from chainrule.plan.steps import (
    Array,
    Flow,
    Map,
    Number,
    Operand,
    Product,
    Reduce,
    Step,
)


def prepare(flow: Flow) -> list[Step]:
    """The steps that compute something, the degenerate ones as copies of their operand."""
    kept: list[Step] = []
    for step in flow.steps:
        if type(step) is Map:
            if 0 not in step.out.shape:
                kept.append(step)
        elif is_guard(step):
            if all(0 not in x.shape for x in reads(step)):
                kept.append(step)
        elif any(out.size for out in makes(step)):
            step = plain(step)
            kept += step.prepared() if isinstance(step, Alone) else [step]
    return without_summed_batches(kept, flow.outputs)


def plain(step: Step) -> Step:
    """A sum of nothing is 0, the maximum of one element is that element."""
    if isinstance(step, Reduce):
        count = prod(step.x.shape[axis] for axis in step.axes)
        if count == 0:
            return Map("copy", (Number(_OF_NOTHING[step.kind], step.out.dtype),), step.out)
        if count == 1:
            return _of_one(step)
    if isinstance(step, Product):
        return _zeros(step.out) if step.a.shape[-1] == 0 else step
    if isinstance(step, Alone) and step.clears:
        return _zeros(step.out) if any(0 in x.shape for x in step.targets()) else step
    return step


def _of_one(step: Reduce) -> Step:
    if step.kind in ("argmax", "argmin"):
        return Map("copy", (Number(0, step.out.dtype),), step.out)
    operand: Operand = step.x
    same = step.x.dtype == step.out.dtype
    return Map("copy" if same else "cast", (operand,), step.out)


def _zeros(out: Array) -> Step:
    return Map("copy", (Number(False if out.dtype == "bool" else 0, out.dtype),), out)


_OF_NOTHING: dict[str, float | bool] = {"sum": 0, "product": 1, "any": False, "all": True}
