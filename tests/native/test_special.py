"""Kernels with an order of their own: scans, sorts, scatters, masks and checks of bounds."""

import numpy as np
import pytest

from chainrule.errors import IndexRangeError
from chainrule.ops import random
from chainrule.plan.alone import View
from chainrule.plan.kinds.bounds import Bounds
from chainrule.plan.kinds.fold import Fold
from chainrule.plan.kinds.mask import Mask
from chainrule.plan.kinds.scan import Scan
from chainrule.plan.kinds.scatter import Scatter
from chainrule.plan.kinds.sort import Sort
from chainrule.plan.scalar import Access
from tests.native.drawn_kernels import TARGETS
from tests.native.single_kernel import run, run_in_parts, seen
from tests.thorough import crossed

DTYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float32", "float64",
)  # fmt: skip
KEY = View.whole(0, (2,), "uint64")


def view(buffer, shape, strides, dtype):
    return View(tuple(shape), Access(buffer, strides), dtype)


def drawn(shape, dtype, seed=1):
    """Numbers with ties; floats with NaN, infinities and both zeros among them."""
    rng = np.random.default_rng(seed)
    x = (rng.normal(size=shape) * 3).astype(dtype)
    if np.dtype(dtype).kind == "f":
        x = np.round(x)
        for special in (np.nan, np.inf, -np.inf, 0.0, -0.0):
            x[rng.random(shape) < 0.1] = special
    return x


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sort_is_stable_and_puts_nan_last(dtype):
    for length in (0, 1, 2, 3, 4, 5, 9, 31, 400):
        x = drawn((3, length), dtype)
        places = np.full((3, length), -1)
        strides = (length, 1)
        kernel = Sort(view(0, (3, length), strides, dtype), view(1, (3, length), strides, "int64"))
        (found,) = run(kernel, [x], [places])
        assert np.array_equal(found, np.argsort(x, -1, kind="stable"))


def test_a_sort_reads_any_layout_and_splits_into_units():
    whole = drawn((40, 3, 60), "float32")
    turned = whole[::-1, 1:].transpose(1, 2, 0)
    source = seen(0, turned, whole)
    kernel = Sort(source, View.whole(1, source.shape, "int64"))
    (found,) = run(kernel, [whole], [np.zeros((2, 60, 40), np.int64)])
    assert np.array_equal(found, np.argsort(turned, -1, kind="stable"))


@crossed("dtype, kind", ["int32", "int64", "float32", "float64"], ["sum", "product"])
def test_a_scan_runs_along_any_axis(kind, dtype):
    numpy_scan = np.cumsum if kind == "sum" else np.cumprod
    for shape in ((3,), (1,), (0, 4), (4, 0), (2, 3, 5), (21, 40), (3, 1, 17)):
        x = np.random.default_rng(1).integers(-2, 3, shape).astype(dtype)
        for axis in range(len(shape)):
            moved = np.moveaxis(x, axis, -1)
            kernel = Scan(kind, (seen(0, moved, x),), seen(1, moved, x))
            (found,) = run(kernel, [x], [np.zeros_like(x)])
            assert np.array_equal(found, numpy_scan(x, axis, dtype=dtype))


def test_a_reversed_source_is_scanned_from_its_end():
    x = np.arange(1.0, 8)
    kernel = Scan("sum", (seen(0, x[::-1], x),), seen(1, x[::-1], x))
    assert np.array_equal(run(kernel, [x], [np.zeros(7)])[0], np.cumsum(x[::-1])[::-1])


def test_the_first_factor_of_a_recurrence_has_no_effect():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(2, 5, 19))
    a[:, 0] = np.nan
    want = b.copy()
    for i in range(1, 19):
        want[:, i] += a[:, i] * want[:, i - 1]
    places = [View.whole(i, a.shape, "float64") for i in range(3)]
    kernel = Scan("recurrence", (places[0], places[1]), places[2])
    np.testing.assert_allclose(run(kernel, [a, b], [np.zeros_like(a)])[0], want, rtol=1e-13)


def test_a_float32_sum_of_many_ones_counts_them_all():
    x = np.ones(2**24 + 1000, np.float32)
    kernel = Scan("sum", (seen(0, x, x),), seen(1, x, x))
    (found,) = run(kernel, [x], [np.zeros_like(x)])
    assert found[-1] == 2**24 + 1000


def test_a_float32_sum_that_was_infinite_stays_so():
    x = np.array([3e38, 3e38, -3e38, -np.inf, 1], np.float32)
    kernel = Scan("sum", (seen(0, x, x),), seen(1, x, x))
    (found,) = run(kernel, [x], [np.zeros_like(x)])
    assert np.array_equal(found[1:], [np.inf, np.inf, np.nan, np.nan], equal_nan=True)


def test_a_scan_keeps_negative_zero():
    x = np.array([-0.0, -0.0])
    kernel = Scan("sum", (seen(0, x, x),), seen(1, x, x))
    assert np.signbit(run(kernel, [x], [np.ones(2)])[0]).all()


