"""RAdam: Adam, whose quotient waits until it has seen enough gradients to be trusted.

Imports the optimiser's base class, Adam's parts and letters.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from chainrule.ops.letters.arithmetic import maximum, sqrt
from chainrule.ops.letters.logic import where
from chainrule.ops.movement import cast
from chainrule.optim.adam import filled, is_array, moments, root_of
from chainrule.optim.arguments import positive, share
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.weight_decay import checked_decay, shrunk

ENOUGH = 5.0  # length of the mean square's average from which its variance is small; of PyTorch


class RAdam(Optimizer):
    """Rectified Adam: as long as the mean square is a guess, steps are SGD's with momentum.

    The mean square averages about r(t) = r - 2 t beta2**t / (1 - beta2**t) gradients, r = 2 /
    (1 - beta2) - 1 in the end. From r(t) > 5 on Adam's step is taken, shortened by
    sqrt((r(t) - 4) (r(t) - 2) r / ((r - 4) (r - 2) r(t))); before that, rate * m / (1 - beta1**t):
    the first 5 steps for the usual beta2. No warm-up of the rate is needed.

    Parameters
    ----------
    rate : float, default 0.001
        Learning rate: in the end about the size of each element's step.
    beta1, beta2, epsilon : float, default 0.9, 0.999, 1e-8
        As in :class:`Adam`; epsilon is added as by its ``epsilon_hat``, which is what the authors'
        code and PyTorch do.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.
    weight_decay : float or callable, default 0
        Decoupled, as in :class:`AdamW`: biases too, by group or by a schedule if wanted.

    Source
    ------
    Liu, Jiang, He, Chen, Liu, Gao and Han 2020, "On the variance of the adaptive learning rate and
    beyond", algorithm 2 (which waits for 4).
    """

    name = "radam"
    memory = ("mean", "mean_square")
    settings = by_group = ("rate", "beta1", "beta2", "epsilon", "weight_decay")

    def __init__(
        self,
        rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        groups: Mapping[str, Any] | None = None,
        *,
        weight_decay: float | Callable[[Any], Any] = 0.0,
    ) -> None:
        super().__init__(rate, groups)
        self.beta1 = share("RAdam", "beta1", beta1)
        self.beta2 = share("RAdam", "beta2", beta2)
        self.epsilon = positive("RAdam", "epsilon", epsilon)
        self.weight_decay = checked_decay("RAdam", weight_decay)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """w - rate / c1 * m * (rectified * sqrt(c2) / (sqrt(s) + epsilon) + waiting)."""
        mean, mean_square = moments(self, gradient, state)
        rectified, waiting = self._shares(step)
        quotient = rectified * root_of(filled(self.beta2, step))
        pace = rate / filled(self.beta1, step)
        move = pace * mean * (quotient / (sqrt(mean_square) + self.epsilon) + waiting)
        return shrunk(parameter, self.weight_decay, rate, step) - move, (mean, mean_square)

    def _shares(self, step: Any) -> tuple[Any, Any]:
        """The factor of Adam's step, and that of SGD's; one of the two is 0."""
        final = 2 / (1 - self.beta2) - 1
        if final <= ENOUGH:
            return 0.0, 1.0
        most = (final - 4) * (final - 2) / final
        # In float32 the difference of two numbers near 2000 would keep four digits.
        exact = cast(step, np.float64) if is_array(step) else step
        full = filled(self.beta2, exact)
        length = final - 2 * exact * (1 - full) / full
        if not is_array(step):
            if length <= ENOUGH:
                return 0.0, 1.0
            return math.sqrt((length - 4) * (length - 2) / (length * most)), 0.0
        held = maximum(length, ENOUGH)
        rectified = sqrt((held - 4) * (held - 2) / (held * most))
        shares = where(length > ENOUGH, rectified, 0.0), where(length > ENOUGH, 0.0, 1.0)
        return tuple(cast(each, step.dtype) for each in shares)
