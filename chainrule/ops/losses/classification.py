"""Losses of class labels: softmax cross-entropy and the multi-class SVM loss.

Imports loss, letters, reductions and indexing.
"""

import functools
import math
from dataclasses import field
from typing import Any, ClassVar

import numpy as np

from chainrule.errors import ArgumentError, ShapeError, describe
from chainrule.graph.op.families import Composite
from chainrule.graph.op.operands import as_fractions
from chainrule.graph.op.operation import op
from chainrule.ops.indexing import check_labels, one_hot, take_along_axis
from chainrule.ops.letters.logic import where
from chainrule.ops.letters.transcendental import exp, log1p
from chainrule.ops.losses.loss import (
    Loss,
    fitting_weights,
    given_weights,
    gradient_of_weights,
)
from chainrule.ops.movement import cast, expand_dims, reshape, widened
from chainrule.ops.nonlinearities import relu
from chainrule.ops.reductions import largest, mean, total
from chainrule.ops.softmax import softmax
from chainrule.ops.sums import HALF
from chainrule.spec import is_array

# Columns: NumPy takes the largest of so short a row in 4 to 20 times what it takes along the other
# axis of a copy (1,024 rows of 10: 145 us and 6), and the sum in twice the time.
NARROW = 48
PLACES = np.dtype(np.intp)
WHOLE: tuple[type[Any], ...] = (int, np.integer)


