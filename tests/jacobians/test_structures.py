from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import ShapeError
from chainrule.jacobians import (
    BlockDiagonal,
    Broadcast,
    Dense,
    Diagonal,
    Identity,
    Kronecker,
    Product,
    Scatter,
    Selection,
    Sparse,
    Summation,
    Zero,
    compose,
    product_jacobian,
    selection,
)
from tests.jacobians import samples

F64 = np.dtype(np.float64)


def near(found, expected):
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=300, deadline=None)
@given(samples.jacobians())
def test_the_array_is_the_matrix_in_both_layouts(case):
    J, matrix = case
    near(J.dense(), matrix.reshape(J.outputs + J.inputs))
    near(J.T.dense(), matrix.T.reshape(J.inputs + J.outputs))
    near(np.asarray(J.adjoint()), J.T.dense())
    assert J.shape == J.outputs + J.inputs
    assert J.T.shape == J.inputs + J.outputs
    assert (J.layout, J.T.layout, J.T.T.layout) == ("numerator", "denominator", "numerator")
    assert J.matrix_shape == matrix.shape
    assert J.bytes_dense == matrix.size * 8 == J.dense().nbytes
    assert J.dense().flags.c_contiguous
    assert J.T.dense().flags.c_contiguous


@settings(max_examples=300, deadline=None)
@given(samples.jacobians(), st.sampled_from([(), (1,), (0,), (2, 3)]), st.integers(0, 99))
def test_products_are_those_of_the_matrix(case, more, seed):
    J, matrix = case
    rng = np.random.default_rng(seed)
    v, u = rng.normal(size=J.inputs + more), rng.normal(size=J.outputs + more)
    k = prod(more)
    near(J @ v, (matrix @ v.reshape(matrix.shape[1], k)).reshape(J.outputs + more))
    flat_u = u.reshape(matrix.shape[0], k)
    near(J.T @ u, (matrix.T @ flat_u).reshape(J.inputs + more))
    left = np.moveaxis(u, range(len(J.outputs)), range(len(more), u.ndim))
    near(left @ J, np.moveaxis(J.T @ u, range(len(J.inputs)), range(len(more), v.ndim)))


@settings(max_examples=100, deadline=None)
@given(samples.jacobians())
def test_the_pattern_holds_every_entry_that_is_not_zero(case):
    J, matrix = case
    pattern = J.pattern().toarray()
    assert pattern.shape == matrix.shape
    assert not np.any((matrix != 0) & ~pattern)
    assert J.entries >= np.count_nonzero(matrix) or isinstance(J, Product)


@pytest.mark.parametrize("n", [0, 1, 4, 5])
def test_every_pair_composes_to_the_product_of_the_matrices(n):
    rng = np.random.default_rng(n)
    for outer, left in samples.square(rng, n):
        for inner, right in samples.square(rng, n):
            inner = Identity(outer.inputs, inner.outputs, F64) @ inner
            J = outer @ inner
            near(J.dense(), (left @ right).reshape(J.shape))
            near((inner.T @ outer.T).dense(), J.T.dense())
            if outer.outputs == inner.outputs:
                near(
                    (outer.T @ inner).dense(),
                    (left.T @ right).reshape(outer.inputs + inner.inputs),
                )
            v = rng.normal(size=J.inputs)
            near(J @ v, (left @ right @ v.reshape(-1)).reshape(J.outputs))


def test_three_factors_compose_in_either_order():
    rng = np.random.default_rng(1)
    for a, m in samples.square(rng, 4)[::3]:
        for b, n in samples.square(rng, 4)[::2]:
            for c, k in samples.square(rng, 4)[1::3]:
                b_fit = Identity(a.inputs, b.outputs, F64) @ b
                c_fit = Identity(b_fit.inputs, c.outputs, F64) @ c
                first, second = (a @ b_fit) @ c_fit, a @ (b_fit @ c_fit)
                near(first.dense(), (m @ n @ k).reshape(first.shape))
                near(second.dense(), first.dense())


def test_structures_that_close_stay_what_they_are():
    rng = np.random.default_rng(2)
    diagonal, _ = samples.diagonal(rng, (4,))
    select, _ = samples.selection(rng, (4,), (4,))
    add, _ = samples.scatter(rng, (4,), (4,))
    blocks, _ = samples.block_diagonal(rng, 2, 2, 2)
    flat = Identity((4,), (2, 2), F64) @ blocks
    kron, _ = samples.kronecker(rng, (), 2, (3, 3))
    other, _ = samples.kronecker(rng, (), (2, 2), 3)
    dense, _ = samples.dense(rng, (4,), (4,))
    assert type(diagonal @ diagonal) is Diagonal
    assert type(select @ select) in (Selection, Identity)
    assert type(add @ add) in (Scatter, Identity)
    assert type(flat @ flat) is BlockDiagonal
    assert type(diagonal @ flat) is type(flat @ diagonal) is BlockDiagonal
    assert type(kron @ other) is Kronecker
    assert type(diagonal @ dense) is type(dense @ diagonal) is Dense
    assert type(samples.zero(rng, (4,), (4,))[0] @ dense) is Zero
    assert type(select @ diagonal) is Product


