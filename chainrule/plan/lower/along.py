"""Along an axis: one element per row by its position, and labels as rows with a single 1.

Imports indexing's checks, the recorder and views. dispatch.py collects the rules. Short rows
are compared with their label instead of picked by it: a comparison fuses with what reads the row.
"""

from typing import Any

import numpy as np

from chainrule.graph.op.operation import compute
from chainrule.ops.indexing import check_labels
from chainrule.plan.lower.positions import positions, scattered, stand_in
from chainrule.plan.lower.shapes import with_shape
from chainrule.plan.recorder import Recorded, Recorder, name_of, number
from chainrule.plan.steps import Array, Number, Pick, Reduce, Ref, contiguous
from chainrule.plan.views import broadcasted
from chainrule.spec import normalize_axes

MOST_COMPARED = 128  # elements of a row that are compared with a label rather than picked by it


def take_along_axis(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """One element per row: compared where rows are short, else picked."""
    x, indices = operands[0], positions(operands[1])
    (axis,) = normalize_axes(op.axis, x.ndim)
    length = x.shape[axis]
    if x.ndim != indices.ndim:
        raise ValueError("positions must have as many axes as the tensor")
    index = _checked(recorder, op, (x, indices), length)
    shape = np.broadcast_shapes(_with(x.shape, axis, 1), _with(indices.shape, axis, 1))
    ref, shape = recorder.ref(x), _with(shape, axis, indices.shape[axis])
    if shape[axis] == 1 and length <= MOST_COMPARED and axis == x.ndim - 1:
        chosen = _hits(recorder, indices, index, _with(shape, axis, length), axis)
        zero = number(np.zeros((), x.dtype))
        kept = recorder.map("where", (chosen, ref, zero), chosen.shape, x.dtype)
        kind = "any" if x.dtype == bool else "sum"
        found = recorder.emit(Reduce(kind, kept, (axis,), recorder.array(shape, x.dtype)))
        return recorder.symbol(found)
    row = Ref(ref.array, _with(x.shape, axis, 1), _with(ref.strides, axis, 0), ref.offset)
    source, out = broadcasted(row, shape), recorder.array(shape, x.dtype)
    pick = Pick(source, broadcasted(index, shape), ref.strides[axis], length, out)
    return recorder.symbol(recorder.emit(pick))


def put_along_axis(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Zeros with elements added along an axis."""
    x, indices = operands[0], positions(operands[1])
    (axis,) = normalize_axes(op.axis, x.ndim)
    index = _checked(recorder, op, (x, indices), op.length)
    whole, shape = _with(x.shape, axis, op.length), np.broadcast_shapes(x.shape, indices.shape)
    if shape == x.shape and shape[axis] == 1 and op.length <= MOST_COMPARED:
        chosen = _hits(recorder, indices, index, whole, axis)
        zero = number(np.zeros((), x.dtype))
        value = recorder.operand(x)
        return recorder.symbol(recorder.map("where", (chosen, value, zero), whole, x.dtype))
    steps = contiguous(whole)
    strides = tuple(
        0 if i == axis or n == 1 else step
        for i, (n, step) in enumerate(zip(x.shape, steps, strict=True))
    )
    base = Ref(Array(whole, name_of(x.dtype)), shape, strides, 0)
    picks = ((broadcasted(index, shape), steps[axis], op.length),)
    return recorder.symbol(scattered(recorder, x, base, picks, whole))


def one_hot(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Coordinates compared with the labels."""
    (labels,) = operands
    labels_in_range(recorder, labels, op.classes)
    index = with_shape(recorder, recorder.ref(labels, np.int64), (*labels.shape, 1))
    shape = (*labels.shape, op.classes)
    found = recorder.map(
        "equal", (recorder.coordinate(labels.ndim, shape), index), shape, np.bool_
    )
    return recorder.symbol(recorder.ref(recorder.symbol(found), op.dtype))


def labels_in_range(recorder: Recorder, labels: Any, classes: int) -> None:
    """Labels are integers from 0 to classes - 1: checked when the plan runs."""
    if labels.dtype.kind not in "iu":
        check_labels(stand_in(labels), classes)  # raises
    recorder.check(labels.ref, 0, classes, "label")


def _hits(recorder: Recorder, indices: Any, index: Ref, shape: Any, axis: int) -> Ref:
    """Where an element's coordinate is its row's position; a negative one counts from the end."""
    low = recorder.lowest(indices.ref) if isinstance(indices, Recorded) else indices.min(initial=0)
    if low < 0:
        length = Number(shape[axis], "int64")
        below = recorder.map("less", (index, Number(0, "int64")), index.shape, np.bool_)
        wrapped = recorder.map("add", (index, length), index.shape, np.int64)
        index = recorder.map("where", (below, wrapped, index), index.shape, np.int64)
    return recorder.map("equal", (recorder.coordinate(axis, shape), index), shape, np.bool_)


def _checked(recorder: Recorder, op: Any, operands: tuple[Any, Any], length: int) -> Ref:
    """Positions as int64; inside their axis, which a Check shows of unknown ones."""
    indices = operands[1]
    if indices.dtype.kind not in "iu":
        compute(op, [stand_in(x) for x in operands])
        raise IndexError("positions are integers")
    if isinstance(indices, Recorded):
        recorder.check(indices.ref, -length, length, "index")
    elif indices.size and (indices.min() < -length or indices.max() >= length):
        compute(op, [stand_in(x) for x in operands])
        raise IndexError("a position is outside the axis")
    return recorder.ref(indices, np.int64)


def _with(shape: tuple[int, ...], axis: int, length: int) -> tuple[int, ...]:
    return (*shape[:axis], length, *shape[axis + 1 :])


RULES = {
    "take_along_axis": take_along_axis,
    "put_along_axis": put_along_axis,
    "one_hot": one_hot,
}
