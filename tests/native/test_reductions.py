"""Reductions of Row kernels: digits of sums, special values, places, no elements."""

import math

import numpy as np
import pytest

from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.scalar import Access, Given, Load, Store
from tests.native.drawn_kernels import TARGETS, native
from tests.thorough import crossed

KINDS = ("sum", "product", "max", "min", "argmax", "argmin")
SHAPES = [(1, 1), (3, 5), (9, 8), (2, 70), (70, 2), (40, 33), (5, 700), (700, 5)]


def reduced(x, axis, kind, target=TARGETS[0]):
    """A matrix reduced along an axis, or along both (None)."""
    rows, columns = x.shape
    outer, inner, strides = {
        0: ((columns,), (rows,), (1, columns)),
        1: ((rows,), (columns,), (columns, 1)),
        None: ((), (rows, columns), (columns, 1)),
    }[axis]
    dtype = "int64" if kind.startswith("arg") else x.dtype.name
    out = np.zeros(outer, dtype)
    gather = Pass(
        (Load(Access(0, strides), x.dtype.name),), (), (Reduction(kind, 0, dtype),),
        (Given(0, dtype),), (Store(Access(1, tuple(1 for _ in outer)), 0),),
    )  # fmt: skip
    native(Row(outer, inner, (gather,)), [x, out], target)
    return out


def numpys(x, axis, kind):
    name = {"product": "prod"}.get(kind, kind)
    with np.errstate(all="ignore"):
        return getattr(np, name)(x, axis=axis)


@crossed("axis, dtype", [0, 1, None], ["float32", "float64", "int32", "int64", "uint8"])
def test_every_kind_along_every_axis(axis, dtype):
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        x = rng.integers(1, 100, shape).astype(dtype)  # exact in floats too, products apart
        for kind in KINDS:
            values = x % 2 + 1 if kind == "product" and dtype.startswith("f") else x
            expected = numpys(values, axis, kind)
            found = reduced(values, axis, kind)
            np.testing.assert_array_equal(found, np.asarray(expected).astype(found.dtype))


@crossed("axis, kind", [0, 1, None], ["any", "all"])
def test_any_and_all(axis, kind):
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        for share in (0.0, 0.02, 0.98, 1.0):
            x = rng.random(shape) < share
            np.testing.assert_array_equal(reduced(x, axis, kind), numpys(x, axis, kind))


@crossed("dtype, target", ["float32", "float64"], TARGETS)
def test_nan_and_infinity_are_kept(dtype, target):
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        x = rng.choice(
            [np.nan, np.inf, -np.inf, -1.0, 2.0], p=[0.05, 0.1, 0.1, 0.4, 0.35], size=shape
        )
        x = x.astype(dtype)
        for kind in KINDS:
            for axis in (0, 1):
                expected = numpys(x, axis, kind)
                np.testing.assert_array_equal(reduced(x, axis, kind, target), expected)


@pytest.mark.parametrize("kind", ["argmax", "argmin"])
def test_the_first_of_equal_elements_is_named(kind):
    for shape in SHAPES:
        for value in (0.0, -np.inf, np.inf, np.nan):
            x = np.full(shape, value, "float32")
            for axis in (0, 1, None):
                assert not reduced(x, axis, kind).any()


@pytest.mark.parametrize("shape", [(1, 2**24 + 1000), (2**24 + 1000, 1), (2**12 + 1, 2**12 + 1)])
def test_a_float32_sum_counts_beyond_two_to_the_24(shape):
    x = np.ones(shape, "float32")
    axis = 0 if shape[1] == 1 else 1 if shape[0] == 1 else None
    assert reduced(x, axis, "sum") == np.float32(x.size)


def test_columns_are_summed_as_carefully_as_rows():
    x = np.full((200_000, 3), 0.1, "float32")
    exact = 200_000 * float(np.float32(0.1))
    np.testing.assert_allclose(reduced(x, 0, "sum"), exact, rtol=2e-7)
    np.testing.assert_allclose(reduced(x.T.copy(), 1, "sum"), exact, rtol=2e-7)


@pytest.mark.parametrize("axis", [0, 1])
def test_float64_sums_lose_nothing_between_blocks(axis):
    x = np.random.default_rng(0).normal(size=300_000) * 1e3
    shape = (x.size, 1) if axis == 0 else (1, x.size)
    exact = math.fsum(x)
    numpys_error = abs(float(np.sum(x)) - exact)
    assert abs(reduced(x.reshape(shape), axis, "sum")[0] - exact) <= numpys_error + 2e-9


def test_a_sum_that_overflows_is_infinite():
    for dtype, huge in (("float32", 3e38), ("float64", 1.7e308)):
        assert reduced(np.full((1, 50_000), huge, dtype), 1, "sum")[0] == np.inf


def test_a_sum_of_negative_zeros_is_one():
    for shape in SHAPES:
        assert np.signbit(reduced(np.full(shape, -0.0), 1, "sum")).all()


def test_no_elements_make_the_neutral_one():
    x = np.zeros((3, 0), "float32")
    neutral = {"sum": 0, "product": 1, "max": -np.inf, "min": np.inf}
    for kind, value in neutral.items():
        found = reduced(x, 1, kind)
        assert found.tolist() == [value] * 3
        assert not np.signbit(found[0]) or kind == "max"
    assert reduced(x, 0, "sum").shape == (0,)
