"""A gradient of a branch that was not selected stays exactly 0, however many steps lie between."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from tests.loops.recurrences import python_scan

CHOSEN = np.array([False, True])
AT = np.array([0.0, 4.0])  # the slope of the root is infinite at the first one

LOSSES = {
    "one output of all": lambda scan, c: scan(
        lambda c, _: (np.sqrt(c), c), c, length=3
    )[1][0].sum(),
    "a part of the last carry": lambda scan, c: scan(
        lambda c, _: (np.sqrt(c), None), c, length=3
    )[0][1],
    "chosen at every step": lambda scan, c: scan(
        lambda c, _: (np.where(CHOSEN, np.sqrt(c), 1.0), None), c, length=3
    )[0].sum(),
    "chosen, and read before": lambda scan, c: scan(
        lambda c, _: (np.where(CHOSEN, np.sqrt(c), 1.0), np.sqrt(c)), c, length=3
    )[0][1],
    "of the entries": lambda scan, c: scan(
        lambda h, x: (h + 1, np.sqrt(x) * h), 0.0, np.stack([c, c])
    )[1][:, 1].sum(),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_zeros_are_those_of_the_loop(name):
    loss = LOSSES[name]
    wanted = cr.grad(lambda c: loss(python_scan, c))(AT)
    assert np.all(np.isfinite(wanted))
    gradient = cr.grad(lambda c: loss(cr.scan, c))
    assert_allclose(gradient(AT), wanted, rtol=1e-12)
    assert_allclose(cr.compile(gradient)(AT), wanted, rtol=1e-12)
    second = cr.grad(lambda c: cr.grad(lambda c: loss(python_scan, c))(c).sum())(AT)
    assert_allclose(cr.grad(lambda c: gradient(c).sum())(AT), second, rtol=1e-12)


def test_a_step_without_branches_carries_no_masks():
    plan = cr.compile(
        cr.grad(lambda c: cr.scan(lambda c, _: (np.tanh(c), None), c, length=3)[0].sum())
    ).plan(AT)
    steps = [kernel.runs for kernel in plan.kernels if kernel.runs is not None]
    assert not [spec for step in steps for spec in step.inputs if spec.dtype == bool]
