"""vjp and elementwise_grad: backward mode for results of any shape."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError

A = np.array([0.3, 1.2, -0.7])
X = np.arange(6.0).reshape(2, 3)


def test_the_pullback_multiplies_by_the_transposed_jacobian():
    w = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    out, pullback = cr.vjp(lambda x, w: x @ w, X, w)
    upstream = np.array([[1.0, -1.0], [0.5, 2.0]])
    assert_array_equal(out, X @ w)
    dx, dw = pullback(upstream)
    assert_array_equal(dx, upstream @ w.T)
    assert_array_equal(dw, X.T @ upstream)


def test_the_pullback_answers_again_and_again_without_a_forward_pass():
    runs = []
    _, pullback = cr.vjp(lambda x: (runs.append(1), x * x)[1], A)
    assert_array_equal(pullback(np.ones(3))[0], 2 * A)
    assert_array_equal(pullback(A)[0], 2 * A * A)
    assert len(runs) == 1


def test_containers_in_and_out_and_aux():
    def f(p):
        return {"s": np.sin(p["a"]), "p": [p["a"] * p["b"]]}, p["b"]

    out, pullback, aside = cr.vjp(f, {"a": A, "b": 2 * A}, has_aux=True)
    assert type(aside) is np.ndarray
    (found,) = pullback({"s": np.ones(3), "p": [np.ones(3)]})
    assert_allclose(found["a"], np.cos(A) + 2 * A)
    assert_allclose(found["b"], A)
    assert_allclose(out["p"][0], 2 * A * A)


def test_an_upstream_of_zeros_gives_exact_zeros():
    _, pullback = cr.vjp(np.sqrt, np.zeros(3))
    assert_array_equal(pullback(np.zeros(3))[0], np.zeros(3))
    _, pullback = cr.vjp(lambda x: (np.sqrt(x), x), np.zeros(3))
    assert_array_equal(pullback((np.zeros(3), np.ones(3)))[0], np.ones(3))


def test_a_constant_result_and_an_unused_primal_give_zeros():
    _, pullback = cr.vjp(lambda x, y: (A, 3.0, x), A, 2.0)
    dx, dy = pullback((np.ones(3), 1.0, np.ones(3)))
    assert_array_equal(dx, np.ones(3))
    assert dy == 0.0
    assert type(dy) is float


@pytest.mark.parametrize("upstream", [np.ones(2), (np.ones(3),), {"a": np.ones(3)}, 1.0])
def test_an_upstream_that_does_not_fit_is_refused(upstream):
    _, pullback = cr.vjp(lambda x: x * x, A)
    with pytest.raises(ArgumentError, match="upstream"):
        pullback(upstream)


def test_the_upstream_is_left_alone_and_no_gradient_shares_its_memory():
    _, pullback = cr.vjp(lambda x, y: x + y, A, A)
    upstream = np.ones(3)
    dx, dy = pullback(upstream)
    dx[...] = 7
    assert_array_equal(dy, np.ones(3))
    assert_array_equal(upstream, np.ones(3))


def test_a_pullback_can_be_differentiated_in_the_upstream():
    _, pullback = cr.vjp(np.sin, A)
    twice = cr.grad(lambda u: (pullback(u)[0] ** 2).sum())(np.ones(3))
    assert_allclose(twice, 2 * np.cos(A) ** 2)
    pushed = cr.jvp(lambda u: pullback(u)[0], (np.ones(3),), (A,))[1]
    assert_allclose(pushed, np.cos(A) * A)


def test_a_pullback_nests_in_gradients():
    f = lambda x: (cr.vjp(np.sin, x)[1](A)[0]).sum()  # noqa: E731
    assert_allclose(cr.grad(f)(A), -np.sin(A) * A)
    assert_allclose(cr.jvp(f, (A,), (np.ones(3),))[1], (-np.sin(A) * A).sum())


def test_elementwise_grad_is_the_slope_at_every_element():
    assert_allclose(cr.elementwise_grad(np.tanh)(A), 1 / np.cosh(A) ** 2)
    slopes = cr.elementwise_grad(np.multiply, argnums=(0, 1))(A, 2 * A)
    assert_allclose(slopes[0], 2 * A)
    assert_allclose(slopes[1], A)


def test_elementwise_grad_to_the_fourth_order():
    f = np.sin
    for _ in range(4):
        f = cr.elementwise_grad(f)
    assert_allclose(f(A), np.sin(A), rtol=1e-13)


def test_argnums_beyond_the_arguments_say_so():
    with pytest.raises(ArgumentError, match="argnums asks for argument 2"):
        cr.grad(lambda x, y: x * y, argnums=2)(1.0, 2.0)
    assert cr.grad(lambda x, y: x * y * y, argnums=-1)(1.0, 2.0) == 4
