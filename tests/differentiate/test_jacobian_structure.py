import numpy as np
import pytest
from scipy.optimize import rosen_hess

import chainrule as cr
from chainrule.differentiate import structured
from chainrule.differentiate.coloring import column_colors, fewest_colors
from chainrule.differentiate.jacobian_and_hessian import hessian, jacobian
from chainrule.jacobians import (
    BlockDiagonal,
    Broadcast,
    Dense,
    Diagonal,
    Identity,
    Implicit,
    Kronecker,
    Selection,
    Sparse,
    Summation,
    Zero,
)
from tests.thorough import parametrize

MODES = ("auto", "forward", "reverse")


@pytest.fixture
def products(monkeypatch):
    """A list that grows with every product taken, by its direction."""
    taken = []
    push, pulled = structured.Path.push, structured.pulled

    def counted_push(*arguments):
        taken.append("push")
        return push(*arguments)

    def counted_pull(*arguments):
        taken.append("pull")
        return pulled(*arguments)

    monkeypatch.setattr(structured.Path, "push", counted_push)
    monkeypatch.setattr(structured, "pulled", counted_pull)
    return taken


def rosenbrock(x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@pytest.mark.parametrize("mode", MODES)
def test_an_elementwise_function_is_diagonal_and_takes_one_product(mode, products):
    x = np.linspace(-1, 1, 4096)
    J = jacobian(lambda x: np.tanh(x) * 3 + cr.gelu(x), mode=mode)(x)
    assert type(J) is Diagonal
    assert products == ["push" if mode == "forward" else "pull"]
    assert (J.bytes_dense, J.bytes_here) == (2**27, 2**15)
    slopes = cr.elementwise_grad(lambda x: np.tanh(x) * 3 + cr.gelu(x))(x)
    np.testing.assert_allclose(J @ np.ones(4096), slopes, rtol=1e-14)


def test_moves_select_and_take_no_product(products):
    x = np.arange(6.0).reshape(2, 3)
    assert type(jacobian(lambda x: x)(x)) is Identity
    assert type(jacobian(lambda x: x.reshape(-1) + 1)(x)) is Identity
    assert type(jacobian(lambda x: x[::-1].T[1:])(x)) is Selection
    assert type(jacobian(lambda x: x[[0, 0, 1]])(x)) is Selection
    assert type(jacobian(lambda x: x[None] + np.zeros((4, 1, 1)))(x)) is Broadcast
    assert type(jacobian(lambda x: x.sum(axis=1))(x)) is Summation
    assert type(jacobian(lambda x: x.mean())(x)) is Summation
    assert type(jacobian(lambda x: np.floor(x) * 2)(x)) is Zero
    assert products == []


def test_the_lectures_product_is_a_kronecker_of_megabytes(products):
    x, w = np.ones((64, 4096), np.float32), np.ones((4096, 4096), np.float32)
    b = np.ones(4096, np.float32)
    by_x, by_w = jacobian(lambda x, w: x @ w + b, argnums=(0, 1))(x, w)
    assert str(by_x) == (
        "Kronecker jacobian (64, 4096, 64, 4096) float32: 256 GiB dense, 64 MiB here"
    )
    assert str(by_w) == (
        "Kronecker jacobian (64, 4096, 4096, 4096) float32: 16 TiB dense, 1 MiB here"
    )
    assert (by_x @ x)[0, 0] == 4096
    assert (by_w.T @ np.ones((64, 4096), np.float32))[0, 0] == 64
    assert products == []


def test_two_products_in_a_row_stay_a_kronecker():
    rng = np.random.default_rng(0)
    a, b, x = rng.normal(size=(2, 3)), rng.normal(size=(4, 5)), rng.normal(size=(3, 4))
    J = jacobian(lambda x: a @ x @ b)(x)
    assert type(J) is Kronecker
    np.testing.assert_allclose(J.dense().reshape(10, 12), np.kron(a, b.T), rtol=1e-13)


@pytest.mark.parametrize("mode", MODES)
def test_rows_that_do_not_mix_are_blocks(mode, products):
    rng = np.random.default_rng(1)
    x, w, v = rng.normal(size=(50, 4)), rng.normal(size=(4, 5)), rng.normal(size=(5, 3))
    net = lambda x: cr.softmax(cr.relu(x @ w) @ v)  # noqa: E731
    J = jacobian(net, mode=mode)(x)
    assert type(J) is BlockDiagonal
    assert J.blocks.shape == (50, 3, 4)
    assert len(products) == (4 if mode == "forward" else 3)
    one = jacobian(lambda row: net(row[None])[0])(x[7])
    assert type(one) is Dense
    np.testing.assert_allclose(J.dense()[7, :, 7], one, rtol=1e-12)
    assert type(jacobian(cr.softmax)(x)) is BlockDiagonal
    wide = jacobian(cr.softmax, mode=mode)(rng.normal(size=(100, 100)))
    assert (type(wide), wide.bytes_here) == (BlockDiagonal, 8_000_000)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("f", [np.diff, lambda x: x[1:] - x[:-1], lambda x: x[1:] * x[:-1]])
def test_differences_of_neighbours_take_two_products_for_10000_elements(f, mode, products):
    x = np.random.default_rng(2).normal(size=10_000)
    J = jacobian(f, mode=mode)(x)
    assert type(J) is Sparse
    assert len(products) == 2
    assert J.entries == 2 * 9999
    assert J.bytes_here < 300_000
    v = np.random.default_rng(3).normal(size=10_000)
    np.testing.assert_allclose(J @ v, cr.jvp(f, (x,), (v,))[1], rtol=1e-12, atol=1e-12)


def test_the_hessian_of_the_chained_rosenbrock_function_takes_three_products(products):
    x = np.random.default_rng(4).normal(size=1000)
    H = hessian(rosenbrock)(x)
    assert type(H) is Sparse
    assert H.entries == 1000 + 2 * 999
    assert len(products) == 3
    np.testing.assert_allclose(H, rosen_hess(x), rtol=1e-12, atol=1e-10)


def test_the_hessian_of_a_sum_of_separate_terms_is_diagonal(products):
    x = np.random.default_rng(5).normal(size=1000)
    assert type(hessian(lambda x: (x**2).sum())(x)) is Diagonal
    assert type(hessian(lambda x: np.log1p(np.exp(x)).mean())(x)) is Diagonal
    assert len(products) == 2
    assert type(hessian(lambda x: x.sum())(x)) is Zero


def test_a_grid_of_neighbours_takes_few_products(products):
    x = np.random.default_rng(6).normal(size=(30, 30))

    def smoothed(x):
        padded = np.pad(np.tanh(x), 1)
        around = padded[2:, 1:-1] + padded[:-2, 1:-1] + padded[1:-1, 2:] + padded[1:-1, :-2]
        return around - 4 * x

    J = jacobian(smoothed)(x)
    assert type(J) is Sparse
    assert len(products) <= 10
    v = np.random.default_rng(7).normal(size=(30, 30))
    np.testing.assert_allclose(J @ v, cr.jvp(smoothed, (x,), (v,))[1], rtol=1e-12)


def test_what_mixes_everything_takes_the_fewer_products(products):
    rng = np.random.default_rng(8)
    wide, tall = rng.normal(size=(20, 3)), rng.normal(size=(3, 20))
    assert type(jacobian(lambda x: np.tanh(x @ wide))(np.ones(20))) is Dense
    assert products == ["pull"] * 3
    products.clear()
    assert type(jacobian(lambda x: np.tanh(x @ tall))(np.ones(3))) is Dense
    assert products == ["push"] * 3
    products.clear()
    jacobian(lambda x: np.tanh(x @ tall), mode="reverse")(np.ones(3))
    assert products == ["pull"] * 20
    products.clear()
    net = lambda p: np.cumsum(np.tanh(p["x"] @ wide + p["b"]) ** 2)  # noqa: E731
    jacobian(net)({"x": np.ones(20), "b": np.ones(3)})
    assert products == ["pull"] * 3  # each row serves all arguments


def test_what_no_array_can_hold_multiplies_by_its_rules():
    rng = np.random.default_rng(9)
    x, w = rng.normal(size=(300, 64)).astype(np.float32), np.ones((64, 64), np.float32) / 64
    f = lambda x: np.cumsum(np.tanh(x @ w), axis=None)  # noqa: E731
    J = jacobian(f)(x)
    assert type(J) is Implicit
    v = rng.normal(size=x.shape).astype(np.float32)
    u = rng.normal(size=19200).astype(np.float32)
    np.testing.assert_allclose(J @ v, cr.jvp(f, (x,), (v,))[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(J.T @ u, cr.vjp(f, x)[1](u)[0], rtol=1e-4, atol=1e-4)
    assert J.bytes_here < 2**20


def test_a_choice_by_data_has_the_pattern_of_the_point():
    x = np.array([3.0, -1.0, 2.0, -5.0, 0.5, 4.0, 1.0, 7.0])
    assert type(jacobian(np.sort)(x)) is Selection
    np.testing.assert_array_equal(jacobian(np.sort)(x) @ x, np.sort(x))
    J = jacobian(lambda x: np.where(x > 0, x, x[::-1] ** 2))(x)
    assert type(J) is Sparse
    expected = np.diag((x > 0).astype(float))
    expected[np.arange(8), np.arange(8)[::-1]] += np.where(x > 0, 0, 2 * x[::-1])
    np.testing.assert_array_equal(J, expected)


def test_no_two_columns_of_a_color_share_a_row():
    from scipy import sparse

    rng = np.random.default_rng(10)
    for rows, columns in ((0, 3), (3, 0), (1, 5), (20, 30), (40, 10)):
        pattern = sparse.csr_array(rng.random((rows, columns)) < 0.15)
        colors = column_colors(pattern)
        for color in range(colors.max(initial=-1) + 1):
            assert pattern[:, colors == color].sum(axis=1).max(initial=0) <= 1
    arrow = sparse.csr_array(np.eye(50, dtype=bool) | (np.arange(50) == 0))
    colors, of_columns = fewest_colors(arrow, "auto")
    assert (colors.max() + 1, of_columns) == (2, True)
    colors, of_columns = fewest_colors(arrow.T.tocsr(), "auto")
    assert (colors.max() + 1, of_columns) == (2, False)


def random_function(seed):
    """A chain of steps that mix, move, choose and scale, the same at every call."""

    def function(x):
        rng, y = np.random.default_rng(seed), x
        for step in rng.integers(10, size=rng.integers(1, 7)):
            if step == 0:
                y = np.tanh(y) * y
            elif step == 1:
                y = y[rng.integers(0, y.shape[0], 3)]
            elif step == 2:
                y = y @ rng.normal(size=(y.shape[-1], 4))
            elif step == 3:
                y = np.concatenate([y, y[:1] ** 2])
            elif step == 4:
                y = y + y.sum(axis=int(rng.integers(2)), keepdims=True)
            elif step == 5:
                y = cr.softmax(y) if rng.random() < 0.5 else np.cumsum(y, axis=0)
            elif step == 6:
                y = np.where(y > 1, y, 3 * y[::-1])
            elif step == 7:
                y = np.pad(y, ((1, 0), (0, 0))) + y.max()
            elif step == 8:
                y = y.T.reshape(-1, 2)
            else:
                y = y[:, ::-1] - y * x[0, 0]
        return y

    return function


@parametrize("seed", range(60), few=20)
def test_random_functions_have_the_jacobian_of_their_vjp(seed):
    f, x = random_function(seed), np.random.default_rng(seed).uniform(0.5, 1.5, (3, 4))
    out, pullback = cr.vjp(f, x)
    rows = [pullback(unit.reshape(out.shape))[0] for unit in np.eye(out.size)]
    expected = np.reshape(rows, out.shape + x.shape)
    near = {"rtol": 1e-11, "atol": 1e-11 * np.abs(expected).max()}
    for mode in MODES:
        J = jacobian(f, mode=mode)(x)
        np.testing.assert_allclose(J.dense(), expected, **near)
        np.testing.assert_allclose(J @ x, np.tensordot(expected, x, 2), **near)
        np.testing.assert_allclose(J.T @ out, np.tensordot(out, expected, 2), **near)
