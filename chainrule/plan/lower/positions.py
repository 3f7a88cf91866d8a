"""Indexing: slices are strides, and so are known positions that are evenly spaced; others Pick.

Imports indexing, keys, the recorder and views. dispatch.py collects the rules.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from chainrule.graph.op.operation import compute
from chainrule.ops.indexing import GetItem
from chainrule.ops.letters.logic import where
from chainrule.ops.movement import cast
from chainrule.plan.kinds.scatter import Scatter
from chainrule.plan.lower import by_python as opaque
from chainrule.plan.lower.index_keys import (
    Places,
    Pointer,
    even_steps,
    is_mask,
    known_offsets,
    places,
)
from chainrule.plan.recorder import Recorded, Recorder, name_of, number
from chainrule.plan.steps import Array, Assemble, Number, Operand, Part, Pick, Ref
from chainrule.plan.views import broadcasted


def getitem(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A view, or elements picked."""
    x, *arrays = operands
    key = op.full_key(tuple(arrays))
    if _has_single_truth(key):
        return opaque.call(recorder, op, operands)
    return recorder.symbol(_picked(recorder, op, operands, recorder.ref(x), key))


def _picked(recorder: Recorder, op: Any, operands: Any, ref: Ref, key: Sequence[Any]) -> Ref:
    found = _places(op, operands, ref, key)
    if not found.pointers:
        return found.base
    base, pointer = _resolved(recorder, found)
    if pointer is None:
        return base
    index = found.spread(pointer.index)
    out = recorder.array(base.shape, base.dtype)
    return recorder.emit(Pick(base, index, pointer.stride, pointer.length, out))


def _places(op: Any, operands: Any, ref: Ref, key: Sequence[Any]) -> Places:
    try:
        return places(ref, key)
    except (IndexError, ValueError) as error:
        compute(op, [stand_in(x) for x in operands])  # says what is wrong in the op's own words
        raise error


def _resolved(recorder: Recorder, found: Places) -> tuple[Ref, Pointer | None]:
    """One pointer in the place of several; none where evenly spaced places are a view."""
    base = found.base
    known = [p for p in found.pointers if not isinstance(p.index, Recorded)]
    unknown = [p for p in found.pointers if isinstance(p.index, Recorded)]
    offsets = known_offsets(known)
    if not unknown:
        view = _strided(found, offsets)
        if view is not None:
            return view, None
    start = int(offsets.min()) if offsets.size else 0
    base = _shifted(base, start)
    for p in unknown:
        recorder.check(p.index.ref, -p.length, p.length, "index")
    if len(unknown) == 1 and (offsets == start).all():
        (p,) = unknown
        return base, Pointer(recorder.ref(p.index, np.int64), p.stride, p.length)
    total: Any = offsets - start  # from here on places count upwards from the base
    reach = int(total.max(initial=0))
    for p in unknown:
        base = _shifted(base, min(p.stride, 0) * (p.length - 1))
        total = total + _from_start(recorder, p) * abs(p.stride)
        reach += abs(p.stride) * (p.length - 1)
    return base, Pointer(recorder.ref(total, np.int64), 1, reach + 1)


def _shifted(base: Ref, start: int) -> Ref:
    return Ref(base.array, base.shape, base.strides, base.offset + start)


def _from_start(recorder: Recorder, pointer: Pointer) -> Any:
    """Positions without minus signs; counted from the end where the stride is negative."""
    index = cast(pointer.index, np.int64)
    index = where(index < 0, index + pointer.length, index)
    return index if pointer.stride >= 0 else pointer.length - 1 - index


def _strided(found: Places, offsets: Any) -> Ref | None:
    """Evenly spaced places as strides along the axes of the positions; else None."""
    steps = even_steps(offsets) if offsets.size else (0,) * offsets.ndim
    if steps is None:
        return None
    base, strides = found.base, list(found.base.strides)
    for axis, step in zip(found.axes[len(found.axes) - len(steps) :], steps, strict=True):
        strides[axis] = step
    first = int(offsets[(0,) * offsets.ndim]) if offsets.size else 0
    return Ref(base.array, base.shape, tuple(strides), base.offset + first)


def putitem(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Zeros, to which elements are added where a key points."""
    x, *arrays = operands
    key = GetItem(op.key).full_key(tuple(arrays))
    if _has_single_truth(key):
        return opaque.call(recorder, op, operands)
    target = Array(op.shape, name_of(x.dtype)).ref()
    return recorder.symbol(_put(recorder, x, _places(op, operands, target, key), op.shape))


def _put(recorder: Recorder, x: Any, found: Places, shape: tuple[int, ...]) -> Ref:
    """Zeros with x at some places: assembled where these are known to be apart, else scattered."""
    base = found.base
    if all(not isinstance(p.index, Recorded) for p in found.pointers):
        offsets = known_offsets(found.pointers)
        view = _strided(found, offsets)
        count = prod(base.shape[i] for i in found.axes)
        if view is not None and np.unique(offsets).size == count:
            part = Part(_spread(recorder.operand(x), base.shape), *view_of(view))
            zero = number(np.zeros((), x.dtype))
            return recorder.emit(Assemble(zero, (part,), recorder.array(shape, x.dtype)))
    for p in found.pointers:
        if isinstance(p.index, Recorded):
            recorder.check(p.index.ref, -p.length, p.length, "index")
    picks = tuple(
        (found.spread(recorder.ref(p.index, np.int64)), p.stride, p.length) for p in found.pointers
    )
    return scattered(recorder, x, base, picks, shape)


def scattered(recorder: Recorder, x: Any, base: Ref, picks: Any, shape: tuple[int, ...]) -> Ref:
    """Added up where places repeat; booleans are counted, and any count is true."""
    dtype = np.dtype(np.int32) if x.dtype == bool else x.dtype
    value = _spread(recorder.cast(x, dtype), base.shape)
    out = recorder.array(shape, dtype)
    found = recorder.emit(Scatter(value, picks, replace(base, array=out), True))
    if x.dtype != bool:
        return found
    return recorder.map("not_equal", (found, Number(0, "int32")), shape, np.bool_)


def positions(indices: Any) -> Any:
    """Index arrays, which may be given as numbers."""
    return indices if hasattr(indices, "dtype") else np.asarray(indices)


def stand_in(x: Any) -> Any:
    """Zeros of the shape and dtype of an unknown tensor."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape) if isinstance(x, Recorded) else x


def view_of(ref: Ref) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Shape, strides and offset."""
    return ref.shape, ref.strides, ref.offset


def _spread(x: Operand, shape: tuple[int, ...]) -> Operand:
    return broadcasted(x, shape) if isinstance(x, Ref) else x


def _has_single_truth(key: Sequence[Any]) -> bool:
    """Whether a key holds True or False alone, which adds an axis."""
    return any(is_mask(part) and part.ndim == 0 for part in key)


RULES = {"getitem": getitem, "putitem": putitem}
