"""Interpret: a plan run by NumPy, kernel by kernel: what native code is compared with.

Imports the plan and the memory of NumPy's arrays. Tests and the fuzzer use it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.plan.blockwise import runs
from chainrule.plan.buffers import Buffer
from chainrule.plan.numpy_memory import AnyArray, Memory
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
        for kernel in runs(plan.kernels, plan.blocks):
            kernel.run(memory)
    return outputs
