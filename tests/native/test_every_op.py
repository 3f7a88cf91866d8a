"""Native = interpreted = eager for every op: value, gradient, second order, sizes, tails, layouts.

By default the interpreted plan is asked everything, machine code that LLVM writes without haste
one question of each op, and machine code that it writes in a third of the time one question of
each kind and op. With CHAINRULE_EVERY_OP=native in the environment all three are asked everything.
"""

import os

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

NAMES = CATALOGUE.names()
ALL_NATIVE = os.environ.get("CHAINRULE_EVERY_OP") == "native"


def native(questions):
    """All in one compiled function, so that LLVM starts once."""

    def ask(groups):
        return [q(*arrays) for q, arrays in zip(questions, groups, strict=True)]

    with np.errstate(all="ignore"):  # an op that Python computes warns as it does eagerly
        return compiled(ask)([q.arrays for q in questions])


def asked_natively(name, kind, questions):
    """A part that differs from op to op, and changes with its place in the catalogue."""
    if ALL_NATIVE or not questions:
        return questions
    first = NAMES.index(name) + KINDS.index(kind)
    return [questions[first % len(questions)]]


@pytest.mark.parametrize("name", NAMES)
def test_plan_and_machine_code_agree_with_the_eager_run(name):
    chosen = []
    for kind in KINDS:
        questions = list(kind(name))
        asked = asked_natively(name, kind, questions)
        for question in questions:
            flow = record(question, [spec_of(x) for x in question.arrays])
            wanted, plan = expected(question, flow, question.arrays), make(flow)
            judge("interpreted", question, interpret(plan, copies(question)), wanted)
            if question in asked:
                judge("native", question, run_natively(plan, copies(question)), wanted)
                chosen.append((question, wanted))
    if not ALL_NATIVE:
        chosen = [chosen[NAMES.index(name) % len(chosen)]]
    results = native([question for question, _ in chosen])
    for (question, wanted), found in zip(chosen, results, strict=True):
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
