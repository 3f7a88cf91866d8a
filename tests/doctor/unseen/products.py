"""Products, distances and kernels: what users write on top of matmul, and how they get it wrong.

Uses the entries of the first corpus; the differences in test_the_unseen_itself.py judge it.
"""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import PRODUCT_RULE, Bug, Right, normal, positive


class Dense(cr.Op):
    def forward(self, x, w, b):
        return x @ w.T + b

    def backward(self, upstream, x, w, b, out):
        return upstream @ w, upstream.T @ x, upstream.sum(axis=0)


class DenseWithWTransposed(Dense):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, upstream.T @ x, upstream.sum(axis=0)


class DenseWithBiasOfFirstRow(Dense):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w, upstream.T @ x, upstream[0]


class DenseWithBiasOverFeatures(Dense):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w, upstream.T @ x, upstream.sum(axis=1)


class DenseWithBatchMean(Dense):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w, upstream.T @ x / len(x), upstream.sum(axis=0)


class SharedWeights(cr.Op):
    """One matrix for every item of a batch."""

    def forward(self, x, w):
        return x @ w

    def backward(self, upstream, x, w, out):
        return upstream @ w.T, (np.swapaxes(x, -1, -2) @ upstream).sum(axis=0)


class SharedWeightsOfOneItem(SharedWeights):
    def backward(self, upstream, x, w, out):
        return upstream @ w.T, np.swapaxes(x, -1, -2)[0] @ upstream[0]


class SharedWeightsUnsummed(SharedWeights):
    def backward(self, upstream, x, w, out):
        return upstream @ w.T, np.swapaxes(x, -1, -2) @ upstream


class Scores(cr.Op):
    """Attention scores: q k^T over the root of the width."""

    def forward(self, q, k):
        return q @ k.T / q.shape[-1] ** 0.5

    def backward(self, upstream, q, k, out):
        upstream = upstream / q.shape[-1] ** 0.5
        return upstream @ k, upstream.T @ q


class ScoresUnscaled(Scores):
    def backward(self, upstream, q, k, out):
        return upstream @ k, upstream.T @ q / q.shape[-1] ** 0.5


class ScoresOfKeysTransposed(Scores):
    def backward(self, upstream, q, k, out):
        upstream = upstream / q.shape[-1] ** 0.5
        return upstream @ k, upstream @ q


class ScoresSwapped(Scores):
    def backward(self, upstream, q, k, out):
        upstream = upstream / q.shape[-1] ** 0.5
        return upstream.T @ q, upstream @ k


class QuadraticForm(cr.Op):
    """x^T A x for each row x."""

    def forward(self, x, a):
        return ((x @ a) * x).sum(axis=-1)

    def backward(self, upstream, x, a, out):
        scaled = upstream[:, None] * x
        return scaled @ a + scaled @ a.T, x.T @ scaled


class QuadraticFormOfOneSide(QuadraticForm):
    def backward(self, upstream, x, a, out):
        scaled = upstream[:, None] * x
        return scaled @ a, x.T @ scaled


class MahalanobisUnweighted(QuadraticForm):
    def backward(self, upstream, x, a, out):
        scaled = upstream[:, None] * x
        return scaled @ a + scaled @ a.T, x.T @ x


class HalfLogDet(cr.Op):
    """Half the logarithm of the determinant of a matrix, for a Gaussian's density."""

    def forward(self, a):
        return 0.5 * np.log(np.linalg.det(a))

    def backward(self, upstream, a, out):
        return (0.5 * upstream * np.linalg.inv(a).T,)


class HalfLogDetOfInverse(HalfLogDet):
    def backward(self, upstream, a, out):
        return (0.5 * upstream * np.linalg.inv(a),)


class HalfLogDetWithoutHalf(HalfLogDet):
    def backward(self, upstream, a, out):
        return (upstream * np.linalg.inv(a).T,)


class Conv1d(cr.Op):
    """Valid correlation of a signal with a kernel of three taps."""

    def forward(self, x, w):
        n = x.shape[0] - 2
        return w[0] * x[:n] + w[1] * x[1 : n + 1] + w[2] * x[2:]

    def backward(self, upstream, x, w, out):
        n, size = out.shape[0], x.shape[0]
        back = sum(w[k] * (upstream @ np.eye(n, size, k)) for k in range(3))
        return back, np.stack([(upstream * x[k : k + n]).sum() for k in range(3)])


