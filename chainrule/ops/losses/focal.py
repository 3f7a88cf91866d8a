"""Focal losses: cross-entropies in which what is classified well already counts little.

Imports binary and classification, whose losses they weigh.
"""

from dataclasses import field
from typing import Any, ClassVar

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.errors import ArgumentError
from chainrule.graph.op.operands import as_fractions
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.letters.transcendental import exp, expm1
from chainrule.ops.losses.binary import check_shares
from chainrule.ops.losses.classification import SoftmaxCrossEntropy, SoftmaxLoss, residual_rows
from chainrule.ops.losses.loss import given_weights
from chainrule.ops.losses.regression import PairLoss, pair_rules
from chainrule.ops.movement import expand_dims, widened
from chainrule.ops.nonlinearities import softplus

NUMBERS = (int, float, np.number)
SURPRISE = SoftmaxCrossEntropy.of("none")


def _check_gamma(loss: Any) -> None:
    # It stands above the ops, each of which is made once as soon as it is defined.
    gamma: Any = loss.gamma
    if not isinstance(gamma, NUMBERS) or not 0 <= gamma < np.inf:
        raise ArgumentError(
            f"{loss.name} takes a gamma from 0 upwards, not {gamma!r:.60}.",
            do="2 is usual; 0 is the cross-entropy.",
        )


@op("softmax_focal", samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])))
class SoftmaxFocal(SoftmaxLoss):
    """(1 - p)**gamma * -log p of the chance p that softmax(scores) gives to each row's label.

    A row that is classified well already counts little, so that the few hard ones are heard.

    Parameters
    ----------
    ignore_index : int, optional
        Rows with this label count nothing, see softmax_cross_entropy.
    gamma : float, default 2
        How fast the say of a row falls; 0 is softmax_cross_entropy.

    Source
    ------
    Lin, Goyal, Girshick, He, Dollar 2017, "Focal loss for dense object detection", section 3.
    """

    gamma: float = field(default=2.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_gamma(self)

    def of_rows(self, surprises: Any, scores: Any, labels: Any) -> Any:
        """The surprise of each row, times its say."""
        return _focused(surprises, self.gamma)

    def row_gradients(self, scores: Any, labels: Any) -> Any:
        """The slope in the surprise, times the gradient of the surprise."""
        surprises = SURPRISE(widened(scores), labels)
        rows = residual_rows(scores, labels)
        return rows * expand_dims(_slope(surprises, self.gamma), -1)


@op(
    "binary_focal",
    domains=(REAL, Domain(low=0.0, high=1.0)),
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.uniform(0.1, 0.9, size=(4, 2))),
)
class BinaryFocal(PairLoss):
    """binary_cross_entropy in which what is classified well already counts little.

    -t (1 - p)**gamma log p - (1 - t) p**gamma log(1 - p) of p = sigmoid(x), scores x (not
    probabilities) and targets t in 0 ... 1.

    Parameters
    ----------
    gamma : float, default 2
        How fast the say of a target falls; 0 is binary_cross_entropy.
    alpha : float, optional
        Balance: what the first term is multiplied by, the second one by 1 - alpha.

    Source
    ------
    Lin, Goyal, Girshick, He, Dollar 2017, "Focal loss for dense object detection", section 3.
    """

    targets: ClassVar[str] = "shares"
    link: ClassVar[str] = "sigmoid"
    unit: ClassVar[str] = "nats"
    metric: ClassVar[Any] = "accuracy"
    gamma: float = field(default=2.0, kw_only=True)
    alpha: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_gamma(self)
        alpha: Any = self.alpha
        if alpha is not None and (not isinstance(alpha, NUMBERS) or not 0 <= alpha <= 1):
            raise ArgumentError(
                f"alpha is the share of the positive targets, but it is {alpha!r:.60}.",
                do="Choose a number from 0 to 1, such as 0.25, or None for no balance.",
            )

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        check_shares(self, targets)
        return super().forward(predictions, targets, weights)

    def each(self, predictions: Any, targets: Any) -> Any:
        positive, negative = self._terms(predictions, _focused)
        return targets * positive + (1 - targets) * negative

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        (gradient, _, *rest) = pair_rules(self, upstream, predictions, targets, *weights_and_out)
        given = given_weights(weights_and_out)
        predictions, _, weights = as_fractions((predictions, targets, given))
        share = self.share(upstream, predictions.shape, weights)

        def of_targets() -> Any:
            positive, negative = self._terms(widened(predictions), _focused)
            return (positive - negative) * share

        return gradient, of_targets, *rest

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope in the score: that in each surprise, times the surprise's own."""
        positive, negative = self._terms(predictions, _slope)
        rises = (1 - targets) * negative * sigmoid(predictions)
        return rises - targets * positive * sigmoid(-predictions)

    def _terms(self, scores: Any, weighed: Any) -> tuple[Any, Any]:
        """What is made of the surprises -log p and -log(1 - p), each times its balance."""
        positive = weighed(softplus(-scores), self.gamma)
        negative = weighed(softplus(scores), self.gamma)
        if self.alpha is None:
            return positive, negative
        return self.alpha * positive, (1 - self.alpha) * negative


def _focused(surprises: Any, gamma: float) -> Any:
    """The surprises -log p, times (1 - p)**gamma."""
    return surprises * _others(surprises) ** gamma


def _slope(surprises: Any, gamma: float) -> Any:
    """Slope of (1 - p)**gamma * x in x = -log p: (1 - p)**gamma * (1 + gamma x p / (1 - p)).

    x / (1 - p) is 1 where p is 1: the quotient stays a number there, and so does the slope where
    gamma is less than 1.
    """
    others = _others(surprises)
    is_sure = others == 0
    quotient = where(is_sure, 1, surprises / where(is_sure, 1, others))
    return others**gamma * (1 + gamma * exp(-surprises) * quotient)


def _others(surprises: Any) -> Any:
    """1 - p: the chance of all other answers, whose digits 1 - exp(-x) would lose."""
    return -expm1(-surprises)
