"""At a kink: the subgradient of minimum norm, in every mode, and 0 beyond it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row
from tests.thorough import crossed

AT_KINK = [
    ("relu", cr.relu, 0.0),
    ("leaky_relu", cr.leaky_relu, 0.1),
    ("leaky_relu of slope 0.3", lambda x: cr.leaky_relu(x, 0.3), 0.3),
    ("abs", cr.abs, 0.0),
    ("np.abs", np.abs, 0.0),
    ("clip from 0", lambda x: cr.clip(x, 0.0, 1.0), 0.0),
    ("clip to 0", lambda x: cr.clip(x, -1.0, 0.0), 0.0),
    ("np.clip", lambda x: np.clip(x, 0.0, 1.0), 0.0),
    ("sign", cr.sign, 0.0),
    ("maximum with 0, a tie", lambda x: cr.maximum(x, 0), 0.5),
    ("maximum of 0.1x and x, a tie", lambda x: cr.maximum(0.1 * x, x), 0.55),
]


@row(Row.KINKS)
@pytest.mark.parametrize(("name", "f", "slope"), AT_KINK)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_slope_at_a_kink_in_every_mode(name, f, slope, zero):
    everywhere(f, zero, slope, 0.0)
    everywhere(f, [zero, zero], slope, 0.0)


@row(Row.KINKS)
@pytest.mark.parametrize(("name", "f", "slope"), AT_KINK)
def test_the_slope_at_a_kink_in_float32(name, f, slope):
    everywhere(f, np.zeros(2), slope, 0.0, rtol=1e-6, dtype=np.float32)


@row(Row.KINKS)
def test_the_slopes_beside_a_kink():
    sides = [-1.0, 1.0]
    everywhere(cr.relu, sides, [0, 1], 0.0)
    everywhere(cr.leaky_relu, sides, [0.1, 1], 0.0)
    everywhere(cr.abs, sides, [-1, 1], 0.0)
    everywhere(cr.sign, sides, 0.0, 0.0)


@row(Row.KINKS)
def test_a_kink_inside_a_smooth_function():
    everywhere(lambda x: cr.relu(x) ** 2, [-1.0, 0.0, 3.0], [0, 0, 6], [0, 0, 2])
    everywhere(lambda x: cr.abs(x) ** 3, [-2.0, 0.0, 2.0], [-12, 0, 12], [12, 0, 12])
    everywhere(lambda x: x * cr.relu(x), [0.0, 2.0], [0, 4], [0, 2])


FIFTHS = [  # the derivatives of order 2 to 5 at 0
    (np.tanh, 0, -2, 0, 16),
    (cr.sigmoid, 0, -1 / 8, 0, 1 / 4),
    (cr.softplus, 1 / 4, 0, -1 / 8, 0),
    (cr.silu, 1 / 2, 0, -1 / 2, 0),
    (lambda x: np.logaddexp(x, 0.0), 1 / 4, 0, -1 / 8, 0),
    (lambda x: cr.binary_cross_entropy(x, np.ones(())), 1 / 4, 0, -1 / 8, 0),
    (lambda x: cr.logsumexp(cr.stack([x, -x])), 1, 0, -2, 0),
    (lambda x: cr.softmax(cr.stack([x, -x]))[0], 0, -1, 0, 8),
]


@row(Row.SMOOTH)
@crossed("case, zero", FIFTHS, [0.0, -0.0])
def test_no_kink_of_the_formula_shows_in_a_smooth_function(case, zero):
    f, second, third, fourth, fifth = case
    for order, expected in enumerate((second, third, fourth, fifth), 2):
        g = h = f
        for _ in range(order):
            g = cr.grad(g)
            h = lambda x, inner=h: cr.jvp(inner, (x,), (np.ones(()),))[1]  # noqa: E731
        for found in (g(zero), h(np.asarray(zero)), cr.compile(g)(np.asarray(zero))):
            assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@row(Row.SMOOTH)
def test_a_physics_informed_net_with_zero_biases_has_its_third_derivatives():
    w, v, b = np.array([1.0, 2.0, -0.5]), np.array([2.0, 1.0, 4.0]), np.zeros(3)

    def net(x, b):
        return (v * np.tanh(w * x + b)).sum()

    third = cr.grad(cr.grad(cr.grad(net)))
    expected = v * w**3 * -2
    assert_allclose(third(0.0, b), expected.sum(), rtol=1e-14)
    found = cr.grad(lambda b: cr.grad(cr.grad(net))(0.0, b))(b)
    assert_allclose(found, v * w**2 * -2, rtol=1e-14)
    assert_allclose(cr.compile(third)(np.zeros(()), b), expected.sum(), rtol=1e-14)


@row(Row.ELU)
@pytest.mark.parametrize(("alpha", "slope"), [(1.0, 1.0), (0.5, 0.5), (3.0, 1.0)])
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_elu_at_0_takes_the_smaller_of_its_slopes(alpha, slope, zero):
    everywhere(lambda x: cr.elu(x, alpha), zero, slope)
    everywhere(lambda x: cr.elu(x, alpha), [-1.0, zero, 1.0], [alpha * np.exp(-1.0), slope, 1])


@row(Row.ELU)
@pytest.mark.parametrize("alpha", [1.0, 0.5, 3.0])
def test_the_second_derivative_of_elu_beside_0(alpha):
    x = np.array([-2.0, -1e-3, 1e-3, 2.0])
    left = alpha * np.exp(x)
    everywhere(lambda x: cr.elu(x, alpha), x, np.where(x > 0, 1, left), np.where(x > 0, 0, left))


@row(Row.ELU)
@pytest.mark.parametrize("alpha", [1.0, 0.5, 3.0])
def test_the_second_derivative_of_elu_at_0_lies_between_its_sides(alpha):
    second = cr.grad(cr.grad(lambda x: cr.elu(x, alpha)))(0.0)
    assert 0 <= second <= alpha


@row(Row.NORM)
def test_norm_has_the_gradient_0_at_its_kink():
    everywhere(cr.norm, np.zeros(3), 0.0)
    everywhere(np.linalg.norm, np.zeros(3), 0.0)
    everywhere(lambda x: cr.norm(x, axis=1), [[0.0, 0.0], [3.0, 4.0]], [[0, 0], [0.6, 0.8]])
    everywhere(lambda x: cr.norm(x, axis=1), np.zeros((2, 1)), 0.0)


@row(Row.NORM)
def test_a_norm_beside_its_kink_has_its_second_derivative():
    x = np.array([3.0, 4.0])
    everywhere(cr.norm, x, x / 5, [0.128, -0.096], along=[1.0, 0.0])


@row(Row.NORM)
def test_the_square_of_a_norm_is_smooth_at_0():
    everywhere(lambda x: cr.norm(x) ** 2, np.zeros(3), 0.0)
    everywhere(lambda x: cr.norm(x) ** 2, [3.0, 4.0], [6.0, 8.0], 2.0)
    everywhere(lambda x: cr.sum(cr.square(x)), np.zeros(3), 0.0, 2.0)


@row(Row.NORM)
def test_the_square_of_a_norm_has_its_second_derivative_up_to_0():
    everywhere(lambda x: cr.norm(x) ** 2, [3e-200, 4e-200], [6e-200, 8e-200], 2.0)


@row(Row.NORM)
@pytest.mark.parametrize("constant", [0.46521067615194467, 0.0, 7.0, -1e10])
def test_std_of_a_constant_input_has_the_gradient_0(constant):
    everywhere(cr.std, np.full(3, constant), 0.0)
    everywhere(cr.std, np.full(49, constant), 0.0)  # whose mean may be another number
    everywhere(np.std, np.full(3, constant), 0.0)
    everywhere(lambda x: cr.std(x, axis=1), np.full((2, 3), constant), 0.0)
    everywhere(lambda x: cr.std(x) ** 2, np.full(2, constant), 0.0)
    everywhere(cr.var, np.full(2, constant), 0.0, [0.5, -0.5], along=[1.0, 0.0])


@row(Row.HUGE_NORM)
@pytest.mark.parametrize("scale", [1e200, 1e-200, 1e300, 1e-300])
def test_a_norm_whose_squares_leave_float64_keeps_value_and_gradient(scale):
    x = np.array([3.0, 4.0]) * scale
    assert_allclose(cr.norm(x), 5 * scale, rtol=1e-14)
    everywhere(cr.norm, x, [0.6, 0.8])
    everywhere(lambda x: cr.norm(x, axis=0), x.reshape(2, 1), [[0.6], [0.8]])


@row(Row.HUGE_NORM)
@pytest.mark.parametrize("scale", [1e200, 1e-200])
def test_the_second_derivative_of_such_a_norm(scale):
    x = np.array([3.0, 4.0]) * scale
    everywhere(cr.norm, x, [0.6, 0.8], np.array([0.128, -0.096]) / scale, along=[1.0, 0.0])


@row(Row.HUGE_NORM)
@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_a_norm_in_float32_whose_squares_leave_float32(scale):
    x = np.array([3.0, 4.0]) * scale
    everywhere(cr.norm, x, [0.6, 0.8], rtol=1e-6, dtype=np.float32)
