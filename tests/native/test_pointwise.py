"""Pointwise kernels as machine code, beside the interpreter and NumPy."""

import numpy as np
import pytest
from hypothesis import strategies as st

from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.scalar import Access, Apply, Coordinate, Gather, Literal, Load, Store
from tests.native.drawn_kernels import TARGETS, interpreted, native, pointwise_kernels
from tests.thorough import crossed, examples

F = "float32"


def load(buffer, *strides, dtype=F):
    return Load(Access(buffer, strides), dtype)


@examples(40, 150, pointwise_kernels(), st.sampled_from(TARGETS))
def test_machine_code_does_what_the_interpreter_does(drawn, target):
    kernel, arrays = drawn
    ours, theirs = [a.copy() for a in arrays], [a.copy() for a in arrays]
    native(kernel, ours, target)
    interpreted(kernel, theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_splitting_the_units_gives_the_same_bits():
    x = np.random.default_rng(0).normal(size=(3, 100_003)).astype(F)
    body = (
        load(0, 100_003, 1),
        load(1, 1, 0),
        Apply("multiply", (0, 1), F),
        Apply("exp", (2,), F),
    )
    kernel = Pointwise(x.shape, body, (Store(Access(2, (100_003, 1)), 3),))
    scale = np.array([0.5, -1, 2], F)
    whole, parts = np.zeros(x.size, F), np.zeros(x.size, F)
    units = native(kernel, [x, scale, whole])
    native(kernel, [x, scale, parts], cuts=[0.2, 0.5, 0.51, 0.9])
    assert units > 5
    np.testing.assert_array_equal(whole, parts)
    np.testing.assert_allclose(whole.reshape(x.shape), np.exp(x * scale[:, None]), rtol=1e-6)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1, 1)])
def test_a_single_element_of_any_rank(shape):
    x, out = np.array([3.0], F), np.zeros(1, F)
    ones = tuple(1 for _ in shape)
    body = (load(0, *ones), Apply("add", (0, 0), F))
    native(Pointwise(shape, body, (Store(Access(1, ones), 1),)), [x, out])
    assert out[0] == 6


@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 5)])
def test_no_elements_touch_no_memory(shape):
    kernel = Pointwise(shape, (load(0, *(1 for _ in shape)),), ())
    assert native(kernel, [np.zeros(0, F)]) == 1


@crossed(
    "dtype, shape",
    ["float32", "float64", "int32", "int64", "bool", "uint8"],
    [(5, 9), (8, 16), (33, 40), (64, 3), (1, 20), (16, 100)],
)
def test_a_transposing_copy(shape, dtype):
    rows, columns = shape
    x = (np.random.default_rng(0).normal(size=shape) * 9).astype(dtype)
    out = np.zeros((columns, rows), dtype)
    kernel = Pointwise(
        (columns, rows), (load(0, 1, columns, dtype=dtype),), (Store(Access(1, (rows, 1)), 0),)
    )
    for target in TARGETS:
        out[...] = 0
        native(kernel, [x, out], target)
        np.testing.assert_array_equal(out, x.T)


def test_two_layouts_meet_and_a_third_is_written():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(70, 50)), rng.normal(size=(50, 70))
    out = np.zeros((70, 50))
    body = (
        load(0, 50, 1, dtype="float64"), load(1, 1, 70, dtype="float64"),
        Apply("multiply", (0, 1), "float64"),
    )  # fmt: skip
    native(Pointwise((70, 50), body, (Store(Access(2, (50, 1)), 2),)), [x, y, out])
    np.testing.assert_array_equal(out, x * y.T)


def test_an_update_in_place_reads_before_it_writes():
    w, step = np.arange(1003, dtype=F), np.array([2.0], F)
    body = (load(0, 1), load(1, 0), Apply("multiply", (0, 1), F), Apply("add", (0, 2), F))
    native(Pointwise((1003,), body, (Store(Access(0, (1,)), 3),)), [w, step])
    np.testing.assert_array_equal(w, 3 * np.arange(1003, dtype=F))


def test_special_values_pass():
    x = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-45, 3e38, -1] * 3, F)
    out, signs = np.zeros_like(x), np.zeros(24, bool)
    body = (
        load(0, 1), Literal(-0.0, F), Apply("add", (0, 1), F),
        Literal(1.0, F), Apply("copysign", (3, 0), F), Literal(0.0, F),
        Apply("less", (4, 5), "bool"),
    )  # fmt: skip
    stores = Store(Access(1, (1,)), 2), Store(Access(2, (1,)), 6)
    native(Pointwise((24,), body, stores), [x, out, signs])
    np.testing.assert_array_equal(out.view("int32"), x.view("int32"))
    np.testing.assert_array_equal(signs[1:8], np.signbit(x[1:8]))


def test_rows_chosen_by_index_are_taken_whole():
    table = np.random.default_rng(0).normal(size=(7, 30)).astype(F)
    index = np.array([3, -1, 0, 6, -7])
    out = np.zeros((5, 30), F)
    body = (load(1, 1, 0, dtype="int64"), Gather(Access(0, (0, 1)), 0, 30, 7, F))
    kernel = Pointwise((5, 30), body, (Store(Access(2, (30, 1)), 1),))
    native(kernel, [table, index, out])
    np.testing.assert_array_equal(out, table[index])


def test_one_hot_compares_labels_of_any_size_with_places():
    labels = np.array([2, 0, 9, -1, 2**32 + 2, 2**40, -(2**63)])
    out = np.zeros((7, 10), bool)
    body = (Coordinate(1), load(0, 1, 0, dtype="int64"), Apply("equal", (0, 1), "bool"))
    native(Pointwise((7, 10), body, (Store(Access(1, (10, 1)), 2),)), [labels, out])
    np.testing.assert_array_equal(out, labels[:, None] == np.arange(10))
