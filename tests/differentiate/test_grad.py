"""grad and value_and_grad: derivatives of plain functions of arrays and containers."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import DTypeError, NotScalarError, UnsupportedError

A = np.array([1.0, 2.0, 3.0])


def test_grad_of_numpy_code():
    f = lambda w, x: np.tanh(x @ w).sum()  # noqa: E731
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert_array_equal(cr.grad(f)(np.zeros(2), x), [4, 6])


def test_value_and_grad_gives_both():
    value, gradient = cr.value_and_grad(lambda x: (x**2).sum())(A)
    assert value == 14
    assert not isinstance(value, cr.Tensor)
    assert type(gradient) is np.ndarray
    assert_array_equal(gradient, 2 * A)


def test_python_floats_are_valid_primals():
    gradient = cr.grad(lambda x: x**3 + 2 * x)(2.0)
    assert type(gradient) is float
    assert gradient == 14
    assert cr.grad(cr.sin)(0.0) == 1


def test_numpy_scalars_are_valid_primals():
    gradient = cr.grad(lambda x: x * x)(np.float32(3))
    assert gradient == 6
    assert gradient.dtype == np.float32


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_gradient_has_the_arguments_dtype(dtype):
    gradient = cr.grad(lambda x: (x * np.float64(2) * A).sum())(A.astype(dtype))
    assert gradient.dtype == dtype


def test_an_unused_argument_has_zeros():
    assert cr.grad(lambda x, y: y.sum())(A, A).tolist() == [0, 0, 0]
    assert cr.grad(lambda x, y: y * 2, argnums=0)(1.0, 2.0) == 0.0
    assert_array_equal(cr.grad(lambda p: p["a"].sum())({"a": A, "b": A})["b"], [0, 0, 0])


def test_a_constant_function_has_zeros():
    assert_array_equal(cr.grad(lambda x: 3.0)(A), [0, 0, 0])
    assert_array_equal(cr.grad(lambda x: np.float64(3))(A), [0, 0, 0])
    assert_array_equal(cr.grad(lambda x: cr.sign(x).sum())(A), [0, 0, 0])
    assert_array_equal(cr.grad(lambda x: (x > 1).sum() * 1.0)(A), [0, 0, 0])


class Layer(NamedTuple):
    weight: np.ndarray
    bias: np.ndarray


def test_nested_containers_keep_their_structure():
    parameters = {
        "layers": [Layer(A, A * 2), Layer(A * 3, A * 4)],
        "scale": (2.0, [np.ones((2, 2))]),
        "none": None,
        "empty": {},
    }

    def loss(p):
        total = sum((layer.weight * layer.bias).sum() for layer in p["layers"])
        return total * p["scale"][0] + p["scale"][1][0].sum()

    value, gradient = cr.value_and_grad(loss)(parameters)
    assert value == 28 * 2 + 12 * 14 * 2 + 4
    assert gradient.keys() == parameters.keys()
    assert isinstance(gradient["layers"][0], Layer)
    assert_array_equal(gradient["layers"][0].weight, 2 * 2 * A)
    assert_array_equal(gradient["layers"][1].bias, 2 * 3 * A)
    assert gradient["scale"][0] == 28 + 12 * 14
    assert isinstance(gradient["scale"], tuple)
    assert_array_equal(gradient["scale"][1][0], np.ones((2, 2)))
    assert gradient["none"] is None
    assert gradient["empty"] == {}


def test_argnums_choose_the_arguments():
    f = lambda x, y, z: (x * y * z).sum()  # noqa: E731
    assert_array_equal(cr.grad(f, argnums=1)(A, A, A), A * A)
    assert_array_equal(cr.grad(f, argnums=-1)(A, A, 2 * A), A * A)
    several = cr.grad(f, argnums=(0, 2))(A, 2 * A, 3 * A)
    assert isinstance(several, tuple)
    assert_array_equal(several[0], 6 * A * A)
    assert_array_equal(several[1], 2 * A * A)
    assert cr.grad(f, argnums=[1])(A, A, A)[0].tolist() == (A * A).tolist()


def test_keyword_arguments_pass_through():
    f = lambda x, power=2: (x**power).sum()  # noqa: E731
    assert_array_equal(cr.grad(f)(A, power=3), 3 * A**2)


def test_has_aux_returns_what_else_the_function_says():
    def f(x):
        squares = x * x
        return squares.sum(), {"squares": squares, "name": "kept"}

    gradient, aux = cr.grad(f, has_aux=True)(A)
    assert_array_equal(gradient, 2 * A)
    assert_array_equal(aux["squares"], A * A)
    assert type(aux["squares"]) is np.ndarray
    assert aux["name"] == "kept"
    (value, again), gradient = cr.value_and_grad(f, has_aux=True)(A)
    assert value == 14
    assert_array_equal(again["squares"], A * A)
    assert_array_equal(gradient, 2 * A)


def test_a_function_of_many_numbers_is_no_loss():
    with pytest.raises(NotScalarError, match="returns one number, but this one returned 3"):
        cr.grad(lambda x: x * 2)(A)
    with pytest.raises(NotScalarError):
        cr.grad(lambda x: A)(A)


def test_a_result_of_one_element_is_a_number():
    assert_array_equal(cr.grad(lambda x: x[:1] * 2)(A), [2, 0, 0])
    assert_array_equal(cr.grad(lambda x: (x[:1] * 2)[None])(A), [2, 0, 0])


@pytest.mark.parametrize("bad", [3, np.arange(3), True, np.array([True]), "text", 1j])
def test_integers_have_no_gradient(bad):
    with pytest.raises(DTypeError, match="argument 0"):
        cr.grad(lambda x: x)(bad)


def test_an_integer_beside_the_differentiated_argument_is_fine():
    assert_array_equal(cr.grad(lambda x, n: (x * n).sum())(A, np.arange(3)), [0, 1, 2])


@pytest.mark.parametrize(
    "leave",
    [
        lambda x: np.asarray(x).sum(),
        lambda x: float(x[0]),
        lambda x: np.array([x[0], x[1]]).sum(),
        lambda x: int(x[0]),
        lambda x: x[0].item(),
        lambda x: x.tolist()[0],
        lambda x: np.float64(x[0]),
    ],
)
def test_leaving_the_graph_unnoticed_raises(leave):
    with pytest.raises((UnsupportedError, AttributeError)) as caught:
        cr.grad(lambda x: leave(x) + x.sum())(A)
    if isinstance(caught.value, UnsupportedError):
        assert "would leave the graph" in str(caught.value)


def test_data_takes_the_value_out_on_purpose():
    assert_array_equal(cr.grad(lambda x: (x * x.data).sum())(A), A)


def test_a_branch_may_look_at_values():
    f = lambda x: (x * 2).sum() if x[0] > 0 else (x * 3).sum()  # noqa: E731
    assert_array_equal(cr.grad(f)(A), [2, 2, 2])
    assert_array_equal(cr.grad(f)(-A), [3, 3, 3])


def test_a_branch_inside_a_nested_derivative_may_look_at_values():
    f = lambda x: x**3 if x > 0 else x**2  # noqa: E731
    assert cr.grad(cr.grad(f))(2.0) == 12
    assert cr.grad(cr.grad(f))(-2.0) == 2


def test_derivatives_nest_to_the_third_order():
    f = lambda x: cr.sin(x) * x**2  # noqa: E731
    x = 0.7
    expected = 6 * np.cos(x) - 6 * x * np.sin(x) - x**2 * np.cos(x)
    assert_allclose(cr.grad(cr.grad(cr.grad(f)))(x), expected, rtol=1e-13)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_every_derivative_of_exp_is_exp(order):
    f = cr.exp
    for _ in range(order):
        f = cr.grad(f)
    assert_allclose(f(0.3), np.exp(0.3), rtol=1e-14)


def test_nested_value_and_grad():
    inner = cr.value_and_grad(lambda x: x**3)

    def outer(x):
        value, gradient = inner(x)
        return value + gradient

    assert cr.value_and_grad(outer)(2.0) == (8 + 12, 12 + 12)


def test_gradients_of_containers_nest():
    def f(p):
        inner = cr.grad(lambda q: (q["a"] ** 3 * q["b"]).sum())(p)
        return (inner["a"] * inner["b"]).sum()

    a, b = A, A + 1
    found = cr.grad(f)({"a": a, "b": b})
    assert_allclose(found["a"], 3 * 5 * a**4 * b)
    assert_allclose(found["b"], 3 * a**5)
