"""Recorded ops at the edges: infinities, NaN, zeros of both signs, whole numbers and booleans."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.op.families import Elementwise
from tests.plan.recordings import agrees, recorded
from tests.thorough import crossed
from tests.together import together

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


@pytest.mark.parametrize("name", ELEMENTWISE)
@together("dtype", [np.float32, np.float64])
def test_elementwise_ops_and_their_slopes_at_the_tails(name, dtype):
    operands = tuple(np.ascontiguousarray(x) for x in operands_of(name, TAILS.astype(dtype)))
    op = CATALOGUE[name].of()
    agrees(op, operands, dtype)
    if not op.flat:
        agrees(gradient_of(op), operands, dtype)


@pytest.mark.parametrize("name", ELEMENTWISE)
@together("dtype", [np.int64, np.int32, np.int8, np.uint8, np.bool_])
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


@pytest.mark.parametrize("compare", [
    np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal,
])  # fmt: skip
def test_large_whole_numbers_with_and_without_a_sign_are_compared_exactly(compare):
    signed = np.array([-(2**63), -1, 0, 2**53 + 1, 2**63 - 2, 2**63 - 1])
    unsigned = np.array([0, 2**53, 2**63 - 1, 2**63, 2**64 - 1], np.uint64)
    for x, y in ((signed, unsigned), (signed.astype(np.int32), unsigned)):
        x, y = x[:, None], y[None, :]
        np.testing.assert_array_equal(cr.compile(compare)(x, y), compare(x, y))
        np.testing.assert_array_equal(cr.compile(compare)(y, x), compare(y, x))
    for x, number in ((signed, 2**63), (unsigned, -1), (unsigned, 2**63)):
        np.testing.assert_array_equal(
            cr.compile(lambda x, n=number: compare(x, n))(x), compare(x, number)
        )
        np.testing.assert_array_equal(
            cr.compile(lambda x, n=number: compare(n, x))(x), compare(number, x)
        )


@pytest.mark.parametrize("weighs", ["i1", "u1", "?", "f4", "f8"])
@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "?", "f4"])
def test_weighted_means_of_narrow_whole_numbers_do_not_wrap_around(dtype, weighs):
    x, w = np.array([100, 3, 50]).astype(dtype), np.array([100, 1, 2]).astype(weighs)
    expected = np.average(x, weights=w)
    for found in (
        cr.average(cr.tensor(x), weights=w).data,
        cr.compile(lambda x, w: np.average(x, weights=w))(x, w),
    ):
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("cuts", [[1, 5], [2, 1], [5]])
def test_parts_that_are_empty_stand_beside_others(cuts, dtype):
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    found = cr.compile(lambda x: [2 * part for part in np.array_split(x, cuts)])(x)
    for part, expected in zip(found, np.array_split(x, cuts), strict=True):
        assert part.dtype == dtype
        np.testing.assert_array_equal(part, 2 * expected)


@pytest.mark.parametrize("number", [-1, 300, 0, 2.5])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint64, np.float32, np.bool_])
def test_a_number_beside_a_choice_takes_its_type_as_numpys(dtype, number):
    x = np.array([0, 1, 9]).astype(dtype)
    for choose in (
        lambda x: np.where(x > 0, x, number),
        lambda x: np.where(x > 0, number, x),
    ):
        for found in (choose(cr.tensor(x)).data, cr.compile(choose)(x)):
            assert found.dtype == choose(x).dtype
            np.testing.assert_array_equal(found, choose(x))


@pytest.mark.parametrize("default", [0, 7, 2.5])
@pytest.mark.parametrize("dtypes", [
    ("f4", "?"), ("?", "f4"), ("f2", "i1"), ("f4", "f8"), ("i1", "u8"), ("f4", "i2"), ("?", "?"),
])  # fmt: skip
def test_a_choice_by_conditions_is_as_wide_as_numpys(dtypes, default):
    x, y = (np.arange(6).reshape(2, 3).astype(dtype) for dtype in dtypes)

    def choose(x, y):
        return np.select([x > 1, y > 0], [x, y], default)

    for found in (choose(cr.tensor(x), y).data, cr.compile(choose)(x, y)):
        assert found.dtype == choose(x, y).dtype
        np.testing.assert_array_equal(found, choose(x, y))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int32, np.uint64])
def test_bounds_that_no_element_can_reach_do_not_clip(dtype):
    x = np.array([0, 1, 2, 100], dtype)
    for bounds in ((-1, 1), (-(2**70), 2**70), (1, 2**65), (-300, 90)):
        expected = np.clip(x, *bounds)
        for found in (
            cr.clip(cr.tensor(x), *bounds).data,
            cr.compile(lambda x, b=bounds: np.clip(x, *b))(x),
        ):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint32, np.uint64, np.bool_])
@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_sums_and_products_of_narrow_whole_numbers_are_as_wide_as_numpys(name, dtype):
    x = np.array([[100, 3, 5], [7, 11, 2]]).astype(dtype)
    for axis in (None, 0, -1):
        expected = getattr(np, name)(x, axis=axis)
        for found in (
            CATALOGUE.function(name)(cr.tensor(x), axis=axis).data,
            cr.compile(lambda x, axis=axis: getattr(np, name)(x, axis=axis))(x),
        ):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)


@crossed("axis, dtype, name", [None, 0, 1], [np.float32, np.float64], OVER_ROWS)
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
