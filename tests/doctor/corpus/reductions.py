"""Many numbers to few: counts, axes, ties, weights and zeros."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import PRODUCT_RULE, Bug, Right, normal, positive


class Mean(cr.Op):
    def forward(self, x):
        return np.mean(x)

    def backward(self, upstream, x, out):
        return (upstream * np.ones_like(x) / x.size,)


class MeanWithoutItsCount(Mean):
    def backward(self, upstream, x, out):
        return (upstream * np.ones_like(x),)


class RowMean(cr.Op):
    def forward(self, x):
        return np.mean(x, axis=1)

    def backward(self, upstream, x, out):
        return (upstream[:, None] * np.ones_like(x) / x.shape[1],)


class RowMeanOverTheWholeSize(RowMean):
    def backward(self, upstream, x, out):
        return (upstream[:, None] * np.ones_like(x) / x.size,)


class Total(cr.Op):
    def forward(self, x):
        return np.sum(x)

    def backward(self, upstream, x, out):
        return (upstream * np.ones_like(x),)


class TotalIgnoresUpstream(Total):
    def backward(self, upstream, x, out):
        return (np.ones_like(x),)


class Energy(cr.Op):
    """The sum of squares of each column."""

    def forward(self, x):
        return np.sum(x * x, axis=0)

    def backward(self, upstream, x, out):
        return (2 * x * upstream[None, :],)


class EnergySpreadsAlongRows(Energy):
    def backward(self, upstream, x, out):
        return (2 * x * upstream[:, None],)


class EnergyWithoutTheTwo(Energy):
    def backward(self, upstream, x, out):
        return (x * upstream[None, :],)


class LogSumExp(cr.Op):
    def forward(self, x):
        top = np.max(x, axis=1, keepdims=True)
        return (top + np.log(np.sum(np.exp(x - top), axis=1, keepdims=True)))[:, 0]

    def backward(self, upstream, x, out):
        return (upstream[:, None] * np.exp(x - out[:, None]),)


class LogSumExpNormalizesColumns(LogSumExp):
    def backward(self, upstream, x, out):
        weights = np.exp(x - np.max(x))
        return (upstream[:, None] * weights / np.sum(weights, axis=0, keepdims=True),)


class WeightedMean(cr.Op):
    def forward(self, x, weights):
        return np.sum(weights * x) / np.sum(weights)

    def backward(self, upstream, x, weights, out):
        total = np.sum(weights)
        return upstream * weights / total, upstream * (x - out) / total


class WeightedMeanWithAConstantTotal(WeightedMean):
    def backward(self, upstream, x, weights, out):
        total = np.sum(weights)
        return upstream * weights / total, upstream * x / total


class WeightedMeanWithFixedWeights(WeightedMean):
    def backward(self, upstream, x, weights, out):
        return upstream * weights / np.sum(weights), None


class Norm(cr.Op):
    """Euclidean length; its subgradient of least norm at 0 is 0."""

    def forward(self, x):
        return np.sqrt(np.sum(x * x))

    def backward(self, upstream, x, out):
        return (np.where(out > 0, upstream * x / np.where(out > 0, out, 1.0), 0.0),)


class NormDividesByZero(Norm):
    def backward(self, upstream, x, out):
        return (upstream * x / out,)


class Prod(cr.Op):
    def forward(self, x):
        return np.prod(x)

    def backward(self, upstream, x, out):
        rest = [np.prod(x[:i]) * np.prod(x[i + 1 :]) for i in range(x.shape[0])]
        return (upstream * np.stack(rest),)


class ProdDividesByItsFactors(Prod):
    def backward(self, upstream, x, out):
        return (upstream * out / x,)


class Largest(cr.Op):
    def forward(self, x):
        return np.max(x)

    def backward(self, upstream, x, out):
        winners = np.where(x == out, 1.0, 0.0)
        return (upstream * winners / np.sum(winners),)


class LargestPaysEveryWinnerInFull(Largest):
    def backward(self, upstream, x, out):
        return (np.where(x == out, upstream, 0.0),)


class Sorted(cr.Op):
    def forward(self, x):
        return x[np.argsort(x)]

    def backward(self, upstream, x, out):
        back = np.argsort(np.argsort(x))
        return (upstream[back],)


class Spread(cr.Op):
    """The standard deviation around a large mean."""

    def forward(self, x):
        return np.sqrt(np.mean((x - np.mean(x)) ** 2))

    def backward(self, upstream, x, out):
        return (upstream * (x - np.mean(x)) / (x.size * out),)


class SpreadByMeansOfSquares(Spread):
    def backward(self, upstream, x, out):
        deviation = np.sqrt(np.mean(x * x) - np.mean(x) ** 2)
        return (upstream * (x - np.mean(x)) / (x.size * deviation),)


TABLE, SQUARE = normal(31, 3, 4), normal(32, 4, 4)

BUGS = [
    Bug(MeanWithoutItsCount, (TABLE,), "constant_factor"),
    Bug(RowMeanOverTheWholeSize, (TABLE,), "constant_factor"),
    Bug(EnergyWithoutTheTwo, (TABLE,), "constant_factor"),
    Bug(TotalIgnoresUpstream, (TABLE,), "upstream_ignored"),
    Bug(EnergySpreadsAlongRows, (SQUARE,), "wrong_axis"),
    Bug(LogSumExpNormalizesColumns, (SQUARE,), "wrong_axis"),
    Bug(
        WeightedMeanWithAConstantTotal,
        (normal(33, 5), positive(34, 5)),
        "missing_term",
        (1,),
        also=PRODUCT_RULE,
    ),
    Bug(WeightedMeanWithFixedWeights, (normal(33, 5), positive(34, 5)), "none_returned", (1,)),
    Bug(NormDividesByZero, (np.zeros(3),), "non_finite"),
    Bug(ProdDividesByItsFactors, (np.array([2.0, 0.0, -3.0, 1.5]),), "non_finite"),
    Bug(LargestPaysEveryWinnerInFull, (np.array([1.0, 3.0, 3.0, 2.0]),), "wrong_at_kink"),
    Bug(SpreadByMeansOfSquares, (1e6 + normal(35, 6),), "precision"),
]

RIGHT = [
    Right(Mean, (TABLE,)),
    Right(Mean, (np.array(2.0),), "of one number"),
    Right(RowMean, (TABLE,)),
    Right(Energy, (SQUARE,)),
    Right(Total, (TABLE,)),
    Right(LogSumExp, (np.array([[1.0, 1.0, 0.0], [700.0, -700.0, 700.0]]),), "at ties"),
    Right(WeightedMean, (normal(33, 5), positive(34, 5))),
    Right(Norm, (normal(36, 4),)),
    Right(Norm, (np.zeros(3),), "at 0"),
    Right(Prod, (np.array([2.0, 0.0, -3.0, 1.5]),), "with a 0"),
    Right(Prod, (np.array([2.0, 0.0, 0.0]),), "with two zeros"),
    Right(Largest, (np.array([1.0, 3.0, 3.0, 2.0]),), "at a tie"),
    Right(Sorted, (np.array([2.0, 1.0, 3.0, 0.5]),)),
    Right(Sorted, (np.array([2.0, 1.0, 2.0, 1.0]),), "at ties"),
    Right(Spread, (1e6 + normal(35, 6),), "around a large mean"),
]
