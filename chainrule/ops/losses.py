"""Losses: how far scores are from the truth, as one number.

Imports the families, letters, reductions and indexing. All take ``reduction`` and sample weights,
and demand shapes that match: (n,) against (n, 1) would broadcast to (n, n) and train nonsense.
"""

import dataclasses
import math
from dataclasses import field
from typing import Any

import numpy as np

from chainrule.domain import REAL, Domain
from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.families import Composite
from chainrule.graph.op import op
from chainrule.ops.activations import relu, sigmoid, softplus
from chainrule.ops.indexing import check_labels, one_hot, take_along_axis
from chainrule.ops.letters.arithmetic import sign
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.transcendental import exp, log
from chainrule.ops.movement import expand_dims, reshape
from chainrule.ops.reductions import largest, mean, softmax, total

REDUCTIONS = ("mean", "sum", "none")


class Loss(Composite):
    """A loss per row (or per element), and its reduction to one number.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}, default "mean"
        A weighted mean is divided by the sum of the weights.
    """

    reduction: str = field(default="mean", kw_only=True)

    def __post_init__(self) -> None:
        if self.reduction not in REDUCTIONS:
            raise ArgumentError(
                f"{self.name} knows no reduction {self.reduction!r}.",
                do=f"Choose one of {', '.join(map(repr, REDUCTIONS))}.",
            )

    def reduced(self, losses: Any, weights: Any) -> Any:
        """Many losses become one, as ``reduction`` says."""
        if losses.size == 0 and self.reduction == "mean":
            raise ArgumentError(
                f"{self.name} was given an empty batch, which has no mean.",
                found=[describe("losses", losses)],
                do="Leave empty batches out.",
            )
        if weights is not None:
            losses = losses * _fitting_weights(weights, losses)
        if self.reduction == "none":
            return losses
        if weights is None and type(losses) is np.ndarray and losses.dtype.kind == "f":
            whole = np.add.reduce(losses, axis=None)
            return whole / whole.dtype.type(losses.size) if self.reduction == "mean" else whole
        if weights is None or self.reduction == "sum":
            return mean(losses) if self.reduction == "mean" else total(losses)
        return total(losses) / total(_fitting_weights(weights, losses))

    def share(self, upstream: Any, losses_shape: tuple[int, ...], weights: Any) -> Any:
        """Upstream gradient of each single loss."""
        if self.reduction == "mean":
            count = math.prod(losses_shape)
            if weights is None:
                return upstream / count
            upstream = upstream / total(weights)
        return upstream if weights is None else upstream * weights


@op(
    "softmax_cross_entropy",
    onnx="SoftmaxCrossEntropyLoss",
    samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])),
)
class SoftmaxCrossEntropy(Loss):
    """-log softmax(scores)[label] for each row: how surprised the scores are, in nats.

    Takes scores (N, C) and integer labels (N,); ln C is the loss of knowing nothing.
    """

    def forward(self, scores: Any, labels: Any, weights: Any = None) -> Any:
        _check_labels(self, scores, labels)
        if type(scores) is np.ndarray:
            return self.reduced(_surprise(scores, labels), weights)
        shifted = scores - largest(scores, -1, True)  # exp(89) overflows float32
        label_scores = take_along_axis(shifted, _column(labels), -1)
        losses = log(total(exp(shifted), -1)) - reshape(label_scores, labels.shape)
        return self.reduced(losses, weights)

    def backward(self, upstream: Any, scores: Any, labels: Any, *weights_and_out: Any) -> Any:
        return _weighted_rules(self, upstream, scores, labels, *weights_and_out)

    def row_gradients(self, scores: Any, labels: Any) -> Any:
        """Gradient of each row's loss: the shares, minus 1 at the label."""
        return softmax_residual(scores, labels)


def _surprise(scores: Any, labels: Any) -> Any:
    """The formula of forward on arrays, without the dispatch of eight ops."""
    shifted = scores - np.maximum.reduce(scores, axis=-1, keepdims=True)
    label_scores = shifted.take(_label_places(labels, shifted.shape[-1]))
    totals = np.add.reduce(np.exp(shifted, out=shifted), axis=-1)
    return np.log(totals) - label_scores


