"""NumPy's own functions, called on tensors, stay in the graph or say that they cannot."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import InPlaceError, UnsupportedError

RNG = np.random.default_rng(0)
A, B = RNG.uniform(0.3, 2.0, (3, 4)), RNG.uniform(0.3, 2.0, (3, 4))

CALLS = [
    np.tanh,
    lambda x: np.exp(x) + np.log(x) - np.sqrt(x),
    np.sum,
    lambda x: np.sum(x, axis=0),
    lambda x: np.sum(x, axis=(0, 1), keepdims=True),
    lambda x: np.mean(x, axis=-1, keepdims=True),
    lambda x: np.max(x, axis=1),
    np.amin,
    lambda x: np.prod(x, axis=0),
    lambda x: np.var(x, axis=1, ddof=1),
    lambda x: np.var(x, axis=0, keepdims=True),
    lambda x: np.std(x, ddof=1),
    lambda x: np.std(x, axis=0, keepdims=True, ddof=1),
    lambda x: x.var(axis=0, ddof=1),
    lambda x: x.std(axis=1, keepdims=True),
    lambda x: x.mean(axis=0, keepdims=True),
    lambda x: x.max(1),
    lambda x: x.min(axis=0),
    lambda x: x.prod(axis=1),
    lambda x: np.concatenate([x, B]),
    lambda x: np.concatenate([B, x], axis=1),
    lambda x: np.concatenate((x, x), -1),
    lambda x: np.stack([x, B], axis=1),
    lambda x: np.reshape(x, (4, 3)),
    lambda x: np.reshape(x, -1),
    np.transpose,
    lambda x: np.transpose(x, (1, 0)),
    lambda x: np.swapaxes(x, 0, 1),
    lambda x: np.expand_dims(x, (0, 2)),
    lambda x: np.squeeze(np.expand_dims(x, 1), axis=1),
    lambda x: np.flip(x, axis=1),
    np.flip,
    lambda x: np.pad(x, ((1, 0), (0, 2))),
    lambda x: np.pad(x, 1, mode="constant"),
    lambda x: np.split(x, 2, axis=1)[1],
    lambda x: np.split(x, [1, 2])[1],
    lambda x: np.broadcast_to(x, (2, 3, 4)),
    lambda x: np.where(B > 1, x, 0.0),
    lambda x: np.where(x > 1, x, B),
    lambda x: np.maximum(x, B),
    lambda x: np.minimum(B, x),
    lambda x: np.clip(x, 0.5, 1.5),
    lambda x: np.clip(x, None, 1.5),
    lambda x: np.clip(x, a_min=0.5, a_max=None),
    lambda x: np.take(x, [0, 2, 2], axis=1),
    lambda x: np.take(x, np.array([5, 5, -1])),
    lambda x: np.take_along_axis(x, np.array([[0], [3], [1]]), axis=1),
    lambda x: np.einsum("ij,kj->ik", x, B),
    lambda x: np.einsum("ij->", x),
    lambda x: np.matmul(x, B.T),
    lambda x: B.T @ x,
    lambda x: x @ B.T,
    lambda x: B * x / B + x,
    lambda x: B**x,
    lambda x: x**2,
    lambda x: 2 / x,
    lambda x: -x + abs(x - 1),
    lambda x: np.absolute(x - 1),
    lambda x: np.fabs(x - 1),
    np.square,
    lambda x: np.power(x, 3),
    lambda x: np.true_divide(x, 2),
    np.linalg.norm,
    lambda x: np.linalg.norm(x, axis=1),
    lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    lambda x: np.add.reduce(x, axis=1),
    np.maximum.reduce,
    lambda x: np.multiply.reduce(x, axis=1, keepdims=True),
    lambda x: x.T,
    lambda x: x.reshape(2, 6),
    lambda x: x.reshape((2, 6)),
    lambda x: x.transpose(1, 0),
    lambda x: x.transpose(),
    lambda x: np.log1p(x) + np.expm1(x) + np.sin(x) * np.cos(x),
    lambda x: np.float64(2.0) * x,
    lambda x: x * np.float64(2.0),
]


@pytest.mark.parametrize("call", CALLS)
def test_numpy_functions_on_tensors_give_numpys_value_and_a_gradient(call):
    x = cr.tensor(A)
    out = call(x)
    expected = np.asarray(call(A))
    assert isinstance(out, cr.Tensor)
    assert out.shape == expected.shape
    assert_allclose(out.data, expected, rtol=1e-13)
    out.backward(upstream=np.ones(out.shape))
    assert x.grad.shape == A.shape
    assert x.grad.any()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (np.frexp, "np.frexp"),
        (np.linalg.eigvals, "np.linalg.eigvals"),
        (np.linalg.svd, "np.linalg.svd"),
        (np.fft.fft, "np.fft.fft"),
        (np.add.accumulate, "np.add.accumulate"),
        (lambda x: np.add.outer(x, x), "np.add.outer"),
        (np.nanmedian, "np.nanmedian"),
        (lambda x: np.ldexp(x, 1), "np.ldexp"),
        (lambda x: np.add.at(x, 0, 1.0), "np.add.at"),
    ],
)
def test_a_numpy_function_without_an_op_raises_and_names_it(call, name):
    with pytest.raises(UnsupportedError) as caught:
        call(cr.tensor(A[:, :3]))
    message = str(caught.value)
    assert message.startswith(f"{name} has no op in chainrule")
    assert "cr.Op" in message
    assert "x.data" in message


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.maximum.reduce(x, dtype=np.float32),
        lambda x: np.reshape(x, (4, 3), order="A"),
        lambda x: np.mean(x, dtype=int),
        lambda x: np.sum(x, where=B > 1),
        lambda x: np.sum(x, initial=3.0),
        lambda x: np.mean(x, where=B > 1),
        lambda x: np.add(x, 1.0, where=B > 1),
        lambda x: np.add(x, 1.0, dtype=np.float32),
        lambda x: np.pad(x, 1, mode="edge"),
        lambda x: np.pad(x, 1, "edge"),
        lambda x: np.pad(x, 1, constant_values=2.0),
        lambda x: np.sort(x, order="name"),
        lambda x: np.quantile(x, 0.5, weights=A),
        lambda x: np.average(x, returned=True),
        lambda x: np.vecdot(x, x, keepdims=True),
        lambda x: np.linalg.norm(x, "nuc"),
        lambda x: np.take(x, [0, 99], mode="clip"),
        lambda x: np.take(x, [0, 99], None, None, "clip"),
        lambda x: np.max(x, initial=100.0),
        lambda x: np.add.reduce(x, initial=10.0),
        lambda x: np.add.reduce(x, where=B > 1),
        lambda x: np.einsum("ij->i", x, dtype=np.float32),
        lambda x: np.einsum("ij->i", x, order="F"),
        lambda x: np.std(x, mean=np.ones((1, 1))),
        lambda x: np.std(x, correction=1),
        lambda x: np.concatenate([x, x], dtype=np.float32),
    ],
)
def test_an_argument_that_no_op_takes_raises_rather_than_being_ignored(call):
    with pytest.raises((UnsupportedError, TypeError)) as caught:
        call(cr.tensor(A))
    assert isinstance(caught.value, UnsupportedError), repr(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.tanh(x, out=np.zeros((3, 4))),
        lambda x: np.sum(x, axis=0, out=np.zeros(4)),
        lambda x: np.concatenate([x, x], out=np.zeros((6, 4))),
        lambda x: np.matmul(A.T, A, out=x),
        lambda x: np.add.reduce(x, out=np.zeros(4)),
    ],
)
def test_out_raises_and_says_so(call):
    with pytest.raises(InPlaceError, match="out="):
        call(cr.tensor(A))


def test_shape_functions_are_answered_without_a_node():
    x = cr.tensor(A.astype(np.float32))
    assert np.shape(x) == (3, 4)
    assert np.ndim(x) == 2
    assert np.size(x) == 12
    assert np.size(x, 1) == 4
    assert np.size(x, axis=0) == 3
    assert len(x) == 3
    for like in (np.zeros_like(x), np.ones_like(x), np.full_like(x, 7), np.empty_like(x)):
        assert type(like) is np.ndarray
        assert (like.shape, like.dtype) == ((3, 4), np.float32)
    assert_array_equal(np.ones_like(x), np.ones((3, 4)))
    assert np.zeros_like(x, dtype=int).dtype == int
    assert np.zeros_like(x, shape=(2,)).shape == (2,)


def test_asarray_gives_a_copy_of_a_value_that_wants_no_gradient():
    x = cr.tensor(A, wants_gradient=False)
    taken = np.asarray(x)
    taken[...] = 0
    assert_array_equal(x.data, A)
    assert np.asarray(x, dtype=np.float32).dtype == np.float32
    assert np.array(x, copy=True) is not x.data


def test_asarray_without_a_copy_does_not_open_a_way_to_the_value():
    x = cr.tensor(A, wants_gradient=False)
    view = np.array(x, copy=False)
    assert not view.flags.writeable


def test_iteration_and_unpacking_stay_in_the_graph():
    x = cr.tensor(A)
    first, *_ = x
    (first.sum() + sum(row.sum() for row in x)).backward()
    assert_array_equal(x.grad, [[2] * 4, [1] * 4, [1] * 4])


def test_comparisons_give_boolean_tensors():
    x = cr.tensor(A)
    for found, expected in ((x > 1, A > 1), (x == A, A == A), (x <= 1, A <= 1), (x != 1, A != 1)):
        assert found.dtype == bool
        assert_array_equal(found.data, expected)
        assert not found.wants_gradient
    assert_array_equal((~(x > 1) & (x < 0.7) | (x > 1.5)).data, ~(A > 1) & (A < 0.7) | (A > 1.5))


def test_python_numbers_and_scalars_of_numpy_keep_float32():
    x = cr.tensor(A.astype(np.float32))
    for out in (x * 2.0, 2 * x, x / 3, x**2, x + True, cr.where(x > 1, x, 0.0), np.maximum(x, 0)):
        assert out.dtype == np.float32
