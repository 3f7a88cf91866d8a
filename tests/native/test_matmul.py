"""Products of matrices as machine code, beside the interpreter and NumPy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from chainrule.native.ir import Module
from chainrule.native.kinds import write
from chainrule.native.matmul.blocking import schedule
from chainrule.native.matmul.normal_form import normal
from chainrule.plan.scalar import Access, Apply, Coordinate, Given, Literal, Load, Store
from tests.native.products import (
    AVX2,
    FORMS,
    TARGETS,
    interpreted,
    named,
    product,
    product_kernels,
    run,
    views,
)
from tests.thorough import crossed, examples

SHAPES = [  # rows, depth, columns
    (32, 64, 64),
    (32, 2, 16),
    (64, 32, 10),
    (24, 7, 9),
    (12, 50, 18),
    (40, 64, 20),
    (1, 300, 128),
    (2, 40, 70),
    (100, 40, 1),
    (1, 1, 1),
    (7, 1100, 9),
    (70, 300, 264),
    (130, 1500, 70),
    (300, 200, 50),
    (64, 200, 64),
    (100, 200, 26),
    (120, 128, 130),
]


@examples(
    40, 150, product_kernels(), st.sampled_from(TARGETS), st.lists(st.floats(0, 1), max_size=3)
)
def test_machine_code_does_what_the_interpreter_does(drawn, target, cuts):
    kernel, arrays = drawn
    ours, theirs = [a.copy() for a in arrays], [a.copy() for a in arrays]
    run(kernel, ours, target, cuts)
    interpreted(kernel, theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)


@crossed("shape, form", SHAPES, FORMS, ids=str)
def test_sums_are_as_close_to_the_truth_as_rounding_allows(shape, form):
    for dtype in ("float32", "float64"):
        kernel, arrays = product(*shape, form, dtype)
        run(kernel, arrays)
        a, b, out = views(kernel, arrays)
        a, b = a.astype(np.longdouble), b.astype(np.longdouble)
        bound = np.finfo(dtype).eps * np.sqrt(shape[1] + 4) * (abs(a) @ abs(b))
        assert np.all(abs(out - a @ b) <= bound)


@crossed("form, target", FORMS, TARGETS, ids=named)
def test_any_machine_computes_the_same_products(form, target):
    for shape in [(33, 40, 37), (260, 300, 70), (9, 1200, 19)]:
        kernel, arrays = product(*shape, form)
        run(kernel, arrays, target)
        a, b, out = views(kernel, arrays)
        np.testing.assert_allclose(out, a.astype(float) @ b, rtol=1e-4, atol=1e-3)


@crossed("shape, form", [(200, 300, 300), (500, 1600, 70)], FORMS, ids=str)
def test_the_bits_do_not_depend_on_how_units_are_spread(shape, form):
    kernel, arrays = product(*shape, form)
    parts = [a.copy() for a in arrays]
    units = run(kernel, arrays)
    assert units > 2
    run(kernel, parts, cuts=[i / units for i in range(units)])
    np.testing.assert_array_equal(arrays[2], parts[2])


@crossed("shape, form", [(37, 50, 21), (160, 256, 272), (64, 1500, 70)], FORMS, ids=str)
def test_an_update_in_place_meets_every_element_once(shape, form):
    kernel, arrays = product(*shape, form)
    weights = Access(2, (shape[2], 1))
    body = (
        Given(0, "float32"),
        Load(weights, "float32"),
        Literal(0.5, "float32"),
        Apply("multiply", (0, 2), "float32"),
        Apply("subtract", (1, 3), "float32"),
    )
    kernel = replace(kernel, body=body, stores=(Store(weights, 4),))
    a, b, out = views(kernel, arrays)
    expected = out - 0.5 * (a.astype(float) @ b)
    run(kernel, arrays)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("columns", [10, 64, 300])
def test_a_long_body_follows_the_sums(columns):
    kernel, arrays = product(88, 64, columns)
    bias = np.linspace(-1, 1, columns, dtype="float32")
    body = (
        Given(0, "float32"),
        Load(Access(3, (0, 1)), "float32"),
        Apply("add", (0, 1), "float32"),
        Apply("tanh", (2,), "float32"),
    )
    kernel = replace(kernel, body=body, stores=(Store(kernel.stores[0].access, 3),))
    run(kernel, [*arrays, bias])
    a, b, out = views(kernel, arrays)
    np.testing.assert_allclose(out, np.tanh(a.astype(float) @ b + bias), rtol=1e-5, atol=1e-5)


def test_a_body_knows_where_it_is():
    kernel, arrays = product(40, 3, 30)
    body = (Given(0, "float32"), Coordinate(0), Coordinate(1))
    body = (*body, Apply("subtract", (1, 2), "int64"), Apply("cast", (3,), "float32"))
    kernel = replace(kernel, body=body, stores=(Store(kernel.stores[0].access, 4),))
    run(kernel, arrays)
    np.testing.assert_array_equal(views(kernel, arrays)[2], np.arange(40)[:, None] - np.arange(30))


@pytest.mark.parametrize("shared", [False, True])
def test_batches_may_share_a_matrix(shared):
    kernel, arrays = product(5, 8, 12, batch=(3, 4))
    strides = (0, 0, 12, 1) if shared else kernel.b.strides
    kernel = replace(kernel, b=replace(kernel.b, strides=strides))
    run(kernel, arrays)
    a, b, out = views(kernel, arrays)
    np.testing.assert_allclose(out, a @ b, rtol=1e-5, atol=1e-5)
    assert len(normal(kernel).batch) == (0 if shared else 2)


def test_a_sum_of_nothing_is_zero():
    kernel, arrays = product(9, 0, 11)
    run(kernel, arrays)
    np.testing.assert_array_equal(arrays[2], 0)


def test_infinity_and_nan_stay_in_their_rows_and_columns():
    kernel, arrays = product(20, 30, 11, "NT")
    arrays[0][3 * 30] = np.inf
    arrays[1][7 * 30 + 2] = np.nan
    run(kernel, arrays)
    finite = np.isfinite(views(kernel, arrays)[2])
    assert not finite[3].any()
    assert not finite[:, 7].any()
    assert finite[np.ix_(np.arange(20) != 3, np.arange(11) != 7)].all()


@pytest.mark.parametrize("shape", [(256, 784, 1024), (512, 9000, 512), (10**5, 3, 1)], ids=str)
def test_what_a_product_asks_of_the_stack_is_small(shape):
    for form in FORMS:
        for dtype in ("float32", "float64"):
            kernel, _ = product(1, 1, 1, form, dtype)
            rows, depth, columns = shape
            a = Access(0, (1, rows) if form[0] == "T" else (depth, 1))
            b = Access(1, (1, depth) if form[1] == "T" else (columns, 1))
            letters = (Given(0, dtype), Apply("tanh", (0,), dtype))
            store = Store(Access(2, (columns, 1)), 1)
            kernel = replace(kernel, rows=rows, depth=depth, columns=columns, a=a, b=b)
            kernel = replace(kernel, body=letters, stores=(store,))
            module = Module()
            write(module, "kernel", kernel, AVX2)
            lines = [line for line in str(module).splitlines() if "alloca" in line]
            counts = [int(line.split("[")[1].split(" x")[0]) for line in lines]
            assert sum(counts) * np.dtype(dtype).itemsize <= 300 * 1024
            assert str(module).count("\n") < 1500


@pytest.mark.parametrize(
    ("shape", "form", "dtype", "copied"),
    [
        ((64, 200, 64), "TN", "float64", True),  # 512 bytes apart: 64 of the 200 rows fit
        ((64, 200, 64), "NN", "float64", False),  # too few tiles for so many rows
        ((784, 128, 128), "NN", "float32", True),
        ((100, 200, 26), "TN", "float64", True),
        ((16, 200, 100), "TN", "float64", False),
        ((64, 32, 64), "TN", "float64", False),  # they fit
        ((500, 200, 10), "NN", "float64", False),  # a single panel, which is read as it lies
        ((500, 16, 256), "NN", "float64", False),  # nothing is read often
    ],
)
def test_panels_that_crowd_the_cache_are_copied_where_tiles_are_enough(shape, form, dtype, copied):
    kernel, _ = product(*shape, form, dtype)
    assert schedule(normal(kernel), AVX2).copies_b == copied
    brief = schedule(normal(kernel), replace(AVX2, brief=True))
    assert not (brief.brief and brief.copies_b)


def test_rows_are_balanced_between_tiles():
    kernel, _ = product(33, 400, 400)
    cut = schedule(kernel, AVX2).grid
    assert (cut.height, cut.tall, cut.tiles) == (6, 3, 6)


def test_the_last_two_of_ten_columns_share_their_vectors():
    kernel, _ = product(32, 64, 10)
    cut = schedule(kernel, AVX2).grid
    assert (cut.height, cut.together, cut.sums) == (8, 4, 10)
