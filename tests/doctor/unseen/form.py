"""What backward returns, writes, remembers and draws; lost digits; and wrong second orders.

Uses the entries of the first corpus; the differences in test_the_unseen_itself.py judge it.
"""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal, positive


class AddRow(cr.Op):
    """A bias of one row, shape (1, n)."""

    def forward(self, x, b):
        return x + b

    def backward(self, upstream, x, b, out):
        return upstream, upstream.sum(axis=0, keepdims=True)


class AddRowWithoutKeepdims(AddRow):
    def backward(self, upstream, x, b, out):
        return upstream, upstream.sum(axis=0)


class AddRowAndOut(AddRow):
    def backward(self, upstream, x, b, out):
        return upstream, upstream.sum(axis=0, keepdims=True), None


class AddRowUnlearnt(AddRow):
    def backward(self, upstream, x, b, out):
        return upstream, None


class Flatten(cr.Op):
    def forward(self, x):
        return x.reshape(x.shape[0], -1)

    def backward(self, upstream, x, out):
        return (upstream.reshape(x.shape),)


class FlattenLeftFlat(Flatten):
    def backward(self, upstream, x, out):
        return (upstream,)


class ScaledTanh(cr.Op):
    def forward(self, x):
        return np.tanh(0.5 * x)

    def backward(self, upstream, x, out):
        return (0.5 * upstream * (1 - out**2),)


class ScaledTanhInDouble(ScaledTanh):
    def backward(self, upstream, x, out):
        return (np.array([0.5], np.float64) * upstream * (1 - out**2),)


class MeanRow(cr.Op):
    def forward(self, x):
        return x.mean(axis=0)

    def backward(self, upstream, x, out):
        return (np.broadcast_to(upstream / x.shape[0], x.shape),)


class MeanRowUnspread(MeanRow):
    def backward(self, upstream, x, out):
        return (upstream / x.shape[0],)


class MeanRowInDouble(MeanRow):
    def backward(self, upstream, x, out):
        gradient = np.empty(x.shape)
        gradient[:] = upstream / x.shape[0]
        return (gradient,)


class Gaussian(cr.Op):
    """exp(-(x - mean)^2 / 2)."""

    def forward(self, x, mean):
        return np.exp(-0.5 * (x - mean) ** 2)

    def backward(self, upstream, x, mean, out):
        slope = upstream * (x - mean) * out
        return -slope, slope


class GaussianOneEntry(Gaussian):
    def backward(self, upstream, x, mean, out):
        return (-upstream * (x - mean) * out,)


class GaussianCentredInPlace(Gaussian):
    def backward(self, upstream, x, mean, out):
        x -= mean
        slope = upstream * x * out
        return -slope, slope


class GaussianScaledInPlace(Gaussian):
    def backward(self, upstream, x, mean, out):
        apart = x - mean
        upstream *= out
        return -upstream * apart, upstream * apart


class Relu2(cr.Op):
    """The square of the rectified input."""

    def forward(self, x):
        return np.maximum(x, 0) ** 2

    def backward(self, upstream, x, out):
        return (2 * upstream * np.maximum(x, 0),)


class Relu2MaskedInPlace(Relu2):
    def backward(self, upstream, x, out):
        np.copyto(upstream, 0, where=x < 0)
        return (2 * upstream * x,)


def remembered_mask():
    cache = {}

    class RememberedMask(cr.Op):
        """The mask of whichever forward ran last."""

        def forward(self, x):
            cache["factor"] = 2 * np.maximum(x, 0)
            return np.maximum(x, 0) ** 2

        def backward(self, upstream, x, out):
            return (upstream * cache["factor"],)

    return RememberedMask()


def first_softplus():
    cache = {}

    class FirstSoftplus(cr.Op):
        """The sigmoid is kept from the first forward on, by shape."""

        def forward(self, x):
            cache.setdefault(np.shape(x), 1 / (1 + np.exp(-x)))
            return np.log1p(np.exp(x))

        def backward(self, upstream, x, out):
            return (upstream * cache[np.shape(x)],)

    return FirstSoftplus()


class DropoutDrawnAgain(cr.Op):
    """Forward scales by the expectation; backward draws the mask anew."""

    def forward(self, x):
        return 0.5 * x

    def backward(self, upstream, x, out):
        return (upstream * (np.random.default_rng().random(x.shape) < 0.5),)


class SquareWithGradientNoise(cr.Op):
    def forward(self, x):
        return x**2

    def backward(self, upstream, x, out):
        noise = np.random.default_rng().normal(size=x.shape)
        return (upstream * (2 * x + 0.1 * noise),)


class Softplus(cr.Op):
    def forward(self, x):
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, upstream, x, out):
        return (upstream * cr.sigmoid(x),)


class SoftplusStopped(Softplus):
    """A gate thought of as constant: the second derivative misses it."""

    def backward(self, upstream, x, out):
        return (upstream * cr.stop_gradient(cr.sigmoid(x)),)


class LogCosh(cr.Op):
    def forward(self, x):
        return np.log(np.cosh(x))

    def backward(self, upstream, x, out):
        return (upstream * np.tanh(x),)


