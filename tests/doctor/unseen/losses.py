"""Losses as users write them: of labels, of residuals and of distributions.

Uses the entries of the first corpus; the differences in test_the_unseen_itself.py judge it.
"""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import PRODUCT_RULE, Bug, Right, normal, positive


def softmax(z):
    weights = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return weights / np.sum(weights, axis=-1, keepdims=True)


def one_hot(labels, count):
    return (labels[:, None] == np.arange(count)) * 1.0


class MeanSquares(cr.Op):
    def forward(self, y, t):
        return ((y - t) ** 2).mean()

    def backward(self, upstream, y, t, out):
        slope = 2 * upstream * (y - t) / y.size
        return slope, -slope


class MeanSquaresSummed(MeanSquares):
    def backward(self, upstream, y, t, out):
        slope = 2 * upstream * (y - t)
        return slope, -slope / y.size


class MeanSquaresOfTargetSign(MeanSquares):
    def backward(self, upstream, y, t, out):
        slope = 2 * upstream * (y - t) / y.size
        return slope, slope


class MeanSquaresSwapped(MeanSquares):
    def backward(self, upstream, y, t, out):
        slope = 2 * upstream * (y - t) / y.size
        return -slope, slope


class Huber(cr.Op):
    """Squared inside 1, straight outside."""

    def forward(self, y, t):
        r = np.abs(y - t)
        return np.where(r <= 1, 0.5 * r * r, r - 0.5)

    def backward(self, upstream, y, t, out):
        slope = upstream * np.clip(y - t, -1, 1)
        return slope, -slope


class HuberWithoutUpstream(Huber):
    def backward(self, upstream, y, t, out):
        slope = np.clip(y - t, -1, 1)
        return slope, -upstream * slope


class Hinge(cr.Op):
    """max(0, 1 - t s) for labels t of -1 and 1, which are integers."""

    def forward(self, s, t):
        return np.maximum(0, 1 - t * s)

    def backward(self, upstream, s, t, out):
        return upstream * np.where(out > 0, -t * 1.0, 0.0), None


class HingeUphill(Hinge):
    def backward(self, upstream, s, t, out):
        return upstream * np.where(out > 0, t * 1.0, 0.0), None


class HingePushedAtTheMargin(Hinge):
    """Violated and met masks both hold at the margin; the met one pushes back there."""

    def backward(self, upstream, s, t, out):
        met, violated = (t * s == 1) * 1.0, (t * s < 1) * 1.0
        return upstream * t * (met - violated), None


class CrossEntropy(cr.Op):
    """Mean of -log softmax(z) at the labels."""

    def forward(self, z, labels):
        top = z.max(axis=1)
        logs = np.log(np.exp(z - top[:, None]).sum(axis=1)) + top
        return (logs - z[np.arange(len(z)), labels]).mean()

    def backward(self, upstream, z, labels, out):
        hot = one_hot(labels, z.shape[1])
        return upstream * (softmax(z) - hot) / z.shape[0], None


class CrossEntropySummed(CrossEntropy):
    def backward(self, upstream, z, labels, out):
        return upstream * (softmax(z) - one_hot(labels, z.shape[1])), None


class CrossEntropyAsTheLast(CrossEntropy):
    def backward(self, upstream, z, labels, out):
        return (softmax(z) - one_hot(labels, z.shape[1])) / z.shape[0], None


class CrossEntropyWithoutLabels(CrossEntropy):
    def backward(self, upstream, z, labels, out):
        return upstream * softmax(z) / z.shape[0], None


class CrossEntropyOneLabelLate(CrossEntropy):
    def backward(self, upstream, z, labels, out):
        slope = softmax(z) - one_hot(labels, z.shape[1])
        return upstream * np.roll(slope, 1, axis=1) / z.shape[0], None


class Smoothed(cr.Op):
    """Cross entropy per row against labels of which a tenth is spread evenly."""

    def forward(self, z, labels):
        top = z.max(axis=1, keepdims=True)
        logs = z - top - np.log(np.exp(z - top).sum(axis=1, keepdims=True))
        hot = one_hot(labels, z.shape[1])
        return -((0.9 * hot + 0.1 / z.shape[1]) * logs).sum(axis=1)

    def backward(self, upstream, z, labels, out):
        target = 0.9 * one_hot(labels, z.shape[1]) + 0.1 / z.shape[1]
        return upstream[:, None] * (softmax(z) - target), None


class SmoothedWithoutSpread(Smoothed):
    def backward(self, upstream, z, labels, out):
        target = 0.9 * one_hot(labels, z.shape[1])
        return upstream[:, None] * (softmax(z) - target), None


class SmoothedAcross(Smoothed):
    """The upstream gradient of one row weighs a column: it fits only where the two are as many."""

    def backward(self, upstream, z, labels, out):
        target = 0.9 * one_hot(labels, z.shape[1]) + 0.1 / z.shape[1]
        return upstream[None, :] * (softmax(z) - target), None


class Focal(cr.Op):
    """-(1 - p)^2 log p."""

    def forward(self, p):
        return -((1 - p) ** 2) * np.log(p)

    def backward(self, upstream, p, out):
        return (upstream * (2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p),)


class FocalWithConstantWeight(Focal):
    def backward(self, upstream, p, out):
        return (-upstream * (1 - p) ** 2 / p,)


class FocalSquared(Focal):
    def backward(self, upstream, p, out):
        return (upstream**2 * (2 * (1 - p) * np.log(p) - (1 - p) ** 2 / p),)