class Conv1dShiftedSignal(Conv1d):
    def backward(self, upstream, x, w, out):
        back, taps = Conv1d.backward(self, upstream, x, w, out)
        return np.roll(back, 1), taps


class Conv1dWithoutLastTap(Conv1d):
    def backward(self, upstream, x, w, out):
        n, size = out.shape[0], x.shape[0]
        back = sum(w[k] * (upstream @ np.eye(n, size, k)) for k in range(2))
        return back, np.stack([(upstream * x[k : k + n]).sum() for k in range(3)])


class SquaredDistances(cr.Op):
    """Between every row of x and every row of y."""

    def forward(self, x, y):
        return ((x[:, None] - y[None]) ** 2).sum(axis=-1)

    def backward(self, upstream, x, y, out):
        apart = 2 * upstream[:, :, None] * (x[:, None] - y[None])
        return apart.sum(axis=1), -apart.sum(axis=0)


class SquaredDistancesSameSign(SquaredDistances):
    def backward(self, upstream, x, y, out):
        apart = 2 * upstream[:, :, None] * (x[:, None] - y[None])
        return apart.sum(axis=1), apart.sum(axis=0)


class SquaredDistancesWithoutTwo(SquaredDistances):
    def backward(self, upstream, x, y, out):
        apart = upstream[:, :, None] * (x[:, None] - y[None])
        return apart.sum(axis=1), -apart.sum(axis=0)


class SquaredDistancesOverWrongAxis(SquaredDistances):
    def backward(self, upstream, x, y, out):
        apart = 2 * upstream[:, :, None] * (x[:, None] - y[None])
        return apart.sum(axis=1), -apart.sum(axis=1)


class Gram(cr.Op):
    """x x^T: every row is read as a left and as a right factor."""

    def forward(self, x):
        return x @ x.T

    def backward(self, upstream, x, out):
        return ((upstream + upstream.T) @ x,)


class GramOfLeftFactor(Gram):
    def backward(self, upstream, x, out):
        return (upstream @ x,)


class Rbf(cr.Op):
    """exp(-gamma (x - y)^2), one entry for each pair of numbers; gamma is learnt."""

    def forward(self, x, y, gamma):
        return np.exp(-gamma * (x[:, None] - y[None]) ** 2)

    def backward(self, upstream, x, y, gamma, out):
        apart = x[:, None] - y[None]
        pull = -2 * gamma * upstream * out * apart
        return pull.sum(axis=1), -pull.sum(axis=0), -(upstream * out * apart**2).sum()


class RbfWithGammaTheOtherWay(Rbf):
    def backward(self, upstream, x, y, gamma, out):
        to_x, to_y, to_gamma = Rbf.backward(self, upstream, x, y, gamma, out)
        return to_x, to_y, -to_gamma


class RbfWithGammaForItself(Rbf):
    def backward(self, upstream, x, y, gamma, out):
        to_x, to_y, _ = Rbf.backward(self, upstream, x, y, gamma, out)
        return to_x, to_y, -(out * (x[:, None] - y[None]) ** 2).sum()


class Cosine(cr.Op):
    """Cosine similarity of the rows of x with the rows of y."""

    def forward(self, x, y):
        return (x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))

    def backward(self, upstream, x, y, out):
        xx, yy = (x**2).sum(axis=1), (y**2).sum(axis=1)
        whole, cosine = (upstream / np.sqrt(xx * yy))[:, None], (upstream * out)[:, None]
        return whole * y - cosine * x / xx[:, None], whole * x - cosine * y / yy[:, None]


class CosineOfConstantLength(Cosine):
    def backward(self, upstream, x, y, out):
        xx, yy = (x**2).sum(axis=1), (y**2).sum(axis=1)
        whole, cosine = (upstream / np.sqrt(xx * yy))[:, None], (upstream * out)[:, None]
        return whole * y, whole * x - cosine * y / yy[:, None]


class Polynomial(cr.Op):
    """c0 + c1 x + c2 x^2 + c3 x^3."""

    def forward(self, c, x):
        return c[0] + x * (c[1] + x * (c[2] + x * c[3]))

    def backward(self, upstream, c, x, out):
        to_c = np.stack([(upstream * x**k).sum() for k in range(4)])
        return to_c, upstream * (c[1] + 2 * c[2] * x + 3 * c[3] * x**2)


class PolynomialWithoutCubic(Polynomial):
    def backward(self, upstream, c, x, out):
        to_c = np.stack([(upstream * x**k).sum() for k in range(4)])
        return to_c, upstream * (c[1] + 2 * c[2] * x)


