"""How much is spent on the code of a kernel, by the work that it will do."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.native import tiers
from chainrule.native.engine import compile_plan
from chainrule.native.kinds import microseconds
from chainrule.native.tiers import TIERS, Ledger
from chainrule.plan.blockwise import Blocks
from tests.native.small_plans import doubled

HALF, ALL = 0.6 * tiers.UNROLLED, 1.2 * tiers.UNROLLED
SOME = 1.2 * tiers.CHOSEN


def places(plan, *work):
    """The tiers that a ledger gives a plan of one kernel, for one amount of work after another."""
    (kernel,), (form,), ledger = plan.kernels, plan.forms, Ledger()
    found = []
    for each in work:
        runs = each / microseconds(kernel)
        found += ledger.tiers(plan, {form.key: b"key"}, runs).values()
    return found


@pytest.mark.parametrize(("work", "place"), [(1, 2), (SOME, 1), (ALL, 0), (np.inf, 0)])
def test_more_work_earns_dearer_code(work, place):
    assert places(doubled((307,)), work) == [place]


def test_what_is_planned_again_and_again_earns_fast_code():
    assert places(doubled((307,)), 1, HALF, HALF, 1) == [2, 1, 0, 0]


def test_the_dearest_tier_stands_first():
    assert [tier.brief for tier in TIERS] == [False, True, True]
    assert [tier.speed for tier in TIERS] == [2, 2, 0]


def test_fast_code_that_is_there_serves_a_short_fit():
    plan = doubled((311,))
    fast = compile_plan(plan)
    assert compile_plan(doubled((311,)), runs=1).program.made == fast.program.made


def test_short_code_does_not_serve_where_it_is_not_known_how_often_it_runs():
    short = compile_plan(doubled((313,)), runs=1)
    assert compile_plan(doubled((313,)), runs=1).program is short.program
    assert compile_plan(doubled((313,))).program.made != short.program.made
    x, out = np.arange(313, dtype="f"), np.zeros(313, "f")
    short.run_object()([x], [out])
    np.testing.assert_array_equal(out, 2 * x)


def test_a_kernel_whose_work_nobody_estimates_becomes_fast_code(monkeypatch):
    monkeypatch.setattr(tiers, "microseconds", lambda kernel: None)
    plan = doubled((317,))
    assert Ledger().tiers(plan, {plan.forms[0].key: b"key"}, 1) == {b"key": 0}


def test_a_kernel_that_runs_block_by_block_works_in_every_block():
    plan = doubled((331,))
    (kernel,), (form,) = plan.kernels, plan.forms
    runs = 0.3 * tiers.UNROLLED / microseconds(kernel)
    blocks = (Blocks(0, 1, 4, rows=1, steps=({},)),)
    assert [*Ledger().tiers(plan, {form.key: b"key"}, runs).values()] == [1]
    blocked = replace(plan, blocks=blocks)
    assert [*Ledger().tiers(blocked, {form.key: b"key"}, runs).values()] == [0]