class KlDivergence(cr.Op):
    """sum p (log p - log q) over the last axis."""

    def forward(self, p, q):
        return (p * (np.log(p) - np.log(q))).sum(axis=-1)

    def backward(self, upstream, p, q, out):
        upstream = upstream[:, None]
        return upstream * (np.log(p) - np.log(q) + 1), -upstream * p / q


class KlWithoutOne(KlDivergence):
    def backward(self, upstream, p, q, out):
        upstream = upstream[:, None]
        return upstream * (np.log(p) - np.log(q)), -upstream * p / q


class KlSwapped(KlDivergence):
    def backward(self, upstream, p, q, out):
        upstream = upstream[:, None]
        return -upstream * p / q, upstream * (np.log(p) - np.log(q) + 1)


class KlTowardsQ(KlDivergence):
    def backward(self, upstream, p, q, out):
        upstream = upstream[:, None]
        return upstream * (np.log(p) - np.log(q) + 1), upstream * p / q


class Bernoulli(cr.Op):
    """Cross entropy of a logit with a target between 0 and 1."""

    def forward(self, z, t):
        return np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))

    def backward(self, upstream, z, t, out):
        return upstream * (cr.sigmoid(z) - t), -upstream * z


class BernoulliOverflowing(Bernoulli):
    def backward(self, upstream, z, t, out):
        return upstream * (np.exp(z) / (1 + np.exp(z)) - t), -upstream * z


class Poisson(cr.Op):
    """exp(z) - t z for counts t."""

    def forward(self, z, t):
        return np.exp(z) - t * z

    def backward(self, upstream, z, t, out):
        return upstream * (np.exp(z) - t), -upstream * z


class PoissonOfPositiveUpstream(Poisson):
    def backward(self, upstream, z, t, out):
        return np.abs(upstream) * (np.exp(z) - t), -upstream * z


class PoissonWithoutCounts(Poisson):
    def backward(self, upstream, z, t, out):
        return upstream * np.exp(z), -upstream * z


class PoissonClipped(Poisson):
    """Clips the gradient that arrives, against exploding ones."""

    def backward(self, upstream, z, t, out):
        return np.clip(upstream, -0.5, 0.5) * (np.exp(z) - t), -upstream * z


PAIR = (normal(31, 5), normal(32, 5) * 0.7)
TARGETS = np.array([1, -1, 1, 1])
LABELS = (normal(33, 4, 3), np.array([0, 2, 1, 2]))
SQUARE = (normal(34, 3, 3), np.array([2, 0, 1]))
SHARES = (positive(35, 5) / 2.2,)
MASSES = (positive(36, 3, 4), positive(37, 3, 4))
LOGITS = (normal(38, 4), np.array([0.2, 0.9, 0.4, 0.6]))
COUNTS = (normal(39, 4), np.array([1.0, 3.0, 2.0, 0.5]))
MARGIN = (np.array([1.0, -1.0, 0.3, 2.0]), TARGETS)

BUGS = [
    Bug(MeanSquaresSummed, PAIR, "constant_factor"),
    Bug(MeanSquaresOfTargetSign, PAIR, "sign", (1,)),
    # The two gradients are each other's negatives, so that swapping them turns both signs.
    Bug(MeanSquaresSwapped, PAIR, "swapped_inputs", (0, 1), also="sign"),
    Bug(HuberWithoutUpstream, PAIR, "upstream_ignored"),
    Bug(HingeUphill, (normal(40, 4) * 0.4, TARGETS), "sign"),
    Bug(HingePushedAtTheMargin, MARGIN, "wrong_at_kink"),
    Bug(CrossEntropySummed, LABELS, "constant_factor"),
    Bug(CrossEntropyAsTheLast, LABELS, "upstream_ignored"),
    Bug(CrossEntropyWithoutLabels, LABELS, "missing_term"),
    Bug(CrossEntropyOneLabelLate, LABELS, "shifted_index"),
    Bug(SmoothedWithoutSpread, SQUARE, "missing_term"),
    Bug(SmoothedAcross, SQUARE, "wrong_axis"),
    Bug(FocalWithConstantWeight, SHARES, PRODUCT_RULE),
    Bug(FocalSquared, SHARES, "not_linear_in_upstream"),
    # The 1 is p's other reading: the term p / p of the product rule.
    Bug(KlWithoutOne, MASSES, PRODUCT_RULE, also="missing_term"),
    Bug(KlSwapped, MASSES, "swapped_inputs", (0, 1)),
    Bug(KlTowardsQ, MASSES, "sign", (1,)),
    Bug(BernoulliOverflowing, (np.array([0.5, 800.0]), np.array([0.2, 0.9])), "non_finite"),
    Bug(PoissonOfPositiveUpstream, COUNTS, "not_linear_in_upstream"),
    Bug(PoissonWithoutCounts, COUNTS, "missing_term"),
    Bug(PoissonClipped, COUNTS, "not_linear_in_upstream"),
]
RIGHT = [
    Right(MeanSquares, PAIR),
    Right(Huber, (np.array([1.0, 0.0, -1.0, 3.0]), np.zeros(4)), "at its joints"),
    Right(Hinge, MARGIN, "at its margin"),
    Right(CrossEntropy, (np.zeros((2, 3)), np.array([0, 2])), "of equal logits"),
    Right(Smoothed, SQUARE),
    Right(Focal, SHARES),
    Right(KlDivergence, (MASSES[0], MASSES[0]), "of equal distributions"),
    Right(Bernoulli, (np.array([0.0, 30.0, -30.0, 1.0]), LOGITS[1]), "at 0 and far out"),
    Right(Poisson, COUNTS),
]
