"""Losses of a prediction against a target of the same place: regression, counts, yes or no.

Imports loss, letters and activations. Shapes must match: (n,) against (n, 1) would broadcast to
(n, n) and train nonsense.
"""

from typing import Any, ClassVar

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.numpy.symbol import Symbol
from chainrule.graph.op.operation import Op, op
from chainrule.ops.letters.arithmetic import sign
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.logistic import sigmoid
from chainrule.ops.letters.transcendental import exp, log1p
from chainrule.ops.losses.loss import Loss, given_weights, gradient_of_weights
from chainrule.ops.movement import widened
from chainrule.ops.nonlinearities import relu
from chainrule.ops.sorting import SampleQuantile


class _PairLoss(Loss):
    """A loss of each prediction against the target of the same place."""

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        _check_pair(self, predictions, targets)
        losses = self.each(widened(predictions), widened(targets))
        kind = predictions.dtype
        return self.reduced(losses, weights, kind if targets.dtype == kind else None)

    def each(self, predictions: Any, targets: Any) -> Any:
        """The loss of each element."""
        raise NotImplementedError  # every loss below writes it


def _pair(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(4, 2)), rng.normal(size=(4, 2))


@op("squared_error", samples=_pair)
class SquaredError(_PairLoss):
    """(prediction - target)**2, without a factor 1/2."""

    def each(self, predictions: Any, targets: Any) -> Any:
        difference = predictions - targets
        return difference * difference

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        return _pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction."""
        return 2 * (predictions - targets)


@op("absolute_error", smooth=False, samples=_pair)
class AbsoluteError(_PairLoss):
    """|prediction - target|; the slope at 0 is 0."""

    def each(self, predictions: Any, targets: Any) -> Any:
        return abs(predictions - targets)


@op("huber", smooth=False, samples=_pair)
class Huber(_PairLoss):
    """Squared (with 1/2) near the target, absolute beyond ``delta``: outliers pull with one force.

    Parameters
    ----------
    delta : float, default 1
        Where the parabola becomes a line, in units of the target.

    Source
    ------
    Huber 1964, "Robust estimation of a location parameter".
    """

    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise ArgumentError(
                f"the parabola of huber ends at a positive delta, but delta is {self.delta}.",
                do="Choose delta=1.0, in units of the target.",
            )

    def each(self, predictions: Any, targets: Any) -> Any:
        far = abs(predictions - targets)
        near = where(far < self.delta, far, self.delta)
        return near * (far - 0.5 * near)

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        return _pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def branch(self, *operands: Any) -> Any:
        """In the parabola or on the line."""
        return np.abs(np.subtract(*operands[:2])) > self.delta

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction: the difference, held at delta."""
        difference = predictions - targets
        beyond = abs(difference) > self.delta
        return where(beyond, self.delta * sign(difference), difference)


