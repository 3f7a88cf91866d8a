"""Ops with several results: their rules see all of them, in the first and in higher orders."""

import numpy as np

import chainrule as cr


class PowerAndSquareRoot(cr.Op):
    """Two results whose rule reads both of them."""

    def forward(self, x):
        return x * x * x, x**0.5

    def backward(self, upstream, x, out):
        cube, root = out
        return (upstream[0] * 3 * cube / x + upstream[1] * 0.5 / root,)


def test_the_second_derivative_goes_through_both_results():
    both = PowerAndSquareRoot()

    def f(x):
        cube, root = both(x)
        return (cube * root).sum()  # x**3.5

    x = np.array([0.7, 1.9])
    np.testing.assert_allclose(cr.grad(f)(x), 3.5 * x**2.5, rtol=1e-13)
    second = cr.grad(lambda x: cr.grad(f)(x).sum())(x)
    np.testing.assert_allclose(second, 3.5 * 2.5 * x**1.5, rtol=1e-13)
    third = cr.grad(lambda x: cr.grad(lambda x: cr.grad(f)(x).sum())(x).sum())(x)
    np.testing.assert_allclose(third, 3.5 * 2.5 * 1.5 * x**0.5, rtol=1e-13)


def test_one_result_used_twice_is_a_fork():
    def f(x):
        cube, _ = PowerAndSquareRoot()(x)
        return (cube * cube + cube).sum()

    x = np.array([0.7, 1.9])
    np.testing.assert_allclose(cr.grad(f)(x), 6 * x**5 + 3 * x**2, rtol=1e-13)