class PolynomialDescending(Polynomial):
    """The coefficients' gradients start one place late."""

    def backward(self, upstream, c, x, out):
        to_c = np.stack([(upstream * x ** ((k - 1) % 4)).sum() for k in range(4)])
        return to_c, upstream * (c[1] + 2 * c[2] * x + 3 * c[3] * x**2)


DENSE = (normal(1, 3, 3), normal(2, 3, 3), normal(3, 3))
BATCH = (normal(4, 4, 2, 3), normal(5, 3, 3))
HEADS = (normal(6, 3, 3), normal(7, 3, 3))
HEADS32 = (positive(21, 2, 3, dtype=np.float32), normal(22, 4, 3, dtype=np.float32))
FORM = (normal(8, 3, 3), normal(9, 3, 3))
MATRIX = (normal(10, 3, 3) * 0.3 + 2 * np.eye(3),)
SIGNAL = (normal(11, 7), normal(12, 3))
POINTS = (normal(13, 3, 2), normal(14, 3, 2))
KERNEL = (normal(15, 4), normal(16, 3), np.array(0.7))
ROWS = (normal(17, 3, 4), normal(18, 3, 4))
POLY = (normal(19, 4), normal(20, 5))

BUGS = [
    Bug(DenseWithWTransposed, DENSE, "transposed"),
    Bug(DenseWithBiasOfFirstRow, DENSE, "missing_broadcast_sum", (2,)),
    Bug(DenseWithBiasOverFeatures, DENSE, "wrong_axis", (2,)),
    Bug(DenseWithBatchMean, DENSE, "constant_factor", (1,)),
    Bug(SharedWeightsOfOneItem, BATCH, "missing_broadcast_sum", (1,)),
    # The unsummed gradient has the wrong shape because the sum over the batch is missing.
    Bug(SharedWeightsUnsummed, BATCH, "missing_broadcast_sum", (1,), also="wrong_shape"),
    Bug(ScoresUnscaled, HEADS, "constant_factor"),
    Bug(ScoresOfKeysTransposed, HEADS, "transposed", (1,)),
    Bug(ScoresSwapped, HEADS, "swapped_inputs", (0, 1)),
    Bug(QuadraticFormOfOneSide, FORM, PRODUCT_RULE),
    Bug(MahalanobisUnweighted, FORM, "upstream_ignored", (1,)),
    Bug(HalfLogDetOfInverse, MATRIX, "transposed"),
    Bug(HalfLogDetWithoutHalf, MATRIX, "constant_factor"),
    Bug(Conv1dShiftedSignal, SIGNAL, "shifted_index"),
    # The tap's term is lost; it is as well one of the three places where x is read.
    Bug(Conv1dWithoutLastTap, SIGNAL, PRODUCT_RULE, also="missing_term"),
    Bug(SquaredDistancesSameSign, POINTS, "sign", (1,)),
    Bug(SquaredDistancesWithoutTwo, POINTS, "constant_factor", (0, 1)),
    Bug(SquaredDistancesOverWrongAxis, POINTS, "wrong_axis", (1,)),
    Bug(GramOfLeftFactor, POINTS[:1], PRODUCT_RULE),
    Bug(RbfWithGammaTheOtherWay, KERNEL, "sign", (2,)),
    Bug(RbfWithGammaForItself, KERNEL, "upstream_ignored", (2,)),
    # The lost term is the reading of x in the denominator.
    Bug(CosineOfConstantLength, ROWS, "missing_term", also="missing_fork_sum"),
    Bug(PolynomialWithoutCubic, POLY, "missing_term", (1,)),
    Bug(PolynomialDescending, POLY, "shifted_index", (0,)),
]
RIGHT = [
    Right(Dense, DENSE),
    Right(SharedWeights, BATCH),
    Right(Scores, HEADS),
    Right(QuadraticForm, FORM),
    Right(HalfLogDet, MATRIX),
    Right(Conv1d, SIGNAL),
    Right(SquaredDistances, (POINTS[0], POINTS[0]), "with rows at distance 0"),
    Right(Gram, POINTS[:1]),
    Right(Rbf, (KERNEL[0], KERNEL[0], np.array(0.7)), "with equal points"),
    Right(Cosine, ROWS),
    Right(Polynomial, (normal(19, 4), np.array([0.0, 1.0, -1.0])), "at 0"),
    Right(
        Scores, (positive(21, 2, 3, dtype=np.float32), normal(22, 4, 3, dtype=np.float32)), "32"
    ),
]
