"""The logistic curve: tanh, sigmoid, and the density that is the slope of both.

Imports the families and letters. The three are closed under differentiation: no slope here is
written with a kink, so they are smooth in every order, at 0 too.

    s' = d,   d' = d(x) (s(-x) - s(x)),   tanh'(x) = 4 d(2x)
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.graph.op.families import Elementwise, Letter
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.transcendental import exp


@op("tanh", numpy=np.tanh, onnx="Tanh")
class Tanh(Letter):
    """Hyperbolic tangent, the activation that is centred at 0."""

    bounds: ClassVar[tuple[float, float]] = (-1.0, 1.0)

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (4 * density(2 * x),)  # 1 - out**2 would lose the tails: tanh'(20) is 2e-17


@op("sigmoid", onnx="Sigmoid")
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x)): squashes a score into a chance."""

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)
    scipy = "expit"

    def forward(self, x: Any) -> Any:
        shrunk = exp(-abs(x))  # never above 1: exp(89) overflows float32
        share = 1 / (1 + shrunk)
        return where(x >= 0, share, shrunk * share)

    def textbook(self, x: Any) -> Any:
        """Four gates, as a picture spells it out; it overflows where forward does not."""
        return 1 / (1 + exp(-x))

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (density(x),)  # out * (1 - out) would lose the right tail


@op("logistic_density")
class LogisticDensity(Elementwise):
    """s(x) s(-x), where s is the sigmoid: its slope, and the density of the logistic distribution.

    Notes
    -----
    The formula takes one exponential of -abs(x) and one quotient, as the sigmoid does: where both
    are asked for, they share them. It keeps both tails. Its own slope is not taken through abs,
    whose kink would show from there on.
    """

    def forward(self, x: Any) -> Any:
        shrunk = exp(-abs(x))
        share = 1 / (1 + shrunk)
        return shrunk * share * share

    def local_gradients(self, x: Any, out: Any) -> Any:
        return (out * (sigmoid(-x) - sigmoid(x)),)


tanh, sigmoid, density = Tanh.function, Sigmoid.function, LogisticDensity.function
