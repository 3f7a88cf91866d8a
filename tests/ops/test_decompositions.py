"""Inverses, solutions, determinants and Cholesky factors: singular matrices, stacks, mistakes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import ShapeError, SingularMatrixError


def cofactors_by_minors(a):
    """The definition: signed determinants of what is left without a row and a column."""
    size = len(a)
    out = np.empty((size, size))
    for i, j in np.ndindex(size, size):
        minor = np.delete(np.delete(a, i, 0), j, 1)
        out[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    return out


def of_rank(rng, rank, size=5):
    left, right = rng.normal(size=(2, size, size))
    return left[:, :rank] @ right[:rank]


@pytest.mark.parametrize("rank", [5, 4, 3, 1, 0])
def test_the_gradient_of_det_is_the_matrix_of_cofactors_at_every_rank(rng, rank):
    a = of_rank(rng, rank)
    expected = cofactors_by_minors(a)
    assert_allclose(cr.grad(np.linalg.det)(a), expected, atol=1e-12)
    if rank <= 3:
        assert_allclose(cr.grad(np.linalg.det)(a), np.zeros((5, 5)), atol=1e-12)
    direction = rng.normal(size=(5, 5))
    moved = cr.jvp(np.linalg.det, (a,), (direction,))[1]
    assert_allclose(moved, np.sum(expected * direction), atol=1e-12)


def test_the_gradient_of_det_is_exact_where_whole_rows_are_zero():
    a = np.diag([2.0, 3.0, 0.0])
    assert_array_equal(cr.grad(np.linalg.det)(a), np.diag([0.0, 0.0, 6.0]))
    assert_array_equal(cr.grad(np.linalg.det)(np.zeros((3, 3))), np.zeros((3, 3)))
    assert_array_equal(cr.grad(np.linalg.det)(np.zeros((1, 1))), [[1.0]])


@pytest.mark.parametrize("rank", [5, 4, 3, 2])
def test_the_hessian_of_det_is_right_at_every_rank(rng, rank):
    a, direction = of_rank(rng, rank), rng.normal(size=(5, 5))
    _, found = cr.jvp(cr.grad(np.linalg.det), (a,), (direction,))
    # Cofactors are polynomials of degree 4 along a line: five points give their exact slope.
    h = 0.5
    ahead = [cofactors_by_minors(a + k * h * direction) for k in (-2, -1, 1, 2)]
    expected = (ahead[0] - 8 * ahead[1] + 8 * ahead[2] - ahead[3]) / (12 * h)
    assert_allclose(found, expected, rtol=1e-10, atol=1e-10)
    backwards = cr.grad(lambda t: (cr.grad(np.linalg.det)(t) * direction).sum())(a)
    assert_allclose(backwards, expected, rtol=1e-10, atol=1e-10)


def test_the_third_derivative_of_det_is_right_or_says_that_it_is_missing(rng):
    a, u, v, w = rng.normal(size=(4, 3, 3)) + 2 * np.eye(3)

    def along(direction, f):
        return lambda t: cr.jvp(f, (t,), (direction,))[1]

    third = along(u, along(v, along(w, np.linalg.det)))
    # det is cubic: its third derivative is the polarised form, whatever a is.
    corners = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    expected = sum(
        (-1) ** (3 - i - j - k) * np.linalg.det(i * u + j * v + k * w) for i, j, k in corners
    )
    assert_allclose(third(a), expected, rtol=1e-10)
    with pytest.raises(SingularMatrixError, match="third derivative of det"):
        third(of_rank(rng, 2, 3))


def test_slogdet_gives_sign_and_logarithm_and_zero_and_minus_infinity(rng):
    a = np.stack([rng.normal(size=(3, 3)), np.diag([1.0, -2.0, 3.0]), np.zeros((3, 3))])
    sign, logarithm = np.linalg.slogdet(cr.tensor(a))
    expected = np.linalg.slogdet(a)
    assert_array_equal(sign.data, expected.sign)
    assert_array_equal(logarithm.data, expected.logabsdet)


def test_slogdet_sends_the_transposed_inverse_and_nan_into_singular_matrices(rng):
    a = np.stack([rng.normal(size=(3, 3)), np.zeros((3, 3))])

    def logarithms(t):
        return cr.slogdet(t)[1]

    gradient = cr.grad(lambda t: logarithms(t).sum())(a)
    assert_allclose(gradient[0], np.linalg.inv(a[0]).T, rtol=1e-12)
    assert np.isnan(gradient[1]).all()
    finite = np.array([True, False])
    masked = cr.grad(lambda t: np.where(finite, logarithms(t), 0.0).sum())(a)
    assert_array_equal(masked[1], np.zeros((3, 3)))
    assert not cr.grad(lambda t: cr.slogdet(t)[0].sum())(a[:1]).any()  # the sign is flat


def test_a_one_dimensional_right_side_is_one_vector(rng):
    a, b = rng.normal(size=(4, 3, 3)) + 3 * np.eye(3), rng.normal(size=3)
    out = np.linalg.solve(cr.tensor(a), b)
    assert_allclose(out.data, np.linalg.solve(a, b))
    assert out.shape == (4, 3)
    gradient = cr.grad(lambda t: np.linalg.solve(a, t).sum())(b)
    assert_allclose(gradient, np.linalg.solve(np.swapaxes(a, 1, 2), np.ones(3)).sum(0))


def test_the_gradient_of_cholesky_is_symmetric_and_reads_both_triangles(rng):
    half = rng.normal(size=(3, 3))
    a, upstream = half @ half.T + np.eye(3), rng.normal(size=(3, 3))
    gradient = cr.grad(lambda t: (np.linalg.cholesky(t) * upstream).sum())(a)
    assert_allclose(gradient, gradient.T, rtol=1e-13)
    # log det a = 2 sum log diag L, whose gradient is the inverse.
    through = cr.grad(lambda t: 2 * np.log(np.linalg.cholesky(t).diagonal()).sum())(a)
    assert_allclose(through, np.linalg.inv(a), rtol=1e-12)
    upper = np.linalg.cholesky(cr.tensor(a), upper=True)
    assert_allclose(upper.data, np.linalg.cholesky(a).T)


@pytest.mark.parametrize(
    ("function", "matrix"),
    [
        (np.linalg.inv, np.ones((3, 3))),
        (lambda t: np.linalg.solve(t, np.ones(3)), np.zeros((3, 3))),
        (np.linalg.cholesky, -np.eye(3)),
    ],
)
def test_a_singular_matrix_is_an_error_of_ours_and_of_numpy(function, matrix):
    t = cr.tensor(matrix)
    with pytest.raises(np.linalg.LinAlgError):
        function(t)
    with pytest.raises(SingularMatrixError, match="has no result: ") as error:
        function(t)
    assert "a         (3, 3)" in str(error.value)


@pytest.mark.parametrize("name", ["inv", "det", "slogdet", "cholesky", "cofactors"])
def test_a_matrix_that_is_not_square_is_a_shape_error(name):
    with pytest.raises(ShapeError, match="must be square"):
        getattr(cr, name)(np.ones((2, 3)))


@pytest.mark.parametrize("name", ["inv", "det", "cholesky"])
def test_decompositions_keep_float32_and_any_layout(rng, name):
    half = rng.normal(size=(2, 4, 4))
    a = (half @ np.swapaxes(half, 1, 2) + np.eye(4)).astype(np.float32)
    function = getattr(cr, name)
    for layout in (a[::-1], np.asfortranarray(a), np.swapaxes(a, 1, 2)):
        t = cr.tensor(layout)
        out = function(t)
        out.sum().backward()
        assert out.dtype == t.grad.dtype == np.float32
        assert t.grad.flags.c_contiguous
        assert_allclose(out.data, function(np.ascontiguousarray(layout)), rtol=1e-5, atol=1e-5)


def test_empty_matrices_have_determinant_one():
    t = cr.tensor(np.zeros((2, 0, 0)))
    out = np.linalg.det(t)
    out.sum().backward()
    assert_array_equal(out.data, [1, 1])
    assert t.grad.shape == (2, 0, 0)
