"""Kernels over fewer axes, and the values that are computed outside the inner loops."""

import numpy as np

from chainrule.native.axes import fewer_axes, fewer_row_axes
from chainrule.native.ir import Module
from chainrule.native.kinds import write
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Pass, Reduction, Row
from chainrule.plan.scalar import Access, Apply, Coordinate, Given, Load, Store
from tests.native.drawn_kernels import TARGETS, native

F = "float32"


def load(buffer, *strides):
    return Load(Access(buffer, strides), F)


def test_a_matrix_and_a_number_are_met_along_one_axis():
    body = (load(0, 64, 1), load(1, 0, 0), Apply("add", (0, 1), F))
    kernel = fewer_axes(Pointwise((32, 64), body, (Store(Access(2, (64, 1)), 2),)))
    assert kernel.shape == (2048,)
    assert kernel.body[:2] == (load(0, 1), load(1, 0))


def test_a_bias_keeps_its_own_axis():
    body = (load(0, 64, 1), load(1, 0, 1), Apply("add", (0, 1), F))
    assert fewer_axes(Pointwise((32, 64), body, (Store(Access(2, (64, 1)), 2),))).shape == (32, 64)


def test_axes_stand_in_the_order_of_the_stores():
    body = (load(0, 1, 4, 20),)
    kernel = fewer_axes(Pointwise((4, 5, 6), body, (Store(Access(1, (1, 4, 20)), 0),)))
    assert kernel.shape == (120,)


def test_an_axis_that_is_counted_is_not_joined_and_one_of_length_1_is_dropped():
    body = (Coordinate(0), Coordinate(1), Coordinate(2))
    stores = tuple(Store(Access(i, (12, 4, 1)), i) for i in range(3))
    kernel = fewer_axes(Pointwise((5, 1, 4), body, stores))
    assert kernel.shape == (5, 4)
    assert [getattr(step, "axis", None) for step in kernel.body] == [0, None, 1]


def test_rows_and_their_elements_are_joined_apart_from_each_other():
    total = Pass(
        (load(0, 30, 10, 5, 1),), (), (Reduction("sum", 0, F),),
        (Given(0, F),), (Store(Access(1, (3, 1)), 0),),
    )  # fmt: skip
    kernel = fewer_row_axes(Row((2, 3), (2, 5), (total,)))
    assert (kernel.outer, kernel.inner) == ((6,), (10,))
    assert kernel.passes[0].after_stores[0].access.strides == (1,)


def test_places_are_counted_in_the_order_of_the_row_whatever_its_memory():
    x = np.random.default_rng(0).normal(size=(3, 7, 9)).astype(F)
    out = np.zeros(3, np.int64)
    found = Pass(
        (load(0, 63, 1, 9),), (), (Reduction("argmax", 0, "int64"),),
        (Given(0, "int64"),), (Store(Access(1, (1,)), 0),),
    )  # fmt: skip
    native(Row((3,), (9, 7), (found,)), [x, out])
    np.testing.assert_array_equal(out, x.transpose(0, 2, 1).reshape(3, -1).argmax(1))


def test_what_depends_on_no_loop_is_computed_once():
    body = (
        load(0, 1), load(1, 0), Apply("sqrt", (1,), F), Apply("divide", (0, 2), F),
    )  # fmt: skip
    kernel = Pointwise((1000,), body, (Store(Access(2, (1,)), 3),))
    module = Module()
    write(module, "kernel", kernel, TARGETS[0])
    before, _, loops = str(module).partition("head")
    assert "sqrt.f32" in before
    assert "call" not in loops
