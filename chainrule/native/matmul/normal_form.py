"""The same product written so that a tile suits it: lanes along columns, few batch axes.

Imports the plan's data. emit starts from what ``normal`` returns.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.scalar import Access, Coordinate, Gather, Instruction, Load


def normal(kernel: Matmul) -> Matmul:
    """Batch axes become rows or columns where memory allows it; then lanes lie along columns."""
    kernel = _merged(kernel)
    kernel = _swapped(_merged(_swapped(kernel)))
    return _swapped(kernel) if _wants_swap(kernel) else kernel


def _merged(kernel: Matmul) -> Matmul:
    """Batches that share b are more rows of one product: (N, T, D) @ (D, H)."""
    while kernel.batch and not _has_coordinates(kernel):
        n, rows = kernel.batch[-1], kernel.rows
        touched = [kernel.a, *_accesses(kernel)]
        joined = all(x.strides[-3] == rows * x.strides[-2] or rows == 1 for x in touched)
        if n != 1 and not (joined and kernel.b.strides[-3] == 0):
            break
        b = replace(kernel.b, strides=(*kernel.b.strides[:-3], *kernel.b.strides[-2:]))
        kernel = _with_axes(kernel, partial(_without_batch, n=n, rows=rows))
        kernel = replace(kernel, batch=kernel.batch[:-1], rows=n * rows, b=b)
    return kernel


def _without_batch(access: Access, n: int, rows: int) -> Access:
    *outer, batch, row, last = access.strides
    return replace(access, strides=(*outer, batch if rows == 1 and n != 1 else row, last))


def _swapped(kernel: Matmul) -> Matmul:
    """C^T = B^T A^T."""
    axes = len(kernel.batch)
    names = {axes: axes + 1, axes + 1: axes}

    def renamed(step: Instruction) -> Instruction:
        if isinstance(step, Coordinate):
            return replace(step, axis=names.get(step.axis, step.axis))
        return step

    body = tuple(map(renamed, kernel.body))
    kernel = replace(kernel, body=body, rows=kernel.columns, columns=kernel.rows)
    kernel = replace(kernel, a=kernel.b, b=kernel.a)
    return _with_axes(kernel, lambda x: replace(x, strides=(*x.strides[:-2], *x.strides[:-3:-1])))


def _wants_swap(kernel: Matmul) -> bool:
    if kernel.rows == 1 or kernel.columns == 1:
        return kernel.columns == 1 and kernel.rows > 1
    touched = _accesses(kernel)
    along_columns = sum(x.strides[-1] == 1 for x in touched)
    return along_columns < sum(x.strides[-2] == 1 for x in touched)


def _accesses(kernel: Matmul) -> list[Access]:
    """Where the body meets buffers."""
    loads = [step.access for step in kernel.body if isinstance(step, Load | Gather)]
    return loads + [store.access for store in kernel.stores]


def _has_coordinates(kernel: Matmul) -> bool:
    return any(isinstance(step, Coordinate) for step in kernel.body)


def _with_axes(kernel: Matmul, change: Callable[[Access], Access]) -> Matmul:
    """The kernel with every access changed."""
    body = tuple(
        replace(step, access=change(step.access)) if isinstance(step, Load | Gather) else step
        for step in kernel.body
    )
    stores = tuple(replace(store, access=change(store.access)) for store in kernel.stores)
    return replace(kernel, a=change(kernel.a), b=change(kernel.b), body=body, stores=stores)