def test_broadcasts_compose_to_a_broadcast_and_sums_to_a_sum():
    inner = Broadcast((1, 4), (4,), F64, (1, 4), (1, 4))
    outer = Broadcast((3, 4), (1, 4), F64, (1, 4), (3, 4), 2.0)
    whole = outer @ inner
    assert type(whole) is Broadcast
    assert type(inner.adjoint() @ outer.adjoint()) is Summation
    near(whole @ np.arange(4.0), 2 * np.tile(np.arange(4.0), (3, 1)))


def test_a_selection_that_is_simpler_says_so():
    order = np.arange(6)
    assert type(selection((2, 3), (6,), F64, order)) is Identity
    assert type(selection((2, 3), (3,), F64, np.tile(np.arange(3), 2))) is Broadcast
    assert type(selection((6,), (6,), F64, order[::-1])) is Selection
    assert type(selection((6,), (), F64, np.zeros(6, int))) is Broadcast


def test_an_infinite_slope_leaves_the_zeros_beside_it_alone():
    J = Diagonal((2,), (2,), F64, np.array([np.inf, 1.0]))
    near(J.dense(), [[np.inf, 0], [0, 1]])
    repeated = J @ Broadcast((2,), (1,), F64, (1,), (2,))
    near(repeated.dense(), [[np.inf], [1]])


def test_the_identity_hands_out_no_alias():
    v = np.ones(3)
    out = Identity((3,), (3,), F64) @ v
    assert not np.shares_memory(out, v)


def test_products_keep_the_wider_type():
    J = Diagonal((3,), (3,), np.dtype(np.float32), np.ones(3, np.float32))
    assert (J @ np.ones(3, np.float32)).dtype == np.float32
    assert (J @ np.ones(3, int)).dtype == np.float64
    assert (J @ np.ones(3)).dtype == np.float64
    assert J.dense().dtype == np.float32


@pytest.mark.parametrize(
    ("x", "w"),
    [((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (2, 4, 5)),
     ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((0, 4), (4, 2)),
     ((3, 0), (0, 2)), ((2, 3, 4), (4,)), ((1, 1), (1, 1))],
)  # fmt: skip
def test_the_jacobian_of_a_matrix_product_is_right_for_all_its_forms(x, w):
    rng = np.random.default_rng(3)
    X, W = rng.normal(size=x), rng.normal(size=w)
    out = np.matmul(X, W)
    dX, dW = rng.normal(size=x), rng.normal(size=w)
    near(product_jacobian(X, W, 0, np.shape(out)) @ dX, np.matmul(dX, W))
    near(product_jacobian(X, W, 1, np.shape(out)) @ dW, np.matmul(X, dW))
    J = product_jacobian(X, W, 1, np.shape(out))
    near(J.dense().reshape(J.matrix_shape) @ dW.reshape(-1), np.matmul(X, dW).reshape(-1))


def test_shapes_that_do_not_meet_are_named():
    J = Diagonal((3,), (3,), F64, np.ones(3))
    with pytest.raises(ShapeError, match=r"\(3,\), not \(4,\)"):
        J @ np.ones(4)
    with pytest.raises(ShapeError, match="from the left"):
        np.ones(4) @ J
    with pytest.raises(ShapeError, match="do not meet"):
        J @ Identity((4,), (4,), F64)


def test_a_jacobian_reads_like_its_array():
    J, matrix = samples.sparse_one(np.random.default_rng(4), (2, 2), (3,))
    whole = matrix.reshape(2, 2, 3)
    near(J[1, 0], whole[1, 0])
    near(J.T[2], whole[..., 2])
    assert len(J) == 2
    assert (J.ndim, J.size) == (3, 12)
    near([row.tolist() for row in J], whole)
    assert float(Dense((), (), F64, np.array([[2.5]]))) == 2.5
    assert np.asarray(J, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="no array yet"):
        np.array(J, copy=False)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(J)


def test_operators_and_functions_of_numpy_see_the_array():
    J, matrix = samples.sparse_one(np.random.default_rng(6), (4,), (4,))
    near(2 * J - J / 4 + matrix, 2.75 * matrix)
    near(np.abs(-J), abs(matrix))
    near(np.linalg.norm(J), np.linalg.norm(matrix))
    near(np.sum(J, axis=0), matrix.sum(axis=0))
    near(np.matmul(matrix, J), matrix @ matrix)
    near(np.matmul(J, matrix), matrix @ matrix)
    assert np.all(matrix == J)
    assert not np.any(J != J)


def test_products_that_meet_sparse_matrices_stay_sparse():
    rng = np.random.default_rng(5)
    J, _ = samples.sparse_one(rng, (4,), (4,))
    diagonal, _ = samples.diagonal(rng, (4,))
    assert type(J @ J) is type(J @ diagonal) is Sparse
    assert compose(J, diagonal).bytes_here == J.bytes_here
