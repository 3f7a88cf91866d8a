"""Sorting, medians, quantiles and positions at ties, at NaN and on empty tensors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError, UnsupportedError

TIES = np.array([2.0, 1.0, 2.0, 1.0, 2.0])


def test_sorting_is_stable_and_so_are_its_gradients():
    upstream = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert_array_equal(cr.argsort(TIES), [1, 3, 0, 2, 4])
    gradient = cr.grad(lambda t: (np.sort(t) * upstream).sum())(TIES)
    assert_array_equal(gradient, [3, 1, 4, 2, 5])
    moved = cr.jvp(np.sort, (TIES,), (upstream,))[1]
    assert_array_equal(moved, upstream[[1, 3, 0, 2, 4]])


def test_nan_is_sorted_to_the_end_with_its_gradient():
    x = np.array([np.nan, 1.0, -1.0])
    gradient = cr.grad(lambda t: (np.sort(t) * np.array([1.0, 2.0, 3.0])).sum())(x)
    assert_array_equal(gradient, [3, 2, 1])


@pytest.mark.parametrize(
    ("x", "slopes"),
    [
        ([3.0, 1.0, 2.0], [0, 0, 1]),
        ([3.0, 1.0, 2.0, 5.0], [0.5, 0, 0.5, 0]),
        ([2.0, 2.0, 2.0, 2.0], [0, 0.5, 0.5, 0]),
        ([2.0, 2.0, 1.0], [1, 0, 0]),
        ([7.0], [1]),
    ],
)
def test_the_median_gives_half_to_each_of_two_middles(x, slopes):
    assert_array_equal(cr.grad(np.median)(np.array(x)), slopes)
    assert cr.median(np.array(x)) == np.median(x)


def test_quantiles_of_equal_elements_share_by_place():
    x = np.array([1.0, 1.0, 1.0, 4.0, 4.0])
    gradient = cr.grad(lambda t: np.quantile(t, 0.3))(x)
    assert_allclose(gradient, [0, 0.8, 0.2, 0, 0], atol=1e-15)


@pytest.mark.filterwarnings("ignore:invalid value encountered")  # NumPy's own, on infinities
def test_quantiles_are_numpys(rng):
    x = rng.normal(size=(3, 4, 5))
    t = cr.tensor(x)
    for q in (0, 0.25, 0.3, 1, [0.1, 0.7], np.array([[0.2], [0.9]])):
        for axis in (None, 0, -1, (0, 2)):
            for keepdims in (False, True):
                found = np.quantile(t, q, axis=axis, keepdims=keepdims)
                expected = np.quantile(x, q, axis=axis, keepdims=keepdims)
                assert_allclose(found.data, expected, rtol=1e-14, strict=True)
    assert_allclose(np.percentile(t, 30).data, np.percentile(x, 30), rtol=1e-14)
    for method in ("lower", "higher", "midpoint", "nearest"):
        found = np.quantile(t, [0.1, 0.45, 0.5], axis=0, method=method)
        assert_allclose(found.data, np.quantile(x, [0.1, 0.45, 0.5], axis=0, method=method))


def test_nan_reaches_the_median_and_the_quantiles_of_its_row_alone():
    x = np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 5.0]])
    assert_array_equal(cr.median(x, 1), [np.nan, 2])
    assert_array_equal(cr.sample_quantile(x, [0, 1], 1), [[np.nan, 1], [np.nan, 5]])
    gradient = cr.grad(lambda t: cr.median(t, 1)[1])(x)
    assert_array_equal(gradient, [[0, 0, 0], [0, 1, 0]])


def test_an_infinite_neighbour_does_not_disturb_an_element_that_is_hit():
    x = np.array([1.0, 2.0, np.inf])
    assert cr.sample_quantile(x, 0.5) == 2
    assert_array_equal(cr.grad(lambda t: cr.sample_quantile(t, 0.5))(x), [0, 1, 0])


def test_quantile_of_one_number_is_that_of_a_sample_and_else_the_loss(rng):
    x = rng.normal(size=(4, 3))
    expected = np.quantile(x, 0.3, axis=0)
    assert_allclose(cr.quantile(x, 0.3, 0), expected)
    assert_allclose(cr.quantile(cr.tensor(x), np.float64(0.3), axis=0).data, expected)
    assert_allclose(cr.quantile(x, q=0.3, axis=0, keepdims=True), expected[None])
    assert_allclose(cr.quantile(x, 1), x.max())
    targets = rng.normal(size=(4, 3))
    above = targets - x
    loss = np.maximum(0.9 * above, -0.1 * above).mean()
    assert_allclose(cr.quantile(x, targets, 0.9), loss)
    assert_allclose(cr.quantile(x, targets=targets, q=0.9), loss)
    assert_allclose(cr.quantile(np.array(1.0), 3.0), 1.0)  # numbers are compared with numbers
    with pytest.raises(ShapeError, match="quantile compares tensors of one shape"):
        cr.quantile(x, targets[0])
    with pytest.raises(ShapeError, match="quantile compares tensors of one shape"):
        cr.quantile(x, np.array(0.3))  # an array is a target, whatever its shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sorting_keeps_the_dtype_and_any_layout(rng, dtype):
    x = rng.normal(size=(4, 6)).astype(dtype)
    functions = (np.sort, np.median, lambda t: np.quantile(t, [0.3, 0.4]))
    for layout in (x[:, ::-1], np.asfortranarray(x), x[::2, ::3]):
        for function in functions:
            t = cr.tensor(layout)
            out = function(t)
            out.sum().backward()
            assert out.dtype == t.grad.dtype == dtype
            assert_allclose(out.data, function(layout), rtol=1e-6)


def test_integers_have_medians():
    assert cr.median(np.array([1, 4, 2, 3])) == 2.5
    assert cr.sample_quantile(np.array([1, 4, 2, 3]), 0.5) == 2.5


def test_positions_carry_no_gradient(rng):
    t = cr.tensor(rng.normal(size=(3, 4)))
    for position in (np.argmax(t), np.argmin(t, axis=0), np.argsort(t), t.argmax(1), np.any(t)):
        assert not position.wants_gradient
    assert_array_equal(np.argmax(t, axis=1, keepdims=True).data, t.data.argmax(1, keepdims=True))


def test_mistakes_are_named():
    x = np.ones((2, 3))
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        cr.sample_quantile(x, 30)
    with pytest.raises(ArgumentError, match="no method 'cubic'"):
        cr.sample_quantile(x, 0.5, method="cubic")
    with pytest.raises(UnsupportedError, match=r"q is a setting of .*: no gradient flows"):
        np.quantile(x, cr.tensor(np.array(0.5)))
    with pytest.raises(UnsupportedError, match="takes no weights="):
        np.quantile(cr.tensor(x), 0.5, weights=x)
    with pytest.raises(ShapeError, match="median cannot take this tensor"):
        cr.median(x, 5)
    with pytest.raises(ShapeError, match="there is no quantile of nothing"):
        cr.sample_quantile(np.ones((0,)), 0.5)
