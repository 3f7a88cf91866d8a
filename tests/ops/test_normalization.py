"""Layer and batch normalization: values, gradients, and digits where the mean is large."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.ops.normalizing import batch_norm, batch_norm_with_statistics, layer_norm


def gradients(op, x, upstream, *more):
    leaves = [cr.tensor(each) for each in (x, *more)]
    op(leaves[0], 1e-5, *leaves[1:]).backward(upstream)
    return [leaf.grad for leaf in leaves]


def differences(function, x, step=1e-5):
    slopes = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        slopes[place] = (function(up) - function(down)) / (2 * step)
    return slopes


@pytest.mark.parametrize(("op", "axis"), [(layer_norm, -1), (batch_norm, 0)])
def test_rows_or_columns_have_mean_0_and_variance_1(op, axis, rng):
    x = rng.normal(3.0, 2.0, size=(40, 50))
    out = op(x)
    np.testing.assert_allclose(out.mean(axis), 0, atol=1e-12)
    np.testing.assert_allclose(out.var(axis), 1, rtol=1e-4)


def test_batch_norm_hands_out_the_statistics_of_the_batch(rng):
    x = rng.normal(3.0, 2.0, size=(40, 5))
    out, mean, variance = batch_norm_with_statistics(x)
    np.testing.assert_array_equal(out, batch_norm(x))
    np.testing.assert_allclose(mean, x.mean(0))
    np.testing.assert_allclose(variance, x.var(0))


@pytest.mark.parametrize("op", [layer_norm, batch_norm])
def test_gradients_are_the_differences(op, rng):
    x, upstream = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    scale, shift = rng.normal(size=4), rng.normal(size=4)
    found = gradients(op, x, upstream, scale, shift)
    arguments = [x, scale, shift]
    for i, gradient in enumerate(found):

        def moved(value, i=i):
            given = [*arguments[:i], value, *arguments[i + 1 :]]
            return float((op(given[0], 1e-5, *given[1:]) * upstream).sum())

        np.testing.assert_allclose(gradient, differences(moved, arguments[i]), atol=1e-8)


def test_gradients_flow_through_the_statistics_of_a_batch(rng):
    x = rng.normal(size=(6, 3))
    leaf = cr.tensor(x)
    _, mean, variance = batch_norm_with_statistics(leaf)
    cr.backward([(mean * mean).sum() + (variance * variance).sum()])
    expected = 2 * x.mean(0) / 6 + 4 * x.var(0) * (x - x.mean(0)) / 6
    np.testing.assert_allclose(leaf.grad, expected)


@pytest.mark.parametrize("op", [layer_norm, batch_norm])
@pytest.mark.parametrize("spread", [1.0, 0.05])
def test_float32_keeps_its_digits_at_a_mean_of_2000(op, spread, rng):
    x = (2000 + spread * rng.normal(size=(64, 64))).astype(np.float32)
    upstream = rng.normal(size=x.shape).astype(np.float32)
    exact = x.astype(np.float64)
    out, wanted = op(x), op(exact)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, wanted, atol=1e-5)
    (found,), (expected,) = gradients(op, x, upstream), gradients(op, exact, upstream)
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("op", [layer_norm, batch_norm])
def test_constant_input_becomes_0_and_never_nan(op):
    x = np.full((4, 4), 2000.1, np.float32)
    assert not op(x).any()
    assert np.isfinite(gradients(op, x, np.eye(4, dtype=np.float32))[0]).all()


@pytest.mark.parametrize("op", [layer_norm, batch_norm])
def test_second_derivatives_are_the_differences_of_the_first(op, rng):
    x, weights = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))

    def first(x):
        return cr.sum(cr.grad(lambda x: cr.sum(op(x) ** 2 * weights))(x) * weights)

    found = cr.grad(first)(x)
    np.testing.assert_allclose(found, differences(first, x), atol=1e-6)


@pytest.mark.parametrize("op", [layer_norm, batch_norm])
def test_the_caller_keeps_his_arrays(op, rng):
    x, upstream = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    kept = x.copy(), upstream.copy()
    gradients(op, x, upstream)
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(upstream, kept[1])


def test_whole_numbers_are_normalized_as_floats():
    np.testing.assert_allclose(layer_norm(np.array([[1, 3]])), [[-1, 1]], atol=1e-5)


def test_an_empty_batch_is_an_error():
    with pytest.raises(ArgumentError) as error:
        batch_norm(np.ones((0, 3)))
    assert error.value.what == "batch_norm was given nothing to take the mean of."
    assert layer_norm(np.ones((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("eps", [0.0, -1.0, float("nan")])
def test_eps_is_above_0(eps):
    with pytest.raises(ArgumentError) as error:
        layer_norm(np.ones((2, 3)), eps)
    assert error.value.what == (
        f"layer_norm divides by sqrt(variance + eps), so eps is above 0, not {eps}."
    )
