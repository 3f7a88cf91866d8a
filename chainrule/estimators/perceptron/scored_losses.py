"""Losses as scikit-learn's MLP counts them: half the squared error, sums over several outputs.

Imports ops. Each says what its targets are, as the losses of the library do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chainrule.ops.letters.logic import where
from chainrule.ops.letters.transcendental import exp, log
from chainrule.ops.losses.loss import LossFacts, facts_of
from chainrule.ops.movement import broadcast_to
from chainrule.ops.reductions import mean, total


@dataclass(frozen=True)
class Scaled:
    """A loss times a number.

    Attributes
    ----------
    loss : callable
        loss(outputs, targets, weights=None), a mean.
    factor : float
    """

    loss: Callable[..., Any]
    factor: float

    def facts(self) -> LossFacts:
        """Those of the loss."""
        return facts_of(self.loss)

    def __call__(self, outputs: Any, targets: Any, weights: Any = None) -> Any:
        return self.loss(outputs, targets, weights=weights) * self.factor


@dataclass(frozen=True)
class PoissonDeviance:
    """Half of the Poisson deviance of log-rates x and counts t: t log(t / exp(x)) - t + exp(x).

    Unlike :func:`chainrule.poisson`, whose gradient it has, it is 0 where all rates are right.
    """

    def facts(self) -> LossFacts:
        """Outputs are logarithms of rates."""
        return LossFacts("numbers", "exp", "nats", "r2")

    def __call__(self, outputs: Any, targets: Any, weights: Any = None) -> Any:
        positive = targets > 0
        logarithm = log(where(positive, targets, 1))
        losses = exp(outputs) - targets + targets * (logarithm - outputs)
        if weights is None:
            return mean(losses)
        weights = broadcast_to(weights, losses.shape)
        return total(losses * weights) / total(weights)
