"""Native = interpreted = eager for every op: value, gradient, second order, sizes, tails, layouts.

In every run one question of each kind and op, in turns, every second one of machine code too, and
one of an op as users compile it; where all is asked, each question in all three ways.
"""

import numpy as np
import pytest

from chainrule.compiled import compile as compiled
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of
from chainrule.testing.agreement import disagreement, expected
from chainrule.testing.fuzz.compiled import run_natively
from tests.native.every_case import KINDS, samples
from tests.thorough import parametrize

NAMES = CATALOGUE.names()


def native(questions):
    """All in one compiled function, so that LLVM starts once."""

    def ask(groups):
        return [q(*arrays) for q, arrays in zip(questions, groups, strict=True)]

    with np.errstate(all="ignore"):  # an op that Python computes warns as it does eagerly
        return compiled(ask)([q.arrays for q in questions])


def in_turns(questions, number):
    """One: another for the next op, and for this op at another place in the catalogue."""
    return questions[number % len(questions)]


@parametrize("share", ("in turns", "all"), few=1)
@pytest.mark.parametrize("name", NAMES)
def test_plan_and_machine_code_agree_with_the_eager_run(name, share):
    asked, number = [], NAMES.index(name)
    for place, kind in enumerate(KINDS):
        questions = list(kind(name))
        if share == "in turns" and questions:
            questions = [in_turns(questions, number + place)]
        for question in questions:
            flow = record(question, [spec_of(x) for x in question.arrays])
            wanted, plan = expected(question, flow, question.arrays), make(flow)
            judge("interpreted", question, interpret(plan, copies(question)), wanted)
            if share == "all" or (number + place) % 2:
                judge("native", question, run_natively(plan, copies(question)), wanted)
            asked.append((question, wanted))
    if share == "in turns":
        asked = [in_turns(asked, number)]
    results = native([question for question, _ in asked])
    for (question, wanted), found in zip(asked, results, strict=True):
        judge("compiled", question, found, wanted)


def copies(question):
    return [x.copy() for x in question.arrays]


def judge(way, question, found, wanted):
    wrong = disagreement(found, wanted)
    assert not wrong, f"{way}: {question}: {wrong}"


def test_the_judge_tells_results_apart():
    (question,) = [q for q in samples("exp") if q.arrays[0].dtype == np.float64]
    flow = record(question, [spec_of(x) for x in question.arrays])
    want = expected(question, flow, question.arrays)
    right = list(want.eager)
    assert disagreement(right, want) == ""
    for change in (
        lambda x: x + 1e-12,
        lambda x: x.astype(np.float32),
        lambda x: x[:1],
        lambda x: np.where(x == x.max(), np.nan, x),
        lambda x: np.where(x == x.max(), np.inf, x),
    ):
        assert disagreement([change(right[0]), *right[1:]], want)
    assert disagreement(right[1:], want)
