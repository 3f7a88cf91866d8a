"""The seeded faults are faults, where the second set says they are; and the right ops are right.

Judged by differences of forward alone: no doctor is asked here.
"""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from tests.doctor.corpus.entry import fresh
from tests.doctor.test_the_corpus_itself import (
    KINDS,
    NO_NUMBERS,
    gradients,
    is_wrong,
    named,
    upstream_of,
    value,
    wrong_inputs,
    wrong_second_order,
)
from tests.doctor.unseen import BUGS, RIGHT

KINKED = {"Huber", "Hinge", "LeakyRelu", "Maxout", "MaxPool", "Length"}  # where they are tried

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # some faults divide by 0


def of_kind(*kinds):
    return named(bug for bug in BUGS if bug.kind in kinds)


def test_the_set_is_as_wide_as_it_says():
    assert len(BUGS) >= 62
    assert len({family(bug) for bug in BUGS}) >= 20
    assert len({right.make for right in RIGHT}) >= 20
    assert len({bug.name for bug in BUGS}) == len(BUGS)
    assert sum(len(bug.kinds) > 1 for bug in BUGS) <= 8


def test_every_kind_stands_in_the_set_at_least_twice():
    counts = Counter(bug.kind for bug in BUGS)
    assert set(counts) == KINDS
    assert [kind for kind, count in counts.items() if count < 2] == []


@pytest.mark.parametrize("right", named(RIGHT))
def test_a_right_op_agrees_with_differences_or_lies_between_the_one_sided_slopes(right):
    op, inputs = right.make(), right.inputs
    upstream = upstream_of(op, inputs)
    for gradient, x in zip(gradients(op, inputs, upstream), inputs, strict=True):
        if x.dtype.kind == "f":
            assert (gradient.shape, gradient.dtype) == (x.shape, x.dtype)
    assert wrong_inputs(op, inputs, upstream) == ()


@pytest.mark.parametrize("right", named(r for r in RIGHT if r.make.__name__ not in KINKED))
def test_a_right_op_without_a_kink_is_right_in_the_second_order(right):
    op, inputs = right.make(), right.inputs
    floats = tuple(x.astype(float) for x in inputs if x.dtype.kind == "f")
    labels = inputs[len(floats) :]  # integers stand last
    upstream = upstream_of(op, (*floats, *labels))
    for position in range(len(floats)):
        assert not wrong_second_order(lambda *xs: op(*xs, *labels), floats, position, upstream)


@pytest.mark.parametrize(
    "bug", of_kind(*KINDS - NO_NUMBERS - {"double_backward", "precision", "wrong_dtype"})
)
def test_a_wrong_gradient_is_wrong_at_the_inputs_named_and_nowhere_else(bug):
    op, inputs = bug.make(), bug.inputs
    assert wrong_inputs(op, inputs, upstream_of(op, inputs)) == bug.at


@pytest.mark.parametrize("bug", of_kind("wrong_dtype"))
def test_a_wrong_dtype_is_another_than_the_inputs(bug):
    op, inputs = bug.make(), bug.inputs
    found = gradients(op, inputs, upstream_of(op, inputs))
    (position,) = bug.at
    assert found[position].dtype != inputs[position].dtype


@pytest.mark.parametrize("bug", of_kind("wrong_count"))
def test_a_wrong_count_is_not_the_count_of_the_inputs(bug):
    op, inputs = bug.make(), bug.inputs
    assert len(gradients(op, inputs, upstream_of(op, inputs))) != len(inputs)


@pytest.mark.parametrize("bug", of_kind("mutates_input"))
def test_a_mutation_leaves_other_numbers_behind(bug):
    op, inputs = bug.make(), fresh(bug.inputs)
    upstream = upstream_of(bug.make(), bug.inputs)
    given = upstream.copy()
    op.backward(given, *inputs, value(op, *inputs))
    pairs = [(given, upstream), *zip(inputs, bug.inputs, strict=True)]
    assert not all(np.array_equal(after, before) for after, before in pairs)


@pytest.mark.parametrize("bug", of_kind("stale_state"))
def test_a_stale_state_shows_once_another_forward_ran(bug):
    op, inputs = bug.make(), bug.inputs
    upstream = upstream_of(bug.make(), inputs)
    value(op, *(x + 1.0 for x in inputs))
    out = value(op, *inputs)
    before = op.backward(upstream, *inputs, out)[0]
    value(op, *(x * 2.0 for x in inputs))
    after = op.backward(upstream, *inputs, out)[0]
    assert not np.array_equal(before, after) or is_wrong(op, inputs, 0, upstream, after)


@pytest.mark.parametrize("bug", of_kind("nondeterministic"))
def test_chance_gives_two_gradients_for_one_question(bug):
    op, inputs = bug.make(), bug.inputs
    upstream = upstream_of(op, inputs)
    assert not np.array_equal(
        gradients(op, inputs, upstream)[0], gradients(op, inputs, upstream)[0]
    )


@pytest.mark.parametrize("bug", of_kind("precision"))
def test_a_loss_of_digits_shows_beside_the_same_op_without_the_fault(bug):
    upstream = upstream_of(bug.make(), bug.inputs)
    found = gradients(bug.make(), bug.inputs, upstream)[0]
    right = gradients(bug.make.__mro__[1](), bug.inputs, upstream)[0]
    assert np.max(np.abs(found - right) / np.abs(right)) > 1e-6
    assert_allclose(found, right, rtol=1e-3, atol=1e-16)


@pytest.mark.parametrize("bug", of_kind("double_backward"))
def test_a_wrong_double_backward_is_right_in_the_first_order_only(bug):
    op, inputs = bug.make(), bug.inputs
    upstream = upstream_of(op, inputs)
    found = gradients(op, inputs, upstream)
    for position in range(len(inputs)):
        assert not is_wrong(op, inputs, position, upstream, found[position])
        assert wrong_second_order(op, inputs, position, upstream) == (position in bug.at)


def family(bug):
    """The op that a fault was seeded in; one without a right twin is its own."""
    made = type(bug.make())
    if made.__mro__[1] is not cr.Op:
        return made.__mro__[1]
    return bug.make
