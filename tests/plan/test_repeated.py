"""What a rule wrote for some tensors, written again for others."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.plan.interpret import interpret
from chainrule.plan.make import make
from chainrule.plan.record import record
from chainrule.plan.repeated import Repeated
from chainrule.spec import Spec, spec_of

F = np.dtype("float32")


class Rule:
    """Counts how often it is run."""

    def __init__(self, function):
        self.function, self.count = function, 0

    def __call__(self, *operands):
        self.count += 1
        return self.function(*operands)


def moved(value, gradient, state):
    mean = 0.9 * state[0] + gradient
    return value - mean / (cr.sqrt(mean * mean) + 1), (mean,)


def applied(rule, count, given=lambda x: x):
    """Results and interpreted results of a rule that is applied to several triples."""

    def function(*arrays):
        repeated = Repeated()
        found = []
        for i in range(count):
            value, gradient, state = map(given, arrays[3 * i : 3 * i + 3])
            new, kept = repeated(rule, value, gradient, (state,))
            found += [new, *kept]
        return found

    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(3, 4)).astype("f") for _ in range(3 * count)]
    flow = record(function, [spec_of(x) for x in arrays])
    ours = interpret(make(flow), [x.copy() for x in arrays])
    theirs = []
    for i in range(count):
        value, gradient, state = map(given, map(cr.tensor, arrays[3 * i : 3 * i + 3]))
        new, kept = moved(value, gradient, (state,))
        theirs += [new.data, *(x.data for x in kept)]
    return flow, ours, theirs


def test_a_rule_is_run_once_for_tensors_of_one_shape():
    rule = Rule(moved)
    flow, ours, theirs = applied(rule, 4)
    assert rule.count == 1
    assert len(flow.steps) % 4 == 0
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)


def test_views_are_read_as_views():
    rule = Rule(moved)
    _, ours, theirs = applied(rule, 3, given=np.transpose)
    assert rule.count == 1
    for x, y in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-6)


def test_tensors_that_are_one_are_no_pattern_for_those_that_are_two():
    rule = Rule(lambda x, y: x + 2 * y)

    def function(x, y):
        repeated = Repeated()
        return [repeated(rule, x, x), repeated(rule, x, y), repeated(rule, y, y)]

    x, y = np.ones(3, "f"), np.full(3, 5, "f")
    found = interpret(make(record(function, [Spec((3,), F)] * 2)), [x, y])
    assert [out[0] for out in found] == [3, 11, 15]
    assert rule.count == 2


@pytest.mark.parametrize("other", [(4,), (3, 1)])
def test_another_shape_is_read_anew(other):
    rule = Rule(lambda x: x * x.size)

    def function(x, y):
        repeated = Repeated()
        return [repeated(rule, x), repeated(rule, y)]

    flow = record(function, [Spec((3,), F), Spec(other, F)])
    found = interpret(make(flow), [np.ones(3, "f"), np.ones(other, "f")])
    assert [out.flat[0] for out in found] == [3, np.prod(other)]
    assert rule.count == 2


def test_what_is_no_plain_step_is_read_anew():
    rule = Rule(lambda x, i: x[i])

    def function(x, i, y, j):
        repeated = Repeated()
        return [repeated(rule, x, i), repeated(rule, y, j)]

    index = Spec((2,), np.dtype("int64"))
    record(function, [Spec((3,), F), index, Spec((3,), F), index])
    assert rule.count == 2
