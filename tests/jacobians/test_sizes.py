import tracemalloc

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.jacobians import Diagonal, Implicit, Kronecker
from chainrule.jacobians.sizes import budget_bytes, size_text

F32 = np.dtype(np.float32)
GIB, TIB, MIB = 2**30, 2**40, 2**20


def lecture():
    """N = 64 rows, D = M = 4096, float32: Y = X W by X and by W."""
    x, w = np.ones((64, 4096), F32), np.ones((4096, 4096), F32)
    return (
        Kronecker((64, 4096), (64, 4096), F32, 64, w.T),
        Kronecker((64, 4096), (4096, 4096), F32, x, 4096),
    )


def test_the_lectures_jacobians_take_256_gib_and_16_tib():
    by_x, by_w = lecture()
    assert by_x.bytes_dense == (64 * 4096) * (64 * 4096) * 4 == 256 * GIB
    assert by_w.bytes_dense == (64 * 4096) * (4096 * 4096) * 4 == 16 * TIB
    assert (by_x.bytes_here, by_w.bytes_here) == (64 * MIB, MIB)
    assert repr(by_x) == (
        "Kronecker jacobian (64, 4096, 64, 4096) float32: 256 GiB dense, 64 MiB here"
    )
    assert repr(by_w) == (
        "Kronecker jacobian (64, 4096, 4096, 4096) float32: 16 TiB dense, 1 MiB here"
    )
    assert repr(by_w.T) == (
        "Kronecker jacobian (4096, 4096, 64, 4096) float32, denominator layout: "
        "16 TiB dense, 1 MiB here"
    )


def test_the_lectures_jacobians_multiply_in_megabytes():
    by_x, by_w = lecture()
    v, u, weights = np.ones((64, 4096), F32), np.ones((64, 4096), F32), np.ones((4096, 4096), F32)
    tracemalloc.start()
    try:
        assert (by_x @ v)[0, 0] == 4096
        assert (by_x.T @ u)[0, 0] == 4096
        small = tracemalloc.get_traced_memory()[1]
        assert (by_w.T @ u)[0, 0] == 64
        assert (by_w @ weights)[0, 0] == 4096
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert small < 8 * MIB
    assert peak < 200 * MIB  # the result itself, dL/dW, takes 64 MiB


def test_an_elementwise_jacobian_of_4096_by_4096_costs_kilobytes():
    J = Diagonal((4096,), (4096,), np.dtype(float), np.ones(4096))
    assert (J.bytes_here, J.bytes_dense) == (32 * 1024, 128 * MIB)
    assert repr(J) == "Diagonal jacobian (4096, 4096) float64: 128 MiB dense, 32 KiB here"


def test_a_jacobian_beyond_the_budget_says_its_size_and_the_way_out():
    by_x, _ = lecture()
    for ask in (by_x.dense, lambda: np.asarray(by_x), lambda: by_x[0], by_x.T.dense):
        with pytest.raises(ArgumentError, match="would take 256 GiB") as caught:
            ask()
        assert 'dense(budget="256 GiB")' in str(caught.value)
        assert "J @ v" in str(caught.value)


def test_a_budget_is_a_number_a_text_or_none():
    J = Diagonal((64,), (64,), np.dtype(float), np.ones(64))
    for budget in (32768, "32 KiB", "0.04MB", None, "1 GiB", "32768"):
        assert J.dense(budget).shape == (64, 64)
    for budget in (32767, "31 KiB", 0, "1 b"):
        with pytest.raises(ArgumentError, match="32 KiB"):
            J.dense(budget)
    for budget in ("much", "", "1 GX", "-1 GiB"):
        with pytest.raises(ArgumentError, match="no size"):
            J.dense(budget)


def test_sizes_read_in_binary_units():
    sizes = (0, 1, 1023, 1024, 1536, 2**20, 2**40 * 16, 2**100)
    texts = "0 B", "1 B", "1023 B", "1 KiB", "1.5 KiB", "1 MiB", "16 TiB", "1048576 YiB"
    assert tuple(map(size_text, sizes)) == texts
    assert budget_bytes("500 MB") == 5e8
    assert budget_bytes("1 GiB") == GIB


def test_an_implicit_jacobian_is_filled_in_strips():
    matrix = np.random.default_rng(0).normal(size=(3, 5))
    calls = []

    def forward(v):
        calls.append(1)
        return matrix @ v

    J = Implicit((3,), (5,), np.dtype(float), forward, lambda u: matrix.T @ u, ((3,), (5,)), 120)
    np.testing.assert_allclose(J.dense(), matrix)
    assert not calls  # three rows are fewer than five columns
    assert J.bytes_here == 120
