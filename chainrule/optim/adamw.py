"""AdamW: Adam, with a weight decay that its quotient does not rescale.

Imports Adam.
"""

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
        It reaches every parameter given, biases too: give the biases an Adam of their own, or
        use L2 regularization, which leaves them out.

    Source
    ------
    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2.
    """

    name = "adamw"
    settings = (*Adam.settings, "weight_decay")

    def __init__(
        self,
        rate: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(rate, beta1, beta2, epsilon)
        self.weight_decay = not_negative("AdamW", "weight_decay", weight_decay)

    def update(
        self, parameter: Any, gradient: Any, state: tuple[Any, ...], rate: Any, step: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        """Adam's step from w * (1 - rate * weight_decay)."""
        return super().update(
            parameter * (1 - rate * self.weight_decay), gradient, state, rate, step
        )
