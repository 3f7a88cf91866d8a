"""The outputs of a net as one function of arrays, recorded: nobody trains, nothing is updated.

Imports the recorded step. The compiled evaluation compiles what stands here.
"""

from collections.abc import Sequence
from typing import Any

from chainrule.nn import Module
from chainrule.nn.substitute import substituted
from chainrule.plan.record import record
from chainrule.spec import Spec, spec_of
from chainrule.train.native.entering_symbols import arrays_of, inputs, symbol_of
from chainrule.train.native.recorded_step import Recorded
from chainrule.train.native.stand_ins import standing_in
from chainrule.train.streams import Container, Form, outputs_of
from chainrule.train.unknown_streams import asked


def recorded_outputs(model: Module, streams: Sequence[Spec], form: Form, scale: float) -> Recorded:
    """Record the evaluation of a net on inputs of these shapes and dtypes."""
    parameters, buffers = arrays_of(model)
    names = [*parameters, *buffers]
    containers: list[Container] = []

    def evaluate(*symbols: Any) -> list[Any]:
        copy, leaves = substituted(model, dict(zip(names, symbols, strict=False)))
        x = [inputs(model, x, scale, form) for x in symbols[len(names) :]]
        with standing_in(model, copy, leaves), asked(model, form.x):
            outs, container = outputs_of(copy(form.inputs_of(x)))
        containers[:] = [container]
        return list(map(symbol_of, outs))

    own = [*(spec_of(p) for p in parameters.values()), *map(spec_of, buffers.values())]
    flow = record(evaluate, [*own, *streams])
    return Recorded(flow, tuple(parameters), tuple(buffers), (), out=containers[0])
