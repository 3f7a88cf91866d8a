"""Words: calls of C functions in float64, and formulas of letters where these are exact enough.

Imports the ops' functions, letters and the recorder. dispatch.py collects the rules.
"""

from math import inf, log, pi
from typing import Any

import numpy as np

from chainrule.ops.letters.logic import equal, isnan, not_equal, where
from chainrule.ops.letters.transcendental import exp, log1p, sin
from chainrule.ops.words.bessel import TINY
from chainrule.ops.words.choice import copysign
from chainrule.ops.words.divisions import FMod
from chainrule.ops.words.exponentials import LN_2
from chainrule.ops.words.rounding import rint
from chainrule.ops.words.special import SciPyWord
from chainrule.plan.lower import opaque
from chainrule.plan.lower.letters import apply_letter, result_dtype
from chainrule.plan.recorder import Recorded, Recorder, is_native
from chainrule.plan.steps import Ref

fmod = FMod.function


def word(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """A C function of doubles; the result has NumPy's dtype."""
    dtype = result_dtype(op, operands)
    if dtype.kind != "f" or not is_native(dtype) or not op.c:
        return opaque.call(recorder, op, operands)
    library = "scipy" if isinstance(op, SciPyWord) else "c"
    return _called(recorder, op, f"{library}:{op.c}", operands, dtype)


def _called(
    recorder: Recorder, op: Any, name: str, operands: tuple[Any, ...], dtype: Any
) -> Recorded:
    found = apply_letter(recorder, op, name, operands, np.float64, np.float64)
    return recorder.symbol(recorder.ref(found, dtype))


def rounding(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """ceil, trunc, rint: whole numbers stay as they are."""
    dtype = result_dtype(op, operands)
    if dtype.kind in "iu":
        return recorder.symbol(recorder.ref(operands[0], dtype))
    return word(recorder, op, operands)


def rounded(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """To decimals: rint of x times a power of ten, as NumPy does it."""
    (x,) = operands
    if x.dtype.kind in "iu" and op.decimals >= 0:
        return x
    if x.dtype.kind != "f":
        return opaque.call(recorder, op, operands)
    power = np.asarray(10.0 ** abs(op.decimals), x.dtype)
    if op.decimals == 0:
        return rint(x)
    return rint(x * power) / power if op.decimals > 0 else rint(x / power) * power


def ordered(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """jv and iv: the order is the first argument of SciPy's function."""
    dtype = result_dtype(op, operands)
    given = (np.asarray(float(op.n)), *operands)
    found = _called(recorder, op, f"scipy:{op.scipy}", given, dtype)
    if op.scipy != "iv":
        return found
    x = _symbol(recorder, operands[0], dtype)
    return where(abs(x) < TINY, op.first_term(x), found)


def reciprocal(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """1 / x; of whole numbers it is cut to a whole number."""
    (x,) = operands
    return 1 / x if x.dtype.kind == "f" else opaque.call(recorder, op, operands)


def degrees(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """x times pi / 180, or 180 / pi."""
    factor = pi / 180 if op.name == "deg2rad" else 180 / pi
    dtype = result_dtype(op, operands)
    if not is_native(dtype):
        return opaque.call(recorder, op, operands)
    return recorder.symbol(recorder.ref(operands[0], dtype)) * factor


def extreme(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """fmax and fmin; whole numbers know no NaN."""
    dtype = result_dtype(op, operands)
    if dtype.kind in "iu":
        name = {"fmax": "maximum", "fmin": "minimum"}[op.name]
        return apply_letter(recorder, op, name, operands, dtype, dtype)
    return word(recorder, op, operands)


def nan_to_num(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """Three choices; whole numbers stay as they are."""
    (x,) = operands
    if x.dtype.kind != "f":
        return x
    limits: Any = np.finfo(x.dtype)
    high = limits.max if op.posinf is None else op.posinf
    low = limits.min if op.neginf is None else op.neginf
    finite = where(equal(x, inf), float(high), where(equal(x, -inf), float(low), x))
    return where(isnan(x), float(op.nan), finite)


def heaviside(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """0, y or 1, by the sign of x; NaN stays NaN."""
    x, y = operands
    dtype = result_dtype(op, operands)
    if not is_native(dtype):
        return opaque.call(recorder, op, operands)
    x = _symbol(recorder, x, dtype)
    return where(equal(x, 0), y, where(x < 0, 0, where(x > 0, 1, x)))


def log_sum(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The larger one, and the logarithm of 1 plus the share of the smaller one."""
    dtype = result_dtype(op, operands)
    if not is_native(dtype):
        return opaque.call(recorder, op, operands)
    x, y = (_symbol(recorder, each, dtype) for each in operands)
    alike = equal(x, y)  # inf - inf would be NaN
    apart = where(alike, 0, -abs(x - y))
    if op.name == "logaddexp2":
        more, twice = log1p(exp(apart * LN_2)) / LN_2, 1
    else:
        more, twice = log1p(exp(apart)), log(2)
    return where(alike, x + twice, np.maximum(x, y) + more)


def sinc(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """sin(t) / t, where a t of 0 becomes a number whose sine is itself, as in NumPy."""
    (x,) = operands
    if x.dtype.kind != "f":
        return opaque.call(recorder, op, operands)
    t = pi * x
    t = where(equal(t, 0), float(np.finfo(x.dtype).eps), t)
    return sin(t) / t


def sinc_derivative(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """The series near 0, the recurrence elsewhere."""
    (x,) = operands
    if x.dtype.kind != "f":
        return opaque.call(recorder, op, operands)
    near = abs(x) < (op.order + 1) / pi
    return where(near, op.series(x), op.recurrence(x, near)) * pi**op.order


def mod(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """fmod, moved to the sign of y."""
    dtype = result_dtype(op, operands)
    if dtype.kind != "f" or not is_native(dtype):
        return opaque.call(recorder, op, operands)
    x, y = (_symbol(recorder, each, dtype) for each in operands)
    left = fmod(x, y)
    moved = where(not_equal(y < 0, left < 0), left + y, left)
    return where(equal(left, 0), copysign(0.0, y), moved)


def floor_divide(recorder: Recorder, op: Any, operands: tuple[Any, ...]) -> Any:
    """As NumPy: the quotient less what is left over, which is nearly whole, and then made so."""
    dtype = result_dtype(op, operands)
    if dtype.kind != "f" or not is_native(dtype):
        return opaque.call(recorder, op, operands)
    x, y = (_symbol(recorder, each, dtype) for each in operands)
    left = fmod(x, y)
    quotient = (x - left) / y
    quotient = where(not_equal(left, 0) & not_equal(y < 0, left < 0), quotient - 1, quotient)
    below = np.floor(quotient)
    whole = where(quotient - below > 0.5, below + 1, below)
    whole = where(equal(quotient, 0), copysign(0.0, x / y), whole)
    return where(equal(y, 0), x / y, whole)


def _symbol(recorder: Recorder, x: Any, dtype: Any) -> Recorded:
    """An operand as a symbol of a dtype; a number stands for an array of its own."""
    found = recorder.cast(x, dtype)
    return recorder.symbol(
        found if isinstance(found, Ref) else recorder.filled(found, np.shape(x))
    )


RULES = (
    dict.fromkeys(("ceil", "trunc", "rint"), rounding)
    | dict.fromkeys(("jv", "iv"), ordered)
    | dict.fromkeys(("deg2rad", "rad2deg"), degrees)
    | dict.fromkeys(("fmax", "fmin"), extreme)
    | dict.fromkeys(("logaddexp", "logaddexp2"), log_sum)
    | {
        "round": rounded,
        "reciprocal": reciprocal,
        "nan_to_num": nan_to_num,
        "heaviside": heaviside,
        "sinc": sinc,
        "sinc_derivative": sinc_derivative,
        "mod": mod,
        "floor_divide": floor_divide,
    }
)
