"""A zero that the caller gives is structural: exact zeros; a computed zero is a number."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

X = np.array([0.0, 4.0])
ZEROS = np.zeros(2)
INFINITE = {  # functions with an infinite or undefined slope at 0
    "sqrt": cr.sqrt,
    "power": lambda x: x**0.5,
    "sqrt squared": lambda x: cr.sqrt(x) ** 2,
    "sum of roots": lambda x: cr.sqrt(x) + cr.sum(cr.sqrt(x)),
    "matrix product": lambda x: cr.sqrt(x) @ np.eye(2),
}


@row(Row.ZERO_UPSTREAM)
@pytest.mark.parametrize("name", INFINITE)
def test_an_upstream_of_zeros_gives_exact_zeros(name):
    f = INFINITE[name]
    leaf = cr.tensor(X)
    f(leaf).backward(upstream=ZEROS)
    assert_array_equal(leaf.grad, ZEROS)
    _, pullback = cr.vjp(f, X)
    assert_array_equal(pullback(ZEROS)[0], ZEROS)


@row(Row.ZERO_UPSTREAM)
@pytest.mark.parametrize("name", INFINITE)
def test_a_tangent_of_zeros_gives_exact_zeros(name):
    assert_array_equal(cr.jvp(INFINITE[name], (X,), (ZEROS,))[1], ZEROS)


@row(Row.ZERO_UPSTREAM)
@pytest.mark.parametrize("name", INFINITE)
def test_zeros_are_exact_in_the_second_order_as_well(name):
    f = INFINITE[name]
    leaf = cr.tensor(X)
    first = f(leaf).backward(upstream=ZEROS, create_graph=True).get(leaf)
    assert first is None or not np.any(first.data)
    gradient = cr.grad(lambda x: cr.sum(f(x)))
    assert_array_equal(cr.jvp(gradient, (X,), (ZEROS,))[1], ZEROS)
    nested = cr.grad(lambda x: cr.jvp(lambda z: cr.sum(f(z)), (x,), (ZEROS,))[1])
    assert_array_equal(nested(X), ZEROS)
    _, pullback = cr.vjp(gradient, X)
    assert_array_equal(pullback(ZEROS)[0], ZEROS)


@row(Row.ZERO_UPSTREAM)
def test_some_zeros_among_numbers_are_numbers():
    leaf = cr.tensor(X)
    cr.sqrt(leaf).backward(upstream=np.array([0.0, 1.0]))
    assert_array_equal(leaf.grad, [np.nan, 0.25])
    assert_array_equal(cr.jvp(cr.sqrt, (X,), (np.array([0.0, 1.0]),))[1], [np.nan, 0.25])


@row(Row.ZERO_UPSTREAM)
def test_a_computed_zero_is_a_number_like_any_other():
    everywhere(lambda x: cr.sqrt(x) * 0.0, 0.0, np.nan)
    everywhere(lambda x: 0.0 * (1 / (x - 1.0) - x), [0.0, 2.0], 0.0, 0.0)
