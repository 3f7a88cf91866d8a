"""Words of the hyperbola: sinh, cosh and the inverse hyperbolic functions.

Imports the families and letters. tanh is a letter.
"""

from math import inf
from typing import Any

import numpy as np

from chainrule.domain import Domain
from chainrule.graph.op.families import Word
from chainrule.graph.op.operation import op
from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.letters.logic import equal, where
from chainrule.ops.words.circular import UNIT
from chainrule.ops.words.hypotenuse import hypot


@op("sinh", numpy=np.sinh)
class Sinh(Word):
    """Hyperbolic sine, (exp(x) - exp(-x)) / 2."""

    c = "sinh"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (cosh(x),)


@op("cosh", numpy=np.cosh)
class Cosh(Word):
    """Hyperbolic cosine, (exp(x) + exp(-x)) / 2: the curve of a hanging chain."""

    c = "cosh"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (sinh(x),)


@op("arcsinh", numpy=np.arcsinh)
class ArcSinh(Word):
    """The number whose hyperbolic sine is x."""

    c = "asinh"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / hypot(x, 1),)  # the square of 1e200 overflows


@op("arccosh", numpy=np.arccosh, domains=(Domain(low=1.0, sample_low=1.3),))
class ArcCosh(Word):
    """The number from 0 up whose hyperbolic cosine is x; its slope at 1 is infinite."""

    c = "acosh"

    def local_gradients(self, x: Any, out: Any) -> Any:
        slope = 1 / (sqrt(x - 1) * sqrt(x + 1))  # the square of 1e200 overflows
        return (where(equal(x, inf), 0, slope),)  # flat in every order


@op("arctanh", numpy=np.arctanh, domains=(UNIT,))
class ArcTanh(Word):
    """The number whose hyperbolic tangent is x; its slope at -1 and 1 is infinite."""

    c = "atanh"

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (1 / ((1 - x) * (1 + x)),)  # 1 - x * x would lose the digits near 1


sinh, cosh = Sinh.function, Cosh.function