@pytest.mark.parametrize("dtype", ["bool", "int64", "float32", "float64"])
@pytest.mark.parametrize("accumulate", [True, False])
def test_a_scatter_adds_or_writes_rows_and_single_elements(accumulate, dtype):
    rng = np.random.default_rng(1)
    x, rows, columns = drawn((6, 11), dtype), rng.integers(-4, 4, 6), rng.integers(-4, 4, 11)
    add = np.logical_or.at if dtype == "bool" else np.add.at

    for index, strides, shape, place, target in (
        (rows, (1, 0), (4, 11), (11, 4), (0, 1)),
        (columns, (0, 1), (6, 4), (1, 4), (4, 0)),
    ):
        pick = (view(1, x.shape, strides, "int64"), *place)
        kernel = Scatter(seen(0, x, x), (pick,), view(2, x.shape, target, dtype), accumulate)
        (found,) = run(kernel, [x, index], [np.ones(shape, dtype)])
        want = np.ones(shape, dtype)
        key = index if index is rows else (slice(None), index)
        if accumulate:
            with np.errstate(invalid="ignore"):  # inf - inf
                add(want, key, x)
        else:
            want[key] = x
        assert np.array_equal(found, want, equal_nan=dtype[0] == "f")


def test_a_scatter_without_axes_and_without_elements():
    for shape, index in (((), 2), ((0,), [])):
        index = np.array(index, np.int64)
        strides = (1,) * index.ndim
        pick = (view(0, shape, strides, "int64"), 1, 3)
        zero = view(2, shape, (0,) * index.ndim, "float64")
        kernel = Scatter(view(1, shape, strides, "float64"), (pick,), zero, accumulate=True)
        (found,) = run(kernel, [index, np.full(shape, 7.0)], [np.zeros(3)])
        assert found.tolist() == [0, 0, 0 if shape else 7]


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 1000, 16384, 40001])
@pytest.mark.parametrize("rate", [0.0, 0.3, 0.999])
def test_a_mask_is_the_eager_one(size, rate):
    key = random.key(5)
    threshold = round(rate * 2**32)
    kernel = Mask(KEY, threshold, View.whole(1, (size,), "bool"))
    (found,) = run(kernel, [key], [np.zeros(size, bool)])
    assert np.array_equal(found, random.random_mask(key, (size,), rate))


@pytest.mark.parametrize("number", [0, 1, 77, 2**63, 2**64 - 1])
def test_a_folded_key_is_the_eager_one(number):
    key = random.key(3)
    kernel = Fold(KEY, number, View.whole(1, (2,), "uint64"))
    (found,) = run(kernel, [key], [np.zeros(2, np.uint64)])
    assert np.array_equal(found, random.fold(key, number))


def checked(x, low, high):
    x = np.asarray(x)
    run(Bounds(seen(0, x, x), low, high, "label"), [x])


@pytest.mark.parametrize("dtype", DTYPES[:9])
def test_integers_within_their_bounds_pass(dtype):
    for shape in ((), (1,), (7,), (0,), (2, 0), (2, 3, 9)):
        checked(np.ones(shape, dtype), -1, 2)
        checked(np.ones(shape, dtype), 1, 2)


@pytest.mark.parametrize("row", [0, 3, 8])
@pytest.mark.parametrize("wrong", [-1, 5, 100])
def test_the_first_offender_is_named(row, wrong):
    x = np.full((9, 2), 4)
    x[row, 1] = wrong
    x[8, 1] = 77 if row < 8 else wrong
    with pytest.raises(IndexRangeError, match=rf"label {wrong} .*row {row}\b"):
        checked(x, 0, 5)


def test_a_huge_unsigned_integer_is_not_a_negative_one():
    with pytest.raises(IndexRangeError):
        checked(np.array([2**64 - 1], np.uint64), -5, 4)


def test_nothing_lies_in_an_empty_range():
    with pytest.raises(IndexRangeError):
        checked([0], 0, 0)


@crossed("target, dtype", TARGETS, ["float32", "float64", "int32"], ids=str)
def test_any_machine_and_any_order_of_units_give_the_same(dtype, target):
    x = drawn((300, 130), "int32").astype(dtype)
    for strides, shape in (((130, 1), (300, 130)), ((1, 130), (130, 300))):
        turned, out = (x if shape == x.shape else x.T), np.zeros_like(x)
        source = view(0, shape, strides, dtype)
        kernel = Scan("sum", (source,), view(1, shape, strides, dtype))
        assert run_in_parts(kernel, [x, out], target) > 1
        found = out if shape == x.shape else out.T
        assert np.array_equal(found, np.cumsum(turned, 1, dtype=dtype))
        places = np.zeros(x.shape, np.int64)
        kernel = Sort(source, view(1, shape, strides, "int64"))
        assert run_in_parts(kernel, [x, places], target) > 1
        found = places if shape == x.shape else places.T
        assert np.array_equal(found, np.argsort(turned, 1, kind="stable"))
    rows, table = np.random.default_rng(2).integers(-7, 7, 300), np.zeros((7, 130), dtype)
    pick, target_view = (
        (view(1, x.shape, (1, 0), "int64"), 130, 7),
        view(2, x.shape, (0, 1), dtype),
    )
    kernel = Scatter(seen(0, x, x), (pick,), target_view, accumulate=True)
    run_in_parts(kernel, [x, rows, table], target)
    want = np.zeros_like(table)
    np.add.at(want, rows, x)
    assert np.array_equal(table, want)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_units_of_a_mask_are_parts_of_one(target):
    key, size = random.key(11), 40003
    out = np.zeros(size, bool)
    kernel = Mask(KEY, 2**31, View.whole(1, (size,), "bool"))
    assert run_in_parts(kernel, [key, out], target) > 1
    assert np.array_equal(out, random.random_mask(key, (size,), 0.5))
