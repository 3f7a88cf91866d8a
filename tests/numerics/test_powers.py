"""Powers, x log y and products at 0: limits instead of 0 * inf and 0 / 0."""

import numpy as np
import pytest

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

INF = np.inf
BASES = np.array([-2.0, -1.0, 0.0, 1.0, 3.0])


@row(Row.POWERS)
@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("kind", [int, float, np.float64, np.array, lambda n: cr.tensor(float(n))])
def test_an_integer_exponent_takes_every_base(exponent, kind):
    p = kind(exponent)
    first = exponent * BASES ** max(exponent - 1, 0)
    second = exponent * (exponent - 1) * BASES ** max(exponent - 2, 0)
    everywhere(lambda x: x**p, BASES, first, second)
    everywhere(lambda x: np.power(x, p), BASES, first, second)
    everywhere(lambda x: cr.power(x, p), BASES, first, second)


@row(Row.POWERS)
@pytest.mark.parametrize("exponent", [-1, -2, -1.0, -3.0])
def test_a_negative_integer_exponent_takes_negative_bases(exponent):
    bases = np.array([-2.0, -0.5, 3.0])
    first = exponent * bases ** (exponent - 1.0)
    second = exponent * (exponent - 1) * bases ** (exponent - 2.0)
    everywhere(lambda x: x**exponent, bases, first, second)


@row(Row.POWERS)
def test_a_half_at_0_has_an_infinite_slope():
    everywhere(lambda x: x**0.5, 0.0, INF)
    everywhere(lambda x: x**1.5, 0.0, 0.0, INF)
    everywhere(lambda x: x**2.5, 0.0, 0.0, 0.0)


@row(Row.POWERS)
def test_the_slope_in_an_exponent_at_base_0_is_its_limit():
    everywhere(lambda y: np.zeros(2) ** y, [2.0, 1.0], 0.0, 0.0)
    everywhere(lambda y: 0.0**y, [0.5, 3.0], 0.0, 0.0)
    everywhere(lambda y: cr.power(np.zeros(1), y), [0.0], 0.0)


@row(Row.POWERS)
def test_the_slope_in_an_exponent_of_a_positive_base():
    everywhere(
        lambda y: 2.0**y,
        [0.0, 3.0],
        np.log(2) * np.array([1, 8]),
        np.log(2) ** 2 * np.array([1, 8]),
    )


@row(Row.POWERS)
def test_both_operands_at_once():
    def f(z):
        return z[0] ** z[1]

    log2 = np.log(2.0)
    everywhere(f, [2.0, 3.0], [12.0, 8 * log2], [12.0, 4 + 12 * log2], along=[1.0, 0.0])
    everywhere(f, [2.0, 0.0], [0.0, log2], [0.0, 0.5], along=[1.0, 0.0])
    everywhere(f, [0.0, 2.0], [0.0, 0.0], [2.0, 0.0], along=[1.0, 0.0])


@row(Row.XLOGY)
def test_xlogy_at_0_is_0_whatever_the_other_operand():
    for y in (0.0, 0.5, 3.0, INF):
        assert cr.xlogy(np.array(0.0), np.array(y)) == 0
    everywhere(lambda y: cr.xlogy(0.0, y), [0.0, 0.5, 3.0], 0.0, 0.0)
    everywhere(lambda x: cr.xlogy(x, 2.0), [0.0, 1.5], np.log(2.0), 0.0)
    everywhere(lambda x: cr.xlogy(x, x), [1.0, 3.0], np.log([1, 3]) + 1, 1 / np.array([1, 3]))


@row(Row.XLOGY)
def test_an_entropy_has_the_gradient_0_at_0():
    """Its slope is infinite there; a chance of 0 would make every gradient through it NaN."""
    everywhere(cr.entr, 0.0, 0.0)
    everywhere(lambda x: cr.xlogy(x, x), 0.0, 0.0)
    everywhere(cr.entr, [0.5, 1.0], -np.log([0.5, 1]) - 1, [-2.0, -1.0])


@row(Row.XLOGY)
def test_a_masked_class_leaves_the_gradient_of_an_entropy_finite():
    def entropy(scores):
        chances = cr.softmax(scores)
        return -cr.sum(cr.xlogy(chances, chances))

    scores = [0.0, 1.0, -INF]
    p = 1 / (1 + np.exp(1.0))
    slope = p * (1 - p)  # H'(scores) of two classes: p q log(q / p), and log(q / p) is 1 here
    everywhere(entropy, scores, [slope, -slope, 0.0], rtol=1e-12)


@row(Row.XLOGY)
def test_x_log_x_by_where_is_0_at_0():
    f = lambda x: cr.where(x > 0, x * cr.log(cr.where(x > 0, x, 1.0)), 0.0)  # noqa: E731
    everywhere(f, [0.0, 2.0], [0.0, np.log(2) + 1], [0.0, 0.5])


@row(Row.PRODUCTS)
@pytest.mark.parametrize(
    ("x", "first", "second"),
    [
        ([2.0, 0.0, 3.0], [0, 6, 0], [3, 5, 2]),
        ([0.0, 0.0, 3.0], [0, 0, 0], [3, 3, 0]),
        ([0.0, 0.0, 0.0], [0, 0, 0], [0, 0, 0]),
        ([2.0, -5.0, 3.0], [-15, 6, -10], [-2, 5, -3]),
        ([0.0], [1], [0]),
    ],
)
def test_a_product_with_zeros(x, first, second):
    everywhere(cr.prod, x, first, second)
    everywhere(np.prod, x, first, second)
    everywhere(lambda x: cr.prod(x, axis=0), x, first, second)


@row(Row.PRODUCTS)
def test_a_product_along_an_axis_with_zeros():
    x = [[2.0, 0.0, 3.0], [0.0, 0.0, 3.0]]
    everywhere(lambda x: cr.prod(x, axis=1), x, [[0, 6, 0], [0, 0, 0]], [[3, 5, 2], [3, 3, 0]])


@row(Row.PRODUCTS)
@pytest.mark.parametrize("library", [cr, np])
def test_a_running_product_with_zeros(library):
    # f = a + ab + abc, with every value of b and c
    for a, b, c in ((2.0, 0.0, 3.0), (0.0, 0.0, 3.0), (0.0, 0.0, 0.0), (2.0, -5.0, 3.0)):
        first = [1 + b + b * c, a + a * c, a * b]
        second = [(1 + c) + b, (1 + c) + a, b + a]
        everywhere(library.cumprod, [a, b, c], first, second)
