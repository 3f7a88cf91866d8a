"""Run: the kernels of a plan, one after the other, on one arena.

Imports the plan and the readings of each kernel. Tests use it, and a compiled function while its
native code is not there yet.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.plan.buffers import Buffer
from chainrule.plan.interpret import alone, loops
from chainrule.plan.interpret.views import AnyArray, Memory
from chainrule.plan.kernels import (
    Bounds,
    Fold,
    Mask,
    Matmul,
    Opaque,
    Pointwise,
    Row,
    Scan,
    Scatter,
    Sort,
)
from chainrule.plan.plan import Plan


def interpret(plan: Plan, inputs: Sequence[Any]) -> list[AnyArray]:
    """Run a plan; inputs that an output updates are written in place.

    Parameters
    ----------
    inputs : sequence of arrays
        C-contiguous, with the shapes and dtypes of ``plan.inputs``.

    Returns
    -------
    list of arrays
        One per output; that of an update is the input itself.
    """
    outputs = [
        inputs[plan.updates[number]]
        if number in plan.updates
        else np.zeros(spec.shape, spec.dtype)
        for number, spec in enumerate(plan.outputs)
    ]
    arena = np.zeros(plan.arena_bytes, np.uint8)
    places = {"input": inputs, "output": outputs, "constant": plan.constants}

    def flat(buffer: Buffer) -> AnyArray:
        if buffer.place == "arena":
            return arena[buffer.number : buffer.number + buffer.nbytes].view(buffer.dtype)
        return np.reshape(places[buffer.place][buffer.number], -1)

    memory = Memory([flat(buffer) for buffer in plan.buffers])
    with np.errstate(all="ignore"):
        for kernel in plan.kernels:
            _READINGS[type(kernel)](kernel, memory)
    return outputs


_READINGS: dict[type, Callable[[Any, Memory], None]] = {
    Pointwise: loops.pointwise,
    Row: loops.row,
    Matmul: loops.matmul,
    Scatter: alone.scatter,
    Scan: alone.scan,
    Sort: alone.sort,
    Mask: alone.mask,
    Fold: alone.fold_key,
    Bounds: alone.bounds,
    Opaque: alone.opaque,
}
