"""Layers: normalisations, gates, pooling, embeddings and running sums.

Uses the entries of the first corpus; the differences in test_the_unseen_itself.py judge it.
"""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import PRODUCT_RULE, Bug, Right, normal


class RmsNorm(cr.Op):
    """x over its root mean square, times a gain per feature."""

    def forward(self, x, gain):
        return gain * x / np.sqrt((x**2).mean(axis=-1, keepdims=True))

    def backward(self, upstream, x, gain, out):
        rms = np.sqrt((x**2).mean(axis=-1, keepdims=True))
        y, up = x / rms, upstream * gain
        return (up - y * (up * y).mean(axis=-1, keepdims=True)) / rms, (upstream * y).sum(axis=0)


class RmsNormOfConstantScale(RmsNorm):
    def backward(self, upstream, x, gain, out):
        rms = np.sqrt((x**2).mean(axis=-1, keepdims=True))
        return upstream * gain / rms, (upstream * x / rms).sum(axis=0)


class RmsNormOverRows(RmsNorm):
    def backward(self, upstream, x, gain, out):
        y = x / np.sqrt((x**2).mean(axis=-1, keepdims=True))
        return RmsNorm.backward(self, upstream, x, gain, out)[0], (upstream * y).sum(axis=1)


class RmsNormGainOfLastRow(RmsNorm):
    def backward(self, upstream, x, gain, out):
        y = x / np.sqrt((x**2).mean(axis=-1, keepdims=True))
        return RmsNorm.backward(self, upstream, x, gain, out)[0], (upstream * y)[-1]


class RmsNormWithFrozenGain(RmsNorm):
    def backward(self, upstream, x, gain, out):
        return RmsNorm.backward(self, upstream, x, gain, out)[0], None


class Glu(cr.Op):
    """a * sigmoid(b)."""

    def forward(self, a, b):
        return a / (1 + np.exp(-b))

    def backward(self, upstream, a, b, out):
        gate = 1 / (1 + np.exp(-b))
        return upstream * gate, upstream * a * gate * (1 - gate)


class GluSwapped(Glu):
    def backward(self, upstream, a, b, out):
        gate = 1 / (1 + np.exp(-b))
        return upstream * a * gate * (1 - gate), upstream * gate


class GluGateAlone(Glu):
    def backward(self, upstream, a, b, out):
        gate = 1 / (1 + np.exp(-b))
        return gate, upstream * a * gate * (1 - gate)


class Swish(cr.Op):
    def forward(self, x):
        return x / (1 + np.exp(-x))

    def backward(self, upstream, x, out):
        gate = 1 / (1 + np.exp(-x))
        return (upstream * (gate + x * gate * (1 - gate)),)


class SwishGateAlone(Swish):
    def backward(self, upstream, x, out):
        return (upstream / (1 + np.exp(-x)),)


class LeakyRelu(cr.Op):
    def forward(self, x):
        return np.where(x > 0, x, 0.1 * x)

    def backward(self, upstream, x, out):
        return (upstream * np.where(x > 0, 1.0, 0.1),)


class LeakyReluOfBothSides(LeakyRelu):
    """Both masks hold at 0."""

    def backward(self, upstream, x, out):
        return (upstream * ((x >= 0) * 1.0 + (x <= 0) * 0.1),)


class Maxout(cr.Op):
    def forward(self, a, b):
        return np.maximum(a, b)

    def backward(self, upstream, a, b, out):
        first = (a >= b) * 1.0
        return upstream * first, upstream * (1 - first)


class MaxoutPaidTwice(Maxout):
    def backward(self, upstream, a, b, out):
        return upstream * (a >= b), upstream * (b >= a)


class MaxPool(cr.Op):
    """Windows of two."""

    def forward(self, x):
        return x.reshape(-1, 2).max(axis=1)

    def backward(self, upstream, x, out):
        left = (x[0::2] >= x[1::2]) * 1.0
        return (np.stack([upstream * left, upstream * (1 - left)], axis=1).reshape(-1),)


