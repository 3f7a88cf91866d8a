"""Products, norms, matrix parts and arrangement: NumPy's calls, word for word, on tensors."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError, UnsupportedError

RNG = np.random.default_rng(0)
A, B, C = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=(2, 3, 4))
S = RNG.normal(size=(3, 3))
V = RNG.normal(size=4)

ON_MATRICES = [
    lambda x: np.outer(x, V),
    lambda x: np.inner(V, x),
    lambda x: np.dot(x, B),
    lambda x: np.dot(x, 2.0),
    lambda x: x.dot(V),
    lambda x: np.vdot(x, A),
    lambda x: np.vecdot(x, V),
    lambda x: np.vecdot(x, V[:3, None], axis=0),
    lambda x: np.linalg.vecdot(x, V, axis=-1),
    lambda x: np.linalg.matmul(x, B),
    lambda x: np.tensordot(x, A),
    lambda x: np.tensordot(x, C, axes=([0, 1], [1, 2])),
    lambda x: np.kron(x, B),
    lambda x: np.kron([1.0, 2.0], x),
    lambda x: np.einsum("ij,jk", x, B),
    lambda x: np.einsum(" ij , jk -> ki ", x, B, optimize="greedy"),
    lambda x: np.einsum(x, [0, 1], B, [1, 2], [0, 2]),
    lambda x: np.einsum(x, [..., 1], V, [1]),
    lambda x: np.einsum("ij,jk,kl,l->i", x, B, A, V, optimize=True),
    lambda x: np.trace(x, 1),
    lambda x: x.trace(offset=-1),
    lambda x: np.diagonal(x, offset=1, axis1=1, axis2=0),
    lambda x: np.diag(x, -1),
    lambda x: np.tril(x, k=-1),
    lambda x: np.triu(x, 1),
    np.matrix_transpose,
    lambda x: x.mT,
    np.linalg.matrix_transpose,
    lambda x: np.permute_dims(x, (1, 0)),
    lambda x: np.concat([x, A], axis=1),
    lambda x: np.roll(x, (1, 2), axis=(0, 1)),
    lambda x: np.roll(x, -2),
    lambda x: np.rot90(x, 3),
    lambda x: np.fliplr(x) + np.flipud(x),
    lambda x: np.tile(x, (2, 1, 2)),
    lambda x: np.repeat(x, [1, 0, 2], axis=0),
    lambda x: x.repeat(2),
    lambda x: np.moveaxis(x, 0, -1),
    np.ravel,
    lambda x: x.flatten(),
    lambda x: x.squeeze().swapaxes(0, 1),
    np.atleast_3d,
    lambda x: np.vstack([x, V]),
    lambda x: np.hstack((x, A)),
    lambda x: np.dstack([x, A]),
    lambda x: np.column_stack([V[:3], x]),
    lambda x: np.array_split(x, 2)[0],
    lambda x: np.array_split(x, [1, 3], axis=1)[1],
    lambda x: np.ptp(x, axis=0),
    lambda x: np.average(x, axis=1, weights=np.abs(V)),
    np.average,
    lambda x: np.select([A > 0.5, A > 0], [x, 2 * x], default=-1.0),
    lambda x: np.linalg.norm(x, ord=1),
    lambda x: np.linalg.norm(x, "fro"),
    lambda x: np.linalg.norm(x, np.inf, keepdims=True),
    lambda x: np.linalg.norm(x, 3, axis=1),
    lambda x: np.linalg.norm(x, 0, axis=1),
    lambda x: np.linalg.norm(x, -1, axis=(1, 0)),
    lambda x: np.linalg.vector_norm(x, ord=3),
    lambda x: np.linalg.matrix_norm(x, ord=-np.inf),
    lambda x: x.cumsum(1) + x.cumprod(0),
    lambda x: x.take([0, 2], axis=1).clip(min=-1, max=1),
    lambda x: x.astype(np.float64).round(2),
]


@pytest.mark.parametrize("call", ON_MATRICES)
def test_numpys_call_on_a_tensor_gives_numpys_value_and_stays_in_the_graph(call):
    array = A.view(_Methods)
    found, expected = call(cr.tensor(A)), np.asarray(call(array))
    assert isinstance(found, cr.Tensor)
    assert_allclose(found.data, expected, rtol=1e-13, atol=1e-15)
    gradient = cr.grad(lambda t: (call(t) * expected).sum())(A)
    moved = cr.jvp(call, (A,), (A,))[1]
    assert_allclose((gradient * A).sum(), (moved * expected).sum(), rtol=1e-12, atol=1e-12)


class _Methods(np.ndarray):
    """An array that knows mT even where it is a view."""


@pytest.mark.parametrize(
    "call",
    [
        lambda a: np.linalg.solve(a, [1.0, 2.0, 3.0]),
        lambda a: cr.recurrence(a[0], [1.0, 2.0, 3.0]),
        lambda a: np.outer(a, [1.0, 2.0]),
        lambda a: np.kron(3, a),
        lambda a: np.dot([1, 2, 3], a),
        lambda a: np.einsum("ij,j", a, [1.0, 2.0, 3.0]),
        lambda a: np.select([[True, False, True]], [a], [1.0, 2.0, 3.0]),
        lambda a: np.diff(a, prepend=[[1.0], [2.0], [3.0]]),
        lambda a: np.vstack([[1.0, 2.0, 3.0], a]),
        lambda a: np.average(a, axis=0, weights=[1, 2, 3]),
    ],
)
def test_lists_may_stand_beside_a_tensor_in_every_mode(call):
    a = S + 3 * np.eye(3)
    moved = cr.jvp(call, (a,), (A[:, :3],))[1]
    gradient = cr.grad(lambda t: call(t).sum())(a)
    assert_allclose((gradient * A[:, :3]).sum(), moved.sum(), rtol=1e-12)


def test_sums_without_nan_send_nothing_into_nan():
    x = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 4.0]])
    assert_array_equal(np.nansum(cr.tensor(x), axis=1).data, [4, 4])
    assert_array_equal(np.nanmean(cr.tensor(x), axis=1).data, [2, 4])
    gradient = cr.grad(lambda t: np.nanmean(t * t, axis=1).sum())(x)
    assert_array_equal(gradient, [[1, 0, 3], [0, 0, 8]])


def test_norms_of_whole_numbers_are_floats():
    for order in (None, 0, 1, 2, 3, np.inf):
        assert_allclose(cr.norm([3, -4], order), np.linalg.norm([3, -4], order), strict=True)
    assert cr.matrix_norm([[1, 2]], ord=1).dtype == np.float64


def test_a_product_of_lengths_that_do_not_meet_is_named():
    for call in (
        lambda: cr.dot(A, A),
        lambda: cr.inner(A, B),
        lambda: cr.vdot(A, V),
        lambda: cr.tensordot(A, A, 1),
    ):
        with pytest.raises(ShapeError, match="cannot join these tensors"):
            call()
    with pytest.raises(ShapeError, match="for 1 operands"):
        cr.einsum("ij,jk->ik", A)
    with pytest.raises(UnsupportedError, match="nothing else"):
        np.einsum("ij", cr.tensor(A), order="F")


def test_select_sends_exactly_zero_into_what_was_not_selected():
    x = np.array([-1.0, 0.0, 4.0])

    def f(t):
        with np.errstate(all="ignore"):
            return np.select([t > 0, t < 0], [np.sqrt(t), np.log(-t)], t).sum()

    assert_array_equal(cr.grad(f)(x), [-1.0, 1.0, 0.25])
    with pytest.raises(ArgumentError, match="one choice per condition"):
        cr.select([x > 0], [])
    with pytest.raises(UnsupportedError, match="conditions of select hold booleans"):
        cr.select([cr.tensor(x)], [x])


@pytest.mark.parametrize(
    "move",
    [
        lambda t: np.roll(t, 1),
        lambda t: np.rot90(t[:, None])[0],
        lambda t: np.tile(t, 2)[:3],
        lambda t: np.repeat(t, 2)[::2],
        lambda t: np.diag(np.diag(t)),
        lambda t: np.tril(t[:, None] * np.ones((1, 3)))[:, 0],
        lambda t: np.moveaxis(t[None], 0, 1).ravel(),
        lambda t: np.vstack([t, t])[0],
        np.sort,
    ],
)
def test_a_dead_branch_stays_dead_through_a_move(move):
    def f(t):
        moved = move(np.sqrt(t))
        return np.where(moved > 0, moved, 0.0).sum()

    assert_array_equal(cr.grad(f)(np.array([4.0, 0.0, 1.0])), [0.25, 0.0, 0.5])


@pytest.mark.parametrize("size", [1e200, 1e-200])
@pytest.mark.parametrize("order", [None, 2, 3, 1.5])
def test_norms_of_huge_and_tiny_entries_keep_value_and_gradient(size, order):
    x = np.array([3.0, -4.0])
    f = cr.grad(lambda t: np.linalg.norm(t, order))
    assert_allclose(f(x * size), f(x), rtol=1e-13)
    assert_allclose(np.linalg.norm(cr.tensor(x * size), order).data / size, cr.norm(x, order))


@pytest.mark.parametrize("order", [None, 1, 2, 3, 1.5, 0.5, 0, np.inf])
def test_the_gradient_of_a_norm_at_zero_is_zero(order):
    assert_array_equal(cr.grad(lambda t: np.linalg.norm(t, order))(np.zeros(3)), np.zeros(3))
    sparse = cr.grad(lambda t: np.linalg.norm(t, order))(np.array([0.0, 2.0]))
    assert_allclose(sparse, [0.0, 0.0 if order == 0 else 1.0])


def test_norms_of_singular_values_are_missing_by_name():
    for order in ("nuc", 2, -2):
        with pytest.raises(UnsupportedError, match="singular values"):
            np.linalg.norm(cr.tensor(A), order)
    with pytest.raises(ArgumentError, match="no norm of order 3"):
        np.linalg.norm(cr.tensor(A), 3)
    with pytest.raises(ShapeError, match="not of 3 axes"):
        cr.norm(C, 1)


def test_the_calls_of_the_catalogue_take_these_arguments_by_position(rng):
    x = rng.normal(size=(5, 3))
    for function in (cr.sum, cr.mean, cr.prod, cr.max, cr.min, cr.logsumexp, cr.median):
        assert function(x, 0, True).shape == (1, 3)
    for function in (cr.var, cr.std):
        assert function(x, 0, 1, True).shape == (1, 3)
    for function in (cr.softmax, cr.log_softmax, cr.sort, cr.cumsum, cr.cumprod):
        assert function(x, 0).shape == (5, 3)
    assert cr.norm(x).shape == ()
    assert cr.transpose(x, (1, 0)).shape == cr.transpose(x).shape == (3, 5)
    assert cr.concatenate([x, x], 0).shape == (10, 3)
    assert cr.stack([x, x], 0).shape == (2, 5, 3)
    assert cr.take(x, [0, 1], 1).shape == (5, 2)
    assert_allclose(cr.layer_norm(x, 1e-5).mean(-1), np.zeros(5), atol=1e-12)
    assert_allclose(cr.batch_norm(x, 1e-5).mean(0), np.zeros(3), atol=1e-12)
    assert cr.batch_norm(cr.tensor(x), 1e-5).shape == (5, 3)


def test_a_wrong_axis_names_the_op_that_was_called():
    for name in ("softmax", "log_softmax", "median", "sort", "cumsum", "max", "ptp", "norm"):
        with pytest.raises(ShapeError, match=f"^{name} cannot take this tensor"):
            getattr(cr, name)(A, axis=5)
