"""Evaluate: runs a Flow step by step and without fusion: what tests compare with.

Imports the writers of kernels, and the memory of NumPy's arrays. Simplify computes constants with
it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.plan.kernel_groups import group
from chainrule.plan.nodes import node
from chainrule.plan.numpy_memory import AnyArray, Memory
from chainrule.plan.prepare import plain
from chainrule.plan.rewrite import makes, reads
from chainrule.plan.scalar import Access
from chainrule.plan.steps import Array, Flow, Operand, Ref, Step
from chainrule.plan.writing import write

Values = dict[Array, Any]


def evaluate(flow: Flow, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a Flow.

    Raises
    ------
    IndexRangeError
        If a check finds a value out of its range.
    """
    values: Values = {}
    for array, x in zip(flow.inputs, inputs, strict=True):
        values[array] = np.ascontiguousarray(x, array.dtype).reshape(array.shape)
    with np.errstate(all="ignore"):
        for step in flow.steps:
            run_step(step, values)
        return [np.array(_shown(x, values)) for x in flow.outputs]


def run_step(step: Step, values: Values) -> None:
    """Compute one step, as the kernels that it is by itself; its arrays enter ``values``."""
    step, outs = plain(step), makes(step)
    values.update((out, np.zeros(out.shape, out.dtype)) for out in outs)
    if any(0 in x.shape for x in reads(step)) if not outs else not any(out.size for out in outs):
        return
    homes = _Homes(values)
    kernels = write(group(node(0, step)), set(outs), homes)
    memory = Memory(homes.arrays)
    for kernel in kernels:
        kernel.run(memory)


class _Homes(dict[Array, int]):
    """Buffer numbers of arrays, handed out at the first question; and what the buffers hold."""

    def __init__(self, values: Values) -> None:
        super().__init__()
        self.arrays: list[AnyArray] = []
        self._values = values

    def __missing__(self, array: Array) -> int:
        self[array] = len(self.arrays)
        self.arrays.append(_flat(array, self._values))
        return self[array]


def _flat(array: Array, values: Values) -> AnyArray:
    held = values[array] if array.value is None else array.value
    return np.ascontiguousarray(held, array.dtype).reshape(-1)


def _shown(x: Operand, values: Values) -> AnyArray:
    """What a Ref shows, or a Number."""
    if not isinstance(x, Ref):
        return np.asarray(x.value, x.dtype)
    memory = Memory([_flat(x.array, values)])
    return memory.view(Access(0, x.strides, x.offset), x.shape)
