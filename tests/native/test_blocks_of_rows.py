"""Rows in blocks as machine code: the interpreter's numbers, the same bits for any threads."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import settings
from chainrule.native.engine import compile_plan
from chainrule.native.feeds import Feed
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from tests.plan.in_blocks import CASES, Always, arrays_of, of_rows
from tests.thorough import crossed


@pytest.fixture(autouse=True)
def _as_before():
    token = settings.THREADS.set(None)
    yield
    settings.THREADS.reset(token)


def planned(case, rows, block):
    return make(record(case, [spec_of(x) for x in arrays_of(case, rows)]), cache=Always(block))


def outputs(plan):
    return [np.full(spec.shape, 7, spec.dtype) for spec in plan.outputs]


@crossed("rows, case", [40, 41], CASES)
def test_machine_code_runs_the_same_blocks(case, rows):
    plan = planned(case, rows, 8)
    assert plan.blocks
    run, arrays = compile_plan(plan, 0).run_object(), arrays_of(case, rows)
    wanted = interpret(plan, arrays_of(case, rows))
    for _ in range(2):  # the second run begins where the first one did
        found = outputs(plan)
        run(arrays, found)
        for one, right in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, right, rtol=2e-4, atol=2e-6)


def test_blocks_have_the_same_bits_for_every_number_of_threads():
    plan = planned(of_rows, 20_003, 5_000)
    executable, arrays = compile_plan(plan), arrays_of(of_rows, 20_003)
    assert executable.spreads
    seen = set()
    for count in (1, 2, 3, 8, 1):
        settings.threads(count)
        found = outputs(plan)
        executable.run_object()(arrays, found)
        seen.add(b"".join(x.tobytes() for x in found))
    assert len(seen) == 1


@pytest.mark.parametrize("ordered", [True, False])
def test_blocks_within_batches_of_an_epoch(ordered):
    """The native loop over batches moves the inputs, the blocks move within a batch."""
    plan = planned(of_rows, 41, 8)
    run, rng = compile_plan(plan, 0).run_object(), np.random.default_rng(0)
    _, w, v = arrays_of(of_rows, 41)
    x = rng.normal(size=(3 * 41, 8)).astype("f")
    order = rng.permutation(3 * 41) if ordered else None
    losses, found = np.zeros(3, "f"), outputs(plan)
    for number, array in ((1, w), (2, v)):
        run.bind_input(number, array)
    for number, array in enumerate(found):
        run.bind_output(number, array)
    assert run.repeat(3, [Feed.rows(0, x), Feed.output(0, losses)], order) == 3
    rows = x if order is None else x[order]
    for k in range(3):
        wanted = interpret(plan, [rows[k * 41 : (k + 1) * 41], w, v])
        np.testing.assert_allclose(losses[k], wanted[0], rtol=1e-5)
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-4, atol=1e-6)


def test_the_steps_of_a_loop_run_in_blocks():
    """A step of a scan is a plan of its own, whose rows may be too many as well."""

    def last(w, c, xs):
        def step(c, x):
            h = cr.tanh(c @ w + x)
            for _ in range(4):
                h = cr.tanh(h @ w) + cr.sin(h)
            return h, cr.mean(h)

        c, means = cr.scan(step, c, xs)
        return c.sum() + means.sum()

    rng = np.random.default_rng(0)
    shapes = (64, 64), (8000, 64), (2, 8000, 64)
    arrays = [(rng.normal(size=shape) / 16).astype("f") for shape in shapes]
    slope = cr.grad(last)
    compiled = cr.compile(slope)
    loops = [k for k in compiled.plan(*arrays).kernels if hasattr(k, "step")]
    assert any(loop.step.plan.blocks for loop in loops)
    wanted = slope(*arrays)
    np.testing.assert_allclose(compiled(*arrays), wanted, atol=1e-5 * np.abs(wanted).max())
