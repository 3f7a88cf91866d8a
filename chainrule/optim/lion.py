"""Lion: every element moves by the rate, and only the sign of its mean gradient counts.

Imports the optimiser's base class and the sign.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chainrule.ops.letters.arithmetic import Sign
from chainrule.optim.arguments import share
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.weight_decay import checked_decay, shrunk

sign = Sign.function


class Lion(Optimizer):
    """Evolved sign momentum: the step is rate * sign(beta1 * m + (1 - beta1) * gradient).

    After it m = beta2 * m + (1 - beta2) * gradient. It remembers half as much as Adam.

    Parameters
    ----------
    rate : float, default 0.0001
        Learning rate: the size of each element's step. The source takes a third to a tenth of
        what suits AdamW, with a weight decay as many times larger.
    beta1 : float, default 0.9
        Share of the mean in the direction of a step.
    beta2 : float, default 0.99
        Share of the mean kept at each step.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.
    weight_decay : float or callable, default 0
        Decoupled, as in :class:`AdamW`: biases too, by group or by a schedule if wanted.

    Source
    ------
    Chen et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
    """

    name = "lion"
    memory = ("mean",)
    settings = by_group = ("rate", "beta1", "beta2", "weight_decay")

    def __init__(
        self,
        rate: float = 1e-4,
        beta1: float = 0.9,
        beta2: float = 0.99,
        groups: Mapping[str, Any] | None = None,
        *,
        weight_decay: float | Callable[[Any], Any] = 0.0,
    ) -> None:
        super().__init__(rate, groups)
        self.beta1 = share("Lion", "beta1", beta1)
        self.beta2 = share("Lion", "beta2", beta2)
        self.weight_decay = checked_decay("Lion", weight_decay)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * sign(beta1 * m + (1 - beta1) * gradient)."""
        way = sign(self.beta1 * state[0] + (1 - self.beta1) * gradient)
        mean = self.beta2 * state[0] + (1 - self.beta2) * gradient
        return shrunk(parameter, self.weight_decay, rate, step) - rate * way, (mean,)