class MaxPoolPaidTwice(MaxPool):
    def backward(self, upstream, x, out):
        winners = (x.reshape(-1, 2) == out[:, None]) * 1.0
        return ((upstream[:, None] * winners).reshape(-1),)


class AveragePool(cr.Op):
    """Windows of two."""

    def forward(self, x):
        return x.reshape(-1, 2).mean(axis=1)

    def backward(self, upstream, x, out):
        return (np.repeat(upstream, 2) / 2,)


class AveragePoolUnshared(AveragePool):
    def backward(self, upstream, x, out):
        return (np.repeat(upstream, 2),)


class Upsample(cr.Op):
    """Every entry twice."""

    def forward(self, x):
        return np.repeat(x, 2)

    def backward(self, upstream, x, out):
        return (upstream.reshape(-1, 2).sum(axis=1),)


class UpsampleOfFirstCopy(Upsample):
    def backward(self, upstream, x, out):
        return (upstream[::2],)


class Embedding(cr.Op):
    """Rows of a table; a word may occur twice."""

    def forward(self, table, words):
        return table[words]

    def backward(self, upstream, table, words, out):
        hot = (np.arange(table.shape[0])[:, None] == words) * 1.0
        return hot @ upstream, None


class EmbeddingLastWordWins(Embedding):
    def backward(self, upstream, table, words, out):
        gradient = np.zeros(table.shape)
        gradient[words] = upstream
        return gradient, None


class EmbeddingWithStartToken(Embedding):
    """Words are counted from 1, as though row 0 were the start token."""

    def backward(self, upstream, table, words, out):
        hot = (np.arange(table.shape[0])[:, None] == words + 1) * 1.0
        return hot @ upstream, None


class EdgeFeatures(cr.Op):
    """Twice the number of the node that each edge of a fixed graph starts at."""

    def forward(self, x):
        return x[[0, 0, 1, 2]] * 2

    def backward(self, upstream, x, out):
        return (2 * (upstream @ np.eye(3)[[0, 0, 1, 2]]),)


class EdgeFeaturesLastEdgeWins(EdgeFeatures):
    def backward(self, upstream, x, out):
        gradient = np.zeros_like(x)
        gradient[[0, 0, 1, 2]] += 2 * upstream
        return (gradient,)


class RunningSum(cr.Op):
    """Along the last axis."""

    def forward(self, x):
        return np.cumsum(x, axis=1)

    def backward(self, upstream, x, out):
        return (np.flip(np.cumsum(np.flip(upstream, 1), axis=1), 1),)


class RunningSumDownwards(RunningSum):
    def backward(self, upstream, x, out):
        return (np.flip(np.cumsum(np.flip(upstream, 0), axis=0), 0),)


class RunningSumRolled(RunningSum):
    def backward(self, upstream, x, out):
        return (np.roll(RunningSum.backward(self, upstream, x, out)[0], -1, axis=1),)


class Steps(cr.Op):
    """x[i + 1] - x[i]."""

    def forward(self, x):
        return x[1:] - x[:-1]

    def backward(self, upstream, x, out):
        zero = np.zeros(1)
        return (np.concatenate([zero, upstream]) - np.concatenate([upstream, zero]),)


class StepsOfLaterEntry(Steps):
    def backward(self, upstream, x, out):
        return (np.concatenate([np.zeros(1), upstream]),)


