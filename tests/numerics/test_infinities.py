"""logsumexp and softmax with infinite entries: limits, not NaN; a masked row gives 0."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

INF = np.inf
CASES = [  # a row, its logsumexp, the gradient, and the Hessian times (1, 0, ...)
    ([-INF, -INF], -INF, [0, 0], [0, 0]),
    ([INF, 1.0], INF, [1, 0], [0, 0]),
    ([-INF, 1.0], 1.0, [0, 1], [0, 0]),
    ([-INF], -INF, [0], [0]),
    ([-INF, 0.0, 0.0], np.log(2), [0, 0.5, 0.5], [0, 0, 0]),
    ([0.0, 0.0, -INF], np.log(2), [0.5, 0.5, 0], [0.25, -0.25, 0]),
]


def logsumexp_of_rows(x):
    return cr.logsumexp(x, axis=-1)


@row(Row.INFINITIES)
@pytest.mark.parametrize(("x", "value", "first", "second"), CASES)
def test_logsumexp_of_infinite_entries(x, value, first, second):
    unit = np.zeros(len(x))
    unit[0] = 1
    for f in (cr.logsumexp, logsumexp_of_rows, lambda x: cr.logsumexp(x, keepdims=True)):
        assert_allclose(np.sum(f(np.array(x))), value)
        everywhere(f, x, first, second, along=unit)


@row(Row.INFINITIES)
def test_two_entries_of_plus_infinity_share_as_the_tie_they_are():
    everywhere(cr.logsumexp, [INF, INF, 0.0], [0.5, 0.5, 0])
    assert_array_equal(cr.softmax(np.array([INF, INF, 0.0])), [0.5, 0.5, 0])


@row(Row.INFINITIES)
def test_a_row_of_minus_infinity_beside_others():
    x = [[-INF, -INF], [0.0, 0.0]]
    everywhere(logsumexp_of_rows, x, [[0, 0], [0.5, 0.5]], 0.0)


@row(Row.INFINITIES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e6, -1e6, 1e30])
def test_equal_entries_of_any_size_share_equally(dtype, size):
    x = np.full(2, size)
    everywhere(cr.logsumexp, x, 0.5, [0.25, -0.25], along=[1.0, 0.0], dtype=dtype)
    everywhere(lambda x: cr.softmax(x)[0], x, [0.25, -0.25], 0.0, dtype=dtype)


@row(Row.INFINITIES)
@pytest.mark.parametrize(
    ("x", "value"),
    [
        ([INF, 0.0, 1.0], [1, 0, 0]),
        ([-INF, 0.0, 0.0], [0, 0.5, 0.5]),
        ([-INF, -INF, 0.0], [0, 0, 1]),
    ],
)
def test_a_softmax_with_infinite_entries(x, value):
    assert_array_equal(cr.softmax(np.array(x)), value)
    weights = np.array([1.0, 2.0, 4.0])
    p = np.array(value)
    first = p * (weights - p @ weights)
    everywhere(lambda x: cr.softmax(x) * weights, x, first)


@row(Row.INFINITIES)
def test_a_log_softmax_with_a_masked_class():
    x = [0.0, 0.0, -INF]
    everywhere(
        lambda x: -cr.log_softmax(x)[0], x, [-0.5, 0.5, 0], [0.25, -0.25, 0], along=[1.0, 0, 0]
    )
    loss = lambda x: cr.softmax_cross_entropy(x, np.array([0]))  # noqa: E731
    everywhere(loss, [x], [[-0.5, 0.5, 0]], [[0.25, -0.25, 0]], along=[[1.0, 0, 0]])


@row(Row.INFINITIES)
def test_a_mask_gives_0_for_a_fully_masked_row():
    mask = np.array([[True, False, True], [False, False, False]])
    x = np.array([[0.0, 5.0, 0.0], [1.0, 2.0, 3.0]])
    assert_allclose(cr.logsumexp(x, axis=1, where=mask), [np.log(2), -INF])
    everywhere(
        lambda x: cr.logsumexp(x, axis=1, where=mask), x, [[0.5, 0, 0.5], [0, 0, 0]],
        [[0.25, 0, -0.25], [0, 0, 0]], along=[[1.0, 0, 0], [1.0, 0, 0]],
    )  # fmt: skip


@row(Row.INFINITIES)
def test_a_mask_by_where_gives_0_for_a_fully_masked_row():
    mask = np.array([[True, False, True], [False, False, False]])
    x = np.array([[0.0, 5.0, 0.0], [1.0, 2.0, 3.0]])
    everywhere(
        lambda x: cr.logsumexp(cr.where(mask, x, -INF), axis=1), x, [[0.5, 0, 0.5], [0, 0, 0]],
        [[0.25, 0, -0.25], [0, 0, 0]], along=[[1.0, 0, 0], [1.0, 0, 0]],
    )  # fmt: skip
