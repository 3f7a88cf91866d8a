"""Formulas that are right on paper and lose their digits, or their numbers, far out."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right


class Sigmoid(cr.Op):
    def forward(self, x):
        small = np.exp(-np.abs(x))
        return np.where(x > 0, 1.0, small) / (1 + small)

    def backward(self, upstream, x, out):
        small = np.exp(-np.abs(x))
        return (upstream * small / (1 + small) ** 2,)


class SigmoidByItsComplement(Sigmoid):
    def backward(self, upstream, x, out):
        return (upstream * out * (1 - out),)


class Tanh(cr.Op):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, upstream, x, out):
        return (upstream / np.cosh(x) ** 2,)


class TanhByItsResult(Tanh):
    def backward(self, upstream, x, out):
        return (upstream * (1 - out * out),)


class Expm1(cr.Op):
    def forward(self, x):
        return np.expm1(x)

    def backward(self, upstream, x, out):
        return (upstream * np.exp(x),)


class Expm1ByItsResult(Expm1):
    def backward(self, upstream, x, out):
        return (upstream * (out + 1),)


class Softplus(cr.Op):
    def forward(self, x):
        return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, upstream, x, out):
        return (upstream * cr.sigmoid(x),)  # by |x| its own slope would be wrong at 0


class SoftplusOverflows(Softplus):
    def backward(self, upstream, x, out):
        return (upstream * np.exp(x) / (1 + np.exp(x)),)


class SoftplusByItsResult(Softplus):
    def backward(self, upstream, x, out):
        return (upstream * (1 - np.exp(-out)),)


FAR, LEFT = np.array([40.0, 0.5, -2.0, 38.0]), np.array([-40.0, 0.5, -39.0])

BUGS = [
    Bug(SigmoidByItsComplement, (FAR,), "precision"),
    Bug(TanhByItsResult, (np.array([20.0, 0.5, -19.5]),), "precision"),
    Bug(Expm1ByItsResult, (LEFT,), "precision"),
    Bug(SoftplusByItsResult, (LEFT,), "precision"),
    Bug(SoftplusOverflows, (np.array([1000.0, 0.5, -2.0]),), "non_finite"),
]

RIGHT = [
    Right(Sigmoid, (FAR,), "far out"),
    Right(Tanh, (np.array([20.0, 0.5, -19.5]),), "far out"),
    Right(Expm1, (LEFT,), "far out"),
    Right(Softplus, (np.array([1000.0, 0.0, -40.0]),), "far out"),
]
