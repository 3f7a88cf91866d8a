"""Sums keep float32's digits on every axis, in values and in gradients."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.ops.sums import accurate_sum
from tests.thorough import crossed, parametrize

MANY = 2**24 + 1000  # adding ones one after another stops at 2**24


@parametrize(
    "sum_of",
    [
        lambda x: cr.sum(x, axis=0)[0],
        lambda x: cr.mean(x, axis=0)[0] * np.float32(MANY),
        lambda x: cr.sum_to(x, (1, 1))[0, 0],
        lambda x: cr.squared_error(x, np.zeros((MANY, 1), np.float32), reduction="sum"),
        lambda x: cr.norm(x, axis=0)[0] ** 2,
        lambda x: cr.cumsum(x)[-1],
        lambda x: cr.grad(lambda x: cr.cumsum(x).sum())(x)[0, 0],
        cr.sum,
        lambda x: cr.sum(cr.reshape(x, (MANY,))),
        lambda x: cr.sum(cr.transpose(x), axis=1)[0],
        lambda x: cr.sum(cr.transpose(x)),
        lambda x: cr.sum_to(x, ()),
        lambda x: cr.absolute_error(x, np.zeros((MANY, 1), np.float32), reduction="sum"),
        lambda x: cr.var(np.concatenate([x, -x]), axis=0)[0] * np.float32(MANY),
        lambda x: cr.cumsum(x, axis=0)[-1, 0],
        lambda x: cr.grad(lambda x: cr.cumsum(x)[-3:].sum() / 3)(x).sum(),
    ],
    few=7,
)
def test_many_ones_in_float32_are_counted_exactly(sum_of):
    out = sum_of(np.ones((MANY, 1), np.float32))
    assert out.dtype == np.float32
    assert_allclose(float(out), 16778216, rtol=2e-7)


def test_many_ones_along_axis_0_give_16778216():
    assert cr.sum(np.ones((MANY, 1), np.float32), axis=0)[0] == 16778216


def test_many_ones_in_a_wide_matrix_are_counted_exactly():
    ones = np.broadcast_to(np.float32(1), (MANY, 3))
    assert_array_equal(cr.sum(ones, axis=0), [16778216] * 3)


@pytest.mark.parametrize(
    "layer",
    [
        lambda x, b: x + b,
        lambda x, b: cr.linear(x, np.zeros((1, 1), np.float32), b),
    ],
    ids=["add", "linear"],
)
def test_a_bias_gradient_over_many_rows_is_exact(layer):
    bias = cr.parameter(np.zeros(1, np.float32), name="bias")
    x = np.zeros((MANY, 1), np.float32)
    cr.sum(layer(x, bias)).backward()
    assert bias.grad[0] == 16778216


def test_many_gradients_of_a_scalar_are_added_exactly():
    scale = cr.parameter(np.ones((), np.float32))
    cr.sum(np.ones(MANY, np.float32) * scale).backward()
    assert scale.grad == 16778216


@crossed("order, axis", ["C", "F"], [0, 1, 2, (0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_every_axis_of_every_order_is_as_accurate_as_float64(order, axis):
    rng = np.random.default_rng(0)
    x = np.asarray(rng.uniform(1, 2, (1000, 3, 700)), np.float32, order=order)
    for view in (x, x[::-1], x[:, ::2], x[::3, :, ::-1], x[5:, :, 1::2]):
        exact = np.sum(view.astype(np.float64), axis=axis)
        found = accurate_sum(view, (axis,) if isinstance(axis, int) else axis)
        assert found.dtype == np.float32
        assert_allclose(found, exact, rtol=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0,), (1, 1), (129, 2), (128, 2), (257, 1)])
@pytest.mark.parametrize("axis", [0, -1, None])
def test_sums_of_odd_sizes_are_numpys(shape, axis):
    x = np.random.default_rng(0).normal(size=shape)
    assert_allclose(cr.sum(x, axis=axis), np.sum(x, axis=axis), rtol=1e-13, atol=1e-15)
    assert (
        np.shape(cr.sum(x, axis=axis, keepdims=True)) == np.sum(x, axis=axis, keepdims=True).shape
    )
