"""Adagrad: each element's step is divided by the size of all its gradients so far.

Imports the optimiser's base class and the square root.
"""

from collections.abc import Mapping
from typing import Any

from chainrule.ops.letters.arithmetic import sqrt
from chainrule.optim.arguments import positive
from chainrule.optim.optimizer import Optimizer


class Adagrad(Optimizer):
    """s = s + gradient**2; the step is rate * gradient / (sqrt(s) + epsilon).

    The steps shrink like 1/sqrt(number of steps): suited to sparse inputs, where a rare feature
    keeps a large step.

    Parameters
    ----------
    rate : float, default 0.01
        Learning rate: the size of each element's first step.
    epsilon : float, default 1e-10
        Keeps the quotient finite where no gradient has flowed yet.

    Source
    ------
    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning and stochastic
    optimization", figure 1 (diagonal form).
    """

    name = "adagrad"
    memory = ("square_sum",)
    settings = by_group = ("rate", "epsilon")

    def __init__(
        self,
        rate: float = 0.01,
        epsilon: float = 1e-10,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(rate, groups)
        self.epsilon = positive("Adagrad", "epsilon", epsilon)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * gradient / (sqrt(s) + epsilon)."""
        square_sum = state[0] + gradient * gradient
        return parameter - rate * gradient / (sqrt(square_sum) + self.epsilon), (square_sum,)
