"""Running sums, running products and differences at their hard points."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError
from chainrule.testing.differences import complex_gradient


def gradient_of(function, x, upstream):
    return cr.grad(lambda t: (function(t) * upstream).sum())(x)


@pytest.mark.parametrize("zeros", [(), (2,), (0,), (1, 3), (0, 1, 2, 3, 4)])
def test_cumprod_has_the_right_gradient_whatever_factors_are_zero(rng, zeros):
    x, upstream = rng.normal(size=5), rng.normal(size=5)
    x[list(zeros)] = 0
    expected = complex_gradient(np.cumprod, x, upstream)
    assert_allclose(gradient_of(np.cumprod, x, upstream), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("zeros", [(2,), (1, 3)])
def test_cumprod_has_the_right_second_derivative_at_zeros(rng, zeros):
    x, upstream, direction = rng.normal(size=(3, 5))
    x[list(zeros)] = 0

    def slope(t):
        return cr.jvp(lambda s: (np.cumprod(s) * upstream).sum(), (t,), (direction,))[1]

    def along(z):  # the complex step of the product rule, written by hand
        total = np.zeros(5, complex)
        for i in range(5):
            factors = np.where(np.arange(5) == i, direction, z)
            total[i:] += np.cumprod(factors)[i:]
        return total

    assert_allclose(
        cr.grad(slope)(x), complex_gradient(along, x, upstream), rtol=1e-12, atol=1e-13
    )


def test_cumprod_multiplies_from_left_to_right_so_that_nothing_overflows_on_the_way():
    x = np.array([1e-200, 1e200, 1e200, 1e-300])
    assert_array_equal(cr.cumprod(x), np.cumprod(x))
    moved = cr.jvp(cr.cumprod, (x,), (np.array([0.0, 0.0, 1.0, 0.0]),))[1]
    assert_allclose(moved, [0, 0, 1, 1e-300], rtol=1e-13)


def test_a_long_cumprod_takes_linear_work(rng):
    x = 1 + rng.normal(size=20_000) * 1e-3
    gradient = gradient_of(np.cumprod, x, np.ones_like(x))
    behind = np.cumsum(np.cumprod(x)[::-1])[::-1]
    assert_allclose(gradient, behind / x, rtol=1e-9)


@pytest.mark.parametrize("scan", [np.cumsum, np.cumprod])
def test_a_scan_keeps_float32_and_any_layout(rng, scan):
    x = rng.normal(size=(4, 6)).astype(np.float32)
    for layout in (x[:, ::-1], np.asfortranarray(x), x[::2, ::3], x.T):
        t = cr.tensor(layout)
        out = scan(t, axis=-1)
        out.sum().backward()
        assert out.dtype == t.grad.dtype == np.float32
        wide = np.float64 if scan is np.cumsum else None  # sums are rounded once
        assert_array_equal(out.data, scan(layout, -1, wide).astype(np.float32))
        assert t.grad.flags.c_contiguous


def test_a_scan_passes_nothing_to_what_only_dead_results_depend_on():
    x = np.array([4.0, 1.0, 0.0])

    def f(t):
        return np.where(np.array([True, True, False]), np.cumsum(np.sqrt(t)), 0.0).sum()

    assert_array_equal(cr.grad(f)(x), [0.5, 0.5, 0.0])  # sqrt'(0) = inf belongs to a dead branch

    def g(t):
        return np.where(np.array([True, True, False]), np.cumprod(np.sqrt(t)), 0.0).sum()

    assert_array_equal(cr.grad(g)(x), [0.5, 1.0, 0.0])
    for function in (f, g):  # the same as if the dead element were not there
        curved = cr.grad(lambda t, function=function: (cr.grad(function)(t) ** 2).sum())
        near = np.array([4.0, 1.0, 1e-3])
        assert_array_equal(curved(x), [*curved(near)[:2], 0.0])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5])
def test_diff_is_numpys(rng, n):
    x = rng.normal(size=(3, 4))
    t = cr.tensor(x)
    assert_array_equal(np.diff(t, n=n, axis=0).data, np.diff(x, n=n, axis=0))
    joined = np.diff(t, n=n, prepend=0.0, append=x[:, :2])
    assert_array_equal(joined.data, np.diff(x, n=n, prepend=0.0, append=x[:, :2]))


def test_diff_sends_gradients_into_what_it_was_joined_with():
    x, first = np.array([1.0, 4.0]), np.array(3.0)
    found = cr.grad(lambda a, b: (np.diff(a, prepend=b) ** 2).sum(), argnums=(0, 1))(x, first)
    assert_array_equal(found[0], [2 * (1 - 3) - 2 * (4 - 1), 2 * (4 - 1)])
    assert_array_equal(found[1], -2 * (1 - 3))


def test_mistakes_are_named():
    with pytest.raises(ArgumentError, match="n >= 0"):
        cr.diff(np.ones(3), -1)
    with pytest.raises(ShapeError, match="cumsum cannot take this tensor"):
        cr.cumsum(np.ones(3), 1)
    with pytest.raises(ShapeError, match=r"factors of shape \(3,\) meet terms of shape \(4,\)"):
        cr.recurrence(np.ones(3), np.ones(4))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_a_running_sum_keeps_its_digits_in_half_and_single_precision(dtype):
    x = np.resize(np.array([3.0, -2.96875, 0.0], dtype), 6000)  # of both signs: all stay small
    expected = np.cumsum(x.astype(float))
    for found in (cr.cumsum(x), cr.cumsum(cr.tensor(x)).data, cr.compile(cr.cumsum)(x)):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol=np.finfo(dtype).eps)