class SoftmaxLoss(Loss):
    """A loss of how surprised softmax(scores) is by the label of each row, in nats.

    Parameters
    ----------
    ignore_index : int, optional
        Rows with this label count nothing, in the loss and in its mean: padding, or rows whose
        label is not known.
    """

    targets: ClassVar[str] = "labels"
    link: ClassVar[str] = "softmax"
    unit: ClassVar[str] = "nats"
    metric: ClassVar[Any] = "accuracy"
    ignore_index: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        given: Any = self.ignore_index
        if given is not None and (isinstance(given, bool) or not isinstance(given, WHOLE)):
            raise ArgumentError(
                f"ignore_index is the label of rows to leave out, not {given!r:.60}.",
                do="Give a whole number that is no class, such as -100.",
            )

    def forward(self, scores: Any, labels: Any, weights: Any = None) -> Any:
        _check_shape(self, scores, labels)
        scores, weights = self._as_scores(scores, weights)
        left_out, labels, weights = self._kept(scores, labels, weights)
        dtype: Any = scores.dtype
        if is_array(labels):
            check_labels(labels, scores.shape[-1])
        if type(scores) is type(labels) is np.ndarray and dtype.kind == "f":
            losses = self.of_rows(_surprise(scores, labels), scores, labels)
        else:
            shifted = scores - largest(scores, -1, True)  # exp(89) overflows float32
            losses = self.of_rows(_surprise_of_shifted(shifted, labels), shifted, labels)
        if left_out is not None:
            losses = where(left_out, 0, losses)
        return self.reduced(losses, weights, dtype)

    def of_rows(self, surprises: Any, scores: Any, labels: Any) -> Any:
        """The loss of each row, whose label has -log softmax(scores)[label]."""
        raise NotImplementedError  # every loss below writes it

    def row_gradients(self, scores: Any, labels: Any) -> Any:
        """The gradient of each row's loss."""
        raise NotImplementedError  # every loss below writes it

    def backward(self, upstream: Any, scores: Any, labels: Any, *weights_and_out: Any) -> Any:
        scores, given = self._as_scores(scores, given_weights(weights_and_out))
        left_out, labels, weights = self._kept(scores, labels, given)

        def of_scores() -> Any:
            share = self.share(upstream, labels.shape, weights)
            share = share if share.ndim == 0 else _column(share)
            rows = self.row_gradients(scores, labels)
            plain = type(rows) is np.ndarray
            rows = np.multiply(rows, share, out=rows) if plain else rows * share
            return rows if left_out is None else where(_column(left_out), 0, rows)

        def of_weights() -> Any:
            found = gradient_of_weights(self, upstream, scores, labels, weights)
            return found if left_out is None else where(left_out, 0, found)

        rules = (of_scores, None, None if given is None else of_weights)
        return rules[: 1 + len(weights_and_out)]

    def whole(self, weights: Any) -> Any:
        """The sum of the weights; 1 where no row is left, whose loss is 0 then."""
        found = super().whole(weights)
        return found if self.ignore_index is None else found + cast(found == 0, found.dtype)

    def _as_scores(self, scores: Any, weights: Any) -> tuple[Any, Any]:
        """Scores and weights as fractions: of whole numbers 0 - 1 may be 255."""
        scores, weights = as_fractions((scores, weights))
        return scores if scores.dtype.kind == "f" else cast(scores, np.float64), weights

    def _kept(self, scores: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
        """Where rows are left out, or None; labels that are classes; weights that are 0 there."""
        if self.ignore_index is None:
            return None, labels, weights
        left_out = labels == self.ignore_index
        if weights is None:
            weights = cast(labels != self.ignore_index, widened(scores).dtype)
        else:
            weights = where(left_out, 0, fitting_weights(weights, labels))
        return left_out, where(left_out, 0, labels), weights


@op(
    "softmax_cross_entropy",
    onnx="SoftmaxCrossEntropyLoss",
    samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])),
)
class SoftmaxCrossEntropy(SoftmaxLoss):
    """-log softmax(scores)[label] for each row: how surprised the scores are, in nats.

    Takes scores (N, C) and integer labels (N,); ln C is the loss of knowing nothing.

    Parameters
    ----------
    ignore_index : int, optional
        Rows with this label, such as -100, count nothing, in the loss and in its mean: padding,
        or rows whose label is not known. A batch of nothing else has the loss 0.
    label_smoothing : float, default 0
        Share of each row's target that is spread over all classes alike, from 0 up to 1. A net
        that is right by far is then drawn back: it is never wholly sure.

    Source
    ------
    Szegedy, Vanhoucke, Ioffe, Shlens, Wojna 2016, "Rethinking the inception architecture for
    computer vision", section 7.
    """

    label_smoothing: float = field(default=0.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        share: Any = self.label_smoothing
        if not isinstance(share, int | float | np.number) or not 0 <= share < 1:
            raise ArgumentError(
                f"label smoothing spreads a share, but label_smoothing is {share!r:.60}.",
                do="Choose a number from 0 up to but not including 1, such as 0.1.",
            )

    def of_rows(self, surprises: Any, scores: Any, labels: Any) -> Any:
        """The losses of smoothed labels: a share of how far each label's score stands out more."""
        if not self.label_smoothing:
            return surprises
        scores = widened(scores)
        at_label = take_along_axis(scores, _column(labels), -1)
        return surprises + self.label_smoothing * mean(at_label - scores, -1)

    def row_gradients(self, scores: Any, labels: Any) -> Any:
        """The shares, minus 1 at the label."""
        rows = residual_rows(scores, labels)
        if not self.label_smoothing:
            return rows
        each = self.label_smoothing / scores.shape[-1]  # of the spread share, for each class
        return rows + where(is_label(labels, scores), self.label_smoothing - each, -each)


def residual_rows(scores: Any, labels: Any) -> Any:
    """The gradient of each row's surprise; of arrays whose labels forward has checked, faster."""
    if type(scores) is np.ndarray and scores.dtype.kind == "f":
        return _residual(scores, labels)
    return softmax_residual(scores, labels)


def is_label(labels: Any, scores: Any) -> Any:
    """Where the label of each row stands among its scores."""
    return one_hot(labels, scores.shape[-1], np.dtype(bool))


def without_label(weights: Any, at_label: Any) -> tuple[Any, Any]:
    """The weights exp(score - highest), less 1 at the label; and the sums of these rows.

    The sum of a row is that of all its weights less 1. Where the label's score is the highest,
    its weight leaves 0 exactly and the sum is what the others have: the tail of the loss, which
    log(1 + others) would lose.
    """
    less = where(at_label, weights - 1, weights)
    return less, total(less, -1, True)


def _surprise_of_shifted(shifted: Any, labels: Any) -> Any:
    _, others = without_label(exp(shifted), is_label(labels, shifted))
    label_scores = take_along_axis(shifted, _column(labels), -1)
    return reshape(log1p(others) - reshape(label_scores, (*labels.shape, 1)), labels.shape)


def _surprise(scores: Any, labels: Any) -> Any:
    """The formula of forward on arrays, without the dispatch of eight ops."""
    shifted, flat, places = _shifted(scores, labels)
    label_scores = flat[places]
    np.exp(shifted, out=shifted)
    flat[places] -= 1
    return np.log1p(np.add.reduce(shifted, axis=-1)) - label_scores


def _shifted(scores: Any, labels: Any) -> tuple[Any, Any, Any]:
    """The scores less the highest of each row; flat; and where the labels' scores stand there."""
    if scores.dtype == HALF:
        scores = widened(scores)
    if labels.dtype != PLACES:  # a place may be past what labels of 8 bits can count
        labels = labels.astype(PLACES)
    if scores.ndim == 2 and scores.shape[1] <= NARROW:  # column by column in memory
        shifted: Any = scores.copy("F")
        shifted -= np.maximum.reduce(shifted, axis=-1, keepdims=True)
        places = labels * len(scores)
        places += _starts(labels.shape, 1)
        return shifted, shifted.ravel("K"), places
    highest = np.maximum.reduce(scores, axis=-1, keepdims=True)
    shifted = np.subtract(scores, highest, order="C")
    return shifted, shifted.ravel("K"), _starts(labels.shape, scores.shape[-1]) + labels


@functools.lru_cache(maxsize=64)
def _starts(shape: tuple[int, ...], classes: int) -> Any:
    """Where each row begins among all the scores, counted row by row."""
    starts = np.arange(0, math.prod(shape) * classes, classes, dtype=PLACES).reshape(shape)
    starts.flags.writeable = False
    return starts


@op("softmax_residual", samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])))
class SoftmaxResidual(Composite):
    """softmax(scores) minus 1 at the label: the gradient of softmax cross-entropy."""

    def forward(self, scores: Any, labels: Any) -> Any:
        if type(scores) is np.ndarray and scores.dtype.kind == "f":
            labels = np.asarray(labels)
            check_labels(labels, scores.shape[-1])
            if labels.shape != scores.shape[:-1]:
                raise ValueError(f"{labels.shape} labels for rows of shape {scores.shape[:-1]}")
            return _residual(scores, labels).astype(scores.dtype, copy=False)
        return softmax(scores) - one_hot(labels, scores.shape[-1], scores.dtype)

    def formula(self, scores: Any, labels: Any) -> Any:
        """Written as the loss is, so that both share their steps."""
        if scores.dtype.kind != "f":
            return self.forward(scores, labels)
        at_label = is_label(labels, scores)
        less, others = without_label(exp(scores - largest(scores, -1, True)), at_label)
        return where(at_label, less - others, less) * (1 / (others + 1))

    def backward(self, upstream: Any, scores: Any, labels: Any, out: Any) -> Any:
        shares = softmax(scores)
        # A constant added to a row's upstream changes nothing. Less that of the label, the label's
        # own share, which is nearly 1 in the end, is never subtracted from itself.
        upstream = upstream - take_along_axis(upstream, _column(labels), -1)
        weighted = upstream * shares
        return weighted - shares * total(weighted, -1, True), None


