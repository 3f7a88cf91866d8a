"""Powers: x to the power y; small constant exponents are spelled out rather than given to pow.

Imports the families and letters. The recording of a plan spells out the same exponents.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.domain import POSITIVE, Domain
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Letter
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import sqrt, square
from chainrule.ops.letters.logic import logical_and, where
from chainrule.ops.letters.transcendental import log

_Formula = Callable[[Any], Any]

# Within 3 units in the last place; more products would round more.
SPELLED_OUT: dict[float, _Formula] = {
    2: square,
    3: lambda x: square(x) * x,
    4: lambda x: square(square(x)),
    -1: lambda x: 1 / x,
    -2: lambda x: square(1 / x),  # 1 / x**2 would be 0 where x**2 overflows
    0.5: sqrt,
    -0.5: lambda x: 1 / sqrt(x + 0.0),  # -0 + 0 is 0, whose power is inf rather than -inf
}
WIDTHS = ("float32", "float64")  # half precision would round every product to 11 bits


@op("power", symbol="**", numpy=np.power, onnx="Pow", domains=(POSITIVE, Domain()))
class Power(Letter):
    """x to the power y.

    Notes
    -----
    A constant exponent never takes the logarithm of the base, so negative bases are welcome with
    integer exponents. At base 0 the slope in the exponent is its limit, 0.

    A constant exponent, a number or an array of one value, of 2, 3, 4, -1, -2, 0.5 or -0.5 is
    written as products, a quotient or a root: within 3 units in the last place, and some twenty
    times as fast as the library's pow, which computes all others.
    """

    primitive = "power"

    def forward(self, x: Any, y: Any) -> Any:
        exponent = constant_exponent(y)
        if exponent is None:
            return np.power(x, y)
        return _constant_power(x, y, exponent)

    def local_gradients(self, x: Any, y: Any, out: Any) -> Any:
        return lambda: _slope_in_base(x, y, out), lambda: _slope_in_exponent(x, out)


def constant_exponent(y: Any) -> float | None:
    """The one value of an exponent without a derivative; None if there are several, or none."""
    while isinstance(y, Symbol):
        if getattr(y, "wants_gradient", True):
            return None
        y = getattr(y, "value", None)
    if isinstance(y, int | float):
        return y
    if y is None or not y.size:
        return None
    first = y[(0,) * y.ndim].item()
    return first if y.size == 1 or (y[(-1,) * y.ndim] == first and (y == first).all()) else None


def _constant_power(x: Any, y: Any, exponent: float) -> Any:
    """The formula of the exponent, or pow; in the shape and dtype that NumPy gives both."""
    formula = np.positive if exponent == 1 else SPELLED_OUT.get(exponent)
    if formula is None:
        return np.power(x, y)
    dtype = np.result_type(x, y)
    if dtype.name not in WIDTHS:
        return np.power(x, y)
    found = formula(np.asarray(x, dtype))
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    return found if found.shape == shape else np.broadcast_to(found, shape).copy()


def _slope_in_base(x: Any, y: Any, out: Any) -> Any:
    exponent = constant_exponent(y)
    if exponent is not None:
        if exponent == 0:
            return np.zeros(x.shape, bool)  # a closed gate: the constant 1, also at base 0
        if exponent == 1:
            return 1
        x = _as_wide(x, out)
        return 2 * x if exponent == 2 else exponent * power(x, exponent - 1)
    # 0 * 0**(-1) would be NaN; elsewhere an exponent of 0 has the slope 0, but not for ever.
    constant = logical_and(x == 0, y == 0)
    y = _as_wide(y, out)  # 0 - 1 of uint8 is 255
    return where(constant, 0, y * x ** where(constant, 1, y - 1))


def _slope_in_exponent(x: Any, out: Any) -> Any:
    at_zero = x == 0
    x = _as_wide(x, out)  # the logarithm needs all digits of out
    return where(at_zero, 0, out * log(where(at_zero, 1, x)))


def _as_wide(x: Any, out: Any) -> Any:
    """The base or the exponent in the dtype of the result: the other one may be wider."""
    if getattr(x, "dtype", out.dtype) == out.dtype:
        return x
    return CATALOGUE.function("cast")(x, out.dtype)


power = Power.function
