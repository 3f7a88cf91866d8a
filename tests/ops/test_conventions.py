"""The conventions of NUMERICS: ties, kinks, powers and faults, point by point."""

from inspect import signature

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Letter

INF = np.inf


def slope(f, x, dtype=np.float64):
    """f'(x) element by element."""
    t = cr.tensor(np.asarray(x, dtype))
    out = f(t)
    out.backward(upstream=np.ones(out.shape, dtype))
    return t.grad


# ------------------------------------------------------------------------ ties and kinks


@pytest.mark.parametrize("pair", [cr.maximum, cr.minimum])
def test_a_tie_of_two_gives_half_to_each(pair):
    x, y = cr.tensor(np.array([1.0, 2.0])), cr.tensor(np.array([1.0, 2.0]))
    pair(x, y).sum().backward()
    assert_array_equal(x.grad, [0.5, 0.5])
    assert_array_equal(y.grad, [0.5, 0.5])


@pytest.mark.parametrize("extreme", [cr.max, cr.min])
def test_ties_share_the_gradient_equally_and_add_up_to_upstream(extreme):
    x = cr.tensor(np.array([[3.0, 3.0, 3.0], [1.0, 1.0, 1.0]]))
    extreme(x).backward(upstream=6.0)
    assert x.grad.sum() == 6
    assert sorted(set(x.grad.reshape(-1))) == [0, 2]
    extreme(x, axis=0).backward(upstream=np.ones(3))
    assert_array_equal(x.grad.sum(axis=0), [1, 1, 1])


def test_raw_letters_at_their_tie():
    assert slope(lambda x: cr.maximum(x, 0), 0.0) == 0.5
    assert_allclose(slope(lambda x: cr.maximum(0.1 * x, x), 0.0), 0.55)


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (cr.relu, 0),
        (cr.leaky_relu, 0.1),
        (lambda x: cr.leaky_relu(x, 0.3), 0.3),
        (cr.abs, 0),
        (cr.elu, 1),
        (lambda x: cr.elu(x, 0.5), 0.5),
        (lambda x: cr.elu(x, 3.0), 1),
        (lambda x: cr.clip(x, 0.0, 1.0), 0),
        (lambda x: cr.clip(x, -1.0, 0.0), 0),
        (cr.selu, 1.0507009873554805),
        (cr.silu, 0.5),
        (cr.mish, 0.6),
        (cr.gelu, 0.5),
        (cr.sigmoid, 0.25),
        (cr.softplus, 0.5),
    ],
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_slope_at_0(f, expected, zero, dtype):
    assert_allclose(slope(f, zero, dtype), expected, rtol=1e-7)


def test_leaky_relu_with_a_slope_above_1_keeps_its_slope_at_0():
    assert_array_equal(slope(lambda x: cr.leaky_relu(x, 2.0), [-1.0, 0.0, 1.0]), [2, 2, 1])


def test_clip_passes_nothing_where_the_bounds_cross():
    x = cr.tensor(np.array([-1.0, 0.5, 2.0]))
    lo, hi = cr.tensor(1.0), cr.tensor(0.0)
    out = cr.clip(x, lo, hi)
    out.backward(upstream=np.ones(3))
    assert_array_equal(out.data, np.clip([-1.0, 0.5, 2.0], 1.0, 0.0))
    assert_array_equal(x.grad, [0, 0, 0])
    assert (lo.grad, hi.grad) == (0, 3)


def test_norm_and_std_have_the_gradient_0_at_their_kink():
    assert_array_equal(slope(cr.norm, np.zeros(3)), np.zeros(3))
    assert_array_equal(slope(lambda x: cr.norm(x, axis=1), np.zeros((2, 3))), np.zeros((2, 3)))
    assert_array_equal(slope(cr.std, np.full(3, 7.0)), np.zeros(3))
    assert_array_equal(slope(lambda x: cr.norm(x) ** 2, np.zeros(3)), np.zeros(3))


def test_a_zero_row_beside_others_keeps_their_gradient():
    found = slope(lambda x: cr.norm(x, axis=1), np.array([[0.0, 0.0], [3.0, 4.0]]))
    assert_allclose(found, [[0, 0], [0.6, 0.8]])


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e-310])
def test_norm_of_entries_whose_squares_leave_float64(scale):
    x = cr.tensor(np.array([3.0, 4.0]) * scale)
    out = cr.norm(x)
    out.backward()
    assert_allclose(out.item(), 5.0 * scale, rtol=1e-9)
    assert_allclose(x.grad, [0.6, 0.8], rtol=1e-9)


def test_norm_of_an_infinite_entry_is_infinite():
    assert cr.norm(np.array([1.0, INF])) == INF


