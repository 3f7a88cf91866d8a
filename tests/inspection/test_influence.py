"""Influence: what moves when an entry is moved is what is claimed, for every op, both ways."""

from functools import cache

import numpy as np
import pytest

import chainrule as cr
from chainrule.doctor.draw import operands_of
from chainrule.errors import ArgumentError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.graph.readings.gate import sources
from chainrule.inspection.influence import influence
from chainrule.inspection.links import Link

BASES = 4  # values at which entries are moved
STEPS = (0.25, 0.125)


@cache
def run(name):
    """An op on its samples, with its operands as tensors; None where nothing is recorded."""
    try:
        operands, values = operands_of(CATALOGUE[name])
    except ArgumentError:
        return None
    op = CATALOGUE[name].of(*values)
    tensors = [cr.tensor(x) if is_float(x) else x for x in operands]
    out = op(*tensors)
    first = out[0] if isinstance(out, tuple | list) else out
    return (op, operands, first) if isinstance(first, Node) and first.op is not None else None


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def moved(op, operands, position):
    """Which results change when entries of an operand are moved, at several values."""
    found = None
    rng = np.random.default_rng(0)
    for base in range(BASES):
        inputs = [x + (base > 0) * 0.3 * rng.random(x.shape) if is_float(x) else x
                  for x in operands]  # fmt: skip
        if op.name.startswith("binary"):  # its targets lie between 0 and 1
            inputs = [np.clip(x, 0, 0.7) if is_float(x) else x for x in inputs]
        before = result(op, inputs)
        if found is None:
            found = np.zeros((before.size, inputs[position].size), bool)
        for place in range(inputs[position].size):
            for step in STEPS:
                other = inputs[position].copy()
                other.reshape(-1)[place] += step
                after = result(op, [*inputs[:position], other, *inputs[position + 1 :]])
                if after.shape == before.shape:
                    is_same = (after == before) | (np.isnan(after) | np.isnan(before))
                    found[:, place] |= ~is_same.reshape(-1)
    return found


def result(op, inputs):
    with np.errstate(all="ignore"):
        out = op(*inputs)
    return np.asarray(out[0] if isinstance(out, tuple | list) else out)


def claimed(link):
    rows = np.zeros((int(np.prod(link.outputs)), int(np.prod(link.inputs))), bool)
    for place in range(rows.shape[1]):
        chosen = np.zeros(rows.shape[1], bool)
        chosen[place] = True
        rows[:, place] = link.onward(chosen.reshape(link.inputs)).reshape(-1)
    return rows


@pytest.mark.parametrize("name", sorted(CATALOGUE.names()))
def test_what_moves_is_claimed_and_both_ways_agree(name):
    found = run(name)
    if found is None:
        pytest.skip("it records nothing that a gradient could follow")
    op, operands, out = found
    for position, x in enumerate(sources(out)):
        if x is None or not is_float(operands[position]):
            continue
        link = Link.of(out, position)
        onward = claimed(link)
        assert link.is_known
        assert not (moved(op, operands, position) & ~onward).any()
        for place in range(onward.shape[0]):
            chosen = np.zeros(onward.shape[0], bool)
            chosen[place] = True
            back = link.back(chosen.reshape(link.outputs)).reshape(-1)
            np.testing.assert_array_equal(back, onward[place])


TIGHT = """
matmul linear dot outer softmax log_softmax logsumexp sum mean max cumsum cumprod roll
transpose reshape getitem concatenate stack trace diagonal diag hstack flip take_along_axis
softmax_cross_entropy squared_error layer_norm relu sigmoid maximum where multiply sort median
"""


@pytest.mark.parametrize("name", TIGHT.split())
def test_no_more_is_claimed_than_can_move(name):
    op, operands, out = run(name)
    rng = np.random.default_rng(1)
    position = 0 if name != "where" else 1
    link = Link.of(out, position)
    union = moved(op, operands, position)
    for _ in range(40):  # a ReLU is open somewhere, a sort has every order at some time
        others = [rng.normal(size=x.shape) * 2 if is_float(x) else x for x in operands]
        if name == "where":
            others[0] = rng.random(operands[0].shape) > 0.5
        union |= moved(op, others, position)
    np.testing.assert_array_equal(claimed(link), union)


def test_the_lectures_question_has_its_answer():
    x = cr.tensor(np.array([[2.0, 1, -3], [-3, 4, 2]]), "x")
    w = cr.tensor(np.arange(12.0).reshape(3, 4) - 5, "w")
    y = x @ w
    loss = cr.relu(y).sum()
    found = influence(Graph.of(loss), x, (0, 2))
    np.testing.assert_array_equal(found.onward[y], [[True] * 4, [False] * 4])
    assert found.onward[loss].all()
    assert found.back == {}
    assert w not in found.onward
    back = influence(Graph.of(loss), y, (1, 2)).back
    np.testing.assert_array_equal(back[x], [[False] * 3, [True] * 3])
    np.testing.assert_array_equal(back[w], [[False, False, True, False]] * 3)


def test_influence_does_not_hang_on_the_numbers_of_the_moment():
    x, w = cr.tensor(np.zeros((2, 2)), "x"), cr.tensor(np.zeros((2, 2)), "w")
    hidden = cr.relu(x @ w)
    loss = (hidden * 0).sum()
    found = influence(Graph.of(loss), x, (0, 1)).onward
    np.testing.assert_array_equal(found[hidden], [[True, True], [False, False]])
    assert found[loss].all()


def test_of_a_users_op_all_entries_count_and_are_called_unsure():
    class Turned(cr.Op):
        """The rows in the other order."""

        def forward(self, x):
            return np.asarray(x)[::-1].copy()

        def backward(self, upstream, x, out):
            return (upstream[::-1],)

    x = cr.tensor(np.arange(3.0), "x")
    y = Turned()(x) * 2
    found = influence(Graph.of(y), x, (0,))
    assert found.onward[y].all()
    assert y in found.unsure


def test_one_of_several_results_is_followed_by_itself():
    x = cr.tensor(np.arange(6.0), "x")
    first, second = cr.split(x, 2)
    loss = (first * second).sum()
    found = influence(Graph.of(loss), x, (1,)).onward
    np.testing.assert_array_equal(found[first], [False, True, False])
    assert second not in found
    back = influence(Graph.of(loss), second, (2,)).back
    np.testing.assert_array_equal(back[x], np.arange(6) == 5)
