"""The doctor on a set it was not built on: every fault caught, nine in ten named."""

import functools

import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.doctor.corpus.entry import fresh
from tests.doctor.unseen import BUGS, RIGHT

SHARE_NAMED = 0.9


@functools.cache
def examined(bug_name):
    """The report on a fault, and the inputs after it; made once, as several tests read it."""
    (bug,) = (each for each in BUGS if each.name == bug_name)
    inputs = fresh(bug.inputs)
    return cr.check(bug.make(), *inputs, order=2), inputs


@pytest.mark.parametrize("bug", [pytest.param(bug, id=bug.name) for bug in BUGS])
def test_every_fault_is_caught(bug):
    report, inputs = examined(bug.name)
    assert not report.passed
    assert report.findings
    with pytest.raises(cr.errors.ChainruleError):
        report.raise_if_failed()
    for after, before in zip(inputs, bug.inputs, strict=True):
        assert_array_equal(after, before)  # a faulty op may write into its inputs, not into ours


def test_nine_faults_in_ten_are_called_by_their_name():
    names = {
        bug.name: (sorted(bug.kinds), [finding.kind for finding in examined(bug.name)[0].findings])
        for bug in BUGS
    }
    missed = {
        name: pair for name, pair in names.items() if not pair[1] or pair[1][0] not in pair[0]
    }
    assert len(missed) <= (1 - SHARE_NAMED) * len(BUGS), missed


@pytest.mark.parametrize("right", [pytest.param(r, id=r.name.replace(" ", "-")) for r in RIGHT])
def test_nothing_is_found_in_an_op_without_a_fault(right):
    report = cr.check(right.make(), *fresh(right.inputs), order=2)
    assert report.passed, str(report)
    assert list(report.findings) == []
