"""The loss of yes or no: binary cross-entropy.

Imports regression, letters and activations; its focal kin, in a file beside it, reads from here.
"""

from dataclasses import field
from math import inf
from typing import Any, ClassVar

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operands import as_fractions
from chainrule.graph.op.operation import op
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.letters.transcendental import exp, log1p
from chainrule.ops.losses.loss import given_weights
from chainrule.ops.losses.regression import PairLoss, is_number, pair_rules
from chainrule.ops.movement import widened
from chainrule.ops.nonlinearities import relu, softplus
from chainrule.spec import is_array, is_sequence, is_tuple


@op(
    "binary_cross_entropy",
    domains=(REAL, Domain(low=0.0, high=1.0)),
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.uniform(0.1, 0.9, size=(4, 2))),
)
class BinaryCrossEntropy(PairLoss):
    """-t log s(x) - (1 - t) log s(-x) of scores x (not probabilities) and targets t in 0 ... 1.

    Parameters
    ----------
    pos_weight : float, or one for each column, default 1
        What the first term, that of the positive rows, is multiplied by: the number of negative
        rows for each positive one gives both the same say.
    """

    targets: ClassVar[str] = "shares"
    link: ClassVar[str] = "sigmoid"
    unit: ClassVar[str] = "nats"
    metric: ClassVar[Any] = "accuracy"
    pos_weight: Any = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        given: Any = self.pos_weight
        if type(given) is not float or not 0 <= given < inf:
            object.__setattr__(self, "pos_weight", _positive_weights(given))

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        check_shares(self, targets)
        return super().forward(predictions, targets, weights)

    def each(self, predictions: Any, targets: Any) -> Any:
        # softplus(x) - t x would lose the tail: at x = 40 and t = 1 the loss is 4e-18.
        tail = log1p(exp(-abs(predictions)))
        if self.pos_weight == 1:
            return relu(predictions) - targets * predictions + tail
        positive = self._weight_of(predictions) * targets
        of_positive = positive * (relu(-predictions) + tail)
        return of_positive + (1 - targets) * (relu(predictions) + tail)

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        (gradient, _, *rest) = pair_rules(self, upstream, predictions, targets, *weights_and_out)
        given = given_weights(weights_and_out)
        predictions, _, weights = as_fractions((predictions, targets, given))
        share = self.share(upstream, predictions.shape, weights)

        def of_targets() -> Any:
            scores = widened(predictions)
            if self.pos_weight == 1:
                return -scores * share
            of_positive = self._weight_of(scores) * softplus(-scores)
            return (of_positive - softplus(scores)) * share

        return gradient, of_targets, *rest

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope in the score; sigmoid(x) - 1 would lose the digits of the right tail."""
        positive = targets if self.pos_weight == 1 else self._weight_of(predictions) * targets
        return (1 - targets) * sigmoid(predictions) - positive * sigmoid(-predictions)

    def _weight_of(self, scores: Any) -> Any:
        """The weight of the positive rows: a number, or an array with one for each column."""
        weight: Any = self.pos_weight
        if not is_tuple(weight):
            return weight
        columns = scores.shape[-1] if scores.ndim else 1
        if len(weight) != columns:
            raise ShapeError(
                f"{self.name} has {columns} columns of scores, but pos_weight has {len(weight)}.",
                found=[describe("scores", scores)],
                do="Give one number for all columns, or one for each.",
            )
        return np.array(weight, scores.dtype)


def _positive_weights(given: Any) -> Any:
    """A number, or a tuple of some: settings of an op can be compared."""
    weights = np.asarray(given, np.float64) if _is_plain(given) else np.full(1, np.nan)
    if weights.ndim > 1 or not weights.size or not np.all((weights >= 0) & (weights < inf)):
        raise ArgumentError(
            f"pos_weight is a number from 0 upwards, or one for each column, not {given!r:.60}.",
            do="Choose the number of negative rows for each positive one.",
        )
    return tuple(weights.tolist()) if weights.ndim else float(weights)


def _is_plain(given: Any) -> bool:
    """Whether these are numbers, in an array, a list or a tuple, or one."""
    if is_array(given):
        return given.dtype.kind in "iuf"
    if is_sequence(given):
        return all(map(is_number, given))
    return is_number(given) and not isinstance(given, bool)


def check_shares(loss: Any, targets: Any) -> None:
    """Raise unless all targets are between 0 and 1."""
    if not isinstance(targets, Symbol) and not _in_unit_interval(targets):
        targets = np.asarray(targets)
        raise ArgumentError(
            f"{loss.name} takes targets between 0 and 1.",
            found=[describe("targets", targets, f"{targets.min()} to {targets.max()}")],
            do="Give 0 and 1 (or shares between them); the first argument takes scores.",
        )


def _in_unit_interval(targets: Any) -> bool:
    return not np.size(targets) or bool(np.min(targets) >= 0 and np.max(targets) <= 1)
