"""RMSProp: each element's step is divided by the recent size of its gradient.

Imports the optimiser's base class and the square root.
"""

from collections.abc import Mapping
from typing import Any

from chainrule.ops.letters.arithmetic import sqrt
from chainrule.optim.arguments import positive, share
from chainrule.optim.optimizer import Optimizer


class RMSProp(Optimizer):
    """The step is rate * gradient / (sqrt(s) + epsilon), s the mean of recent gradient**2.

    s = decay * s + (1 - decay) * gradient**2.

    Parameters
    ----------
    rate : float, default 0.001
        Learning rate: about the size of each element's step.
    decay : float, default 0.9
        Share of the mean square kept at each step; 0.9 remembers about 10 steps, as in the source.
    epsilon : float, default 1e-8
        Keeps the quotient finite where no gradient has flowed yet.

    Source
    ------
    Tieleman and Hinton 2012, "Neural networks for machine learning", lecture 6.5.
    """

    name = "rmsprop"
    memory = ("mean_square",)
    settings = by_group = ("rate", "decay", "epsilon")

    def __init__(
        self,
        rate: float = 1e-3,
        decay: float = 0.9,
        epsilon: float = 1e-8,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(rate, groups)
        self.decay = share("RMSProp", "decay", decay)
        self.epsilon = positive("RMSProp", "epsilon", epsilon)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * gradient / (sqrt(s) + epsilon)."""
        mean_square = self.decay * state[0] + (1 - self.decay) * (gradient * gradient)
        return parameter - rate * gradient / (sqrt(mean_square) + self.epsilon), (mean_square,)
