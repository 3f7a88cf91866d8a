"""Adam: momentum, divided by the recent size of the gradient, both corrected for their start at 0.

Imports the optimiser's base class and two letters. AdamW stands on it.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.graph.numpy.symbol import Symbol
from chainrule.ops.letters.arithmetic import sqrt
from chainrule.ops.letters.transcendental import expm1
from chainrule.optim.arguments import positive, share
from chainrule.optim.optimizer import Optimizer


class Adam(Optimizer):
    """Adaptive moments: the step is rate * mean / (sqrt(mean square) + epsilon), both debiased.

    Parameters
    ----------
    rate : float, default 0.001
        Learning rate: about the size of each element's step, whatever the scale of the loss.
    beta1 : float, default 0.9
        Share of the mean gradient kept at each step.
    beta2 : float, default 0.999
        Share of the mean square kept at each step.
    epsilon : float, default 1e-8
        Keeps the quotient finite. All four defaults are those of the source.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.

    Source
    ------
    Kingma and Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> w = cr.parameter(np.array([1.0, -2.0]), name="w")
    >>> optimizer = Adam(rate=0.1)
    >>> for _ in range(3):
    ...     (w * w).sum().backward()
    ...     optimizer.step({"w": w})
    >>> w.data.round(3).tolist()
    [0.702, -1.701]
    """

    name = "adam"
    memory = ("mean", "mean_square")
    settings = by_group = ("rate", "beta1", "beta2", "epsilon")

    def __init__(
        self,
        rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(rate, groups)
        owner = type(self).__name__
        self.beta1 = share(owner, "beta1", beta1)
        self.beta2 = share(owner, "beta2", beta2)
        self.epsilon = positive(owner, "epsilon", epsilon)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate * (m / c1) / (sqrt(s / c2) + epsilon), c = 1 - beta**step."""
        mean = self.beta1 * state[0] + (1 - self.beta1) * gradient
        mean_square = self.beta2 * state[1] + (1 - self.beta2) * (gradient * gradient)
        # Both corrections are numbers: moved out of the quotient they cost no pass of their own.
        root = root_of(filled(self.beta2, step))
        pace = rate * root / filled(self.beta1, step)
        move = pace * mean / (sqrt(mean_square) + self.epsilon * root)
        return parameter - move, (mean, mean_square)


def filled(beta: float, step: Any) -> Any:
    """1 - beta**step: how far a mean that started at 0 has filled up."""
    if beta == 0:
        return 1.0
    # expm1, because 1 - 0.999 keeps only four digits in float32.
    exponent = step * math.log(beta)
    return -expm1(exponent) if _is_array(step) else -math.expm1(exponent)


def root_of(x: Any) -> Any:
    """Square root that leaves a Python number weak, so that float32 stays float32."""
    return sqrt(x) if _is_array(x) else math.sqrt(x)


def _is_array(x: Any) -> bool:
    return isinstance(x, Symbol | np.ndarray)
