"""A length at 0: gradient 0; its second derivative does not exist, and is no silent 0."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row
from tests.thorough import crossed

NAN = np.nan
ZERO, CONSTANT = np.zeros(3), np.full(3, 7.0)
LENGTHS = {  # a length, and where it has its kink
    "norm": (cr.norm, ZERO),
    "np.linalg.norm": (np.linalg.norm, ZERO),
    "norm of order 2": (lambda x: np.linalg.norm(x, 2), ZERO),
    "norm of order 4": (lambda x: np.linalg.norm(x, 4), ZERO),
    "norm of order 3": (lambda x: np.linalg.norm(x, 3), ZERO),
    "norm of order 1.5": (lambda x: np.linalg.norm(x, 1.5), ZERO),
    "vector_norm": (lambda x: np.linalg.vector_norm(x, axis=0), ZERO),
    "matrix_norm": (lambda x: np.linalg.matrix_norm(x.reshape(1, 3)), ZERO),
    "norm of rows": (lambda x: cr.norm(x.reshape(1, 3), axis=1), ZERO),
    "std": (np.std, CONSTANT),
    "std of a sample": (lambda x: np.std(x, ddof=1), CONSTANT),
    "std of rows": (lambda x: np.std(x.reshape(1, 3), axis=1, keepdims=True), CONSTANT),
    "hypot": (lambda x: np.hypot(x[0], x[1]), ZERO),
    "hypot with a constant": (lambda x: np.hypot(x[0], 0.0), ZERO),
}
SOMEWHERE = [1.0, 0.0, 0.0]


def compiled(f, x, along):
    """The second derivative of sum(f) along a direction: reverse over reverse, machine code."""

    def twice(x):
        return cr.grad(lambda x: cr.sum(cr.grad(lambda x: cr.sum(f(x)))(x) * along))(x)

    return cr.compile(twice)(x)


@row(Row.NORM)
@pytest.mark.parametrize("name", LENGTHS)
def test_a_length_has_no_second_derivative_at_its_kink(name):
    length, kink = LENGTHS[name]
    moved = 3 if not name.startswith("hypot") else 1 if "constant" in name else 2
    expected = np.where(np.arange(3) < moved, NAN, 0.0)
    for f in (length, lambda x: length(x) ** 2, lambda x: 3 * length(x) + length(x) ** 3):
        everywhere(f, kink, 0.0, expected, along=SOMEWHERE)
        assert_array_equal(compiled(f, kink, np.array(SOMEWHERE)), expected)


@row(Row.NORM)
@pytest.mark.parametrize("name", LENGTHS)
def test_along_a_direction_of_zeros_its_second_derivative_is_0(name):
    length, kink = LENGTHS[name]
    for f in (length, lambda x: length(x) ** 2):
        everywhere(f, kink, 0.0, 0.0, along=0.0)
        assert_array_equal(compiled(f, kink, np.zeros(3)), ZERO)


@row(Row.NORM)
def test_std_moves_nowhere_along_a_constant():
    everywhere(np.std, CONSTANT, 0.0, 0.0, along=2.0)
    assert_array_equal(compiled(np.std, CONSTANT, np.ones(3)), ZERO)


@row(Row.NORM)
@pytest.mark.parametrize("order", [1, 2])
def test_the_hessian_of_a_squared_length_is_not_silently_0(order):
    for f in (cr.norm, lambda x: np.hypot(x[0], x[1])):
        for derive in (cr.hessian, lambda f: cr.compile(cr.hessian(f))):
            found = np.asarray(derive(lambda x, f=f: f(x) ** order)(np.zeros(2)))
            assert_array_equal(found, np.full((2, 2), NAN))
    assert_array_equal(np.asarray(cr.hessian(lambda x: cr.sum(x * x))(ZERO)), 2 * np.eye(3))


def by_norm(x):
    return cr.norm(x[:, None] - x[None, :], axis=-1)


def by_hypot(x):
    apart = x[:, None] - x[None, :]
    return np.hypot(apart[..., 0], apart[..., 1])


@row(Row.NORM)
@crossed("distances, power", [by_norm, by_hypot], [1, 2, 3])
def test_the_hessian_of_pairwise_distances_has_numbers_on_its_diagonal(distances, power):
    x = np.random.default_rng(0).normal(size=(3, 2))

    def f(x):
        return cr.sum(distances(x) ** power)

    def apart(x):  # the same without the distances of points from themselves
        pairs = [(i, j) for i in range(3) for j in range(3) if i != j]
        return sum(cr.sum((x[i] - x[j]) ** 2) ** (power / 2) for i, j in pairs)

    expected = np.asarray(cr.hessian(apart)(x))
    for found in (cr.hessian(f)(x), cr.compile(cr.hessian(f))(x)):
        assert_allclose(np.asarray(found), expected, rtol=1e-12, atol=1e-13)
    along = np.random.default_rng(1).normal(size=(3, 2))
    first = cr.grad(apart)(x)
    everywhere(f, x, first, np.tensordot(expected, along), along=along, rtol=1e-11)


@row(Row.NORM)
def test_a_dead_length_leaks_nothing():
    x = np.array([[0.0, 0.0], [3.0, 4.0]])

    def f(x):
        return cr.where(np.array([False, True]), cr.norm(x, axis=1), 0.0)

    everywhere(f, x, [[0, 0], [0.6, 0.8]], [[0, 0], [0.128, -0.096]], along=[[1, 0], [1, 0]])


@row(Row.NORM)
def test_a_norm_of_order_4_is_smooth_where_an_element_is_0():
    x = np.array([0.0, 1.0, 2.0])

    def norm(x):
        return np.linalg.norm(x, 4)

    def spelled(x):
        return np.sqrt(np.sqrt(np.sum(x * x * x * x)))

    for order in range(1, 5):
        f, g = norm, spelled
        for _ in range(order):
            f, g = (cr.grad(lambda x, f=each: cr.sum(f(x) * [1.0, 2.0, 3.0])) for each in (f, g))
        assert_allclose(f(x), g(x), rtol=1e-12, atol=1e-13)
        assert_allclose(cr.compile(f)(x), g(x), rtol=1e-12, atol=1e-13)


@row(Row.NORM)
def test_other_norms_have_the_second_derivative_that_they_approach_where_an_element_is_0():
    x = np.array([0.0, 1.0, 2.0])
    beside = np.array([1e-9, 1.0, 2.0])
    for order, expected in ((3, 0.0), (5, 0.0), (1.5, np.inf)):

        def first(x, order=order):
            return cr.grad(lambda x: np.linalg.norm(x, order))(x)[0]

        everywhere(first, x, [expected, 0, 0])
        slope = cr.grad(first)(beside)[0]
        assert slope > 1e3 if expected else abs(slope) < 1e-8
