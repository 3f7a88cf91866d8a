"""What backward owes whatever the numbers are: shapes, dtypes, one entry per input."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal, positive


class Linear(cr.Op):
    def forward(self, x, w, b):
        return x @ w + b

    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream, upstream.sum(axis=0)


class LinearKeepsTheAxisOfItsBias(Linear):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream, upstream.sum(axis=0, keepdims=True)


class LinearForgetsItsBias(Linear):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream


class LinearHasNoGradientOfItsBias(Linear):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream, None


class Flattened(cr.Op):
    def forward(self, x):
        return np.reshape(np.sin(x), (-1,))

    def backward(self, upstream, x, out):
        return (np.reshape(upstream, x.shape) * np.cos(x),)


class FlattenedStaysFlat(Flattened):
    def backward(self, upstream, x, out):
        return (upstream * np.reshape(np.cos(x), (-1,)),)


class RowSum(cr.Op):
    def forward(self, x):
        return np.sum(x, axis=1)

    def backward(self, upstream, x, out):
        return (upstream[:, None] * np.ones_like(x),)


class RowSumDoesNotSpread(RowSum):
    def backward(self, upstream, x, out):
        return (upstream,)


class Scale(cr.Op):
    """Times a number; its backward must keep float32."""

    def forward(self, x):
        return x * 0.5

    def backward(self, upstream, x, out):
        return (upstream * 0.5,)


class ScaleByAFloat64(Scale):
    """np.float64 is not a weak number: it promotes."""

    def backward(self, upstream, x, out):
        return (upstream * np.float64(0.5),)


class Rows(cr.Op):
    def forward(self, table, rows):
        return table[rows]

    def backward(self, upstream, table, rows, out):
        gradient = np.zeros(table.shape, table.dtype)
        np.add.at(gradient, rows, np.asarray(upstream))
        return gradient, None


class RowsIntoFloat64(Rows):
    def backward(self, upstream, table, rows, out):
        gradient = np.zeros(table.shape)
        np.add.at(gradient, rows, np.asarray(upstream))
        return gradient, None


class ScaleThroughFloat32(Scale):
    def backward(self, upstream, x, out):
        return ((upstream * 0.5).astype(np.float32),)


class Ratio(cr.Op):
    def forward(self, x, y):
        return x / y

    def backward(self, upstream, x, y, out):
        return upstream / y, -upstream * out / y


class RatioOfItsNumeratorOnly(Ratio):
    def backward(self, upstream, x, y, out):
        return (upstream / y,)


class RatioWithAGradientOfItsResult(Ratio):
    def backward(self, upstream, x, y, out):
        return upstream / y, -upstream * out / y, upstream


class RatioOfAFixedDenominator(Ratio):
    def backward(self, upstream, x, y, out):
        return upstream / y, None


LAYER = normal(81, 4, 3), normal(82, 3, 5), normal(83, 5)
SINGLE = np.float32

BUGS = [
    Bug(LinearKeepsTheAxisOfItsBias, LAYER, "wrong_shape", (2,)),
    Bug(LinearForgetsItsBias, LAYER, "wrong_count", ()),
    Bug(LinearHasNoGradientOfItsBias, LAYER, "none_returned", (2,)),
    Bug(FlattenedStaysFlat, (normal(84, 3, 2),), "wrong_shape"),
    Bug(RowSumDoesNotSpread, (normal(85, 3, 2),), "wrong_shape"),
    Bug(ScaleByAFloat64, (normal(86, 4, dtype=SINGLE),), "wrong_dtype"),
    Bug(RowsIntoFloat64, (normal(87, 4, 2, dtype=SINGLE), np.array([1, 1, 3])), "wrong_dtype"),
    Bug(ScaleThroughFloat32, (np.array([1.0, -2.0, 0.25]),), "wrong_dtype"),
    Bug(RatioOfItsNumeratorOnly, (normal(88, 3), positive(89, 3)), "wrong_count", ()),
    Bug(RatioWithAGradientOfItsResult, (normal(88, 3), positive(89, 3)), "wrong_count", ()),
    Bug(RatioOfAFixedDenominator, (normal(88, 3), positive(89, 3)), "none_returned", (1,)),
]

RIGHT = [
    Right(Linear, tuple(x.astype(SINGLE) for x in LAYER), "in float32"),
    Right(Flattened, (normal(84, 3, 2),)),
    Right(Flattened, (np.array(0.3),), "of one number"),
    Right(RowSum, (normal(85, 3, 2),)),
    Right(Scale, (normal(86, 4, dtype=SINGLE),), "in float32"),
    Right(Rows, (normal(87, 4, 2, dtype=SINGLE), np.array([1, 1, 3])), "in float32"),
    Right(Ratio, (normal(88, 3), positive(89, 3))),
]
