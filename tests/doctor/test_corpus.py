"""The doctor on three corpora: every fault caught, nine in ten named, right ops left in peace.

The kinds of each were decided before the doctor saw it. It was built beside the first one, and
met the other two when it stood.
"""

import functools

import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.doctor import blind, corpus, unseen
from tests.doctor.corpus.entry import fresh
from tests.together import ask

SHARE_NAMED = 0.9
CORPORA = {"corpus": corpus, "blind": blind, "unseen": unseen}


@functools.cache
def examined(name, i):
    """The report on a fault, and the inputs after it; made once, as several tests read it."""
    bug = CORPORA[name].BUGS[i]
    inputs = fresh(bug.inputs)
    return cr.check(bug.make(), *inputs, order=2), inputs


@pytest.mark.parametrize("name", CORPORA)
def test_every_fault_is_caught(name):
    for i, bug in enumerate(CORPORA[name].BUGS):
        ask(caught, {"name": name, "i": i}, f"{name}, {bug.name}")


def caught(name, i):
    report, inputs = examined(name, i)
    assert not report.passed
    assert report.findings
    with pytest.raises(cr.errors.ChainruleError):
        report.raise_if_failed()
    for after, before in zip(inputs, CORPORA[name].BUGS[i].inputs, strict=True):
        assert_array_equal(after, before)  # a faulty op may write into its inputs, not into ours


@pytest.mark.parametrize("name", CORPORA)
def test_nine_faults_in_ten_are_called_by_their_name(name):
    bugs = CORPORA[name].BUGS
    said = [[finding.kind for finding in examined(name, i)[0].findings] for i in range(len(bugs))]
    missed = {
        bug.name: (sorted(bug.kinds), kinds)
        for bug, kinds in zip(bugs, said, strict=True)
        if not kinds or kinds[0] not in bug.kinds
    }
    assert len(missed) <= (1 - SHARE_NAMED) * len(bugs), missed


@pytest.mark.parametrize("name", CORPORA)
def test_nothing_is_found_in_an_op_without_a_fault(name):
    for right in CORPORA[name].RIGHT:
        ask(left_in_peace, {"right": right}, f"{name}, {right.name}")


def left_in_peace(right):
    report = cr.check(right.make(), *fresh(right.inputs), order=2)
    assert report.passed, str(report)
    assert list(report.findings) == []
