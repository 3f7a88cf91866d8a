"""Movement: most of it is a new look at the same array; joining and padding assemble a new one.

Imports the recorder, views and letters. dispatch.py collects the rules.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.plan.lower import opaque
from chainrule.plan.recorder import Recorded, Recorder, is_native, number
from chainrule.plan.steps import Assemble, Operand, Part, Reduce, Ref, contiguous
from chainrule.plan.views import broadcasted, reshaped, through
from chainrule.spec import is_tuple, normalize_axes


def view(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """An op whose NumPy call makes views: transpose, flip, split, broadcast_to ..."""
    (x,) = operands
    found = through(x.ref, op.forward)
    return tuple(map(recorder.symbol, found)) if is_tuple(found) else recorder.symbol(found)


def reshape(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The same array where its strides allow it, else a copy."""
    (x,) = operands
    return recorder.symbol(with_shape(recorder, x.ref, _shape(op, x)))


def with_shape(recorder: Recorder, ref: Ref, shape: tuple[int, ...]) -> Ref:
    """A Ref in another shape of as many elements; copied if it must be."""
    found = reshaped(ref, shape)
    if found is None:
        found = reshaped(recorder.copied(ref), shape)
    assert found is not None
    return found


def _shape(op: Any, x: Recorded) -> tuple[int, ...]:
    """The shape asked for, with its -1 counted out."""
    shape = tuple(map(int, op.shape))
    rest = prod(n for n in shape if n != -1)
    if shape.count(-1) == 1 and rest and x.size % rest == 0:
        shape = tuple(x.size // rest if n == -1 else n for n in shape)
    if prod(shape) != x.size or min(shape, default=0) < 0:
        raise ValueError(f"cannot reshape array of size {x.size} into shape {op.shape}")
    return shape


def sum_to(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Sums over what was repeated; of a mask, whether any element is true."""
    (x,) = operands
    extra = x.ndim - len(op.shape)
    kept = (1,) * extra + op.shape[max(-extra, 0) :]
    axes = tuple(i for i, n in enumerate(kept) if n == 1 != x.shape[i])
    if not axes and extra <= 0:
        return x
    ref = x.ref
    if axes:
        out = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
        kind = "any" if x.dtype == bool else "sum"
        dtype = x.dtype if kind == "any" else np.zeros(0, x.dtype).sum().dtype
        ref = recorder.emit(Reduce(kind, recorder.ref(x, dtype), axes, recorder.array(out, dtype)))
    if prod(op.shape) != prod(ref.shape):
        raise ValueError(f"{x.shape} does not sum to {op.shape}")
    return recorder.symbol(with_shape(recorder, ref, op.shape))


def any_live(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Any along the axis, repeated along it."""
    (live,) = operands
    axes = normalize_axes(op.axis, live.ndim)
    kept = tuple(1 if i in axes else n for i, n in enumerate(live.shape))
    found = recorder.emit(Reduce("any", live.ref, axes, recorder.array(kept, np.bool_)))
    return recorder.symbol(broadcasted(found, live.shape))


def cast(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The same numbers with another element type."""
    if not is_native(op.dtype):
        return opaque.call(recorder, op, operands)
    return recorder.symbol(recorder.ref(operands[0], op.dtype))


def pad(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Zeros, and the tensor among them."""
    (x,) = operands
    pairs = op.pairs(x.ndim)
    shape = tuple(a + n + b for n, (a, b) in zip(x.shape, pairs, strict=True))
    if min((n for pair in pairs for n in pair), default=0) < 0:
        raise ValueError("index can't contain negative values")
    return recorder.symbol(filled_around(recorder, x.ref, shape, [a for a, _ in pairs]))


def filled_around(recorder: Recorder, x: Operand, shape: Any, starts: Any) -> Ref:
    """Zeros of a shape with x at a place."""
    part = placed(x, _shape_of(x), shape, starts)
    zero = number(np.zeros((), x.dtype))
    return recorder.emit(Assemble(zero, (part,), recorder.array(shape, x.dtype)))


def placed(x: Operand, own: tuple[int, ...], shape: Any, starts: Any) -> Part:
    """A part of a result that lies with these starts inside it."""
    strides = contiguous(shape)
    offset = sum(a * s for a, s in zip(starts, strides, strict=True))
    return Part(x, own, strides, offset)


def _shape_of(x: Operand) -> tuple[int, ...]:
    return x.shape if isinstance(x, Ref) else ()


def concatenate(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Parts side by side, all in the dtype of the result."""
    parts = [_shaped(x) for x in operands]
    dtype = np.result_type(*(x.dtype for x in parts))
    if not is_native(dtype):
        return opaque.call(recorder, op, operands)
    found, shapes = [recorder.cast(x, dtype) for x in parts], [tuple(x.shape) for x in parts]
    if op.axis is None:
        shapes = [(prod(shape),) for shape in shapes]
        found = [
            with_shape(recorder, x, shape) if isinstance(x, Ref) else x
            for x, shape in zip(found, shapes, strict=True)
        ]
    (axis,) = normalize_axes(op.axis or 0, len(shapes[0]))
    if len({(*shape[:axis], 0, *shape[axis + 1 :]) for shape in shapes}) > 1:
        raise ValueError("all axes but the one that is joined must have the same lengths")
    return recorder.symbol(joined(recorder, found, shapes, axis, dtype))


def joined(
    recorder: Recorder, parts: list[Operand], shapes: list[tuple[int, ...]], axis: int, dtype: Any
) -> Ref:
    """Operands of these shapes one behind the other along an axis."""
    length = sum(shape[axis] for shape in shapes)
    shape = (*shapes[0][:axis], length, *shapes[0][axis + 1 :])
    start, pieces = 0, list[Part]()
    for x, own in zip(parts, shapes, strict=True):
        if prod(own):
            starts = [start if i == axis else 0 for i in range(len(shape))]
            pieces.append(placed(x, own, shape, starts))
        start += own[axis]
    return recorder.emit(Assemble(None, tuple(pieces), recorder.array(shape, dtype)))


def stack(recorder: Recorder, op: Any, parts: tuple[Any, ...]) -> Any:
    """Parts of one shape along a new axis."""
    shapes = {np.shape(x) for x in parts}
    dtype = np.result_type(*(_shaped(x).dtype for x in parts))
    if len(shapes) > 1:
        raise ValueError("all input arrays must have the same shape")
    if not is_native(dtype):
        return opaque.call(recorder, op, parts)
    (shape,) = shapes
    (axis,) = normalize_axes(op.axis, len(shape) + 1)
    own = (*shape[:axis], 1, *shape[axis:])
    cast = [recorder.cast(_shaped(x), dtype) for x in parts]
    deep = [
        through(x, lambda each: np.expand_dims(each, axis)) if isinstance(x, Ref) else x
        for x in cast
    ]
    return recorder.symbol(joined(recorder, deep, [own] * len(parts), axis, dtype))


def roll(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Axis by axis: the end, then the beginning."""
    (x,) = operands
    if op.axis is None:
        ref = with_shape(recorder, x.ref, (x.size,))
        pairs = [(int(np.sum(op.shift)), 0)]
    else:
        ref = x.ref
        shifts, axes = np.broadcast_arrays(op.shift, op.axis)
        pairs = [(int(n), normalize_axes(int(a), x.ndim)[0]) for n, a in zip(
            shifts.reshape(-1), axes.reshape(-1), strict=True)]  # fmt: skip
    for shift, axis in pairs:
        ref = _rolled(recorder, ref, shift % ref.shape[axis], axis)
    return recorder.symbol(with_shape(recorder, ref, x.shape))


def _rolled(recorder: Recorder, ref: Ref, shift: int, axis: int) -> Ref:
    if shift == 0:
        return ref
    cut = ref.shape[axis] - shift
    before = (slice(None),) * axis
    end = through(ref, lambda x: x[(*before, slice(cut, None))])
    start = through(ref, lambda x: x[(*before, slice(None, cut))])
    return joined(recorder, [end, start], [end.shape, start.shape], axis, ref.dtype)


def diagonal_embed(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Zeros, and the elements where the repeated letters agree."""
    (x,) = operands
    lengths = dict(zip(op.unique, x.shape, strict=True))
    shape = tuple(lengths[c] for c in op.repeated)
    steps = contiguous(shape)
    strides = tuple(
        sum(s for d, s in zip(op.repeated, steps, strict=True) if d == c) for c in op.unique
    )
    zero = number(np.zeros((), x.dtype))
    part = Part(x.ref, x.shape, strides, 0)
    found = recorder.emit(Assemble(zero, (part,), recorder.array(shape, x.dtype)))
    return recorder.symbol(found)


def _shaped(x: Any) -> Any:
    return x if hasattr(x, "shape") else np.asarray(x)


VIEWS = (
    "transpose",
    "swapaxes",
    "squeeze",
    "expand_dims",
    "flip",
    "rot90",
    "broadcast_to",
    "split",
)
RULES = dict.fromkeys(VIEWS, view) | {
    "reshape": reshape,
    "sum_to": sum_to,
    "any_live": any_live,
    "cast": cast,
    "pad": pad,
    "concatenate": concatenate,
    "stack": stack,
    "roll": roll,
    "diagonal_embed": diagonal_embed,
}
