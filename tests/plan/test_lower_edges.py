"""Recorded ops at the edges: infinities, NaN, zeros of both signs, whole numbers and booleans."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.catalogue import CATALOGUE
from chainrule.graph.families import Elementwise
from tests.plan.recordings import agrees, recorded

INF, NAN = np.inf, np.nan
TAILS = np.array([
    -INF, INF, NAN, 0.0, -0.0, 1.0, -1.0, 1e4, -1e4, 100.0, -100.0, 40.0, -40.0, 0.5, 2.0, -2.0,
    1e-8, 3.0,
])  # fmt: skip
ROWS = np.array([
    [-INF] * 4, [INF, 1, 2, -INF], [NAN, 1, 2, 3], [0, 0, 0, 0], [1e30, -1e30, 1, 0],
    [1e-30, 0, 0, 2e-30], [1, 1, 3, 3], [-0.0, 0.0, -0.0, 0.0],
])  # fmt: skip
WHOLE = np.array([0, 1, 2, 3, 5])
ELEMENTWISE = [
    name
    for name in CATALOGUE.names()
    if issubclass(CATALOGUE[name], Elementwise) and CATALOGUE[name].samples is None
]
OVER_ROWS = (
    "sum", "mean", "max", "min", "prod", "var", "std", "logsumexp", "softmax", "log_softmax",
    "norm", "power_norm", "ptp", "nansum", "nanmean", "median", "any", "all", "argmax", "argmin",
    "count_nonzero", "sort", "argsort", "cumsum", "cumprod",
)  # fmt: skip
OF_MASKS = set(OVER_ROWS) - {"var", "std", "logsumexp", "log_softmax", "ptp", "softmax"}


def operands_of(name, values):
    """All combinations of the values for an op of several inputs."""
    return np.ix_(*[values] * len(CATALOGUE[name].inputs))


def gradient_of(function):
    def gradient(*xs):
        out, pull = cr.vjp(function, *xs)
        return pull(np.ones(out.shape, out.dtype))

    return gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_ops_and_their_slopes_at_the_tails(name, dtype):
    operands = tuple(np.ascontiguousarray(x) for x in operands_of(name, TAILS.astype(dtype)))
    op = CATALOGUE[name].of()
    agrees(op, operands, dtype)
    if not op.flat:
        agrees(gradient_of(op), operands, dtype)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int8, np.uint8, np.bool_])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_ops_of_whole_numbers_and_booleans(name, dtype):
    operands, op = operands_of(name, WHOLE.astype(dtype)), CATALOGUE[name].of()
    others = [operands]
    if len(operands) == 2:
        x = WHOLE.astype(dtype)
        others += [(x, 2), (3, x), (x, 2.5), (x, x.astype(np.float32)), (x, x.astype(np.int16))]
    for each in others:
        try:
            with np.errstate(all="ignore"):
                op(*each)
        except (TypeError, OverflowError) as error:
            with pytest.raises(type(error)):
                recorded(op, each)
            continue
        agrees(op, each, np.float32)


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OVER_ROWS)
def test_reductions_scans_and_sorting_of_hard_rows(name, dtype, axis):
    function = CATALOGUE.function(name)
    rows = ROWS.astype(dtype)
    agrees(lambda x: function(x, axis=axis), (rows,), dtype)
    if not CATALOGUE[name].flat:
        agrees(gradient_of(lambda x: function(x, axis=axis)), (rows,), dtype)


@pytest.mark.parametrize("dtype", [np.int64, np.int16, np.uint8, np.bool_])
@pytest.mark.parametrize("name", sorted(OF_MASKS))
def test_reductions_scans_and_sorting_of_whole_numbers_and_booleans(name, dtype):
    rows = (np.arange(12).reshape(3, 4) % 5).astype(dtype)
    agrees(lambda x: CATALOGUE.function(name)(x, axis=1), (rows,))


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (1, 1), (1, 4), ()])
@pytest.mark.parametrize("name", ["sum", "mean", "any", "all", "cumsum", "sort"])
def test_sizes_0_and_1(name, shape):
    if name != "mean" or 0 not in shape:
        agrees(lambda x: CATALOGUE.function(name)(x, axis=None), (np.ones(shape),))


KEYS = [
    (0,), (-1, 2), (slice(None, None, -1),), (Ellipsis, 1), (None, slice(1, 3)),
    (np.array([0, 2, 2]),), (np.array([[0, -1], [2, 1]]), slice(None, None, 2)),
    (slice(None), np.array([3, 1]), None), (np.array([0, 1]), np.array([-1, 0])),
    (np.array([0, 1]), slice(None), np.array([1, 0])), (1, slice(None), np.array([1, 0])),
    (np.array([True, False, True]),), (slice(None), np.array([True, False, True, True])),
    (np.arange(3), np.arange(3)), ([],), (True,), (np.array(False),),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_keys_of_every_kind_and_their_gradients(key):
    x = np.arange(24.0).reshape(3, 4, 2)
    agrees(lambda x: x[key], (x,))
    agrees(gradient_of(lambda x: x[key] ** 2), (x,))


@pytest.mark.parametrize(
    "pick",
    [
        lambda x, i, j: x[i],
        lambda x, i, j: x[:, i],
        lambda x, i, j: x[i, j],
        lambda x, i, j: x[i, :, j % 2],
        lambda x, i, j: x[::-1][i, j[:, None]],
        lambda x, i, j: x[np.array([0, 1, 0]), i],
        lambda x, i, j: x[1, i],
        lambda x, i, j: cr.take(x, i),
        lambda x, i, j: cr.take(x, i[:, None], 1),
        lambda x, i, j: cr.take_along_axis(x, i[:, None, None] * np.ones((1, 4, 2), int), 0),
        lambda x, i, j: cr.take_along_axis(x[..., 0], i[:, None], -1),
    ],
)
def test_positions_that_are_not_known_and_their_gradients(pick):
    x = np.arange(24.0).reshape(3, 4, 2)
    i, j = np.array([0, -1, 1]), np.array([2, 0, -3])
    agrees(pick, (x, i, j))
    agrees(lambda x, i, j: gradient_of(lambda x: pick(x, i, j) ** 2)(x), (x, i, j))