def _residual(scores: Any, labels: Any) -> Any:
    """The formula of the residual on arrays whose labels were checked."""
    shares, flat, places = _shifted(scores, labels)
    np.exp(shares, out=shares)
    at_label = flat[places]
    flat[places] = 0
    others = np.add.reduce(shares, axis=-1)
    flat[places] = -others  # at_label / total - 1 would lose what the others have
    shares *= (1 / (others + at_label))[..., None]  # a division takes as long as ten products
    return shares


@op("hinge", smooth=False, samples=lambda rng: (rng.normal(size=(3, 5)), np.array([0, 4, 2])))
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

    targets: ClassVar[str] = "labels"
    metric: ClassVar[Any] = "accuracy"
    margin: float = 1.0

    def forward(self, scores: Any, labels: Any, weights: Any = None) -> Any:
        _check_shape(self, scores, labels)
        if isinstance(labels, np.ndarray):
            check_labels(labels, scores.shape[-1])
        scores, weights = as_fractions((scores, weights))
        dtype, scores = scores.dtype, widened(scores)
        at_label = is_label(labels, scores)
        margins = scores - take_along_axis(scores, _column(labels), -1) + self.margin
        wrong_side = where(at_label, 0, relu(margins))
        return self.reduced(total(wrong_side, -1), weights, dtype)


def _column(labels: Any) -> Any:
    return expand_dims(labels, -1)


def _check_shape(loss: Loss, scores: Any, labels: Any) -> None:
    if labels.shape != scores.shape[:-1] or not scores.ndim:
        hint = "labels.reshape(-1)" if labels.size == scores.shape[0] else "one label per row"
        raise ShapeError(
            f"{loss.name} takes one label per row of scores: "
            f"{scores.shape} needs {scores.shape[:-1]}, found {labels.shape}.",
            found=[describe("scores", scores), describe("labels", labels)],
            do=f"Give integer labels of shape {scores.shape[:-1]}: {hint}.",
        )


softmax_residual = SoftmaxResidual.function
