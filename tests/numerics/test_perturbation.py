"""Nested derivatives never mistake one another's variables, in any mix of modes."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.numerics.rows import Row, row

MODES = {
    "reverse": cr.grad,
    "forward": lambda f: lambda x: cr.jvp(f, (x,), (1.0,))[1],
    "backward": lambda f: lambda x: _by_tensor(f, x),
}
PAIRS = list(itertools.product(["reverse", "forward"], repeat=2))
TRIPLES = list(itertools.product(["reverse", "forward"], repeat=3))


def _by_tensor(f, x):
    leaf = cr.tensor(x)
    f(leaf).backward()
    return leaf.grad


@row(Row.PERTURBATION)
@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_inner_variable_is_not_the_outer_one(outer, inner):
    """Siskind and Pearlmutter 2005: d/dx of x * d/dy (x + y) at 1 is 1, not 2."""
    d, e = MODES[outer], MODES[inner]
    assert d(lambda x: x * e(lambda y: x + y)(1.0))(1.0) == 1.0
    assert d(lambda x: x * e(lambda y: x * y)(2.0))(3.0) == 6.0
    assert d(lambda x: e(lambda y: x * x * y)(5.0))(3.0) == 6.0
    assert d(lambda x: e(lambda y: y * y)(5.0) * x)(3.0) == 10.0
    assert d(lambda x: e(lambda y: x)(5.0) + x)(3.0) == 1.0


@row(Row.PERTURBATION)
@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_same_value_as_both_variables(outer, inner):
    d, e = MODES[outer], MODES[inner]
    assert d(lambda x: e(lambda y: x * y * y)(x))(3.0) == 12.0  # 2 x * x, so 4 x
    assert d(e(lambda x: x**3))(2.0) == 12.0


@row(Row.PERTURBATION)
@pytest.mark.parametrize("modes", TRIPLES)
def test_three_levels_keep_apart(modes):
    a, b, c = (MODES[mode] for mode in modes)
    f = a(lambda x: b(lambda y: c(lambda z: x * y * y * z * z * z)(y))(x))
    # c: 3 x y**2 z**2 at z = y is 3 x y**4; b: 12 x y**3 at y = x is 12 x**4; a: 48 x**3.
    assert f(2.0) == 48 * 8
    assert_allclose(a(b(c(np.sin)))(0.5), -np.cos(0.5), rtol=1e-15)


@row(Row.PERTURBATION)
@pytest.mark.parametrize("inner", ["reverse", "forward"])
def test_a_derivative_inside_a_tensors_graph(inner):
    e = MODES[inner]
    assert MODES["backward"](lambda x: x * e(lambda y: x * y * y)(2.0))(3.0) == 24.0


@row(Row.PERTURBATION)
@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_mixed_derivative_of_two_arguments_is_a_plain_array(outer, inner):
    """The outer variable enters the inner function from outside, the inner one is plain there."""
    x, w = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    along = {
        "reverse": lambda f, at: cr.grad(f)(at),
        "forward": lambda f, at: np.array([cr.jvp(f, (at,), (unit,))[1] for unit in np.eye(2)]),
    }
    slope = {
        "reverse": lambda w: cr.sum(cr.grad(lambda z: cr.sum((z * w) ** 2))(x)),
        "forward": lambda w: cr.jvp(lambda z: cr.sum((z * w) ** 2), (x,), (np.ones(2),))[1],
    }[inner]
    found = along[outer](slope, w)
    assert type(found) is np.ndarray
    assert_array_equal(found, 4 * x * w)
