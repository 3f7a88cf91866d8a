"""The loops of a plan on whole arrays: pointwise, rows, matrix products.

Imports views and the kernels. ``run`` calls it.
"""

from typing import Any

import numpy as np

from chainrule.plan.interpret.views import AnyArray, Memory
from chainrule.plan.kernels import Matmul, Pointwise, Reduction, Row


def pointwise(kernel: Pointwise, memory: Memory) -> None:
    """Every element at once."""
    values = memory.evaluate(kernel.body, kernel.shape)
    memory.store(kernel.stores, values, kernel.shape)


def row(kernel: Row, memory: Memory) -> None:
    """One pass after the other, over all rows at once."""
    shape = (*kernel.outer, *kernel.inner)
    known: list[AnyArray] = []
    for each in kernel.passes:
        spread = [_spread(x, kernel) for x in known]
        values = memory.evaluate(each.body, shape, spread)
        known += [_reduced(r, values[r.value], kernel) for r in each.reductions]
        memory.store(each.stores, values, shape)
        after = memory.evaluate(each.after, kernel.outer, known)
        known += [np.array(after[place]) for place in each.kept]
        memory.store(each.after_stores, after, kernel.outer)


def matmul(kernel: Matmul, memory: Memory) -> None:
    """NumPy's product, and the body for all sums."""
    batch, rows, columns = kernel.batch, kernel.rows, kernel.columns
    a = memory.view(kernel.a, (*batch, rows, kernel.depth))
    b = memory.view(kernel.b, (*batch, kernel.depth, columns))
    sums: Any = np.matmul(a, b).astype(kernel.dtype, copy=False)
    shape = (*batch, rows, columns)
    memory.store(kernel.stores, memory.evaluate(kernel.body, shape, [sums]), shape)


def _spread(known: AnyArray, kernel: Row) -> AnyArray:
    """What is known of each row, as it is met along the row."""
    whole = np.broadcast_to(known, kernel.outer)
    return whole.reshape((*kernel.outer, *(1 for _ in kernel.inner)))


def _reduced(reduction: Reduction, value: AnyArray, kernel: Row) -> AnyArray:
    """The inner axes taken to one number per row; NumPy's sums are pairwise along a last axis."""
    whole = np.broadcast_to(value, (*kernel.outer, *kernel.inner))
    flat = np.ascontiguousarray(whole).reshape((*kernel.outer, -1))
    return np.asarray(_REDUCE[reduction.kind](flat, axis=-1)).astype(reduction.dtype, copy=False)


_REDUCE: dict[str, Any] = {
    "sum": np.sum,
    "product": np.prod,
    "max": np.max,
    "min": np.min,
    "any": np.any,
    "all": np.all,
    "argmax": np.argmax,
    "argmin": np.argmin,
}
