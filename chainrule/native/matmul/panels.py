"""Panels: weights that stay the same from call to call, laid out as tiles read them.

Imports the target and the plan's data. Evaluation asks for it; a training step changes
its weights, and copying them then takes what the order saves.

A tile reads a few vectors of one row of the weights after the other. In a wide matrix these lie
far apart and push each other out of the first cache; in a panel they follow each other. Panels
are one more axis of the product: all that a kernel needs is other strides.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from chainrule.native.target import Target
from chainrule.plan.alike import accesses
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.plan import Plan
from chainrule.plan.scalar import Access, Coordinate, Gather, Load
from chainrule.spec import Spec

VECTORS = 2  # in a row of a panel: the tile's usual width
FEW_ROWS = 8  # fewer do not come back to a panel often enough
SMALL = 64 * 1024  # bytes of weights that a cache holds in any order

Array = np.ndarray[Any, np.dtype[Any]]


def in_panels(plan: Plan, target: Target) -> tuple[Plan, tuple[int, ...]]:
    """The plan reading weights from panels, and the numbers of these inputs.

    Such an input of shape (depth, columns) becomes one of (panels, depth, columns of a panel);
    ``lay_out`` fills it. Inputs that anything else reads as well are left as they are.
    """
    changed: list[int] = []
    inputs, kernels = list(plan.inputs), list(plan.kernels)
    for number, spec in enumerate(plan.inputs):
        found = _readers(plan, number)
        width = VECTORS * target.lanes(str(spec.dtype)) if spec.dtype.kind == "f" else 0
        if not found or not width or spec.nbytes < SMALL or spec.shape[-1] % width:
            continue
        if not all(_suits(kernels[place], spec) for place in found):
            continue
        depth, columns = spec.shape
        for place in found:
            kernels[place] = _by_panels(kernels[place], width)
        inputs[number] = Spec((columns // width, depth, width), spec.dtype)
        changed.append(number)
    return replace(plan, inputs=tuple(inputs), kernels=tuple(kernels)), tuple(changed)


def lay_out(weights: Array, panels: Array) -> None:
    """Copy (depth, columns) into (panels, depth, columns of a panel)."""
    count, depth, width = panels.shape
    panels[...] = weights.reshape(depth, count, width).swapaxes(0, 1)


def _readers(plan: Plan, number: int) -> list[int]:
    """The kernels that meet an input."""
    buffers = {
        place
        for place, buffer in enumerate(plan.buffers)
        if buffer.place == "input" and buffer.number == number
    }
    return [
        place
        for place, kernel in enumerate(plan.kernels)
        if any(access.buffer in buffers for access in accesses(kernel))
    ]


def _suits(kernel: Any, spec: Spec) -> bool:
    """Whether the kernel is a plain product with these weights on the right, for many rows."""
    if not isinstance(kernel, Matmul) or kernel.batch or kernel.rows < FEW_ROWS:
        return False
    weights = [access for access in accesses(kernel) if access.buffer == kernel.b.buffer]
    whole = Access(kernel.b.buffer, (kernel.columns, 1))
    moves = any(isinstance(step, Coordinate) for step in kernel.body)
    return not moves and weights == [whole] and spec.shape == (kernel.depth, kernel.columns)


def _by_panels(kernel: Any, width: int) -> Matmul:
    """The same product with the panels as an axis of batches."""
    spread = partial(_spread, width=width)
    body = tuple(
        replace(step, access=spread(step.access)) if isinstance(step, Load | Gather) else step
        for step in kernel.body
    )
    return replace(
        kernel,
        batch=(kernel.columns // width,),
        columns=width,
        a=replace(kernel.a, strides=(0, *kernel.a.strides)),
        b=replace(kernel.b, strides=(kernel.depth * width, width, 1)),
        body=body,
        stores=tuple(replace(store, access=spread(store.access)) for store in kernel.stores),
    )


def _spread(access: Access, width: int) -> Access:
    """Strides over (row, column) become those over (panel, row, column)."""
    row, column = access.strides
    return replace(access, strides=(column * width, row, column))
