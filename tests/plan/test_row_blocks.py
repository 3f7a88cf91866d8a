"""Rows in blocks compute what whole batches compute, whatever the sizes."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.evaluate import evaluate
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.numpy_memory import Memory
from chainrule.plan.record import record
from chainrule.plan.row_blocks import Cache
from chainrule.plan.verify import verify
from chainrule.spec import Spec, spec_of
from tests.plan.in_blocks import CASES, Always, arrays_of, of_rows
from tests.plan.random_flows import Drawer
from tests.thorough import crossed, parametrize

FEW = Cache(5_000, 8)


@crossed("case, rows", CASES, [1, 2, 7, 40, 41, 97])
def test_blocks_compute_what_whole_batches_compute(case, rows):
    arrays = arrays_of(case, rows)
    flow = record(case, [spec_of(x) for x in arrays])
    wanted = interpret(make(flow), arrays_of(case, rows))
    for block in (1, 2, 5, 8, 64):
        plan = make(flow, cache=Always(block))
        assert plan.blocks or block >= rows
        for found, right in zip(interpret(plan, arrays_of(case, rows)), wanted, strict=True):
            np.testing.assert_allclose(found, right, rtol=2e-4, atol=2e-6)


@pytest.mark.parametrize("rows", [0, 1])
def test_no_rows_and_one_row_are_no_blocks(rows):
    specs = [Spec(shape, np.dtype("f")) for shape in ((rows, 3), (3, 5))]
    flow = record(lambda x, w: [cr.tanh(x @ w), cr.sum(x @ w, axis=0), x.T @ x], specs)
    plan = make(flow, cache=Always(1))
    assert all(each.rows * each.count <= 5 for each in plan.blocks)  # those of the weights
    found = interpret(plan, [np.ones((rows, 3), "f"), np.ones((3, 5), "f")])
    assert [x.shape for x in found] == [(rows, 5), (5,), (3, 3)]
    assert (found[1] == 3 * rows).all()


@parametrize("seed", range(150), few=40)
def test_random_flows_compute_the_same_in_blocks(seed):
    flow = Drawer(seed).flow(3 + seed % 25)
    rng = np.random.default_rng(seed)
    inputs = [rng.normal(size=x.shape) for x in flow.inputs]
    with np.errstate(all="ignore"):
        wanted = evaluate(flow, [x.copy() for x in inputs])
    for block in (1, 2, 4):
        plan = make(flow, cache=Always(block))
        verify(plan)
        given = [x.copy() for x in inputs]
        for found, right in zip(interpret(plan, given), wanted, strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9)
        for i, (now, before) in enumerate(zip(given, inputs, strict=True)):
            assert i in plan.updates.values() or np.array_equal(now, before)


def test_random_flows_are_often_cut():
    plans = [make(Drawer(seed).flow(3 + seed % 25), cache=Always(2)) for seed in range(40)]
    assert sum(bool(plan.blocks) for plan in plans) > 20
    assert any(each.more for plan in plans for each in plan.blocks)


def test_a_batch_that_fits_the_cache_is_left_as_it_is():
    flow = recorded(of_rows, 100)
    assert make(flow).blocks == ()
    assert make(flow, cache=FEW).blocks
    assert make(recorded(of_rows, 40), cache=FEW).blocks == ()


def test_weights_that_fill_the_cache_leave_no_room_for_blocks():
    flow = recorded(of_rows, 100)
    assert make(flow, cache=Cache(1_000, 1)).blocks == ()


def test_the_arena_holds_the_rows_of_a_block():
    flow = recorded(of_rows, 4000)
    assert make(flow, cache=FEW).arena_bytes < FEW.nbytes
    assert make(flow, cache=Cache(1 << 40)).arena_bytes > 30 * FEW.nbytes


def test_blocks_are_full_where_the_rows_allow_it():
    (blocks,) = make(recorded(of_rows, 1024), cache=FEW).blocks
    assert blocks.count * blocks.rows == 1024
    assert blocks.more == blocks.rest == 0


def test_what_is_left_of_the_rows_is_in_the_last_block():
    (blocks,) = make(recorded(of_rows, 997), cache=FEW).blocks
    assert blocks.count * blocks.rows + blocks.rest == 997
    assert blocks.more == blocks.stop - blocks.first


def test_many_ones_are_counted_right():
    """In single precision the sum of 2**24 ones stays where it is when one more is added."""
    rows = 2**24 + 1000
    flow = record(lambda x: [cr.sum(cr.exp(x))], [Spec((rows,), np.dtype("float32"))])
    (blocks,) = make(flow, cache=Always(1 << 12)).blocks
    plan = make(flow, cache=Always(1 << 22))
    assert blocks.count > 4000
    assert interpret(plan, [np.zeros(rows, "float32")])[0] == np.float32(rows)


def test_a_check_of_what_the_rows_make_comes_before_who_reads_by_it():
    def chosen(x, table):
        place = cr.argmax(x * 2, axis=1)
        return [table[place] + cr.tanh(x)[:, :1]]

    flow = record(chosen, [Spec((12, 3), np.dtype("f")), Spec((3, 3), np.dtype("f"))])
    plan = make(flow, cache=Always(4))
    rng = np.random.default_rng(0)
    x, table = rng.normal(size=(12, 3)).astype("f"), rng.normal(size=(3, 3)).astype("f")
    expected = table[np.argmax(x, 1)] + np.tanh(x)[:, :1]
    np.testing.assert_allclose(interpret(plan, [x, table])[0], expected, rtol=1e-6)


def test_means_over_rows_that_others_read_end_the_blocks():
    """Normalization over the batch: rows wait for the sums of all rows."""

    def normalized(x, w):
        h = cr.tanh(x @ w)
        return [cr.tanh(h - cr.mean(h, axis=0))]

    flow = record(normalized, [Spec((30, 4), np.dtype("f")), Spec((4, 5), np.dtype("f"))])
    plan = make(flow, cache=Always(10))
    (blocks,) = plan.blocks
    assert blocks.stop < len(plan.kernels)
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(30, 4)).astype("f"), rng.normal(size=(4, 5)).astype("f")
    h = np.tanh(x @ w)
    np.testing.assert_allclose(interpret(plan, [x, w])[0], np.tanh(h - h.mean(0)), rtol=1e-5)


def test_a_kernel_adds_up_parts_to_what_it_computes_at_once():
    """Whoever has loops that are only summed up: the parts, then the ending."""
    rng = np.random.default_rng(0)
    seen = 0
    for case in CASES:
        plan = make(record(case, [spec_of(x) for x in arrays_of(case, 12)]))
        for kernel in plan.kernels:
            for axis, length in kernel.sum_axes():
                seen += 1
                fresh = [len(plan.buffers) + i for i, _ in enumerate(kernel.sums())]
                buffers = [*map(drawn(rng), plan.buffers)]
                sums = [np.zeros(size, dtype) for size, dtype in kernel.sums()]
                once, parts = [x.copy() for x in buffers], [*buffers, *sums]
                kernel.run(Memory(once))
                kernel.adding(axis, length, fresh).run(Memory(parts))
                kernel.ending(fresh).run(Memory(parts))
                for found, right in zip(parts, once, strict=False):
                    np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6)
    assert seen > 20


def drawn(rng):
    """Makes a buffer with something in it."""
    return lambda buffer: rng.uniform(0, 2, buffer.size).astype(buffer.dtype)


def test_the_text_of_a_plan_says_which_kernels_run_in_blocks():
    shown = make(recorded(of_rows, 41), cache=Always(6)).show()
    assert "rows in blocks of 6: kernels 3-8, 6 times, each time for the next 6 rows:" in shown
    assert "once, for the last 5 rows:" in shown
    assert "once, for all rows:" in shown


def recorded(case, rows):
    return record(case, [spec_of(x) for x in arrays_of(case, rows)])
