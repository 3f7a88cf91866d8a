"""Grouping in its corners: what is computed again, what joins late, what is kept apart."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.evaluate import evaluate
from chainrule.plan.interpret import interpret
from chainrule.plan.kinds.matmul import Matmul
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.kinds.row import Row
from chainrule.plan.kinds.scan import Scan
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.plan.steps import Array, Flow, Map, Number, Product, Reduce, Ref
from chainrule.plan.walks import along, is_whole, repeated, split, walk
from chainrule.spec import Spec

F = "float32"


def array(*shape, dtype=F, label=""):
    return Array(shape, dtype, label=label)


def planned(function, *shapes):
    return make(record(function, [Spec(s, np.dtype(F)) for s in shapes]))


def checked(flow, plan):
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=x.shape).astype(x.dtype) for x in flow.inputs]
    wanted = evaluate(flow, [x.copy() for x in inputs])
    for found, right in zip(interpret(plan, inputs), wanted, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6)


def test_the_walk_of_a_reshaped_array_is_one_axis():
    x = array(2, 3, 4)
    assert walk(x.ref()) == ((24, 1),)
    assert is_whole(Ref(x, (6, 4), (4, 1)))
    assert not is_whole(Ref(x, (2, 3, 2), (12, 4, 1)))
    assert walk(Ref(x, (4, 6), (1, 4))) == ((4, 1), (6, 4))


def test_loops_are_cut_where_a_stride_changes():
    bias = ((6, 0), (4, 1))
    assert split((24,), bias) == [(6, 4)]
    assert along(bias, (6, 4)) == (0, 1)
    assert along(bias, (2, 3, 4)) == (0, 0, 1)
    assert along(bias, (24,)) is None
    assert split((8, 3), bias) is None  # 3 elements of 4
    assert repeated((2, 3, 4), (1,)) == ((2, 4), (3, 0), (4, 1))


def test_a_map_may_be_computed_again_before_its_input_is_written_over():
    w, x = array(4, 4, label="w"), array(4, 4)
    doubled, square, cube, new, first, second = (array(4, 4) for _ in range(6))
    steps = (
        Map("subtract", (w.ref(), x.ref()), new),  # recorded first, it runs last
        Map("add", (w.ref(), w.ref()), doubled),
        Product(x.ref(), x.ref(), square),
        Map("subtract", (square.ref(), doubled.ref()), first),
        Product(x.ref(), square.ref(), cube),
        Map("subtract", (cube.ref(), doubled.ref()), second),
    )
    flow = Flow((w, x), (first.ref(), second.ref(), new.ref()), steps, {2: 0})
    plan = make(flow)
    assert [type(kernel) for kernel in plan.kernels] == [Matmul, Matmul, Pointwise]
    assert sum(b.place == "arena" for b in plan.buffers) == 1  # the square: nothing is doubled
    checked(flow, plan)


def test_a_dear_map_is_stored_for_several_readers():
    plan = planned(lambda x, w: [np.exp(x) @ w, np.exp(x) - 1], (4, 4), (4, 4))
    exps = [k for k in plan.kernels if isinstance(k, Pointwise)]
    assert len(exps) == 1


def test_sums_of_two_arrays_along_the_same_axis_share_their_loop():
    plan = planned(lambda x: [cr.sum(x, 0), cr.sum(x * x, 0)], (8, 4))
    (row,) = plan.kernels
    assert isinstance(row, Row)
    assert [r.kind for r in row.passes[0].reductions] == ["sum", "sum"]


def test_sums_along_different_axes_are_two_kernels():
    assert len(planned(lambda x: [cr.sum(x, 0), cr.sum(x, 1)], (8, 4)).kernels) == 2


def test_arithmetic_on_single_numbers_is_one_kernel():
    plan = planned(lambda a, b, c: [a * b, b - c, c * a], (), (), ())
    assert len(plan.kernels) == 1


@pytest.mark.parametrize(("length", "count"), [(100, 1), (1 << 17, 2)])
def test_a_long_single_row_leaves_its_elements_to_threads(length, count):
    x, total, shares = array(length), array(1), array(length)
    steps = (
        Reduce("sum", x.ref(), (0,), total),
        Map("divide", (x.ref(), Ref(total, (length,), (0,))), shares),
    )
    assert len(make(Flow((x,), (shares.ref(),), steps)).kernels) == count


def test_a_product_read_through_a_transpose_is_stored_first():
    x, product, out = array(3, 4), array(3, 3), array(3, 3)
    turned = Ref(x, (4, 3), (1, 4))
    steps = (
        Product(x.ref(), turned, product),
        Map("add", (Ref(product, (3, 3), (1, 3)), product.ref()), out),
    )
    flow = Flow((x,), (out.ref(),), steps)
    plan = make(flow)
    assert [type(kernel) for kernel in plan.kernels] == [Matmul, Pointwise]
    checked(flow, plan)


def test_a_row_keeps_an_exponential_and_computes_a_difference_again():
    plan = planned(lambda x: [cr.softmax(x)], (8, 5))
    (row,) = plan.kernels
    assert len(row.scratch) == 1
    assert len(row.passes) == 3


def test_what_stands_on_both_sides_of_another_kernel_is_not_joined():
    x, p, q, r = (array(3, 4) for _ in range(4))
    steps = (
        Map("exp", (x.ref(),), p),
        Scan("sum", (p.ref(),), q.ref()),
        Map("add", (p.ref(), q.ref()), r),
    )
    flow = Flow((x,), (r.ref(),), steps)
    plan = make(flow)
    assert [type(kernel) for kernel in plan.kernels] == [Pointwise, Scan, Pointwise]
    checked(flow, plan)


def test_more_steps_than_a_block_are_grouped_block_by_block():
    x = array(2)
    steps, last = [], x
    for i in range(2500):
        out = array(2)
        steps.append(Map("add" if i % 2 else "subtract", (last.ref(), Number(1.0, F)), out))
        last = out
    flow = Flow((x,), (last.ref(),), tuple(steps), {0: 0})
    plan = make(flow)
    assert len(plan.kernels) < 40
    checked(flow, plan)


def test_an_update_names_its_input():
    w, x = array(3, label="hidden.weight"), array(3)
    new = array(3, label="subtract")
    plan = make(Flow((w, x), (new.ref(),), (Map("subtract", (w.ref(), x.ref()), new),), {0: 0}))
    assert plan.names == ("subtract + update of hidden.weight",)