@op("quantile", smooth=False, samples=_pair)
class Quantile(_PairLoss):
    """Pinball loss, least when a share q of the targets lies below the predictions.

    With one number in the place of the targets, ``quantile(a, 0.3, axis=0)``, it is the quantile
    of a sample instead, ``sample_quantile``: a loss never compares a tensor with one number.

    Parameters
    ----------
    q : float, default 0.5
        The quantile, between 0 and 1; 0.5 is the median (half the absolute error).

    Source
    ------
    Koenker and Bassett 1978, "Regression quantiles".
    """

    q: float = 0.5

    @classmethod
    def bind(cls, args: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, Any]:
        """The loss of a pair, or the quantile of a sample."""
        pair = len(args) > 1 or "targets" in keywords
        if len(args) == 1 and not pair and "q" in keywords:
            number = True
        else:
            number = len(args) > 1 and np.ndim(args[0]) > 0 and _is_number(args[1])
        if not number:
            return super().bind(args, keywords)
        operands, values = SampleQuantile.bind(args, keywords)
        return operands, (SampleQuantile, *values)

    @classmethod
    def of(cls, *values: Any) -> Op:
        """The loss, or the op of the other meaning where bind chose it."""
        if values and values[0] is SampleQuantile:
            return SampleQuantile.of(*values[1:])
        return super().of(*values)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.q < 1:
            raise ArgumentError(
                f"a quantile lies between 0 and 1, but q is {self.q}.",
                do="Choose q=0.5 for the median, q=0.9 for the value that 90 % stay below.",
            )

    def each(self, predictions: Any, targets: Any) -> Any:
        above = targets - predictions
        return where(above > 0, self.q * above, (self.q - 1) * above)

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        return _pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def branch(self, *operands: Any) -> Any:
        """Whether the target lies above."""
        return np.sign(np.subtract(*operands[:2]))

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction; 0 at the kink."""
        side = sign(predictions - targets)
        return where(side < 0, self.q * side, (1 - self.q) * side)


@op(
    "binary_cross_entropy",
    domains=(REAL, Domain(low=0.0, high=1.0)),
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.uniform(0.1, 0.9, size=(4, 2))),
)
class BinaryCrossEntropy(_PairLoss):
    """-t log s(x) - (1 - t) log s(-x) of scores x (not probabilities) and targets t in 0 ... 1."""

    targets: ClassVar[str] = "shares"
    link: ClassVar[str] = "sigmoid"
    unit: ClassVar[str] = "nats"
    metric: ClassVar[Any] = "accuracy"

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        if not isinstance(targets, Symbol) and not _in_unit_interval(targets):
            targets = np.asarray(targets)
            raise ArgumentError(
                "binary_cross_entropy takes targets between 0 and 1.",
                found=[describe("targets", targets, f"{targets.min()} to {targets.max()}")],
                do="Give 0 and 1 (or shares between them); the first argument takes scores.",
            )
        return super().forward(predictions, targets, weights)

    def each(self, predictions: Any, targets: Any) -> Any:
        # softplus(x) - t x would lose the tail: at x = 40 and t = 1 the loss is 4e-18.
        linear = relu(predictions) - targets * predictions
        return linear + log1p(exp(-abs(predictions)))

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        (gradient, _, *rest) = _pair_rules(self, upstream, predictions, targets, *weights_and_out)
        share = self.share(upstream, predictions.shape, given_weights(weights_and_out))
        return gradient, lambda: -widened(predictions) * share, *rest

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope in the score; sigmoid(x) - 1 would lose the digits of the right tail."""
        return (1 - targets) * sigmoid(predictions) - targets * sigmoid(-predictions)


@op(
    "poisson",
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.poisson(2.0, (4, 2)).astype(float)),
)
class Poisson(_PairLoss):
    """exp(x) - t x of log-rates x and counts t: minus the log-likelihood of Poisson counts."""

    link: ClassVar[str] = "exp"
    unit: ClassVar[str] = "nats"

    def each(self, predictions: Any, targets: Any) -> Any:
        return exp(predictions) - targets * predictions


def _pair_rules(
    loss: Any, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
) -> Any:
    """Gradients of predictions and targets: they differ in sign."""
    weights = given_weights(weights_and_out)

    def of_predictions() -> Any:
        slopes = loss.slopes(widened(predictions), widened(targets))
        return slopes * loss.share(upstream, predictions.shape, weights)

    rules = (of_predictions, lambda: -of_predictions())
    if len(weights_and_out) == 1:
        return rules
    return (*rules, lambda: gradient_of_weights(loss, upstream, predictions, targets, weights))


def _check_pair(loss: Loss, predictions: Any, targets: Any) -> None:
    if predictions.shape != targets.shape:
        same = predictions.size == targets.size
        raise ShapeError(
            f"{loss.name} compares tensors of one shape, "
            f"not {predictions.shape} with {targets.shape}.",
            found=[describe("predictions", predictions), describe("targets", targets)],
            do=(
                f"Reshape the targets: targets.reshape({predictions.shape})."
                if same
                else "Give one target per prediction."
            ),
        )


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float | np.number)  # an array without axes stays a target


def _in_unit_interval(targets: Any) -> bool:
    return not np.size(targets) or bool(np.min(targets) >= 0 and np.max(targets) <= 1)
