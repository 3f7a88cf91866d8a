"""Evaluate: runs a Flow with NumPy, step by step and without fusion: what tests compare with.

Imports the catalogue, the ops' sums and random numbers, and steps.
"""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from chainrule.errors import IndexRangeError
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.op import compute
from chainrule.ops.random import LANES, FoldKey, philox
from chainrule.ops.scans import recurrence
from chainrule.ops.sums import accurate_sum
from chainrule.plan.recorder import several
from chainrule.plan.steps import (
    Array,
    Assemble,
    Call,
    Check,
    Draw,
    Flow,
    Map,
    NextKey,
    Number,
    Order,
    Pick,
    Product,
    Put,
    Reduce,
    Ref,
    Running,
)

Values = dict[Array, Any]


def evaluate(flow: Flow, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a Flow.

    Raises
    ------
    IndexRangeError
        If a Check finds a value out of its range.
    """
    values: Values = {}
    for array, x in zip(flow.inputs, inputs, strict=True):
        values[array] = np.ascontiguousarray(x, array.dtype).reshape(array.shape)
    with np.errstate(all="ignore"):
        for step in flow.steps:
            run_step(step, values)
        return [np.array(look(x, values)) for x in flow.outputs]


def run_step(step: Any, values: Values) -> None:
    """Compute one step; its arrays enter ``values``."""
    if isinstance(step, Check):
        _check(step, look(step.x, values))
    elif isinstance(step, Call):
        _call(step, values)
    else:
        found = np.asarray(_RUN[type(step)](step, values))
        values[step.out] = np.ascontiguousarray(found, step.out.dtype).reshape(step.out.shape)


def look(x: Any, values: Values) -> Any:
    """What a Ref shows, read-only; a Number or anything else as it is."""
    if isinstance(x, Number):
        return np.asarray(x.value, x.dtype)
    if not isinstance(x, Ref):
        return x
    array = x.array.value if x.array.value is not None else values[x.array]
    return _seen(array, x.shape, x.strides, x.offset, False)


def _seen(array: Any, shape: Any, strides: Any, offset: int, writeable: bool) -> Any:
    flat = array.reshape(-1)[offset:] if array.size else array.reshape(-1)
    size = array.itemsize
    return as_strided(flat, shape, tuple(s * size for s in strides), writeable=writeable)


def _map(step: Map, values: Values) -> Any:
    if step.letter == "coordinate":
        axis = int(step.operands[0].value)  # pyright: ignore  a Number
        return np.broadcast_to(_along(axis, step.out.shape), step.out.shape)
    operands = [look(x, values) for x in step.operands]
    found = letter(step.letter)(*operands)
    return np.broadcast_to(np.asarray(found).astype(step.out.dtype), step.out.shape)


def _along(axis: int, shape: tuple[int, ...]) -> Any:
    lengths = [1] * len(shape)
    lengths[axis] = -1
    return np.arange(shape[axis]).reshape(lengths)


@functools.lru_cache(maxsize=256)
def letter(name: str) -> Any:
    """The NumPy or SciPy function behind a Map."""
    if name in ("cast", "copy"):
        return np.asarray
    library, _, function = name.rpartition(":")
    if library == "scipy":
        from scipy import special  # noqa: PLC0415  importing SciPy takes longer than NumPy

        return getattr(special, function)
    if library == "c":
        name = next(n for n in CATALOGUE.names() if getattr(CATALOGUE[n], "c", "") == function)
    return CATALOGUE.standard[name].forward


def _reduce(step: Reduce, values: Values) -> Any:
    x = look(step.x, values)
    if step.kind == "sum":
        return accurate_sum(x, step.axes, True) if x.dtype.kind == "f" else x.sum(
            axis=step.axes, keepdims=True, dtype=x.dtype)  # fmt: skip
    if step.kind in ("argmax", "argmin"):
        rest = [i for i in range(x.ndim) if i not in step.axes]
        rows = np.transpose(x, (*rest, *step.axes)).reshape((*(x.shape[i] for i in rest), -1))
        return getattr(np, step.kind)(rows, axis=-1)
    run = {"product": np.multiply, "max": np.maximum, "min": np.minimum,
           "any": np.logical_or, "all": np.logical_and}[step.kind]  # fmt: skip
    return run.reduce(x, axis=step.axes, keepdims=True)


def _pick(step: Pick, values: Values) -> Any:
    array = step.source.array
    whole = look(array.ref(), values).reshape(-1)
    index = _from_start(look(step.index, values), step.length)
    return whole[_places(step.source.shape, step.source.strides, step.source.offset)
                 + index * step.stride]  # fmt: skip


def _places(shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Any:
    """Where each element of a view lies, in elements."""
    total: Any = np.full(shape, offset, np.int64)
    for axis, stride in enumerate(strides):
        total += _along(axis, shape) * stride
    return total


def _from_start(index: Any, length: int) -> Any:
    """Positions without minus signs."""
    return index + length * (index < 0)


def _put(step: Put, values: Values) -> Any:
    out = np.zeros(step.out.size, step.out.dtype)
    place = _places(step.shape, step.strides, step.offset)
    for ref, stride, length in step.picks:
        place = place + _from_start(look(ref, values), length) * stride
    value = np.broadcast_to(look(step.values, values), step.shape)
    if step.accumulate:
        np.add.at(out, place, value)
    else:
        out[place] = value
    return out


def _assemble(step: Assemble, values: Values) -> Any:
    fill = 0 if step.fill is None else step.fill.value
    out = np.full(step.out.shape, fill, step.out.dtype)
    for part in step.parts:
        view = _seen(out, part.shape, part.strides, part.offset, True)
        view[...] = look(part.operand, values)
    return out


def _running(step: Running, values: Values) -> Any:
    sources = [look(x, values) for x in step.sources]
    if step.kind == "recurrence":
        return recurrence(*sources, -1)
    run: Any = np.cumsum if step.kind == "sum" else np.cumprod
    return run(*sources, axis=-1)


def _draw(step: Draw, values: Values) -> Any:
    words = philox(look(step.key, values).copy()).random_raw((step.out.size + 1) // 2)
    numbers = words.astype("<u8", copy=False).view("<u4")[: step.out.size]
    assert step.threshold < LANES
    return numbers >= np.uint32(step.threshold)


def _product(step: Product, values: Values) -> Any:
    return look(step.a, values) @ look(step.b, values)


def _order(step: Order, values: Values) -> Any:
    return np.argsort(look(step.x, values), axis=-1, kind="stable")


def _next_key(step: NextKey, values: Values) -> Any:
    return FoldKey(step.number).forward(look(step.key, values))


def _check(step: Check, x: Any) -> None:
    wrong = (x < step.low) | (x >= step.high)
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0].tolist())
        raise IndexRangeError(
            f"{step.what} {x[place]} at {place} lies outside {step.low} ... {step.high - 1}."
        )


def _call(step: Call, values: Values) -> None:
    found = compute(step.op, [look(x, values) for x in step.operands])
    for out, x in zip(step.outs, several(found), strict=True):
        values[out] = np.ascontiguousarray(x, out.dtype).reshape(out.shape)


_RUN: dict[type[Any], Any] = {
    Map: _map,
    Reduce: _reduce,
    Product: _product,
    Pick: _pick,
    Put: _put,
    Assemble: _assemble,
    Running: _running,
    Order: _order,
    Draw: _draw,
    NextKey: _next_key,
}