# ------------------------------------------------------------------------------- powers


@pytest.mark.parametrize(
    ("exponent", "base", "expected"),
    [
        (0, 0.0, 0),
        (0, -2.0, 0),
        (1, 0.0, 1),
        (1, -2.0, 1),
        (2, 0.0, 0),
        (2, -3.0, -6),
        (3, -2.0, 12),
        (-1, -2.0, -0.25),
        (0.5, 0.0, INF),
        (0.5, 4.0, 0.25),
    ],
)
@pytest.mark.parametrize("kind", [float, int, np.array, cr.tensor], ids=lambda kind: kind.__name__)
def test_a_constant_exponent_at_every_base(exponent, base, expected, kind):
    if kind is int and exponent != int(exponent):
        exponent, expected = 2, 2 * base
    if kind is not int:
        exponent = float(exponent)
    given = kind(exponent) if kind is not cr.tensor else cr.tensor(exponent, wants_gradient=False)
    with np.errstate(all="ignore"):
        assert_array_equal(slope(lambda x: x**given, base), expected)


def test_the_gradient_of_an_exponent_at_base_0_is_its_limit():
    y = cr.tensor(np.array([2.0, 1.0, 0.0]))
    (np.zeros(3) ** y).sum().backward()
    assert_array_equal(y.grad, [0, 0, 0])


def test_the_mixed_second_derivative_at_exponent_0_is_one_over_x():
    x, y = cr.tensor(2.5), cr.tensor(0.0)
    in_base = (x**y).backward(create_graph=True)[x]
    in_base.backward()
    assert_allclose(y.grad, 1 / 2.5)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_derivative_of_a_cube_at_0(order):
    f = lambda x: x**3  # noqa: E731
    for _ in range(order):
        f = cr.grad(f)
    assert f(0.0) == (6 if order == 3 else 0)


def test_prod_with_zeros_needs_no_division():
    assert_array_equal(slope(cr.prod, [2.0, 0.0, 3.0]), [0, 6, 0])
    assert_array_equal(slope(cr.prod, [0.0, 0.0, 3.0]), [0, 0, 0])
    second = cr.grad(lambda x: cr.grad(cr.prod)(x)[0])(np.array([0.0, 0.0, 3.0]))
    assert_array_equal(second, [0, 3, 0])


def test_prod_of_nothing_is_1_with_an_empty_gradient():
    x = cr.tensor(np.ones((0, 3)))
    out = cr.prod(x, axis=0)
    assert_array_equal(out.data, [1, 1, 1])
    assert slope(lambda x: cr.prod(x, axis=0) + cr.sum(x, axis=0), np.ones((0, 3))).shape == (0, 3)


# -------------------------------------------------------- outside the domain, nearly constant


@pytest.mark.parametrize(
    ("f", "x"), [(cr.log, -1.0), (cr.sqrt, -1.0), (cr.log1p, -2.0), (lambda x: x**0.5, -1.0)]
)
def test_outside_the_domain_is_nan_so_that_it_cannot_hide(f, x):
    with np.errstate(all="ignore"):
        assert np.isnan(f(np.array(x)))


def test_sqrt_at_0_has_an_infinite_slope():
    assert slope(cr.sqrt, 0.0) == INF


def test_a_nan_stays_visible():
    for f in (cr.relu, cr.sigmoid, cr.gelu, cr.silu, cr.elu, cr.tanh, cr.softplus, cr.leaky_relu):
        assert np.isnan(f(np.array([np.nan]))).all(), f.__name__
    for f in (cr.max, cr.sum, cr.mean, cr.norm, cr.std, cr.logsumexp):
        assert np.isnan(f(np.array([1.0, np.nan, 2.0]))), f.__name__
    for f in (cr.softmax, cr.log_softmax):
        assert np.isnan(f(np.array([1.0, np.nan]))).all(), f.__name__


def test_variance_of_nearly_constant_float32_keeps_its_digits():
    rng = np.random.default_rng(0)
    x = (2000 + rng.normal(size=4096) * 1e-1).astype(np.float32)
    exact = x.astype(np.float64)
    assert_allclose(cr.var(x), exact.var(), rtol=1e-4)
    assert_allclose(
        slope(cr.var, x, np.float32),
        2 * (exact - exact.mean()) / x.size,
        atol=2e-4 * 2 * np.abs(exact - exact.mean()).max() / x.size,
    )


def test_valid_input_gives_no_warning():
    x = np.array([-INF, -1e4, -1.0, 0.0, 1.0, 1e4, INF])  # warnings are errors here
    for f in (cr.relu, cr.leaky_relu, cr.elu, cr.gelu, cr.silu, cr.sigmoid, cr.tanh, cr.softplus):
        slope(f, x)
    for f in (cr.softmax, cr.log_softmax, cr.logsumexp, cr.max, cr.min):
        slope(f, x)


