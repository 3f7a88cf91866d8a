"""The conventions of NUMERICS far out: tails keep their digits, infinities have their limit."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.together import together

INF = np.inf


def slope(f, x, dtype=np.float64):
    """f'(x) element by element."""
    t = cr.tensor(np.asarray(x, dtype))
    out = f(t)
    out.backward(upstream=np.ones(out.shape, dtype))
    return t.grad


def test_logsumexp_with_infinities():
    for x, value, gradient in (
        ([-INF, -INF], -INF, [0, 0]),
        ([INF, 1.0], INF, [1, 0]),
        ([INF, INF], INF, [0.5, 0.5]),
        ([-INF, 1.0], 1.0, [0, 1]),
        ([1e6, 1e6], 1e6 + math.log(2), [0.5, 0.5]),
    ):
        for axis in (None, 0, (0,), -1):
            t = cr.tensor(np.array(x))
            out = cr.logsumexp(t, axis=axis)
            out.backward()
            assert_allclose(out.item(), value)
            assert_array_equal(t.grad, gradient, err_msg=f"{x} along {axis}")


def test_a_row_of_minus_infinity_beside_others():
    x = cr.tensor(np.array([[-INF, -INF], [0.0, 0.0]]))
    cr.logsumexp(x, axis=1).backward(upstream=np.ones(2))
    assert_array_equal(x.grad, [[0, 0], [0.5, 0.5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equal_entries_of_any_size_share_equally(dtype):
    for size in (1e6, -1e6, 1e30, 3e38):
        x = np.full(2, size, dtype)
        assert_array_equal(cr.softmax(x), [0.5, 0.5])
        assert_array_equal(slope(cr.logsumexp, x, dtype), [0.5, 0.5])


def test_softmax_with_infinities():
    assert_array_equal(cr.softmax(np.array([INF, 0.0, 1.0])), [1, 0, 0])
    assert_array_equal(cr.softmax(np.array([INF, INF, 1.0])), [0.5, 0.5, 0])
    assert_array_equal(cr.softmax(np.array([-INF, 0.0, 0.0])), [0, 0.5, 0.5])
    assert_array_equal(cr.log_softmax(np.array([-INF, 0.0])), [-INF, 0])


def test_softmax_cross_entropy_with_a_masked_class():
    scores = cr.tensor(np.array([[0.0, 0.0, -INF]]))
    loss = cr.softmax_cross_entropy(scores, np.array([0]))
    loss.backward()
    assert_allclose(loss.item(), math.log(2))
    assert_array_equal(scores.grad, [[-0.5, 0.5, 0]])


@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_cross_entropy_of_large_scores_stays_finite(size, dtype):
    scores = cr.tensor(np.array([[size, -size, 0.0]], dtype))
    loss = cr.softmax_cross_entropy(scores, np.array([1]))
    loss.backward()
    assert_allclose(loss.item(), 2 * size, rtol=1e-6)
    assert_allclose(scores.grad, [[1, -1, 0]], rtol=1e-7, atol=1e-40)


# --------------------------------------------------------------------------------- tails


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (cr.sigmoid, 40.0, 4.248354255291589e-18),
        (cr.sigmoid, -40.0, 4.248354255291589e-18),
        (cr.sigmoid, 700.0, 9.859676543759771e-305),
        (cr.tanh, 20.0, 1.6993417021166353e-17),
        (cr.tanh, -20.0, 1.6993417021166353e-17),
        (cr.tanh, 300.0, 4 * math.exp(-600.0)),
        (cr.expm1, -40.0, 4.248354255291589e-18),
        (cr.elu, -40.0, 4.248354255291589e-18),
        (cr.softplus, -40.0, 4.248354255291589e-18),
        (cr.softplus, -700.0, 9.859676543759771e-305),
        (cr.log1p, 1e-20, 1.0),
        (cr.gelu, -10.0, -7.6184000964648140857e-22),
        (cr.silu, -40.0, -39 * 4.248354255291589e-18),
        (cr.mish, -40.0, -39 * 4.248354255291589e-18),
        (cr.selu, -40.0, 1.7580993408473766 * 4.248354255291589e-18),
        (lambda x: cr.binary_cross_entropy(x, np.ones(())), 40.0, -4.248354255291589e-18),
        (lambda x: cr.binary_cross_entropy(x, np.zeros(())), -40.0, 4.248354255291589e-18),
    ],
)
def test_a_tail_keeps_its_relative_accuracy(f, x, expected):
    assert_allclose(slope(f, x), expected, rtol=2e-9)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (cr.softplus, -40.0, 4.248354255291589e-18),
        (cr.softplus, -700.0, 9.859676543759771e-305),
        (cr.gelu, -10.0, -7.619853024160527e-23),
        (cr.gelu, -30.0, -1.4720141781444561179e-196),
        (cr.silu, -40.0, -40 * 4.248354255291589e-18),
        (cr.mish, -40.0, -40 * 4.248354255291589e-18),
        (cr.sigmoid, -700.0, 9.859676543759771e-305),
        (cr.expm1, 1e-20, 1e-20),
        (lambda x: cr.binary_cross_entropy(x, np.ones(())), 40.0, 4.248354255291589e-18),
    ],
)
def test_a_value_in_the_tail_keeps_its_relative_accuracy(f, x, expected):
    assert_allclose(f(np.array(x)), expected, rtol=2e-9)


@pytest.mark.parametrize("f", [cr.gelu, cr.silu, cr.mish, cr.gelu_tanh])
def test_activations_at_minus_infinity_are_their_limit(f):
    for dtype in (np.float32, np.float64):
        x = np.array([-INF], dtype)
        assert_array_equal(f(x), [0])
        assert_array_equal(slope(f, x, dtype), [0])
        assert_array_equal(f(np.array([INF], dtype)), [INF])


@pytest.mark.parametrize(
    "f",
    [cr.elu, cr.silu, cr.mish, cr.softplus, cr.gelu, cr.gelu_tanh, cr.sigmoid, cr.tanh, cr.relu],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@together("x", [1000.0, -1000.0, 1e30, -1e30, INF, -INF])
def test_activations_far_out_have_the_slope_of_their_limit(f, x, dtype):
    if x == INF and f in (cr.gelu, cr.silu, cr.mish, cr.gelu_tanh):
        assert f(np.asarray(x, dtype)) == INF
        return
    found = slope(f, x, dtype)
    expected = 0 if x < 0 or f in (cr.sigmoid, cr.tanh) else 1
    assert_array_equal(found, expected)
    second = cr.grad(lambda v: cr.grad(lambda u: f(u).sum())(v).sum())(np.array([x], dtype))
    assert_array_equal(second, [0])


def test_xlogx_at_0_by_where_is_0():
    f = lambda x: cr.where(x > 0, x * cr.log(x), 0.0)  # noqa: E731
    with np.errstate(all="ignore"):
        assert_array_equal(slope(f, [0.0, 1.0]), [0, 1])
