"""Long float32 sums and nearly constant inputs keep their digits, values and derivatives alike."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.numerics.rows import Row, row

MANY = 2**24 + 1000  # adding ones one after another stops at 2**24
ONES = np.broadcast_to(np.float32(1), (MANY, 1))


@row(Row.SUMS)
@pytest.mark.parametrize(
    "total",
    [
        lambda x: cr.sum(x, axis=0)[0],
        np.sum,
        lambda x: cr.mean(x, axis=0)[0] * np.float32(MANY),
    ],
    ids=["sum", "np.sum", "mean"],
)
def test_many_ones_are_counted_in_a_value_and_in_its_tangent(total):
    value, tangent = cr.jvp(total, (ONES,), (ONES,))
    assert (value, tangent) == (16778216, 16778216)
    assert value.dtype == tangent.dtype == np.float32


@row(Row.SUMS)
@pytest.mark.parametrize("order", [1, 2])
def test_the_gradient_of_a_bias_counts_every_row(order):
    """Second order: the loss is quadratic in the bias, so the rows are counted again."""

    def loss(b):
        return cr.sum((ONES * 0 + b) ** 2) / np.float32(2)

    bias = np.ones(1, np.float32)
    if order == 1:
        found = cr.grad(loss)(bias), cr.jvp(loss, (bias,), (bias,))[1]
        leaf = cr.tensor(bias)
        loss(leaf).backward()
        found = (*found, leaf.grad)
    else:
        nested = cr.grad(lambda b: cr.sum(cr.grad(loss)(b)))(bias)
        found = nested, cr.jvp(cr.grad(loss), (bias,), (bias,))[1]
    for each in found:
        assert_array_equal(np.ravel(each), [16778216])


@row(Row.SUMS)
def test_the_gradient_of_a_linear_layers_bias_counts_every_row():
    leaf = cr.tensor(np.zeros(1, np.float32))
    cr.sum(
        cr.linear(np.zeros((MANY, 1), np.float32), np.zeros((1, 1), np.float32), leaf)
    ).backward()
    assert_array_equal(leaf.grad, [16778216])


# -------------------------------------------------------------------- nearly constant inputs


def near(mean, dtype):
    rng = np.random.default_rng(3)
    return (mean + rng.normal(size=(6, 4))).astype(dtype)


LAYERS = {
    "var": lambda x: cr.var(x, axis=0),
    "std": lambda x: cr.std(x, axis=0),
    "layer_norm": cr.layer_norm,
    "batch_norm": cr.batch_norm,
}


@row(Row.NEARLY_CONSTANT)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("order", [1, 2])
def test_a_large_mean_in_float32_costs_no_more_than_its_rounding(name, order):
    """The float64 run of the same float32 numbers is the truth."""
    f, x = LAYERS[name], near(2000.0, np.float32)
    rng = np.random.default_rng(4)
    weights, v = rng.normal(size=f(x).shape), rng.normal(size=x.shape)

    def derivatives(dtype):
        loss = lambda z: cr.sum(f(z) * weights.astype(dtype))  # noqa: E731
        z, along = x.astype(dtype), v.astype(dtype)
        if order == 1:
            units = np.eye(z.size, dtype=dtype).reshape(z.size, *z.shape)
            slopes = [cr.jvp(loss, (z,), (unit,))[1] for unit in units]
            return [cr.grad(loss)(z), np.array(slopes)]
        return [
            cr.grad(lambda z: cr.sum(cr.grad(loss)(z) * along))(z),
            cr.jvp(cr.grad(loss), (z,), (along,))[1],
            cr.grad(lambda z: cr.jvp(loss, (z,), (along,))[1])(z),
        ]

    for found, truth in zip(derivatives(np.float32), derivatives(np.float64), strict=True):
        assert found.dtype == np.float32
        unit = 2000 * float(np.finfo(np.float32).eps)  # of the mean, where the spread is 1
        assert_allclose(found, truth, rtol=0, atol=order * unit * np.max(np.abs(truth)))


@row(Row.NEARLY_CONSTANT)
@pytest.mark.parametrize("name", LAYERS)
def test_a_mean_of_1e8_in_float64_costs_no_more_than_the_input_lost(name):
    f, x = LAYERS[name], near(1e8, np.float64)
    centred = x - 1e8  # exact: what the large mean rounded away is gone from both
    weights = np.random.default_rng(5).normal(size=f(x).shape)
    loss = lambda z: cr.sum(f(z) * weights)  # noqa: E731
    truth = cr.grad(loss)(centred)
    assert_allclose(cr.grad(loss)(x), truth, rtol=1e-7, atol=1e-7)
    along = np.ones_like(x) * np.arange(4.0)
    assert_allclose(
        cr.jvp(loss, (x,), (along,))[1],
        cr.jvp(loss, (centred,), (along,))[1],
        rtol=1e-6,
        atol=1e-7,
    )


@row(Row.NEARLY_CONSTANT)
@pytest.mark.parametrize("f", [cr.layer_norm, lambda x: cr.batch_norm(np.transpose(x))])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_row_is_normalized_to_0_with_a_finite_gradient(f, dtype):
    x = np.full((2, 3), 7.0, dtype)
    assert_array_equal(f(x), 0)
    found = cr.grad(lambda x: cr.sum(f(x) ** 2 + f(x)))(x)
    assert_allclose(found, 0, atol=1e-4)
    assert np.isfinite(cr.jvp(lambda x: cr.sum(f(x)), (x,), (np.eye(2, 3, dtype=dtype),))[1])
