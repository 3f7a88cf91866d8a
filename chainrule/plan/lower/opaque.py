"""Opaque: ops that Python computes when the plan runs; and user's ops, which may be formulas.

Imports the spec reading and the recorder. Rules fall back to ``call``.
"""

from typing import Any

import numpy as np

from chainrule.graph.node import Node, closed_over
from chainrule.graph.spec_reading import infer
from chainrule.plan.recorder import Recorded, Recorder, several
from chainrule.plan.rewrite import with_operands
from chainrule.plan.rule_call import RuleCall
from chainrule.plan.steps import Call, Number, Ref, Step
from chainrule.spec import is_tuple, spec_of


def call(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A call of the whole op; shapes and dtypes of its results by its own rule, or a trial run."""
    found = infer(op, *(spec_of(x) if isinstance(x, Recorded) else x for x in operands))
    outs = tuple(recorder.array(s.shape, s.dtype) for s in several(found))
    recorder.steps.append(Call(op, tuple(_given(recorder, x) for x in operands), outs))
    results = tuple(recorder.symbol(out.ref()) for out in outs)
    return results if is_tuple(found) else results[0]


def own_op(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """An op of no catalogue through its formula, if symbols can read it; else a call of it."""
    if isinstance(op, RuleCall):
        return call(recorder, op, operands)
    count = len(recorder.steps)
    try:
        with np.errstate(all="ignore"):
            found = op.forward(*operands)
            fixed = not op.guarded or _is_the_same_again(recorder, op, operands, count)
    except Exception:  # NumPy code on a symbol fails in many ways
        found, fixed = None, False
    for x in several(found):
        if isinstance(x, Node) and x.wants_gradient:
            raise closed_over(op, x)
    if fixed and all(isinstance(x, Recorded) for x in several(found)):
        return found
    recorder.take_back(count)
    return call(recorder, op, operands)


def _is_the_same_again(recorder: Recorder, op: Any, operands: tuple[Any, ...], start: int) -> bool:
    """Whether a second run meets the same constants: random ones must be drawn at every run."""
    middle = len(recorder.steps)
    op.forward(*operands)
    first, second = recorder.steps[start:middle], recorder.steps[middle:]
    recorder.take_back(middle)
    return _constants(first) == _constants(second)


def _constants(steps: list[Step]) -> list[Any]:
    """The numbers and known arrays that steps read, in order."""
    found: list[Any] = []

    def see(x: Any) -> Any:
        if isinstance(x, Number):
            found.append((repr(x.value), x.dtype))
        elif x.array.value is not None:
            found.append((x.shape, x.strides, x.offset, x.array.value.tobytes()))
        return x

    for step in steps:
        with_operands(step, see, see)
    return found


def _given(recorder: Recorder, x: Any) -> Ref | float | int | bool | None:
    return recorder.ref(x) if hasattr(x, "shape") else x
