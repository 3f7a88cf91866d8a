"""float32 sums within 2 ulp of the sum of magnitudes, and half precision without an overflow."""

import numpy as np
import pytest

import chainrule as cr
from tests.numerics.rows import Row, row
from tests.thorough import crossed

MANY = 70_000  # more than float16 can count
MODES = {"eager": lambda f: f, "compiled": cr.compile}
each_mode = pytest.mark.parametrize("mode", MODES)


def magnitudes(kind, length, rng):
    """Positive numbers whose float32 sums lose what is small, each in another way."""
    x = np.ones(length, np.float32)
    if kind == "large first":
        x[0] = 2**24
    elif kind == "large anywhere":
        x[rng.integers(0, length, max(1, length // 50))] = 2**24
    elif kind == "large in turn":
        x[::4] = 2**24
    elif kind == "a half lost each time":
        x[:] = np.where(np.arange(length) % 2, 2**-24, 1)
    else:
        x[:] = np.exp(rng.normal(0, 5, length))
    return x


KINDS = ("large first", "large anywhere", "large in turn", "a half lost each time", "random")
SUMS = {
    "axis 0": (lambda x: cr.sum(x, axis=0), lambda x: np.stack([x, x, x], 1)),
    "axis 1": (lambda x: cr.sum(x, axis=1), lambda x: np.stack([x, x, x], 0)),
    "axis 1 of 3": (lambda x: cr.sum(x, axis=1), lambda x: np.stack([x, x], 1)[None]),
    "all": (cr.sum, lambda x: x),
    "all of a matrix": (cr.sum, lambda x: x[:, None]),
    "backwards": (lambda x: cr.sum(x, axis=0), lambda x: np.stack([x, x, x], 1)[::-1]),
    "sum_to": (lambda x: cr.sum_to(x, (1, 3)), lambda x: np.stack([x, x, x], 1)),
    "bias": (
        lambda x: cr.grad(lambda b, x: ((x * 0 + b) * x).sum())(np.zeros(3, np.float32), x),
        lambda x: np.stack([x, x, x], 1),
    ),
    "bias of a layer": (
        lambda x: cr.grad(
            lambda b, x: (cr.linear(x * 0, np.zeros((3, 3), np.float32), b) * x).sum()
        )(np.zeros(3, np.float32), x),
        lambda x: np.stack([x, x, x], 1),
    ),
    "loss": (
        lambda x: cr.absolute_error(x, x * 0, reduction="sum"),
        lambda x: x,
    ),
}


@row(Row.SUMS)
@crossed("mode, name, length", MODES, SUMS, [5, 16, 17, 100, 1001, 20_011])
def test_a_sum_is_within_2_ulp_of_the_sum_of_magnitudes(mode, name, length):
    f, shaped = SUMS[name]
    run, rng = MODES[mode](f), np.random.default_rng(length)
    for kind in KINDS:
        x = magnitudes(kind, length, rng)
        for signs in (1, rng.choice(np.array([-1, 1], np.float32), length)):
            given = shaped(x * signs)
            if name == "loss":
                given = np.abs(given)
            truth = np.sum(x.astype(float) * (1 if name == "loss" else signs))
            unit = np.spacing(np.float32(np.sum(x.astype(float))))
            found = run(given)
            assert found.dtype == np.float32
            assert np.abs(found.astype(float) - truth).max() <= 2 * unit, kind


@row(Row.SUMS)
@each_mode
@pytest.mark.parametrize("axis", [0, 1, None])
def test_2_to_the_24_and_a_thousand_ones(mode, axis):
    x = np.ones((1001, 3), np.float32)
    x[0] = 2**24
    x = x.T if axis == 1 else x[:, :1] if axis is None else x
    out = MODES[mode](lambda x: cr.sum(x, axis=axis))(np.ascontiguousarray(x))
    # In all modes exact where pairs are; else within the 2 units that the bound allows.
    assert np.abs(np.asarray(out, float) - 16778216).max() <= 2


@row(Row.SUMS)
@each_mode
def test_a_mean_and_a_variance_count_what_they_divide(mode):
    x = np.ones((1001, 2), np.float32)
    x[0] = 2**24
    found = MODES[mode](lambda x: cr.mean(x, axis=0))(x)
    np.testing.assert_allclose(found, 16778216 / 1001, rtol=2**-23)
    twos = np.where(np.arange(2**17) % 2, 3, 1).astype(np.float32)[:, None]
    assert MODES[mode](lambda x: cr.var(x, axis=0))(twos)[0] == 1


ONES = np.ones(MANY, np.float16)
SPREAD = np.where(np.arange(MANY) % 2, 300, -300).astype(np.float16)
HALF_OF_THEM = SPREAD[:100] * (np.arange(100) < 50)
MEANS = {
    "mean": (cr.mean, ONES, 1, 1 / MANY),
    "average": (cr.average, ONES, 1, 1 / MANY),
    "nanmean": (cr.nanmean, ONES, 1, 1 / MANY),
    "var": (lambda x: cr.var(x / np.float16(4)), SPREAD, 75**2, None),
    "std": (cr.std, SPREAD, 300, None),
    "norm": (lambda x: cr.norm(x[:10_000]), SPREAD, 30_000, None),
    "logsumexp": (cr.logsumexp, ONES, 1 + np.log(MANY), 1 / MANY),
    "max": (cr.max, ONES, 1, 1 / MANY),
    "squared_error": (lambda x: cr.squared_error(x, x * 0), ONES * 2, 4, 4 / MANY),
    "of large errors": (lambda x: cr.squared_error(x, x * 0), HALF_OF_THEM, 45_000, None),
    "absolute_error": (lambda x: cr.absolute_error(x, x * 0), ONES * 2, 2, 1 / MANY),
    "huber": (lambda x: cr.huber(x, x * 0), ONES * 2, 1.5, 1 / MANY),
    "softmax_cross_entropy": (
        lambda x: cr.softmax_cross_entropy(cr.stack([x, x], 1), np.zeros(MANY, int)),
        ONES,
        np.log(2),
        0,
    ),
    "layer_norm": (lambda x: cr.layer_norm(x)[0], SPREAD, -1, None),
    "softmax": (lambda x: cr.softmax(x)[0] * 1000, ONES, 1000 / MANY, None),
    "log_softmax": (lambda x: cr.log_softmax(x)[0], ONES, -np.log(MANY), None),
}  # fmt: skip


@row(Row.SUMS)
@crossed("mode, name", MODES, MEANS)
def test_half_precision_does_not_overflow_on_the_way(mode, name):
    f, x, truth, slope = MEANS[name]
    found = MODES[mode](f)(x)
    assert found.dtype == np.float16
    np.testing.assert_allclose(float(found), truth, rtol=2e-3, atol=1e-6)
    gradient = MODES[mode](cr.grad(f))(x)
    assert gradient.dtype == np.float16
    assert np.isfinite(gradient).all()
    if slope is not None:
        np.testing.assert_allclose(gradient[:5].astype(float), slope, rtol=5e-3, atol=1e-7)
    tangent = cr.jvp(f, (x,), (np.ones_like(x),))[1]
    assert np.isfinite(tangent)
    if slope is not None:
        np.testing.assert_allclose(float(tangent), slope * MANY, rtol=5e-3, atol=1e-6)


@row(Row.SUMS)
def test_two_dtypes_meet_as_they_do_in_numpy():
    x, w = np.ones((4, 2), np.float16), np.ones(2, np.float32)
    assert cr.layer_norm(x, scale=w).dtype == np.float32
    assert cr.layer_norm(x, scale=w.astype(np.float16)).dtype == np.float16
    assert cr.squared_error(x, x.astype(np.float32)).dtype == np.float32
    assert cr.squared_error(x, x).dtype == np.float16
    assert cr.average(x, axis=1, weights=w).dtype == np.float32
    assert cr.var(np.arange(4)).dtype == cr.std(np.arange(4)).dtype == np.float64
