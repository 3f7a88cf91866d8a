"""Words: calls of C functions in float64, or the word's own formula of letters.

Imports letters, opaque and the recorder. formulas.py reads formulas of words with it.
"""

from typing import Any

import numpy as np

from chainrule.plan.lower import by_python as opaque
from chainrule.plan.lower.maps import apply_letter, name_for, result_dtype
from chainrule.plan.recorder import Recorder, is_native
from chainrule.plan.steps import Ref


def word(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A C function of doubles; the result has NumPy's dtype."""
    dtype = result_dtype(op, operands)
    if dtype.kind != "f" or not is_native(dtype):
        return _of_whole_numbers(recorder, op, operands, dtype)
    if not op.c:
        return opaque.call(recorder, op, operands)
    name, given = f"{op.library}:{op.c}", op.given_to_c(*operands)
    found = apply_letter(recorder, op, name, given, np.float64, np.float64)
    return op.mended(recorder.symbol(recorder.ref(found, dtype)), *operands)


def spelled(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A word's own formula, of operands in the dtype of its result."""
    dtype = result_dtype(op, operands)
    whole = dtype.kind in "iu" and op.whole == "formula"
    if is_native(dtype) and (dtype.kind == "f" or whole):
        return op.formula(*(_symbol(recorder, x, dtype) for x in operands))
    return _of_whole_numbers(recorder, op, operands, dtype)


def _of_whole_numbers(recorder: Recorder, op: Any, operands: tuple[Any, ...], dtype: Any) -> Any:
    """The letter that a word is on whole numbers, or Python's answer."""
    if is_native(dtype) and dtype.kind != "f" and op.whole not in ("", "formula"):
        return apply_letter(recorder, op, name_for(op, dtype), operands, dtype, dtype)
    return opaque.call(recorder, op, operands)


def _symbol(recorder: Recorder, x: Any, dtype: Any) -> Any:
    """An operand as a symbol of a dtype; a number stands for an array of its own."""
    if x is None or (type(x) is int and not _fits(x, dtype)):
        return x  # the formula says what becomes of it
    found = recorder.cast(x, dtype)
    return recorder.symbol(
        found if isinstance(found, Ref) else recorder.filled(found, np.shape(x))
    )


def _fits(x: int, dtype: Any) -> bool:
    """Whether a whole number is one of a dtype's."""
    return dtype.kind not in "iu" or np.iinfo(dtype).min <= x <= np.iinfo(dtype).max


RULES = {"word": word}