class TanhWithWrongSlope(cr.Op):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, upstream, x, out):
        return (upstream * (1 - out),)


class LogCoshByWrongTanh(LogCosh):
    def backward(self, upstream, x, out):
        return (upstream * TanhWithWrongSlope()(x),)


class Product(cr.Op):
    def forward(self, x, y):
        return x * y

    def backward(self, upstream, x, y, out):
        return upstream * y, upstream * x


class ProductStoppedInY(Product):
    def backward(self, upstream, x, y, out):
        return upstream * cr.stop_gradient(y), upstream * x


class Logistic(cr.Op):
    def forward(self, x):
        return np.exp(-np.logaddexp(0.0, -x))

    def backward(self, upstream, x, out):
        far = np.exp(-np.abs(x))
        return (upstream * far / (1 + far) ** 2,)


class LogisticFromOut(Logistic):
    def backward(self, upstream, x, out):
        return (upstream * (1 - out) * out,)


class TanhInTheTail(cr.Op):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, upstream, x, out):
        far = np.exp(-2 * np.abs(x))
        return (upstream * 4 * far / (1 + far) ** 2,)


class TanhFromOut(TanhInTheTail):
    def backward(self, upstream, x, out):
        return (upstream * (1 - out * out),)


class RootOfShifted(cr.Op):
    """sqrt(x^2 + 1) - 1, as Charbonnier's loss has it."""

    def forward(self, x):
        return x * x / (np.sqrt(x * x + 1) + 1)

    def backward(self, upstream, x, out):
        return (upstream * x / np.sqrt(x * x + 1),)


class RootOfShiftedByDividingOut(RootOfShifted):
    """The slope of sqrt(u), times u = x^2 over x."""

    def backward(self, upstream, x, out):
        return (upstream * (x * x / np.sqrt(x * x + 1)) / x,)


BIASED = (normal(71, 3, 2), normal(72, 1, 2))
CUBE = (normal(73, 2, 2, 3),)
SINGLE = (normal(74, 4, dtype=np.float32),)
TABLE = (normal(75, 4, 3),)
TABLE32 = (normal(75, 4, 3, dtype=np.float32),)
PAIR = (normal(76, 4), normal(77, 4))
LINE = (normal(78, 5),)
POSITIVE = (positive(79, 4),)

BUGS = [
    Bug(AddRowWithoutKeepdims, BIASED, "wrong_shape", (1,)),
    Bug(AddRowAndOut, BIASED, "wrong_count", ()),
    Bug(AddRowUnlearnt, BIASED, "none_returned", (1,)),
    Bug(FlattenLeftFlat, CUBE, "wrong_shape"),
    Bug(ScaledTanhInDouble, SINGLE, "wrong_dtype"),
    Bug(MeanRowUnspread, TABLE, "wrong_shape"),
    Bug(MeanRowInDouble, TABLE32, "wrong_dtype"),
    Bug(GaussianOneEntry, PAIR, "wrong_count", ()),
    Bug(GaussianCentredInPlace, PAIR, "mutates_input", ()),
    Bug(GaussianScaledInPlace, PAIR, "mutates_input", ()),
    Bug(Relu2MaskedInPlace, LINE, "mutates_input", ()),
    Bug(remembered_mask, POSITIVE, "stale_state"),
    Bug(first_softplus, POSITIVE, "stale_state"),
    Bug(DropoutDrawnAgain, (normal(80, 8),), "nondeterministic"),
    Bug(SquareWithGradientNoise, LINE, "nondeterministic"),
    Bug(SoftplusStopped, LINE, "double_backward"),
    Bug(LogCoshByWrongTanh, LINE, "double_backward"),
    Bug(ProductStoppedInY, PAIR, "double_backward"),
    Bug(LogisticFromOut, (np.array([22.0, 24.0, 26.0]),), "precision"),
    Bug(TanhFromOut, (np.array([11.0, 12.0, 13.0]),), "precision"),
    Bug(RootOfShiftedByDividingOut, (np.array([0.0, 0.8, -1.5]),), "non_finite"),
]
RIGHT = [
    Right(AddRow, BIASED),
    Right(Flatten, CUBE),
    Right(ScaledTanh, SINGLE, "in single precision"),
    Right(MeanRow, TABLE),
    Right(Gaussian, (PAIR[0], PAIR[0]), "at its top"),
    Right(Relu2, (np.array([0.0, 1.0, -1.0]),), "at 0"),
    Right(Softplus, (np.array([0.0, 20.0, -20.0]),), "at 0 and far out"),
    Right(LogCosh, (np.array([0.0, 1.0, -2.0]),), "at 0"),
    Right(Product, (np.zeros(2), np.zeros(2)), "at 0"),
    Right(Logistic, (np.array([22.0, -24.0, 26.0]),), "far out"),
    Right(TanhInTheTail, (np.array([11.0, -12.0, 13.0]),), "far out"),
    Right(RootOfShifted, (np.array([0.0, 1e-3, -1.5]),), "at 0"),
]
