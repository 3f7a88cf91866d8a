"""Batches: how a kernel runs through the axes that stand before the matrices of a product.

Imports rewrite, steps and walks. Groups and writing ask for the loops and strides of a product;
prepare for products that are summed over their whole batch.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chainrule.plan.rewrite import reads
from chainrule.plan.steps import Array, Operand, Product, Reduce, Ref, Step
from chainrule.plan.walks import is_whole


def product_lengths(step: Product) -> tuple[int, ...]:
    """(*batch, rows, columns) of a product, batch axes merged where both operands allow it."""
    rows, columns = step.a.shape[-2], step.b.shape[-1]
    batches = _batches(step)
    if _row_stride(step, batches) is not None:
        return (batches[0][0] * rows, columns)
    return (*(n for n, _, _ in batches), rows, columns)


def product_strides(step: Product) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Strides of a over (*batch, row, k) and of b over (*batch, k, column), batches merged."""
    batches = _batches(step)
    stride = _row_stride(step, batches)
    if stride is not None:
        return (stride, step.a.strides[-1]), step.b.strides[-2:]
    return (
        (*(a for _, a, _ in batches), *step.a.strides[-2:]),
        (*(b for _, _, b in batches), *step.b.strides[-2:]),
    )


def without_summed_batches(steps: Sequence[Step], outputs: Sequence[Operand]) -> list[Step]:
    """Steps in which a sum of products over their batch is one product with a longer sum.

    The gradient of a weight that multiplied a batch of matrices comes as such a sum.
    """
    products = {step.out for step in steps if isinstance(step, Product)}
    sums = {
        step.x.array: step
        for step in steps
        if isinstance(step, Reduce) and step.kind == "sum" and step.x.array in products
    }
    if not sums:
        return [*steps]
    readers = Counter(ref.array for step in steps for ref in reads(step))
    readers.update(x.array for x in outputs if isinstance(x, Ref))
    sums = {array: step for array, step in sums.items() if readers[array] == 1}
    found: list[Step] = []
    dropped: set[Array] = set()
    for step in steps:
        longer = _longer(step, sums.get(step.out)) if isinstance(step, Product) else None
        if longer is not None:
            dropped.add(longer.out)
            found.append(longer)
        elif not (isinstance(step, Reduce) and step.out in dropped):
            found.append(step)
    return found


def _longer(step: Product, total: Reduce | None) -> Product | None:
    """The product whose sum runs over the batch too, where a single stride reaches all of it."""
    if total is None:
        return None
    *batch, rows, depth = step.a.shape
    batches = _batches(step)
    whole = total.x.shape == step.out.shape and is_whole(total.x)
    reduced = {axis for axis, n in enumerate(step.out.shape) if n != 1 and axis in total.axes}
    if not whole or len(batches) != 1 or reduced != {i for i, n in enumerate(batch) if n != 1}:
        return None
    n, one, other = batches[0]
    (row, along_a), (along_b, column) = step.a.strides[-2:], step.b.strides[-2:]
    if depth == 1:
        along_a, along_b = one, other
    elif (one, other) != (depth * along_a, depth * along_b):
        return None
    a = replace(step.a, shape=(rows, n * depth), strides=(row, along_a))
    b = replace(step.b, shape=(n * depth, step.b.shape[-1]), strides=(along_b, column))
    return Product(a, b, total.out)


def _batches(step: Product) -> list[tuple[int, int, int]]:
    """(length, stride in a, stride in b) of the batch axes, merged where one stride runs on."""
    found: list[tuple[int, int, int]] = []
    lengths, ones, others = step.a.shape[:-2], step.a.strides[:-2], step.b.strides[:-2]
    for n, one, other in zip(lengths, ones, others, strict=True):
        if n == 1:
            continue
        if found and found[-1][1] == n * one and found[-1][2] == n * other:
            found[-1] = (found[-1][0] * n, one, other)
        else:
            found.append((n, one, other))
    return found


def _row_stride(step: Product, batches: Sequence[tuple[int, int, int]]) -> int | None:
    """Stride of all the rows of a batch that one matrix multiplies; None if there are several."""
    if len(batches) != 1 or batches[0][2] != 0:
        return None
    rows, stride, between = step.a.shape[-2], step.a.strides[-2], batches[0][1]
    if rows == 1:
        return between
    return stride if between == rows * stride else None
