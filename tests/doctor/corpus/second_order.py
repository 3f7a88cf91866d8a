"""Gradients that are right while their own gradients are not: a value left the graph."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal, positive


def detached(x):
    """The array behind a tensor, however deeply it is traced."""
    while hasattr(x, "value"):
        x = x.value
    return x


class Cube(cr.Op):
    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * 3 * x**2,)


class CubeOfADetachedInput(Cube):
    def backward(self, upstream, x, out):
        return (upstream * (3 * detached(x) ** 2),)


class Exp(cr.Op):
    def forward(self, x):
        return np.exp(x)

    def backward(self, upstream, x, out):
        return (upstream * out,)


class ExpOfADetachedResult(Exp):
    def backward(self, upstream, x, out):
        return (upstream * detached(out),)


class ExpStopsItsGradient(Exp):
    def backward(self, upstream, x, out):
        return (upstream * cr.stop_gradient(out),)


class TanhSlope(cr.Op):
    """1 / cosh(x)**2, whose own slope lost its factor 2."""

    def forward(self, x):
        return 1 / np.cosh(x) ** 2

    def backward(self, upstream, x, out):
        return (-upstream * np.tanh(x) * out,)


class TanhThroughItsSlope(cr.Op):
    def forward(self, x):
        return np.tanh(x)

    def backward(self, upstream, x, out):
        return (upstream * TanhSlope()(x),)


class Product(cr.Op):
    def forward(self, x, w):
        return x @ w

    def backward(self, upstream, x, w, out):
        return upstream @ w.T, x.T @ upstream


class ProductOfDetachedFactors(Product):
    """Right for any function that is linear in the product, and for no other."""

    def backward(self, upstream, x, w, out):
        return upstream @ detached(w).T, detached(x).T @ upstream


X = normal(91, 4)

BUGS = [
    Bug(CubeOfADetachedInput, (X,), "double_backward"),
    Bug(ExpOfADetachedResult, (X,), "double_backward"),
    Bug(ExpStopsItsGradient, (X,), "double_backward"),
    Bug(TanhThroughItsSlope, (X,), "double_backward"),
    Bug(ProductOfDetachedFactors, (normal(92, 2, 3), normal(93, 3, 2)), "double_backward", (0, 1)),
]

RIGHT = [
    Right(Cube, (X,)),
    Right(Exp, (X,)),
    Right(Product, (positive(92, 2, 3), normal(93, 3, 2))),
]
