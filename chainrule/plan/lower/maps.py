"""Letters: one Map each, with the casts that NumPy's promotion of dtypes asks for.

Imports the recorder and views. dispatch.py collects the rules; words and others use them.
"""

import functools
from typing import Any

import numpy as np

from chainrule.ops.letters.logic import where as chosen_by
from chainrule.ops.letters.powers import SPELLED_OUT
from chainrule.ops.movement import cast
from chainrule.plan.lower import by_python as opaque
from chainrule.plan.recorder import Recorded, Recorder, is_native, number
from chainrule.plan.steps import Number, Operand, Ref
from chainrule.plan.views import broadcasted

# What letters of numbers mean for booleans, whose arithmetic is logic.
OF_BOOLEANS = {
    "add": "logical_or",
    "maximum": "logical_or",
    "multiply": "logical_and",
    "minimum": "logical_and",
    "abs": "copy",
}
MOST_WHOLE_FACTORS = 64  # of whole numbers, which do not round


def letter(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Cast every operand to the dtype of the result, and compute."""
    dtype = result_dtype(op, operands)
    if not is_native(dtype):
        return opaque.call(recorder, op, operands)
    return apply_letter(recorder, op, name_for(op, dtype), operands, dtype, dtype)


def name_for(op: Any, dtype: np.dtype[Any]) -> str:
    """The letter that an op is for elements of this type."""
    name: str = op.whole if op.whole and dtype.kind in "iub" else op.name
    return OF_BOOLEANS.get(name, name) if dtype.kind == "b" else name


def apply_letter(
    recorder: Recorder, op: Any, name: str, operands: tuple[Any, ...], dtype: Any, out: Any
) -> Recorded:
    """A Map of a letter on operands cast to ``dtype``, whose result has the dtype ``out``."""
    shape = common_shape(operands)
    cast = [recorder.cast(x, dtype) for x in operands]
    if name == "copy":
        return recorder.symbol(recorder.ref(operands[0], dtype))
    return recorder.symbol(recorder.map(name, cast, shape, out))


def comparison(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Both sides in their common dtype; a Python number that does not fit it widens it."""
    dtype = np.result_type(*(_kind(x) for x in operands))
    for x in operands:
        if isinstance(x, int) and dtype.kind in "iub":
            dtype = np.promote_types(dtype, np.min_scalar_type(x))
    if dtype.kind == "f" and all(np.result_type(_kind(x)).kind in "iub" for x in operands):
        return _of_both_signs(op, operands)
    return apply_letter(recorder, op, op.name, operands, dtype, np.bool_)


def _of_both_signs(op: Any, operands: tuple[Any, ...]) -> Any:
    """int64 and uint64 have no whole type in common, and float64 would round them."""
    whole = [x if hasattr(x, "dtype") else np.array(x, np.min_scalar_type(x)) for x in operands]
    (place,) = (i for i, x in enumerate(whole) if x.dtype.kind == "i")
    below_zero = op.forward(*(-1 if i == place else 0 for i in range(2)))
    without_sign = op(*(cast(x, np.uint64) for x in whole))
    return chosen_by(whole[place] < 0, below_zero, without_sign)


def logic(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A letter of booleans; of numbers, whatever is not 0 is true."""
    truths = [truth(recorder, x) for x in operands]
    shape = common_shape(operands)
    return recorder.symbol(recorder.map(op.name, truths, shape, np.bool_))


def truth(recorder: Recorder, x: Any) -> Operand:
    """Whether an operand is not 0."""
    found = recorder.operand(x)
    if found.dtype == "bool":
        return found
    if isinstance(found, Number):
        return Number(bool(found.value), "bool")
    zero = number(np.zeros((), found.dtype))
    return recorder.map("not_equal", (found, zero), found.shape, np.bool_)


def where(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The condition as booleans; both branches in the dtype of the result."""
    condition, *branches = operands
    dtype = result_dtype(op, operands)
    shape = common_shape(operands)
    # A whole number that does not fit wraps around, as in numpy.where.
    arrays = (np.asarray(x).astype(dtype) if type(x) is int else x for x in branches)
    chosen = truth(recorder, condition), *(recorder.cast(x, dtype) for x in arrays)
    return recorder.symbol(recorder.map("where", chosen, shape, dtype))


def question(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """isnan, isfinite: the answer is known for whole numbers."""
    (x,) = operands
    if x.dtype.kind == "f":
        return recorder.symbol(recorder.map(op.name, (x.ref,), x.shape, np.bool_))
    return recorder.symbol(recorder.filled(Number(op.name == "isfinite", "bool"), x.shape))


def power(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A small constant exponent is spelled out in products, a root or a quotient."""
    dtype = result_dtype(op, operands)
    base, exponent = recorder.operand(operands[0]), recorder.operand(operands[1])
    if isinstance(exponent, Number) and isinstance(base, Ref) and dtype.kind in "fiu":
        shape = common_shape(operands)
        found = _spelled_out(recorder, recorder.ref(base, dtype), exponent.value, shape)
        if found is not None:
            return recorder.symbol(found)
    if dtype.kind != "f" or not is_native(dtype):
        return opaque.call(recorder, op, operands)
    return apply_letter(recorder, op, op.name, operands, dtype, dtype)


def _spelled_out(recorder: Recorder, x: Ref, exponent: Any, shape: Any) -> Ref | None:
    """The steps of the formula that eager mode computes too; None for pow."""
    dtype = x.dtype

    def constant(value: Any) -> Ref:
        return recorder.filled(number(np.asarray(value, dtype)), shape)

    if exponent == 0:
        return constant(1)
    if exponent == 1:
        return broadcasted(x, shape)
    if dtype[0] != "f":
        whole = exponent in range(2, MOST_WHOLE_FACTORS + 1)
        return _product(recorder, x, int(exponent), shape) if whole else None
    formula = SPELLED_OUT.get(exponent)
    return (
        None if formula is None else recorder.ref(formula(recorder.symbol(broadcasted(x, shape))))
    )


def _product(recorder: Recorder, x: Ref, exponent: int, shape: Any) -> Ref:
    """By squaring: x**3 is (x * x) * x."""
    if exponent == 1:
        return x
    half = _product(recorder, x, exponent // 2, shape)
    twice = recorder.map("multiply", (half, half), shape, x.dtype)
    return recorder.map("multiply", (twice, x), shape, x.dtype) if exponent % 2 else twice


def common_shape(operands: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape that the operands broadcast to."""
    shapes = {x.shape for x in operands if hasattr(x, "shape")}
    shapes.discard(())  # which fits every other
    return tuple(shapes.pop()) if len(shapes) == 1 else np.broadcast_shapes(*shapes)


def result_dtype(op: Any, operands: tuple[Any, ...]) -> np.dtype[Any]:
    """The dtype that NumPy gives the result; Python numbers are weak."""
    found: set[Any] = {x.dtype for x in operands if hasattr(x, "dtype")}
    if len(found) == 1:  # floats stay what they are; and asking SciPy would import it
        (dtype,) = found
        if dtype.kind == "f":
            return dtype
    kinds: list[Any] = [x.dtype if hasattr(x, "dtype") else type(x) for x in operands]
    return _known_dtype(op, tuple(kinds))


@functools.lru_cache(maxsize=1024)
def _known_dtype(op: Any, kinds: tuple[Any, ...]) -> np.dtype[Any]:
    """By a run on one element."""
    ones = [
        None if kind is type(None) else kind(1) if isinstance(kind, type) else np.ones(1, kind)
        for kind in kinds
    ]
    with np.errstate(all="ignore"):
        return np.asarray(op.forward(*ones)).dtype


def _kind(x: Any) -> Any:
    return x.dtype if hasattr(x, "dtype") else x


RULES = {
    "letter": letter,
    "comparison": comparison,
    "logic": logic,
    "question": question,
    "where": where,
    "power": power,
}