class Attention(cr.Op):
    """Softmax along the last axis, as attention weights."""

    def forward(self, z):
        weights = np.exp(z - z.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def backward(self, upstream, z, out):
        return (out * (upstream - (upstream * out).sum(axis=-1, keepdims=True)),)


class AttentionOverQueries(Attention):
    def backward(self, upstream, z, out):
        return (out * (upstream - (upstream * out).sum(axis=0, keepdims=True)),)


class AttentionOfConstantSum(Attention):
    def backward(self, upstream, z, out):
        return (out * upstream,)


class Length(cr.Op):
    """Euclidean length of each row; the gradient at 0 is 0."""

    def forward(self, x):
        return np.sqrt((x**2).sum(axis=-1))

    def backward(self, upstream, x, out):
        safe = np.where(out > 0, out, 1.0)[:, None]
        return (upstream[:, None] * x / safe,)


class LengthDividing(Length):
    def backward(self, upstream, x, out):
        return (upstream[:, None] * x / out[:, None],)


SQUARE = (normal(51, 3, 3), normal(52, 3))
GATED = (normal(53, 4), normal(54, 4))
FLAT = (normal(55, 6),)
WORDS = (normal(56, 5, 2), np.array([3, 1, 3, 0]))
GRID = (normal(57, 3, 3),)
TIED = (np.array([1.0, 1.0, 0.5, 2.0]),)
EQUAL = (np.array([1.0, 2.0, -1.0]), np.array([1.0, 0.5, 3.0]))
ORIGIN = (np.array([[0.0, 0.0], [3.0, 4.0]]),)

BUGS = [
    # The lost term is the reading of x in the denominator.
    Bug(RmsNormOfConstantScale, SQUARE, "missing_term", also="missing_fork_sum"),
    Bug(RmsNormOverRows, SQUARE, "wrong_axis", (1,)),
    Bug(RmsNormGainOfLastRow, SQUARE, "missing_broadcast_sum", (1,)),
    Bug(RmsNormWithFrozenGain, SQUARE, "none_returned", (1,)),
    Bug(GluSwapped, GATED, "swapped_inputs", (0, 1)),
    Bug(GluGateAlone, GATED, "upstream_ignored"),
    Bug(SwishGateAlone, FLAT, PRODUCT_RULE),
    Bug(LeakyReluOfBothSides, (np.array([0.0, 1.0, -2.0]),), "wrong_at_kink"),
    Bug(MaxoutPaidTwice, EQUAL, "wrong_at_kink", (0, 1)),
    Bug(MaxPoolPaidTwice, TIED, "wrong_at_kink"),
    Bug(AveragePoolUnshared, FLAT, "constant_factor"),
    # A copy made by repeating is a fork and a broadcast alike.
    Bug(UpsampleOfFirstCopy, FLAT, "missing_broadcast_sum", also="missing_fork_sum"),
    Bug(EmbeddingLastWordWins, WORDS, "scatter_last_wins"),
    Bug(EmbeddingWithStartToken, WORDS, "shifted_index"),
    Bug(EdgeFeaturesLastEdgeWins, (normal(58, 3),), "scatter_last_wins"),
    Bug(RunningSumDownwards, GRID, "wrong_axis"),
    Bug(RunningSumRolled, GRID, "shifted_index"),
    Bug(StepsOfLaterEntry, FLAT, "missing_fork_sum"),
    Bug(AttentionOverQueries, GRID, "wrong_axis"),
    # As for RmsNorm.
    Bug(AttentionOfConstantSum, GRID, "missing_term", also="missing_fork_sum"),
    Bug(LengthDividing, ORIGIN, "non_finite"),
]
RIGHT = [
    Right(RmsNorm, SQUARE),
    Right(Glu, (np.zeros(2), np.zeros(2)), "at 0"),
    Right(Swish, (np.array([0.0, 20.0, -20.0]),), "at 0 and far out"),
    Right(LeakyRelu, (np.array([0.0, 1.0, -2.0]),), "at its kink"),
    Right(Maxout, EQUAL, "at a tie"),
    Right(MaxPool, TIED, "at a tie"),
    Right(AveragePool, FLAT),
    Right(Upsample, FLAT),
    Right(Embedding, WORDS, "with a word twice"),
    Right(EdgeFeatures, (normal(58, 3),)),
    Right(RunningSum, GRID),
    Right(Steps, FLAT),
    Right(Attention, (np.zeros((2, 3)),), "of equal scores"),
    Right(Length, ORIGIN, "at the origin"),
]