def _label_places(labels: Any, classes: int) -> Any:
    """Where each row's label stands among all the scores, counted row by row."""
    starts: Any = np.arange(0, labels.size * classes, classes)
    return starts.reshape(labels.shape) + labels


@op("softmax_residual", samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])))
class SoftmaxResidual(Composite):
    """softmax(scores) minus 1 at the label: the gradient of softmax cross-entropy."""

    def forward(self, scores: Any, labels: Any) -> Any:
        if type(scores) is np.ndarray:
            shares: Any = scores - np.maximum.reduce(scores, axis=-1, keepdims=True)
            np.exp(shares, out=shares)
            shares /= np.add.reduce(shares, axis=-1, keepdims=True)
            shares.reshape(-1)[_label_places(labels, shares.shape[-1])] -= 1
            return shares
        return softmax(scores) - one_hot(labels, scores.shape[-1], scores.dtype)

    def backward(self, upstream: Any, scores: Any, labels: Any, out: Any) -> Any:
        shares = softmax(scores)
        weighted = upstream * shares
        return weighted - shares * total(weighted, -1, True), None


@op("hinge", samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])))
class Hinge(Loss):
    """Multi-class SVM loss: how far the other scores reach past the label's score minus a margin.

    The sum over the wrong classes j of max(0, scores_j - scores_label + margin).

    Parameters
    ----------
    margin : float, default 1
        How much larger the label's score must be for a loss of 0, in units of the scores.

    Source
    ------
    Weston and Watkins 1999, "Support vector machines for multi-class pattern recognition".
    """

    margin: float = 1.0

    def forward(self, scores: Any, labels: Any, weights: Any = None) -> Any:
        _check_labels(self, scores, labels)
        margins = scores - take_along_axis(scores, _column(labels), -1) + self.margin
        wrong = one_hot(labels, scores.shape[-1], np.dtype(bool))
        return self.reduced(total(where(wrong, 0, relu(margins)), -1), weights)


class _PairLoss(Loss):
    """A loss of each prediction against the target of the same place."""

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        _check_pair(self, predictions, targets)
        return self.reduced(self.each(predictions, targets), weights)

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


@op("absolute_error", samples=_pair)
class AbsoluteError(_PairLoss):
    """|prediction - target|; the slope at 0 is 0."""

    def each(self, predictions: Any, targets: Any) -> Any:
        return abs(predictions - targets)


@op("huber", samples=_pair)
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

    def each(self, predictions: Any, targets: Any) -> Any:
        far = abs(predictions - targets)
        near = where(far < self.delta, far, self.delta)
        return near * (far - 0.5 * near)

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        return _pair_rules(self, upstream, predictions, targets, *weights_and_out)

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction: the difference, held at delta."""
        difference = predictions - targets
        beyond = abs(difference) > self.delta
        return where(beyond, self.delta * sign(difference), difference)


@op("quantile", samples=_pair)
class Quantile(_PairLoss):
    """Pinball loss, least when a share q of the targets lies below the predictions.

    Parameters
    ----------
    q : float, default 0.5
        The quantile, between 0 and 1; 0.5 is the median (half the absolute error).

    Source
    ------
    Koenker and Bassett 1978, "Regression quantiles".
    """

    q: float = 0.5

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

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope of each loss in its prediction; 0 at the kink."""
        below, above = predictions < targets, predictions > targets
        return where(below, -self.q, where(above, 1 - self.q, 0.0))


@op(
    "binary_cross_entropy",
    domains=(REAL, Domain(low=0.0, high=1.0)),
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.uniform(0.1, 0.9, size=(4, 2))),
)
class BinaryCrossEntropy(_PairLoss):
    """-t log s(x) - (1 - t) log s(-x) of scores x (not probabilities) and targets t in 0 ... 1."""

    def forward(self, predictions: Any, targets: Any, weights: Any = None) -> Any:
        if isinstance(targets, np.ndarray) and targets.size and not _in_unit_interval(targets):
            raise ArgumentError(
                "binary_cross_entropy takes targets between 0 and 1.",
                found=[describe("targets", targets, f"{targets.min()} to {targets.max()}")],
                do="Give 0 and 1 (or shares between them); the first argument takes scores.",
            )
        return super().forward(predictions, targets, weights)

    def each(self, predictions: Any, targets: Any) -> Any:
        return softplus(predictions) - targets * predictions

    def backward(
        self, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
    ) -> Any:
        (gradient, _, *rest) = _pair_rules(self, upstream, predictions, targets, *weights_and_out)
        share = self.share(upstream, predictions.shape, _weights(weights_and_out))
        return gradient, lambda: -predictions * share, *rest

    def slopes(self, predictions: Any, targets: Any) -> Any:
        """Slope in the score; sigmoid(x) - 1 would lose the digits of the right tail."""
        return (1 - targets) * sigmoid(predictions) - targets * sigmoid(-predictions)


