"""NAdam: Adam, whose mean gradient looks one step ahead, as Nesterov's momentum does.

Imports the optimiser's base class, Adam's parts and letters.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.letters.transcendental import exp, expm1
from chainrule.ops.reductions import total
from chainrule.optim.adam import filled, is_array, moments, root_of
from chainrule.optim.arguments import positive, share
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.weight_decay import checked_decay, shrunk

WARMING = 0.96  # of the source: the momentum rises from beta1 / 2 by 0.96**(momentum_decay * t)
TERMS = np.arange(1.0, 54.0)  # of a series in 2**-k: the rest is below float64's rounding


class NAdam(Optimizer):
    """Nesterov-accelerated Adam: part of the next step's momentum is in this one.

    The momentum of step t is u(t) = beta1 * (1 - 0.96**(momentum_decay * t) / 2), P(t) the product
    of those up to it, m and s Adam's means, and the step is rate * (a * gradient + b * m) /
    (sqrt(s / (1 - beta2**t)) + epsilon), where a = (1 - u(t)) / (1 - P(t)) and b = u(t + 1) /
    (1 - P(t + 1)).

    Parameters
    ----------
    rate : float, default 0.002
        Learning rate: about the size of each element's step; as in PyTorch.
    beta1, beta2, epsilon : float, default 0.9, 0.999, 1e-8
        As in :class:`Adam`.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.
    weight_decay : float or callable, default 0
        Decoupled, as in :class:`AdamW`: biases too, by group or by a schedule if wanted.
    momentum_decay : float, default 0.004
        How fast the momentum rises from beta1 / 2 to beta1; the source's 0.96**(t / 250).

    Source
    ------
    Dozat 2016, "Incorporating Nesterov momentum into Adam", algorithm 2 and section 3.
    """

    name = "nadam"
    memory = ("mean", "mean_square")
    settings = ("rate", "beta1", "beta2", "epsilon", "weight_decay", "momentum_decay")
    by_group = ("rate", "beta1", "beta2", "epsilon", "weight_decay")

    def __init__(
        self,
        rate: float = 2e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        groups: Mapping[str, Any] | None = None,
        *,
        weight_decay: float | Callable[[Any], Any] = 0.0,
        momentum_decay: float = 0.004,
    ) -> None:
        super().__init__(rate, groups)
        self.beta1 = share("NAdam", "beta1", beta1)
        self.beta2 = share("NAdam", "beta2", beta2)
        self.epsilon = positive("NAdam", "epsilon", epsilon)
        self.weight_decay = checked_decay("NAdam", weight_decay)
        self.momentum_decay = positive("NAdam", "momentum_decay", momentum_decay)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * (a * gradient + b * m) / (sqrt(s / c2) + epsilon)."""
        mean, mean_square = moments(self, gradient, state)
        now, ahead = self._momentum(step), self._momentum(step + 1)
        product = self._product(step)
        root = root_of(filled(self.beta2, step))
        pace = rate * root
        of_gradient = pace * (1 - now) / (1 - product)
        of_mean = pace * ahead / (1 - product * ahead)
        move = (of_gradient * gradient + of_mean * mean) / (
            sqrt(mean_square) + self.epsilon * root
        )
        return shrunk(parameter, self.weight_decay, rate, step) - move, (mean, mean_square)

    def _momentum(self, step: Any) -> Any:
        """u(t)."""
        exponent = step * (self.momentum_decay * math.log(WARMING))
        return self.beta1 * (1 - 0.5 * (exp if is_array(step) else math.exp)(exponent))

    def _product(self, step: Any) -> Any:
        """P(t), without a number that would have to be remembered from step to step.

        With q = 0.96**momentum_decay its logarithm is t * log(beta1) + sum over i up to t of
        log(1 - q**i / 2); by the series of the logarithm, - sum over k of (q**i / 2)**k / k, the
        sum over i is geometric for each k.
        """
        if self.beta1 == 0:
            return 0.0
        grows = TERMS * (self.momentum_decay * math.log(WARMING))  # of q**k, the logarithm
        shares = 0.5**TERMS / TERMS * np.exp(grows) / np.expm1(grows)
        if not is_array(step):
            missing = float(np.dot(shares, np.expm1(grows * step)))
            return math.exp(step * math.log(self.beta1) - missing)
        grows, shares = (np.asarray(each, step.dtype) for each in (grows, shares))
        return exp(step * math.log(self.beta1) - total(shares * expm1(step * grows)))
