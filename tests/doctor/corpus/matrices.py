"""Products of matrices: transposes, the order of the gradients, biases, and inputs read twice."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal


class Product(cr.Op):
    def forward(self, x, w):
        return x @ w

    def backward(self, upstream, x, w, out):
        return upstream @ w.T, x.T @ upstream


class ProductForgetsToTransposeW(Product):
    def backward(self, upstream, x, w, out):
        return upstream @ w, x.T @ upstream


class ProductTransposesTheGradientOfW(Product):
    def backward(self, upstream, x, w, out):
        return upstream @ w.T, upstream.T @ x


class ProductInTheWrongOrder(Product):
    def backward(self, upstream, x, w, out):
        return x.T @ upstream, upstream @ w.T


class Affine(cr.Op):
    def forward(self, x, w, b):
        return x @ w + b

    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream, upstream.sum(axis=0)


class AffineDoesNotSumTheBias(Affine):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream, upstream


class AffineSumsTheBiasOverColumns(Affine):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, x.T @ upstream, upstream.sum(axis=1)


class TransposedAffine(cr.Op):
    """Weights of shape (outputs, inputs), as PyTorch keeps them."""

    def forward(self, x, w, b):
        return x @ w.T + b

    def backward(self, upstream, x, w, b, out):
        return upstream @ w, upstream.T @ x, upstream.sum(axis=0)


class TransposedAffineWithTheOtherLayout(TransposedAffine):
    def backward(self, upstream, x, w, b, out):
        return upstream @ w.T, upstream.T @ x, upstream.sum(axis=0)


class QuadraticForm(cr.Op):
    def forward(self, x, a):
        return np.sum(x * (a @ x))

    def backward(self, upstream, x, a, out):
        outer = x[:, None] * x[None, :]
        return upstream * (a @ x + a.T @ x), upstream * outer


class QuadraticFormOfASymmetricMatrix(QuadraticForm):
    """2 A x is right for a symmetric matrix; one half of it is right for no matrix at all."""

    def backward(self, upstream, x, a, out):
        return upstream * (a @ x), upstream * x[:, None] * x[None, :]


class BilinearForm(cr.Op):
    def forward(self, x, a, y):
        return np.sum(x * (a @ y))

    def backward(self, upstream, x, a, y, out):
        return upstream * (a @ y), upstream * x[:, None] * y[None, :], upstream * (a.T @ x)


class BilinearFormWithOuterOfYAndX(BilinearForm):
    def backward(self, upstream, x, a, y, out):
        return upstream * (a @ y), upstream * y[:, None] * x[None, :], upstream * (a.T @ x)


class Gram(cr.Op):
    def forward(self, x):
        return x @ x.T

    def backward(self, upstream, x, out):
        return (upstream @ x + upstream.T @ x,)


class GramReadsItsInputOnce(Gram):
    def backward(self, upstream, x, out):
        return (upstream @ x,)


class TiedAutoencoder(cr.Op):
    """The decoder is the encoder transposed."""

    def forward(self, x, w):
        return x @ w @ w.T

    def backward(self, upstream, x, w, out):
        return upstream @ w @ w.T, x.T @ (upstream @ w) + upstream.T @ (x @ w)


class TiedAutoencoderTrainsItsEncoderOnly(TiedAutoencoder):
    def backward(self, upstream, x, w, out):
        return upstream @ w @ w.T, x.T @ (upstream @ w)


class Outer(cr.Op):
    def forward(self, x, y):
        return x[:, None] * y[None, :]

    def backward(self, upstream, x, y, out):
        return upstream @ y, x @ upstream


class OuterSumsOverTheWrongAxis(Outer):
    def backward(self, upstream, x, y, out):
        return (upstream * y[:, None]).sum(axis=0), x @ upstream


class Scores(cr.Op):
    """Attention scores: queries times keys over the square root of their length."""

    def forward(self, query, key):
        return query @ key.T / np.sqrt(float(query.shape[1]))

    def backward(self, upstream, query, key, out):
        scale = 1 / np.sqrt(float(query.shape[1]))
        return upstream @ key * scale, upstream.T @ query * scale


class ScoresForgetTheirScale(Scores):
    def backward(self, upstream, query, key, out):
        return upstream @ key, upstream.T @ query


class Dot(cr.Op):
    def forward(self, x, y):
        return np.sum(x * y)

    def backward(self, upstream, x, y, out):
        return upstream * y, upstream * x


class DotWithoutItsSwap(Dot):
    def backward(self, upstream, x, y, out):
        return upstream * x, upstream * y


X, W, B = normal(11, 4, 4), normal(12, 4, 4), normal(13, 4)
WIDE, SLIM = normal(14, 4, 3), normal(15, 3, 5)
VECTOR, OTHER = normal(16, 4), normal(17, 4)

BUGS = [
    Bug(ProductForgetsToTransposeW, (X, W), "transposed"),
    Bug(ProductTransposesTheGradientOfW, (X, W), "transposed", (1,)),
    Bug(ProductInTheWrongOrder, (X, W), "swapped_inputs", (0, 1)),
    Bug(AffineDoesNotSumTheBias, (WIDE, SLIM, normal(18, 5)), "missing_broadcast_sum", (2,)),
    Bug(AffineSumsTheBiasOverColumns, (X, W, B), "wrong_axis", (2,)),
    Bug(TransposedAffineWithTheOtherLayout, (X, W, B), "transposed"),
    Bug(QuadraticFormOfASymmetricMatrix, (VECTOR, W), "missing_fork_sum"),
    Bug(BilinearFormWithOuterOfYAndX, (VECTOR, W, OTHER), "transposed", (1,)),
    Bug(GramReadsItsInputOnce, (WIDE,), "missing_fork_sum"),
    Bug(TiedAutoencoderTrainsItsEncoderOnly, (WIDE, SLIM), "missing_fork_sum", (1,)),
    # To sum over the other axis of a square matrix is to transpose it first.
    Bug(OuterSumsOverTheWrongAxis, (VECTOR, OTHER), "wrong_axis", also="transposed"),
    Bug(ScoresForgetTheirScale, (WIDE, normal(19, 5, 3)), "constant_factor", (0, 1)),
    Bug(DotWithoutItsSwap, (VECTOR, OTHER), "swapped_inputs", (0, 1)),
]

RIGHT = [
    Right(Product, (WIDE, SLIM)),
    Right(Product, (np.zeros((4, 4)), W), "at 0"),
    Right(Affine, (WIDE, SLIM, normal(18, 5))),
    Right(Affine, (normal(20, 1, 1), normal(21, 1, 1), normal(22, 1)), "of size 1"),
    Right(TransposedAffine, (X, W, B)),
    Right(QuadraticForm, (VECTOR, W)),
    Right(BilinearForm, (VECTOR, W, OTHER)),
    Right(Gram, (WIDE,)),
    Right(TiedAutoencoder, (WIDE, SLIM)),
    Right(Outer, (VECTOR, normal(23, 3))),
    Right(Scores, (WIDE, normal(19, 5, 3))),
    Right(Dot, (VECTOR, OTHER)),
]