@op(
    "poisson",
    samples=lambda rng: (rng.normal(size=(4, 2)), rng.poisson(2.0, (4, 2)).astype(float)),
)
class Poisson(_PairLoss):
    """exp(x) - t x of log-rates x and counts t: minus the log-likelihood of Poisson counts."""

    def each(self, predictions: Any, targets: Any) -> Any:
        return exp(predictions) - targets * predictions


def _weighted_rules(
    loss: Any, upstream: Any, scores: Any, labels: Any, *weights_and_out: Any
) -> Any:
    """Gradient of scores: each row's gradient, times the row's share of upstream."""
    weights = _weights(weights_and_out)

    def of_scores() -> Any:
        share = loss.share(upstream, labels.shape, weights)
        share = share if share.ndim == 0 else _column(share)
        rows = loss.row_gradients(scores, labels)
        return np.multiply(rows, share, out=rows) if type(rows) is np.ndarray else rows * share

    if len(weights_and_out) == 1:
        return of_scores, None
    return of_scores, None, lambda: _of_weights(loss, upstream, scores, labels, weights)


def _pair_rules(
    loss: Any, upstream: Any, predictions: Any, targets: Any, *weights_and_out: Any
) -> Any:
    """Gradients of predictions and targets: they differ in sign."""
    weights = _weights(weights_and_out)

    def of_predictions() -> Any:
        return loss.slopes(predictions, targets) * loss.share(upstream, predictions.shape, weights)

    rules = (of_predictions, lambda: -of_predictions())
    if len(weights_and_out) == 1:
        return rules
    return (*rules, lambda: _of_weights(loss, upstream, predictions, targets, weights))


def _of_weights(loss: Any, upstream: Any, predictions: Any, targets: Any, weights: Any) -> Any:
    """Gradient of the weights: each row's loss, less the mean if the weights divide it."""
    if weights is None:
        return None
    losses: Any = dataclasses.replace(loss, reduction="none")(predictions, targets)
    if loss.reduction != "mean":
        return upstream * losses
    whole = total(weights)
    return upstream * (losses - total(losses * weights) / whole) / whole


def _weights(weights_and_out: tuple[Any, ...]) -> Any:
    return weights_and_out[0] if len(weights_and_out) == 2 else None


def _column(labels: Any) -> Any:
    return expand_dims(labels, -1)


def _fitting_weights(weights: Any, losses: Any) -> Any:
    if weights.shape != losses.shape:
        raise ShapeError(
            f"sample weights of shape {weights.shape} do not fit losses of {losses.shape}.",
            found=[describe("weights", weights), describe("losses", losses)],
            do="Give one weight per loss: (N,) for class labels, the targets' shape otherwise.",
        )
    return weights


def _check_labels(loss: Loss, scores: Any, labels: Any) -> None:
    if labels.shape != scores.shape[:-1] or not scores.ndim:
        hint = "labels.reshape(-1)" if labels.size == scores.shape[0] else "one label per row"
        raise ShapeError(
            f"{loss.name} takes one label per row of scores: "
            f"{scores.shape} needs {scores.shape[:-1]}, found {labels.shape}.",
            found=[describe("scores", scores), describe("labels", labels)],
            do=f"Give integer labels of shape {scores.shape[:-1]}: {hint}.",
        )
    if isinstance(labels, np.ndarray):
        check_labels(labels, scores.shape[-1])


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


def _in_unit_interval(targets: Any) -> bool:
    return bool(targets.min() >= 0 and targets.max() <= 1)


softmax_residual = SoftmaxResidual.function
