"""Losses: the batch's 1/N, the upstream gradient, labels that count from one."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal


class CrossEntropy(cr.Op):
    """Softmax cross-entropy of scores with class labels, its mean over the batch."""

    def forward(self, scores, labels):
        top = np.max(scores, axis=1, keepdims=True)
        total = np.log(np.sum(np.exp(scores - top), axis=1)) + top[:, 0]
        return np.mean(total - scores[np.arange(scores.shape[0]), labels])

    def backward(self, upstream, scores, labels, out):
        return upstream * self.residual(scores, labels) / scores.shape[0], None

    def residual(self, scores, labels):
        weights = np.exp(scores - np.max(scores, axis=1, keepdims=True))
        chances = weights / np.sum(weights, axis=1, keepdims=True)
        return chances - np.eye(scores.shape[1])[labels]


class CrossEntropyWithoutTheBatchSize(CrossEntropy):
    def backward(self, upstream, scores, labels, out):
        return upstream * self.residual(scores, labels), None


class CrossEntropyUphill(CrossEntropy):
    def backward(self, upstream, scores, labels, out):
        return -upstream * self.residual(scores, labels) / scores.shape[0], None


class CrossEntropyIgnoresUpstream(CrossEntropy):
    def backward(self, upstream, scores, labels, out):
        return self.residual(scores, labels) / scores.shape[0], None


class CrossEntropyCountsLabelsFromOne(CrossEntropy):
    def backward(self, upstream, scores, labels, out):
        return upstream * self.residual(scores, labels - 1) / scores.shape[0], None


class CrossEntropyForgetsItsLabels(CrossEntropy):
    """One gradient for two inputs: labels have none, but they have a place."""

    def backward(self, upstream, scores, labels, out):
        return (upstream * self.residual(scores, labels) / scores.shape[0],)


class SquaredError(cr.Op):
    def forward(self, prediction, target):
        return np.mean((prediction - target) ** 2)

    def backward(self, upstream, prediction, target, out):
        slope = upstream * 2 * (prediction - target) / prediction.size
        return slope, -slope


class SquaredErrorWithoutTheTwo(SquaredError):
    def backward(self, upstream, prediction, target, out):
        slope = upstream * (prediction - target) / prediction.size
        return slope, -slope


class SquaredErrorWithTwoEqualSigns(SquaredError):
    def backward(self, upstream, prediction, target, out):
        slope = upstream * 2 * (prediction - target) / prediction.size
        return slope, slope


class SquaredErrorWithAFixedTarget(SquaredError):
    """None says that the result does not depend on the target."""

    def backward(self, upstream, prediction, target, out):
        return upstream * 2 * (prediction - target) / prediction.size, None


class Huber(cr.Op):
    delta: float = 1.0

    def forward(self, x):
        size = np.abs(x)
        outside = self.delta * (size - 0.5 * self.delta)
        return np.where(size <= self.delta, 0.5 * x * x, outside)

    def backward(self, upstream, x, out):
        return (upstream * np.clip(x, -self.delta, self.delta),)


class HuberOnBothSidesOfTheJoint(Huber):
    def backward(self, upstream, x, out):
        inside = np.where(np.abs(x) <= self.delta, x, 0.0)
        outside = np.where(np.abs(x) >= self.delta, self.delta * np.sign(x), 0.0)
        return (upstream * (inside + outside),)


class HuberWithoutItsDelta(Huber):
    """The slope of the tails is 1 whatever delta is: seen where every entry is in the tails."""

    def backward(self, upstream, x, out):
        return (np.where(np.abs(x) <= self.delta, upstream * x, upstream * np.sign(x)),)


def huber_of_a_quarter():
    return HuberWithoutItsDelta(0.25)


SCORES, LABELS = normal(61, 4, 3), np.array([2, 0, 1, 1])
PREDICTION, TARGET = normal(62, 3, 2), normal(63, 3, 2)

BUGS = [
    Bug(CrossEntropyWithoutTheBatchSize, (SCORES, LABELS), "constant_factor"),
    Bug(CrossEntropyUphill, (SCORES, LABELS), "sign"),
    Bug(CrossEntropyIgnoresUpstream, (SCORES, LABELS), "upstream_ignored"),
    Bug(CrossEntropyCountsLabelsFromOne, (SCORES, LABELS), "shifted_index"),
    Bug(CrossEntropyForgetsItsLabels, (SCORES, LABELS), "wrong_count", ()),
    Bug(SquaredErrorWithoutTheTwo, (PREDICTION, TARGET), "constant_factor", (0, 1)),
    Bug(SquaredErrorWithTwoEqualSigns, (PREDICTION, TARGET), "sign", (1,)),
    Bug(SquaredErrorWithAFixedTarget, (PREDICTION, TARGET), "none_returned", (1,)),
    Bug(HuberOnBothSidesOfTheJoint, (np.array([0.3, 1.0, -1.0, 2.0]),), "wrong_at_kink"),
    Bug(huber_of_a_quarter, (normal(64, 5),), "constant_factor"),
]

RIGHT = [
    Right(CrossEntropy, (SCORES, LABELS)),
    Right(CrossEntropy, (np.zeros((2, 3)), np.array([0, 2])), "at ties"),
    Right(SquaredError, (PREDICTION, TARGET)),
    Right(SquaredError, (PREDICTION, PREDICTION), "at 0"),
    Right(Huber, (np.array([0.0, 0.3, 1.0, -1.0, 2.0]),), "at its joints"),
]
