"""What is recorded and planned for a deep net grows with its depth, no faster."""

import pickle
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.plan import grouping
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.spec import spec_of

ROWS, UNITS = 4, 3
LINEAR = 2.25  # of twice as many layers; a square would come to 4


def lines_run(work):
    """How many lines of Python it takes."""
    count = 0

    def traced(frame, event, _):
        nonlocal count
        count += event == "line"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def loss(weights, biases, x):
    for w, b in zip(weights, biases, strict=True):
        x = np.tanh(x @ w + b)
    return (x**2).mean()


def layers(depth):
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(UNITS, UNITS)).astype("f") for _ in range(depth)]
    return weights, [np.zeros(UNITS, "f") for _ in range(depth)], np.ones((ROWS, UNITS), "f")


def by_compile(depth):
    given = layers(depth)
    step = cr.compile(cr.grad(loss, argnums=(0, 1)))
    return lambda: step.plan(*given)


def by_program(depth):
    parts = [part for _ in range(depth) for part in (cr.nn.Linear(UNITS, UNITS), cr.nn.Tanh())]
    net, x = cr.nn.Sequential(*parts), np.ones((ROWS, UNITS), "f")
    program = cr.train.Program(net, cr.softmax_cross_entropy, cr.optim.Adam(0.01))
    return lambda: program.plan(x, np.zeros(ROWS, int))


@pytest.mark.parametrize("made", [by_compile, by_program])
def test_the_work_of_recording_and_planning_grows_with_the_depth(made, monkeypatch):
    monkeypatch.setattr(grouping, "BLOCK", 50)  # it grows with the square within a block
    made(2)()  # what is made once in a process
    few, more, most = (lines_run(made(depth)) for depth in (12, 24, 48))
    assert most - more <= LINEAR * (more - few)


def test_a_rule_that_was_written_before_is_what_the_rule_itself_writes(monkeypatch):
    """Every layer but the first one of a kind takes what the first one's rule has written."""
    weights, biases, x = layers(3)
    scaled = [w * scale for w, scale in zip(weights, (1, 2, 3), strict=True)]

    def gradients(*flat):
        return [*cr.grad(loss, argnums=0)(list(flat), biases, x)]

    def plan():
        return make(record(gradients, [spec_of(w) for w in scaled]))

    quick = plan()
    with monkeypatch.context() as patched:
        for name in CATALOGUE:
            patched.setattr(CATALOGUE[name], "stateless", False)
        slow = plan()
    assert quick.show() == slow.show()


def test_a_layer_whose_index_was_not_looked_at_is_looked_at():
    """What the first rule wrote without a check, the second one may need one for."""

    def picked(table, known, new):
        first = cr.take(table, known, axis=0)
        again = cr.grad(lambda t: (cr.take(t, known, axis=0) * first).sum())(table)
        other = cr.grad(lambda t: (cr.take(t, new, axis=0) * first).sum())(table)
        return [again, other]

    table, known = np.ones((4, 3), "f"), np.array([0, 1])
    step = cr.compile(picked)
    step(table, known, np.array([2, 3]))
    with pytest.raises(cr.errors.ChainruleError):
        step(table, known, np.array([2, 4]))


def test_numbers_that_all_parameters_share_are_computed_once():
    depth = 5
    net = cr.nn.Sequential(*[cr.nn.Linear(UNITS, UNITS) for _ in range(depth)])
    program = cr.train.Program(net, cr.softmax_cross_entropy, cr.optim.Adam(0.01))
    plan = program.plan(np.ones((ROWS, UNITS), "f"), np.zeros(ROWS, int))
    roots = [
        step
        for kernel in plan.kernels
        for step in getattr(kernel, "body", ())
        if getattr(step, "letter", "") == "expm1"
    ]
    assert len(roots) == 2  # of both means, not of both of each parameter


def test_the_way_back_of_a_gradient_that_is_recorded_leaves_no_nodes(monkeypatch):
    ops, original = [], Node.__init__

    def noted(self, value, op=None, *rest, **named):
        if op is not None:
            ops.append(op.name)
        original(self, value, op, *rest, **named)

    def loss(w, x):
        for _ in range(3):
            x = np.tanh(x @ w)
        return x.sum()

    w = np.eye(2) / 2
    monkeypatch.setattr(Node, "__init__", noted)
    found = cr.compile(cr.grad(loss))(w, w)
    recorded = [*ops]
    assert recorded == 2 * [*(3 * ["matmul", "tanh"]), "sum"]  # once more, to see that it stays
    np.testing.assert_allclose(found, cr.grad(loss)(w, w))


def test_a_kernel_is_kept_without_what_is_found_out_again():
    plan = cr.compile(lambda x: np.tanh(x @ x) + 1).plan(np.eye(3))
    again = pickle.loads(pickle.dumps(plan))
    assert all("traffic" in vars(kernel) for kernel in plan.kernels)
    assert not any("traffic" in vars(kernel) for kernel in again.kernels)
    assert again.kernels == plan.kernels
    assert [each.key for each in again.forms] == [each.key for each in plan.forms]
