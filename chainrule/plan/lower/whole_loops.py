"""Loops: the body of a scan becomes a plan of its own, which is run at every step.

Imports the recorder and make. The op of a scan is lowered here.
"""

from typing import Any

import numpy as np

from chainrule.graph.readings.reading import inside
from chainrule.plan.kinds.whole_loop import Loop, Step
from chainrule.plan.make import make
from chainrule.plan.recorder import Recorder
from chainrule.plan.steps import Array, Flow


def loop(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """One step that runs all of the op's."""
    carry, streams, shared = op.cut([recorder.ref(x) for x in operands])
    found = op.spec()
    if op.length == 0:
        empty = [np.zeros(spec.shape, spec.dtype) for spec in found[len(carry) :]]
        return (*map(recorder.symbol, carry), *(recorder.symbol(recorder.ref(x)) for x in empty))
    flow = _step(recorder, op)
    outs = tuple(recorder.array(spec.shape, spec.dtype).ref() for spec in found)
    given = tuple(carry), tuple(streams), tuple(shared)
    recorder.steps.append(Loop(Step(flow, op.carries, make), op.length, op.reverse, *given, outs))
    return tuple(map(recorder.symbol, outs))


def _step(recorder: Recorder, op: Any) -> Flow:
    """A recording of the body alone."""
    inputs = tuple(Array(x.shape, x.dtype.name, label="input") for x in op.body.inputs)
    with inside() as depth:
        inner = recorder.nested(depth)
        try:
            found = op.body(*[inner.symbol(x.ref()) for x in inputs])
            outputs = tuple(map(inner.ref, found))
        finally:
            inner.is_open = False
    return Flow(inputs, outputs, tuple(inner.steps))


RULES = {"loop": loop}
