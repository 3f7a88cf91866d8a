"""Far out, a derivative keeps its digits while it is a normal number, in every mode and order."""

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

INF = np.inf
E40 = math.exp(-40.0)
DENSITY = lambda x: math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)  # noqa: E731
CHANCE = lambda x: 0.5 * math.erfc(-x / math.sqrt(2))  # noqa: E731

TAILS = [  # function, point, first derivative, second derivative
    (cr.sigmoid, 40.0, E40, -E40),
    (cr.sigmoid, -40.0, E40, E40),
    (cr.sigmoid, 700.0, math.exp(-700.0), -math.exp(-700.0)),
    (cr.tanh, 20.0, 4 * E40, -8 * E40),
    (cr.tanh, -20.0, 4 * E40, 8 * E40),
    (np.tanh, 300.0, 4 * math.exp(-600.0), -8 * math.exp(-600.0)),
    (cr.expm1, -40.0, E40, E40),
    (np.expm1, -700.0, math.exp(-700.0), math.exp(-700.0)),
    (cr.elu, -40.0, E40, E40),
    (lambda x: cr.elu(x, 0.5), -40.0, 0.5 * E40, 0.5 * E40),
    (cr.softplus, -40.0, E40, E40),
    (cr.softplus, 40.0, 1.0, E40),
    (cr.softplus, -700.0, math.exp(-700.0), math.exp(-700.0)),
    (lambda x: cr.binary_cross_entropy(x, np.ones(())), 40.0, -E40, E40),
    (lambda x: cr.binary_cross_entropy(x, np.zeros(())), -40.0, E40, E40),
    (cr.silu, -40.0, -39 * E40, -38 * E40),
    (np.log1p, 1e-20, 1.0, -1.0),
]


@row(Row.TAILS)
@pytest.mark.parametrize(("f", "x", "first", "second"), TAILS)
def test_a_tail_keeps_its_relative_accuracy(f, x, first, second):
    everywhere(f, x, first, second, rtol=2e-13)


@row(Row.TAILS)
@pytest.mark.parametrize(
    ("f", "x", "slope"),
    [
        (cr.sigmoid, 40.0, E40),
        (cr.tanh, 20.0, 4 * E40),
        (cr.expm1, -40.0, E40),
        (cr.elu, -40.0, E40),
        (cr.softplus, -40.0, E40),
    ],
)
def test_a_tail_keeps_its_relative_accuracy_in_float32(f, x, slope):
    everywhere(f, x, slope, rtol=1e-5, dtype=np.float32)


@row(Row.GELU)
@pytest.mark.parametrize("x", [-10.0, -5.0, -20.0, 0.0, 10.0])
def test_a_gelu_keeps_its_tails(x):
    first = CHANCE(x) + x * DENSITY(x)
    second = DENSITY(x) * (2 - x * x)
    # The two terms of the slope cancel to one part in x * x.
    everywhere(cr.gelu, x, first, second, rtol=1e-14 * (10 + x * x))


@row(Row.GELU)
@pytest.mark.parametrize("f", [cr.gelu, cr.silu, cr.gelu_tanh, lambda x: cr.gelu(x, "tanh")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_activation_at_minus_infinity_is_its_limit(f, dtype):
    assert_array_equal(f(np.array([-INF], dtype)), [0])
    everywhere(f, [-INF, -INF], 0.0, 0.0, dtype=dtype)


@row(Row.GELU)
def test_the_tanh_form_is_an_op_of_its_own():
    x = np.array([1.5])
    assert cr.gelu(x, approximate="tanh") == cr.gelu_tanh(x) != cr.gelu(x)
    inner = 1.5 + 0.044715 * 1.5**3
    t = math.tanh(math.sqrt(2 / math.pi) * inner)
    slope = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * 1.5**2)
    everywhere(cr.gelu_tanh, x, 0.5 * (1 + t) + 0.75 * (1 - t * t) * slope)


@row(Row.FAR_OUT)
@pytest.mark.parametrize(
    "f", [cr.elu, cr.silu, cr.softplus, cr.gelu, cr.gelu_tanh, cr.sigmoid, cr.tanh]
)
@pytest.mark.parametrize("x", [1000.0, -1000.0, 1e30, -1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_activation_far_out_has_the_slope_of_its_limit(f, x, dtype):
    slope = 0 if x < 0 or f in (cr.sigmoid, cr.tanh) else 1
    everywhere(f, [x, x], slope, 0.0, dtype=dtype)


@row(Row.FAR_OUT)
def test_an_activation_far_out_keeps_its_row_finite():
    everywhere(cr.softplus, [1000.0, 0.0], [1, 0.5], [0, 0.25])
    everywhere(cr.elu, [1000.0, -1.0], [1, math.exp(-1)], [0, math.exp(-1)])
    everywhere(lambda x: cr.softmax(x)[..., 0], [1000.0, -1000.0], 0.0, 0.0)
