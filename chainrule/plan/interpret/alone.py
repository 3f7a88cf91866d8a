"""The other kernels on whole arrays: scatters, scans, sorts, random numbers, checks, calls.

Imports views, the kernels, the ops that draw random numbers. ``run`` calls it.
"""

from typing import Any

import numpy as np

from chainrule.errors import IndexRangeError, NonFiniteError
from chainrule.graph.op import compute
from chainrule.ops.random import fold, philox
from chainrule.plan.interpret.views import AnyArray, Memory, wrapped
from chainrule.plan.kernels import FINITE, Bounds, Fold, Mask, Opaque, Scan, Scatter, Sort, View
from chainrule.spec import is_tuple


def scatter(kernel: Scatter, memory: Memory) -> None:
    """Every value to its place, in order."""
    values = memory.evaluate(kernel.body, kernel.shape)
    places = memory.places(kernel.target, kernel.shape)
    for index, stride, length in kernel.places:
        places = places + wrapped(values[index], length) * stride
    target = memory.flat(kernel.target)
    given = np.broadcast_to(values[kernel.value], kernel.shape)
    if kernel.accumulate:
        np.add.at(target, places, given)
    else:
        target[places] = given


def scan(kernel: Scan, memory: Memory) -> None:
    """Along the last axis."""
    shape = (*kernel.outer, kernel.length)
    sources = [memory.view(x, shape) for x in kernel.sources]
    if kernel.kind == "recurrence":
        result = _recurrence(*sources)
    else:
        running: Any = np.cumsum if kernel.kind == "sum" else np.cumprod
        result = running(sources[0], axis=-1)
    memory.view(kernel.target, shape)[...] = result


def sort(kernel: Sort, memory: Memory) -> None:
    """The stable order of each row."""
    shape = (*kernel.outer, kernel.length)
    order = np.argsort(memory.view(kernel.source, shape), axis=-1, kind="stable")
    memory.view(kernel.target, shape)[...] = order


def mask(kernel: Mask, memory: Memory) -> None:
    """The words of NumPy's own Philox, cut in halves."""
    words = philox(_key(kernel, memory)).random_raw((kernel.size + 1) // 2)
    numbers = words.astype("<u8", copy=False).view("<u4")[: kernel.size]
    memory.view(kernel.target, (kernel.size,))[...] = numbers >= kernel.threshold


def fold_key(kernel: Fold, memory: Memory) -> None:
    """The new key."""
    offset = kernel.target.offset
    result = fold(_key(kernel, memory), kernel.number)
    memory.flat(kernel.target)[offset : offset + 2] = result


def bounds(kernel: Bounds, memory: Memory) -> None:
    """Raise for the first element that is out of range."""
    values = memory.view(kernel.source, kernel.shape)
    wrong = np.argwhere((values < kernel.low) | (values >= kernel.high))
    if len(wrong) and kernel.what == FINITE:
        raise NonFiniteError("a loss became NaN or infinite.", do="Nothing has been updated.")
    if len(wrong):
        place = tuple(int(i) for i in wrong[0])
        raise IndexRangeError(
            f"a {kernel.what} lies outside of [{kernel.low}, {kernel.high}).",
            found=[f"{kernel.what} {int(values[place])} at {place}"],
            do=f"Every {kernel.what} is at least {kernel.low} and at most {kernel.high - 1}.",
        )


def opaque(kernel: Opaque, memory: Memory) -> None:
    """The op itself, on copies: it may keep what it is given."""
    operands = [
        np.array(memory.view(x.access, x.shape)) if isinstance(x, View) else x
        for x in kernel.operands
    ]
    found: Any = compute(kernel.op, operands)
    results = found if is_tuple(found) else (found,)
    for view, result in zip(kernel.results, results, strict=True):
        memory.view(view.access, view.shape)[...] = result


def _key(kernel: Mask | Fold, memory: Memory) -> AnyArray:
    return memory.flat(kernel.key)[kernel.key.offset :][:2]


def _recurrence(a: AnyArray, b: AnyArray) -> AnyArray:
    """y[i] = a[i] y[i - 1] + b[i], from 0."""
    y = np.array(b)
    for i in range(1, y.shape[-1]):
        y[..., i] += a[..., i] * y[..., i - 1]
    return y
