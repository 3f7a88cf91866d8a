"""Tensor and Parameter: what a user can ask of them."""

import copy

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import NoGradientError


@pytest.mark.parametrize(
    ("given", "shape", "dtype"),
    [
        (1.5, (), float),
        (3, (), int),
        (True, (), bool),
        ([1.0, 2.0], (2,), float),
        ([[1, 2]], (1, 2), int),
        (np.float32(2), (), np.float32),
        (np.ones((0, 3)), (0, 3), float),
        (np.ones(2, ">f8"), (2,), "=f8"),
        (np.ones(2, np.float16), (2,), np.float16),
    ],
)
def test_a_tensor_is_made_from_anything_like_an_array(given, shape, dtype):
    x = cr.tensor(given)
    assert (x.shape, x.dtype, x.ndim) == (shape, np.dtype(dtype), len(shape))
    assert x.size == np.prod(shape)
    assert x.wants_gradient == (np.dtype(dtype).kind == "f")
    assert x.dtype.isnative
    assert_array_equal(x.data, np.asarray(given))


def test_a_tensor_of_a_tensor_is_the_tensor():
    x = cr.tensor(1.0)
    assert cr.tensor(x) is x


def test_item_gives_a_python_number():
    assert type(cr.tensor(np.float32(1.5)).item()) is float
    assert type(cr.tensor([[3]]).item()) is int
    assert type(cr.tensor(True).item()) is bool
    with pytest.raises(ValueError, match="size 1"):
        cr.tensor([1.0, 2.0]).item()


def test_numbers_can_be_taken_from_a_tensor_of_one_element():
    x = cr.tensor(2.5)
    assert x.item() == 2.5
    assert bool(x)
    assert f"{x:.1f}" == "2.5"
    for number in (cr.tensor(2.5, wants_gradient=False), cr.tensor(2)):
        assert int(number) == 2
        assert float(number) == number.item()
    assert [10, 11, 12][cr.tensor(2)] == 12


def test_repr_shows_value_shape_dtype_and_origin():
    x = cr.tensor(np.array([1.0, 2.0]), name="x")
    w = cr.parameter(np.ones(2, np.float32), name="w")
    assert repr(x) == "Tensor([1. 2.], shape=(2,), dtype=float64, name='x', tensor \"x\")"
    assert repr(w) == "Parameter([1. 1.], shape=(2,), dtype=float32, name='w', parameter \"w\")"
    assert repr(cr.relu(x)) == "Tensor([1. 2.], shape=(2,), dtype=float64, from relu)"
    assert len(repr(cr.tensor(np.ones((1000, 1000))))) < 500


def test_an_op_on_a_parameter_makes_a_tensor():
    w = cr.parameter(np.ones(2), name="w")
    for out in (w * 2, cr.relu(w), w[0], w.T, -w, w @ w):
        assert type(out) is cr.Tensor


def test_no_grad_records_nothing():
    w = cr.parameter(np.ones(2), name="w")
    with cr.no_grad():
        out = cr.relu(w * 2)
    assert not out.wants_gradient
    assert out.inputs == ()
    with pytest.raises(NoGradientError):
        out.sum().backward()
    assert (w * 2).wants_gradient


def test_no_grad_ends_with_an_exception():
    with pytest.raises(KeyError), cr.no_grad():
        raise KeyError
    assert (cr.parameter(np.ones(2)) * 2).wants_gradient


def test_a_tensor_may_be_told_to_want_no_gradient():
    x = cr.tensor([1.0], wants_gradient=False)
    w = cr.tensor([2.0])
    (x * w).sum().backward()
    assert x.grad is None
    assert_array_equal(w.grad, [1])


def test_grad_can_be_set_and_cleared():
    w = cr.parameter(np.ones(2, np.float32), name="w")
    w.grad = [1.0, 2.0]
    assert w.grad.dtype == np.float32
    assert_array_equal(w.grad, [1, 2])
    w.grad = None
    assert w.grad is None


def test_grad_is_a_plain_array():
    x = cr.tensor([1.0, 2.0])
    (x * x).sum().backward()
    assert type(x.grad) is np.ndarray
    assert x.grad.flags.writeable
    assert x.grad is not None
    assert np.shares_memory(x.grad, x.grad)


def test_a_gradient_is_fresh_until_it_is_spent():
    w = cr.parameter(np.ones(2), name="w")
    assert not w.fresh
    (w * w).sum().backward()
    assert w.fresh
    assert w.grad is not None
    assert w.fresh
    w.spend()
    assert not w.fresh
    assert w.grad is not None
    assert not w.fresh
    (w * w).sum().backward()
    assert w.fresh


def test_len_and_iteration_follow_the_first_axis():
    x = cr.tensor(np.arange(6.0).reshape(3, 2))
    assert len(x) == 3
    assert [row.shape for row in x] == [(2,)] * 3
    with pytest.raises(TypeError, match="without axes"):
        len(cr.tensor(1.0))


def test_tensors_are_hashed_by_identity():
    x, y = cr.tensor(1.0), cr.tensor(1.0)
    assert len({x, y, x}) == 2


@pytest.mark.parametrize("make", [np.ones, np.zeros])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (1,), (1, 1), ()])
def test_sizes_0_and_1_go_through_a_whole_net(make, shape):
    x = cr.tensor(make(shape))
    out = cr.sum(cr.gelu(cr.tanh(x) * 2.0 + 1.0))
    out.backward()
    assert x.grad.shape == shape


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_layer_takes_empty_and_single_batches(rows):
    x, w, b = (
        cr.tensor(np.ones((rows, 3))),
        cr.parameter(np.ones((3, 2))),
        cr.parameter(np.ones(2)),
    )
    cr.sum(cr.relu(cr.linear(x, w, b))).backward()
    assert x.grad.shape == (rows, 3)
    assert_array_equal(w.grad, np.full((3, 2), float(rows)))
    assert_array_equal(b.grad, [rows, rows])


def test_arithmetic_takes_every_mixture_of_operands():
    x = cr.tensor([1.0, 2.0])
    a = np.array([3.0, 4.0])
    cases = [
        (x + a, a + x, [4, 6]),
        (x - a, -(a - x), [-2, -2]),
        (x * a, a * x, [3, 8]),
        (a / x, 1 / (x / a), [3, 2]),
        (a**x, np.power(a, x), [3, 16]),
        (2**x, 2.0**x, [2, 4]),
        (x**2, x * x, [1, 4]),
        (x @ a, a @ x, 11),
        (+x, 0 - (-x), [1, 2]),
        (abs(-x), x, [1, 2]),
    ]
    for left, right, expected in cases:
        assert isinstance(left, cr.Tensor)
        np.testing.assert_allclose(left.data, expected)
        np.testing.assert_allclose(right.data, expected)


def test_a_list_beside_a_tensor_is_taken_for_an_array():
    x = cr.tensor([1.0, 2.0])
    (x * [3.0, 4.0]).sum().backward()
    assert_array_equal(x.grad, [3, 4])


def test_a_tensor_cannot_be_copied_by_accident_into_another_graph():
    x = cr.tensor([1.0, 2.0])
    y = copy.copy(x)
    (y * 2).sum().backward()
    assert x.grad is None or x is y


def test_show_lists_every_node_with_gate_and_gradient():
    x, y = cr.tensor(3.0, name="x"), cr.tensor(-4.0, name="y")
    f = x * y + x
    f.backward()
    text = cr.show(f)
    assert [line.split()[0] for line in text.splitlines()] == ["x", "y", "n1", "n2"]
    assert "multiply(x, y)" in text
    assert "swap multiplier" in text
    assert "grad -3" in text
