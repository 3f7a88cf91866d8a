"""Movement: another shape, another element type, several tensors joined in one.

Imports the recorder, opaque and views. dispatch.py collects the rules; formulas.py reads every
other movement.
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.plan.lower import by_python as opaque
from chainrule.plan.recorder import Recorded, Recorder, is_native
from chainrule.plan.steps import Assemble, Operand, Part, Ref, contiguous
from chainrule.plan.views import reshaped
from chainrule.spec import normalize_axes


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


def cast(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The same numbers with another element type."""
    if not is_native(op.dtype):
        return opaque.call(recorder, op, operands)
    return recorder.symbol(recorder.ref(operands[0], op.dtype))


def placed(x: Operand, own: tuple[int, ...], shape: Any, starts: Any) -> Part:
    """A part of a result that lies with these starts inside it."""
    strides = contiguous(shape)
    offset = sum(a * s for a, s in zip(starts, strides, strict=True))
    return Part(x, own, strides, offset)


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


def _shaped(x: Any) -> Any:
    return x if hasattr(x, "shape") else np.asarray(x)


RULES = {"reshape": reshape, "cast": cast, "concatenate": concatenate}
