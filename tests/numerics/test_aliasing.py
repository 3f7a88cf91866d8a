"""A fork adds, and no two gradients, tangents or results share memory."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

X = np.array([[1.0, 2.0], [3.0, 5.0]])
ONES = np.ones((2, 2))


@row(Row.ALIASES)
def test_one_tensor_used_twice_receives_the_sum():
    everywhere(lambda x: x + x, X, 2.0, 0.0)
    everywhere(lambda x: x * x, X, 2 * X, 2.0)
    everywhere(lambda x: x - x, X, 0.0, 0.0)
    everywhere(lambda x: x / x, [1.0, -2.0, 4.0], 0.0, 0.0)
    everywhere(lambda x: cr.maximum(x, x) * x, X, 2 * X, 2.0)
    everywhere(lambda x: cr.concatenate([x, x]) ** 2, X, 4 * X, 4.0)
    everywhere(lambda x: cr.stack([x, x, x]), X, 3.0, 0.0)


@row(Row.ALIASES)
def test_a_matrix_times_its_transpose_receives_both_gradients():
    # sum(x @ x.T) is the squared sum of each column.
    everywhere(lambda x: x @ x.T, X, 2 * ONES @ X, 2 * ONES @ ONES)
    everywhere(lambda x: cr.transpose(x) @ x, X, 2 * X @ ONES, 2 * ONES @ ONES)
    everywhere(lambda x: x @ x, X, ONES @ X.T + X.T @ ONES, 2 * 2 * ONES)
    everywhere(lambda x: np.einsum("ij,kj->ik", x, x), X, 2 * ONES @ X, 2 * ONES @ ONES)


@row(Row.ALIASES)
@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: cr.concatenate([x, y]),
        lambda x, y: cr.where(np.array([True, False]), x, y),
        lambda x, y: x @ np.eye(2) + cr.transpose(y),
    ],
)
def test_gradients_of_a_sum_are_two_arrays(f):
    x, y = cr.tensor(X), cr.tensor(X)
    f(x, y).sum().backward()
    assert not np.shares_memory(x.grad, y.grad)
    kept = y.grad.copy()
    x.grad[...] = 7.0
    assert_array_equal(y.grad, kept)
    first, second = cr.grad(lambda x, y: f(x, y).sum(), argnums=(0, 1))(X, X)
    assert not np.shares_memory(first, second)
    for gradient in (first, second):
        assert not np.shares_memory(gradient, X)
        gradient += 1  # it is the caller's own


@row(Row.ALIASES)
def test_the_second_order_gradients_of_a_sum_are_two_arrays():
    def slopes(x, y):
        first, second = cr.grad(lambda a, b: ((a + b) ** 3).sum(), argnums=(0, 1))(x, y)
        return (first + second).sum()

    first, second = cr.grad(slopes, argnums=(0, 1))(X, X)
    assert not np.shares_memory(first, second)
    assert_array_equal(first, 24 * X)
    assert_array_equal(second, first)


@row(Row.ALIASES)
def test_a_tangent_is_nobody_elses_memory():
    tangent = np.ones_like(X)
    for f in (
        lambda x: x,
        lambda x: x + 0,
        lambda x: x.reshape(4),
        lambda x: x.T,
        lambda x: x[:1],
    ):
        out, moved = cr.jvp(f, (X,), (tangent,))
        for mine in (out, moved):
            assert not np.shares_memory(mine, X)
            assert not np.shares_memory(mine, tangent)
        moved[...] = 9.0
        assert_array_equal(tangent, 1.0)


@row(Row.ALIASES)
def test_the_upstream_gradient_stays_the_callers():
    upstream = np.ones_like(X)
    x = cr.tensor(X)
    (x + x).backward(upstream=upstream)
    assert not np.shares_memory(x.grad, upstream)
    _, pullback = cr.vjp(lambda x: x + 0.0, X)
    assert not np.shares_memory(pullback(upstream)[0], upstream)
    assert_array_equal(upstream, 1.0)
