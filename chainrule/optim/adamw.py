"""AdamW: Adam, with a weight decay that its quotient does not rescale.

Imports Adam and the weight decay.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chainrule.optim.adam import Adam
from chainrule.optim.weight_decay import checked_decay, shrunk


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
    amsgrad, epsilon_hat : bool, default False
        As in :class:`Adam`.

    Source
    ------
    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    name = "adamw"
    settings = (*Adam.settings, "weight_decay")
    by_group = (*Adam.by_group, "weight_decay")

    def __init__(
        self,
        rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float | Callable[[Any], Any] = 0.01,
        groups: Mapping[str, Any] | None = None,
        *,
        amsgrad: bool = False,
        epsilon_hat: bool = False,
    ) -> None:
        super().__init__(
            rate, beta1, beta2, epsilon, groups, amsgrad=amsgrad, epsilon_hat=epsilon_hat
        )
        self.weight_decay = checked_decay("AdamW", weight_decay)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """Adam's step from w * (1 - rate * weight_decay)."""
        parameter = shrunk(parameter, self.weight_decay, rate, step)
        return super().update(parameter, gradient, state, rate, step)
