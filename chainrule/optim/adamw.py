"""AdamW: Adam, with a weight decay that its quotient does not rescale.

Imports Adam.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chainrule.optim.adam import Adam
from chainrule.optim.arguments import not_negative


class AdamW(Adam):
    """Adam, and every step also shrinks each weight by rate * weight_decay of itself.

    Parameters
    ----------
    rate, beta1, beta2, epsilon : float
        As in :class:`Adam`.
    weight_decay : float, default 0.01
        Share of a weight that goes per unit of the learning rate; 0.01 is what the field uses.
        It reaches every parameter given, biases too: leave them out with
        ``groups={"*bias": {"weight_decay": 0}}``, or use L2 regularization, which does.
        A schedule, such as ``FlatCosine(0.02, steps=...)``, says it for each step.
    groups : mapping of str, optional
        Settings of their own for some parameters, see :class:`Optimizer`.

    Source
    ------
    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    name = "adamw"
    settings = by_group = (*Adam.settings, "weight_decay")

    def __init__(
        self,
        rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float | Callable[[Any], Any] = 0.01,
        groups: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(rate, beta1, beta2, epsilon, groups)
        if not callable(weight_decay):
            weight_decay = not_negative("AdamW", "weight_decay", weight_decay)
        self.weight_decay = weight_decay

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """Adam's step from w * (1 - rate * weight_decay)."""
        decay = self.weight_decay
        decay = decay(step - 1) if callable(decay) else decay
        return super().update(parameter * (1 - rate * decay), gradient, state, rate, step)
