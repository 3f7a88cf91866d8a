"""Losses of a prediction against a target of the same place: regression and counts.

Imports loss, letters and activations; losses of yes or no, in a file beside it, stand on the same
base. Shapes must match: (n,) against (n, 1) would broadcast to (n, n) and train nonsense.
"""

import math
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.op.operands import as_fractions
from chainrule.graph.op.operation import Op, op
from chainrule.ops.letters.arithmetic import sign
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.logistic import tanh
from chainrule.ops.letters.transcendental import exp, expm1, log1p
from chainrule.ops.losses.loss import Loss, given_weights, gradient_of_weights
from chainrule.ops.movement import widened
from chainrule.ops.sorting import SampleQuantile

LOG_2 = math.log(2)


class PairLoss(Loss):
    """A loss of each prediction against the target of the same place."""

    gate: ClassVar[str] = "gradient scaler"

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        _check_pair(self, predictions, targets)
        predictions, targets, weights = as_fractions((predictions, targets, weights))
        losses = self.each(widened(predictions), widened(targets))
        kind = predictions.dtype
        return self.reduced(losses, weights, kind if targets.dtype == kind else None)

    def each(self, predictions: Any, targets: Any) -> Any:
        """The loss of each element."""
        raise NotImplementedError  # every loss below writes it


def _pair(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.normal(size=(4, 2)), rng.normal(size=(4, 2))


@op("squared_error", samples=_pair)
class SquaredError(PairLoss):
    """(prediction - target)**2, without a factor 1/2."""

    def each(self, predictions: Any, targets: Any) -> Any:
        difference = predictions - targets
        return difference * difference

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        return pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction."""
        return 2 * (predictions - targets)


@op("absolute_error", smooth=False, samples=_pair)
class AbsoluteError(PairLoss):
    """|prediction - target|; the slope at 0 is 0."""

    def each(self, predictions: Any, targets: Any) -> Any:
        return abs(predictions - targets)


@op("huber", smooth=False, samples=_pair)
class Huber(PairLoss):
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
        return pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def branch(self, *operands: Any) -> Any:
        """In the parabola or on the line."""
        return np.abs(np.subtract(*operands[:2])) > self.delta

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction: the difference, held at delta."""
        difference = predictions - targets
        beyond = abs(difference) > self.delta
        return where(beyond, self.delta * sign(difference), difference)


@op("log_cosh", samples=_pair)
class LogCosh(PairLoss):
    """log cosh(prediction - target): half the square near the target, absolute far from it.

    Like huber with a delta of 1, but smooth in every order; far away it is the distance - log 2.
    """

    def each(self, predictions: Any, targets: Any) -> Any:
        far = abs(predictions - targets)
        near = where(far < 1, far, 1)
        # cosh(x) - 1 is shrunk**2 / (2 (1 + shrunk)), which keeps the digits of a small x.
        shrunk = expm1(-near)
        inside = log1p(shrunk * shrunk / (2 * (1 + shrunk)))
        return where(far < 1, inside, far + (log1p(exp(-2 * far)) - LOG_2))

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        return pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction: the difference, held smoothly between -1 and 1."""
        return tanh(predictions - targets)


@op("quantile", smooth=False, samples=_pair)
class Quantile(PairLoss):
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
            number = len(args) > 1 and np.ndim(args[0]) > 0 and is_number(args[1])
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
        return pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def branch(self, *operands: Any) -> Any:
        """Whether the target lies above."""
        return np.sign(np.subtract(*operands[:2]))

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction; 0 at the kink."""
        side = sign(predictions - targets)
        return where(side < 0, self.q * side, (1 - self.q) * side)


@op(
    "poisson",
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.poisson(2.0, (4, 2)).astype(float)),
)
class Poisson(PairLoss):
    """exp(x) - t x of log-rates x and counts t: minus the log-likelihood of Poisson counts."""

    link: ClassVar[str] = "exp"
    unit: ClassVar[str] = "nats"

    def each(self, predictions: Any, targets: Any) -> Any:
        return exp(predictions) - targets * predictions


def pair_rules(
    loss: Any, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
) -> Any:
    """Gradients of predictions and targets: they differ in sign."""
    predictions, targets, weights = as_fractions(
        (predictions, targets, given_weights(weights_and_out))
    )

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


def is_number(x: Any) -> bool:
    """Whether this is a number, and no array."""
    return isinstance(x, int | float | np.number)  # an array without axes stays a target
