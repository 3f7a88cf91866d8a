"""Softmax, layer and batch normalization: the terms that people forget."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import PRODUCT_RULE, Bug, Right, normal

EPS = 1e-5


class Softmax(cr.Op):
    def forward(self, x):
        weights = np.exp(x - np.max(x, axis=1, keepdims=True))
        return weights / np.sum(weights, axis=1, keepdims=True)

    def backward(self, upstream, x, out):
        return (out * (upstream - np.sum(upstream * out, axis=1, keepdims=True)),)


class SoftmaxAsIfElementwise(Softmax):
    """The diagonal of the Jacobian alone, as for a sigmoid."""

    def backward(self, upstream, x, out):
        return (upstream * out * (1 - out),)


class SoftmaxWithAConstantTotal(Softmax):
    def backward(self, upstream, x, out):
        return (upstream * out,)


class SoftmaxSumsOverRows(Softmax):
    def backward(self, upstream, x, out):
        return (out * (upstream - np.sum(upstream * out, axis=0, keepdims=True)),)


class LayerNorm(cr.Op):
    def forward(self, x):
        centred = x - np.mean(x, axis=1, keepdims=True)
        return centred / np.sqrt(np.mean(centred * centred, axis=1, keepdims=True) + EPS)

    def backward(self, upstream, x, out):
        centred = x - np.mean(x, axis=1, keepdims=True)
        width = np.sqrt(np.mean(centred * centred, axis=1, keepdims=True) + EPS)
        mean = np.mean(upstream, axis=1, keepdims=True)
        along = np.mean(upstream * out, axis=1, keepdims=True)
        return ((upstream - mean - out * along) / width,)


class LayerNormWithAConstantVariance(LayerNorm):
    def backward(self, upstream, x, out):
        centred = x - np.mean(x, axis=1, keepdims=True)
        width = np.sqrt(np.mean(centred * centred, axis=1, keepdims=True) + EPS)
        return ((upstream - np.mean(upstream, axis=1, keepdims=True)) / width,)


class LayerNormOverColumns(LayerNorm):
    def backward(self, upstream, x, out):
        centred = x - np.mean(x, axis=1, keepdims=True)
        width = np.sqrt(np.mean(centred * centred, axis=1, keepdims=True) + EPS)
        mean = np.mean(upstream, axis=0, keepdims=True)
        along = np.mean(upstream * out, axis=0, keepdims=True)
        return ((upstream - mean - out * along) / width,)


class BatchNorm(cr.Op):
    def forward(self, x, scale):
        centred = x - np.mean(x, axis=0)
        return scale * centred / np.sqrt(np.mean(centred * centred, axis=0) + EPS)

    def backward(self, upstream, x, scale, out):
        unit = out / scale
        centred = x - np.mean(x, axis=0)
        width = np.sqrt(np.mean(centred * centred, axis=0) + EPS)
        inner = upstream * scale
        dx = (inner - np.mean(inner, axis=0) - unit * np.mean(inner * unit, axis=0)) / width
        return dx, np.sum(upstream * unit, axis=0)


class BatchNormWithAConstantMean(BatchNorm):
    def backward(self, upstream, x, scale, out):
        unit = out / scale
        centred = x - np.mean(x, axis=0)
        width = np.sqrt(np.mean(centred * centred, axis=0) + EPS)
        inner = upstream * scale
        dx = (inner - unit * np.mean(inner * unit, axis=0)) / width
        return dx, np.sum(upstream * unit, axis=0)


class BatchNormDoesNotSumItsScale(BatchNorm):
    def backward(self, upstream, x, scale, out):
        dx, _ = super().backward(upstream, x, scale, out)
        return dx, upstream * out / scale


class BatchNormWithoutAGradientOfItsScale(BatchNorm):
    def backward(self, upstream, x, scale, out):
        dx, _ = super().backward(upstream, x, scale, out)
        return dx, None


class UnitVector(cr.Op):
    def forward(self, x):
        return x / np.sqrt(np.sum(x * x))

    def backward(self, upstream, x, out):
        return ((upstream - out * np.sum(upstream * out)) / np.sqrt(np.sum(x * x)),)


class UnitVectorWithAConstantLength(UnitVector):
    def backward(self, upstream, x, out):
        return (upstream / np.sqrt(np.sum(x * x)),)


class ScaledRows(cr.Op):
    """Every row of x times the same gains, and one number added to all."""

    def forward(self, x, gains, shift):
        return x * gains + shift

    def backward(self, upstream, x, gains, shift, out):
        return upstream * gains, np.sum(upstream * x, axis=0), np.sum(upstream)


class ScaledRowsDoNotSumTheGains(ScaledRows):
    def backward(self, upstream, x, gains, shift, out):
        return upstream * gains, upstream * x, np.sum(upstream)


class ScaledRowsDoNotSumTheShift(ScaledRows):
    def backward(self, upstream, x, gains, shift, out):
        return upstream * gains, np.sum(upstream * x, axis=0), upstream


X, SQUARE = normal(41, 3, 5), normal(42, 4, 4)
TIES = np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 2.0]])

BUGS = [
    Bug(SoftmaxAsIfElementwise, (X,), "missing_term"),
    Bug(SoftmaxWithAConstantTotal, (X,), "missing_term"),
    Bug(SoftmaxSumsOverRows, (SQUARE,), "wrong_axis"),
    Bug(LayerNormWithAConstantVariance, (X,), "missing_term"),
    Bug(LayerNormOverColumns, (SQUARE,), "wrong_axis"),
    # x is read in x and in its mean.
    Bug(BatchNormWithAConstantMean, (X, normal(43, 5)), "missing_term", also=PRODUCT_RULE),
    Bug(BatchNormDoesNotSumItsScale, (X, normal(43, 5)), "missing_broadcast_sum", (1,)),
    Bug(BatchNormWithoutAGradientOfItsScale, (X, normal(43, 5)), "none_returned", (1,)),
    Bug(UnitVectorWithAConstantLength, (normal(44, 4),), "missing_term", also=PRODUCT_RULE),
    Bug(
        ScaledRowsDoNotSumTheGains,
        (X, normal(45, 5), np.array(0.7)),
        "missing_broadcast_sum",
        (1,),
    ),
    Bug(
        ScaledRowsDoNotSumTheShift,
        (X, normal(45, 5), np.array(0.7)),
        "missing_broadcast_sum",
        (2,),
    ),
]

RIGHT = [
    Right(Softmax, (X,)),
    Right(Softmax, (TIES,), "at ties"),
    Right(Softmax, (np.array([[1000.0, -1000.0, 1000.0]]),), "far out"),
    Right(LayerNorm, (X,)),
    Right(LayerNorm, (np.full((2, 3), 7.0),), "of constant rows"),
    Right(BatchNorm, (X, normal(43, 5))),
    Right(UnitVector, (normal(44, 4),)),
    Right(ScaledRows, (X, normal(45, 5), np.array(0.7))),
]