def test_weights_that_are_0_leave_a_row_out():
    scores = cr.tensor(np.array([[1.0, 2.0], [5.0, -5.0]]))
    cr.softmax_cross_entropy(scores, np.array([0, 1]), weights=np.array([1.0, 0.0])).backward()
    alone = cr.tensor(np.array([[1.0, 2.0]]))
    cr.softmax_cross_entropy(alone, np.array([0])).backward()
    assert_array_equal(scores.grad, [alone.grad[0], [0, 0]])


def test_a_weighted_mean_is_divided_by_the_sum_of_the_weights():
    predictions, targets = np.array([1.0, 2.0]), np.array([0.0, 0.0])
    loss = cr.squared_error(predictions, targets, weights=np.array([3.0, 1.0]))
    assert loss == (3 * 1 + 1 * 4) / 4


@pytest.mark.parametrize(
    "f",
    [
        lambda x: cr.maximum(x, 1.0),
        lambda x: cr.fmin(x, 1.0),
        cr.elu,
        cr.gelu,
        cr.gelu_tanh,
        cr.silu,
        lambda x: cr.copysign(x, -1.0),
        lambda x: cr.polygamma(1, x),
        lambda x: cr.logaddexp(x, 1.0),
    ],
)
def test_a_tangent_has_the_dtype_of_its_value(f):
    x, along = np.float32([0.5, 1.0, 40.0]), np.ones(3, np.float32)
    assert cr.jvp(f, (x,), (along,))[1].dtype == np.float32
    second = cr.jvp(cr.grad(lambda x: f(x).sum()), (x,), (along,))[1]
    assert second.dtype == np.float32


def test_the_slope_in_a_float64_exponent_keeps_its_digits_over_a_float32_base():
    y = cr.tensor(np.array([2.5]))
    base = np.array([1.7], np.float32)
    cr.power(base, y).sum().backward()
    exact = float(base[0])
    assert_allclose(y.grad, exact**2.5 * np.log(exact), rtol=1e-15)


@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e-160])
def test_the_standard_deviation_of_entries_whose_squares_leave_float64(scale):
    base = np.array([1.0, 2.0, 4.0, 3.0])
    x, like = cr.tensor(base * scale), cr.tensor(base)
    cr.std(x).backward()
    cr.std(like).backward()
    assert_allclose(cr.std(base * scale), np.std(base) * scale, rtol=1e-15)
    assert_allclose(x.grad, like.grad, rtol=1e-13)


@pytest.mark.parametrize("extreme", [cr.max, cr.min])
def test_an_axis_that_a_number_does_not_have_is_refused_in_the_forward_pass(extreme):
    with pytest.raises(ShapeError, match="axis 0 is out of bounds"):
        extreme(np.float64(3.0), axis=0)


def test_targets_of_binary_cross_entropy_are_checked_as_numbers_too():
    for target in (np.float64(2.0), 2.0, [2.0]):
        with pytest.raises(ArgumentError, match="between 0 and 1"):
            cr.binary_cross_entropy(np.float64(0.3), target)


def test_weights_of_a_linear_score_function_are_a_matrix():
    with pytest.raises(ShapeError, match="1 axes"):
        cr.linear(np.ones((3, 2)), np.ones(2))


# ------------------------------------------------------------------------ numbers of Python

LETTERS = [name for name in CATALOGUE if issubclass(CATALOGUE[name], Letter)]
PAIRS = [
    name for name in LETTERS if len(signature(CATALOGUE[name].local_gradients).parameters) == 4
]


@pytest.mark.parametrize("number", [0.0, -0.0, 1.0, -2.0, INF, np.nan])
@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_number_of_python_has_the_gradients_of_the_same_array(name, number):
    op, x = CATALOGUE.function(name), np.array([0.0, 1.0, -2.0], np.float32)
    for order in (1, -1):

        def with_a_number(t, order=order):
            return op(*(t, number)[::order])

        def with_an_array(t, order=order):
            return op(*(t, np.full(3, number, np.float32))[::order])

        out = with_a_number(cr.tensor(x))
        if not isinstance(out, cr.Tensor) or not out.wants_gradient:
            continue
        assert_array_equal(slope(with_a_number, x, "f"), slope(with_an_array, x, "f"))
        out = cr.jvp(with_a_number, (x,), (np.ones_like(x),))
        assert_array_equal(out[1], cr.jvp(with_an_array, (x,), (np.ones_like(x),))[1])
