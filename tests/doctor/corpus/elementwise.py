"""Functions of single numbers: factors, signs, product rules and the upstream gradient."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import PRODUCT_RULE, Bug, Right, normal, positive


class Cube(cr.Op):
    def forward(self, x):
        return x**3

    def backward(self, upstream, x, out):
        return (upstream * 3 * x**2,)


class CubeAddsTheUpstream(Cube):
    def backward(self, upstream, x, out):
        return (upstream + 3 * x**2,)


class CubeWithoutUpstream(Cube):
    def backward(self, upstream, x, out):
        return (3 * x**2 + 0 * upstream,)


class CubeByItsResult(Cube):
    def backward(self, upstream, x, out):
        return (upstream * 3 * out / x,)


class Log2(cr.Op):
    def forward(self, x):
        return np.log(x) / np.log(2.0)

    def backward(self, upstream, x, out):
        return (upstream / (x * np.log(2.0)),)


class Log2WithTheSlopeOfLog(Log2):
    def backward(self, upstream, x, out):
        return (upstream / x,)


class Cosine(cr.Op):
    def forward(self, x):
        return np.cos(x)

    def backward(self, upstream, x, out):
        return (-upstream * np.sin(x),)


class CosineWithTheSlopeSin(Cosine):
    def backward(self, upstream, x, out):
        return (upstream * np.sin(x),)


class Reciprocal(cr.Op):
    def forward(self, x):
        return 1 / x

    def backward(self, upstream, x, out):
        return (-upstream * out * out,)


class ReciprocalWithoutMinus(Reciprocal):
    def backward(self, upstream, x, out):
        return (upstream / x**2,)


class Difference(cr.Op):
    def forward(self, x, y):
        return x - y

    def backward(self, upstream, x, y, out):
        return upstream, -upstream


class DifferenceAsASum(Difference):
    def backward(self, upstream, x, y, out):
        return upstream, upstream


class Hypot(cr.Op):
    def forward(self, x, y):
        return np.sqrt(x * x + y * y)

    def backward(self, upstream, x, y, out):
        return upstream * x / out, upstream * y / out


class HypotInTheWrongOrder(Hypot):
    def backward(self, upstream, x, y, out):
        return upstream * y / out, upstream * x / out


class Quotient(cr.Op):
    def forward(self, x, y):
        return x / y

    def backward(self, upstream, x, y, out):
        return upstream / y, -upstream * x / y**2


class QuotientInTheWrongOrder(Quotient):
    def backward(self, upstream, x, y, out):
        return -upstream * x / y**2, upstream / y


class Angle(cr.Op):
    def forward(self, y, x):
        return np.arctan2(y, x)

    def backward(self, upstream, y, x, out):
        square = x * x + y * y
        return upstream * x / square, -upstream * y / square


class AngleInTheOrderOfThePlane(Angle):
    def backward(self, upstream, y, x, out):
        square = x * x + y * y
        return -upstream * y / square, upstream * x / square


class Gelu(cr.Op):
    def forward(self, x):
        return x * 0.5 * cr.erfc(-x / np.sqrt(2.0))

    def backward(self, upstream, x, out):
        density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
        return (upstream * (0.5 * cr.erfc(-x / np.sqrt(2.0)) + x * density),)


class GeluWithoutTheDensity(Gelu):
    def backward(self, upstream, x, out):
        return (upstream * 0.5 * cr.erfc(-x / np.sqrt(2.0)),)


class Residual(cr.Op):
    def forward(self, x):
        return x + np.tanh(x)

    def backward(self, upstream, x, out):
        return (upstream + upstream / np.cosh(x) ** 2,)


class ResidualWithoutTheSkip(Residual):
    def backward(self, upstream, x, out):
        return (upstream * (1 - np.tanh(x) ** 2),)


class PowerOfItself(cr.Op):
    def forward(self, x):
        return np.exp(x * np.log(x))

    def backward(self, upstream, x, out):
        return (upstream * out * (np.log(x) + 1),)


class PowerOfItselfWithoutTheOne(PowerOfItself):
    def backward(self, upstream, x, out):
        return (upstream * out * np.log(x),)


class Exponential(cr.Op):
    def forward(self, x):
        return np.exp(x)

    def backward(self, upstream, x, out):
        return (upstream * out,)


class ExponentialClipsItsGradient(Exponential):
    def backward(self, upstream, x, out):
        return (np.clip(upstream * out, -1.0, 1.0),)


class ExponentialOfASquaredUpstream(Exponential):
    def backward(self, upstream, x, out):
        return (upstream * upstream * out,)


class Relu(cr.Op):
    def forward(self, x):
        return np.maximum(x, 0.0)

    def backward(self, upstream, x, out):
        return (np.where(x > 0, upstream, 0.0),)


class ReluGuided(Relu):
    def backward(self, upstream, x, out):
        return (np.where((x > 0) & (upstream > 0), upstream, 0.0),)


class ReluWithoutUpstream(Relu):
    def backward(self, upstream, x, out):
        return (np.where(x > 0, 1.0, 0.0),)


X = normal(1, 5)
Y = normal(2, 5)

BUGS = [
    Bug(CubeAddsTheUpstream, (X,), "not_linear_in_upstream"),
    Bug(CubeWithoutUpstream, (X,), "upstream_ignored"),
    Bug(CubeByItsResult, (np.array([0.0, 1.5, -2.0]),), "non_finite"),
    Bug(Log2WithTheSlopeOfLog, (positive(3, 6),), "constant_factor"),
    Bug(CosineWithTheSlopeSin, (X,), "sign"),
    Bug(ReciprocalWithoutMinus, (X,), "sign"),
    Bug(DifferenceAsASum, (X, Y), "sign", (1,)),
    Bug(HypotInTheWrongOrder, (X, Y), "swapped_inputs", (0, 1)),
    Bug(QuotientInTheWrongOrder, (X, Y), "swapped_inputs", (0, 1)),
    Bug(AngleInTheOrderOfThePlane, (X, Y), "swapped_inputs", (0, 1)),
    Bug(GeluWithoutTheDensity, (X,), "missing_term", also=PRODUCT_RULE),
    Bug(ResidualWithoutTheSkip, (X,), "missing_fork_sum"),
    Bug(PowerOfItselfWithoutTheOne, (positive(4, 5),), "missing_term", also=PRODUCT_RULE),
    Bug(ExponentialClipsItsGradient, (X,), "not_linear_in_upstream"),
    Bug(ExponentialOfASquaredUpstream, (X,), "not_linear_in_upstream"),
    Bug(ReluGuided, (normal(5, 12),), "not_linear_in_upstream"),
    Bug(ReluWithoutUpstream, (X,), "upstream_ignored"),
]

RIGHT = [
    Right(Cube, (np.array([0.0, -0.0, 1.5, -2.0]),), "at 0"),
    Right(Log2, (positive(3, 6),)),
    Right(Cosine, (X,)),
    Right(Reciprocal, (X,)),
    Right(Difference, (X, Y)),
    Right(Hypot, (X, Y)),
    Right(Quotient, (X, Y)),
    Right(Angle, (X, Y)),
    Right(Gelu, (np.array([-10.0, -1.0, 0.0, 3.0, 10.0]),), "in its tails"),
    Right(Residual, (X,)),
    Right(PowerOfItself, (positive(4, 5),)),
    Right(Exponential, (X,)),
    Right(Relu, (np.array([-1.0, 0.0, -0.0, 2.0]),), "at its kink"),
]
