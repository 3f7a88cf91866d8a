"""Nested derivatives never confuse one another's variables; closures, switches, results."""

import gc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import UnsupportedError

A = np.array([1.0, 2.0, 3.0])


def test_the_classic_case_of_perturbation_confusion():
    f = lambda x: x * cr.grad(lambda y: x + y)(2.0)  # noqa: E731
    assert cr.grad(f)(1.0) == 1.0


def test_the_inner_variable_is_not_the_outer_one():
    f = lambda x: cr.grad(lambda y: x * y * y)(3.0)  # noqa: E731
    assert cr.grad(f)(2.0) == 6
    assert cr.grad(lambda x: x * f(x))(2.0) == 24


def test_the_same_value_as_inner_and_outer_variable():
    f = lambda x: cr.grad(lambda y: x * y**2)(x)  # noqa: E731
    assert cr.grad(f)(3.0) == 12  # d/dx of 2 x**2


def test_the_outer_variable_in_an_inner_constant_function():
    assert cr.grad(lambda x: cr.grad(lambda y: x * 1.0)(x) + x)(2.0) == 1


def test_three_levels_keep_apart():
    f = lambda x: cr.grad(lambda y: cr.grad(lambda z: x * y**2 * z**3)(y))(x)  # noqa: E731
    # z: 3 x y**4; y: 12 x y**3 at y = x: 12 x**4; x: 48 x**3
    assert cr.grad(f)(2.0) == 48 * 8


def test_without_a_graph_a_parameter_closed_over_is_a_constant():
    w = cr.parameter(np.array([2.0, 3.0]), name="w")
    with cr.no_grad():
        gradient = cr.grad(lambda x: (w * x).sum())(np.ones(2))
    assert_array_equal(gradient, [2, 3])
    assert type(gradient) is np.ndarray
    assert w.grad is None


def test_a_closure_over_a_tensor_gives_plain_arrays():
    t = cr.tensor(np.array([2.0, 3.0]))
    value, gradient = cr.value_and_grad(lambda x: (t * x * x).sum())(np.ones(2))
    assert_array_equal(gradient.data, [4, 6])
    assert_array_equal(value.data, 5)
    gradient.sum().backward()
    assert_array_equal(t.grad, [2, 2])


def test_grad_of_a_tensor_argument_is_its_gradient():
    t = cr.tensor(np.array([2.0, 3.0]))
    gradient = cr.grad(lambda x: (x * x).sum())(t)
    assert_array_equal(gradient.data, [4, 6])


def test_what_an_inner_function_says_aside_belongs_to_the_outer_derivative():
    def outer(x):
        _, aside = cr.grad(lambda y: (y * y, x * 3), has_aux=True)(2.0)
        return aside

    assert cr.grad(outer)(1.0) == 3


def test_grad_works_inside_no_grad():
    with cr.no_grad():
        assert cr.grad(lambda x: x**2)(3.0) == 6
        assert cr.grad(cr.grad(lambda x: x**3))(2.0) == 12


def test_no_grad_inside_cuts_the_graph():
    def f(x):
        with cr.no_grad():
            frozen = x * 2
        return (frozen * x).sum()

    assert_array_equal(cr.grad(f)(A), 2 * A)


def test_the_argument_is_left_alone():
    x = A.copy()
    gradient = cr.grad(lambda v: (v * v).sum())(x)
    gradient[...] = 0
    assert_array_equal(x, A)
    x[...] = 5
    x.flags.writeable = False
    assert_array_equal(cr.grad(lambda v: (v * v).sum())(x), [10, 10, 10])


def test_two_gradients_of_one_array_are_not_shared():
    first, second = cr.grad(lambda x, y: (x + y).sum(), argnums=(0, 1))(A, A)
    first[...] = 7
    assert_array_equal(second, [1, 1, 1])


def test_a_value_that_is_the_argument_is_a_copy():
    x = np.ones(1)
    value, _ = cr.value_and_grad(cr.identity)(x)
    x[...] = 5
    assert_array_equal(value, [1])


def test_an_argument_given_twice_is_two_variables():
    both = cr.grad(lambda x, y: (x * y * y).sum(), argnums=(0, 1))(A, A)
    assert_array_equal(both[0], A * A)
    assert_array_equal(both[1], 2 * A * A)


def test_a_loss_through_several_results_nests():
    def f(x):
        first, second = cr.split(x, (1,))
        return (first * second).sum()

    assert_array_equal(cr.grad(f)(A), [5, 1, 1])
    second = cr.grad(lambda x: (cr.grad(f)(x) * A).sum())(A)
    assert_array_equal(second, [5, 1, 1])


def test_an_exception_inside_the_function_leaves_the_switches_as_they_were():
    def broken(x):
        raise KeyError

    with cr.no_grad():
        with pytest.raises(KeyError):
            cr.grad(broken)(1.0)
        assert not (cr.tensor(1.0) * 2).wants_gradient
    gc.collect()


def test_second_derivatives_of_a_composite_loss():
    labels = np.array([0, 2, 1])
    scores = np.random.default_rng(0).normal(size=(3, 3))
    direction = np.random.default_rng(1).normal(size=(3, 3))

    def loss(s):
        return cr.softmax_cross_entropy(s, labels)

    found = cr.grad(lambda s: (cr.grad(loss)(s) * direction).sum())(scores)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    weighted = shares * direction
    expected = (weighted - shares * weighted.sum(axis=1, keepdims=True)) / 3
    assert_allclose(found, expected, rtol=1e-12)


def test_backward_inside_a_derivative_says_that_its_gradients_would_be_constants():
    def squared_slopes(x):
        t = cr.tensor(np.ones(3))
        loss = (x * t**2).sum()
        loss.backward()
        return (t.grad**2).sum()

    def by_graph(x):
        t = cr.tensor(np.ones(3))
        return (((x * t**2).sum().backward(create_graph=True))[t] ** 2).sum()

    with pytest.raises(UnsupportedError, match="a derivative around it would miss them"):
        cr.grad(squared_slopes)(A)
    with pytest.raises(UnsupportedError, match="a derivative around it would miss them"):
        cr.grad(lambda x: cr.backward([(x * x).sum()]) or x.sum())(A)
    assert_array_equal(cr.grad(by_graph)(A), 8 * A)
