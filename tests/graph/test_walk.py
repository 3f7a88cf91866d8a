"""The backward walk: linear, iterative, repeatable; one gradient per node, and none shared."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import NoGradientError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.op.catalogue import CATALOGUE
from tests.thorough import parametrize

LONG_CHAIN = """
import gc, sys, weakref
import numpy as np, chainrule as cr
from chainrule.graph.nodes.node import Node

gc.disable()
leaf = cr.tensor(np.ones(2))
x = leaf
length = int(sys.argv[1])
for _ in range(length):
    x = x + leaf
x.backward(upstream=np.ones(2))
first = leaf.grad.copy()
x.backward(upstream=np.ones(2))
assert (first == length + 1).all() and (leaf.grad == first).all(), leaf.grad
watched = weakref.ref(x)
del x
assert watched() is None
alive = sum(isinstance(each, Node) for each in gc.get_objects())
assert alive == 1, alive
print("freed")
"""


@parametrize("length", (100_000, 250_000), few=1)
def test_a_chain_of_additions_goes_forward_backward_twice_and_is_freed(length):
    result = subprocess.run(
        [sys.executable, "-c", LONG_CHAIN, str(length)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout == "freed\n"


def chain(length):
    x = cr.tensor(np.ones(1))
    out = x
    for _ in range(length):
        out = out + x
    return out


@pytest.mark.parametrize("length", [10, 100, 1000])
def test_the_walk_pulls_every_node_exactly_once(length, monkeypatch):
    pulls = []
    add = CATALOGUE["add"]
    real = add.pull
    monkeypatch.setattr(
        add, "pull", lambda self, *args: pulls.append(1) or real(self, *args), raising=False
    )
    chain(length).backward()
    assert len(pulls) == length


def test_a_node_with_many_paths_is_pulled_once(monkeypatch):
    pulls = []
    multiply = CATALOGUE["multiply"]
    real = multiply.pull
    monkeypatch.setattr(multiply, "pull", lambda self, *args: pulls.append(1) or real(self, *args))
    x = cr.tensor(1.0)
    out = x
    for _ in range(60):  # 2**60 paths
        out = out * out
    out.backward()
    assert len(pulls) == 60
    assert np.isfinite(x.grad)


def test_a_diamond_of_depth_sixty_counts_every_path():
    x = cr.tensor(1.0)
    out = x
    for _ in range(60):
        out = out + out
    out.backward()
    assert x.grad == 2.0**60


def small_graph():
    x, w = cr.tensor(np.array([[1.0, -2.0]])), cr.parameter(np.array([[0.5], [2.0]]), name="w")
    hidden = cr.tanh(x @ w)
    return x, w, hidden, (hidden * hidden).sum()


def test_backward_twice_gives_the_same_gradient():
    x, w, hidden, loss = small_graph()
    loss.backward()
    first = [node.grad.copy() for node in (x, w, hidden, loss)]
    loss.backward()
    for before, node in zip(first, (x, w, hidden, loss), strict=True):
        assert_array_equal(node.grad, before)


def test_every_node_keeps_its_gradient_intermediates_and_inputs_too():
    *_, loss = small_graph()
    loss.backward()
    for node in Graph.of(loss).nodes:
        assert (node.grad is not None) == node.wants_gradient
        if node.wants_gradient:
            assert (node.grad.shape, node.grad.dtype) == (node.shape, node.dtype)


def test_accumulate_adds_to_the_gradients_that_stand():
    x, w, hidden, loss = small_graph()
    loss.backward()
    once = [node.grad.copy() for node in (x, w, hidden)]
    loss.backward(accumulate=True)
    for before, node in zip(once, (x, w, hidden), strict=True):
        assert_allclose(node.grad, 2 * before, rtol=1e-15)
    loss.backward()
    assert_array_equal(w.grad, once[1])


def test_accumulate_over_two_graphs_sums_the_parameters_gradients():
    w = cr.parameter(np.array([1.0, 2.0]), name="w")
    (w * 3).sum().backward()
    (w * w).sum().backward(accumulate=True)
    assert_array_equal(w.grad, [5, 7])


def test_several_losses_are_summed_in_one_walk():
    _, w, _, loss = small_graph()
    penalty = (w * w).sum()
    (loss + penalty).backward()
    together = w.grad.copy()
    cr.backward([loss, penalty])
    assert_allclose(w.grad, together, rtol=1e-15)


def test_a_loss_that_feeds_another_loss_receives_both_gradients():
    x = cr.tensor(3.0)
    a = x * x
    b = a * 2
    cr.backward([a, b])
    assert (a.grad, b.grad, x.grad) == (3, 1, 18)


def test_the_same_loss_twice_counts_twice():
    x = cr.tensor(3.0)
    loss = x * x
    cr.backward([loss, loss])
    assert x.grad == 12


def test_several_losses_through_an_op_with_several_results():
    x = cr.tensor(np.arange(6.0))
    first, second = cr.split(x, (2,))
    cr.backward([first, second], [np.ones(2), 2 * np.ones(4)])
    assert_array_equal(x.grad, [1, 1, 2, 2, 2, 2])


def test_several_losses_take_one_upstream_gradient_each():
    x = cr.tensor(np.ones(3))
    cr.backward([x * 2, x * 3], [np.array([1.0, 0, 0]), np.array([0, 1.0, 0])])
    assert_array_equal(x.grad, [2, 3, 0])


def test_one_of_several_results_may_stay_unused():
    x = cr.tensor(np.arange(6.0))
    _, second, _ = cr.split(x, 3)
    (second * second).sum().backward()
    assert_array_equal(x.grad, [0, 0, 4, 6, 0, 0])


def test_create_graph_returns_a_mapping_and_leaves_grad_alone():
    x = cr.tensor(np.array([1.0, 2.0]))
    loss = (x**3).sum()
    gradients = loss.backward(create_graph=True)
    assert x.grad is None
    assert loss.grad is None
    assert_array_equal(gradients[x].data, [3, 12])
    gradients[x].sum().backward()
    assert_array_equal(x.grad, [6, 12])


def test_create_graph_reaches_the_third_order():
    x = cr.tensor(2.0)
    first = (x**4).backward(create_graph=True)[x]
    second = first.backward(create_graph=True)[x]
    third = second.backward(create_graph=True)[x]
    assert [g.item() for g in (first, second, third)] == [32, 48, 48]


@pytest.mark.parametrize(
    "make",
    [
        lambda x, y: x + y,
        lambda x, y: x - y,
        lambda x, y: x + x,
        lambda x, y: cr.identity(x) + y,
        lambda x, y: cr.reshape(x, (4,)) + cr.reshape(y, (4,)),
        lambda x, y: cr.transpose(x) + y,
        lambda x, y: cr.concatenate([x, y]),
        lambda x, y: cr.stack([x, y]),
        lambda x, y: cr.broadcast_to(x, (3, 2, 2)) + y,
        lambda x, y: x.sum(axis=0) + y.sum(axis=0),
        lambda x, y: cr.relu(x) + y,
        lambda x, y: x @ cr.transpose(x) + y,
        lambda x, y: cr.where(np.ones((2, 2), bool), x, y),
        lambda x, y: x[...] + y[:],
        lambda x, y: cr.split(x, 2)[0] + y,
    ],
)
def test_changing_one_gradient_changes_no_other(make):
    x, y = cr.tensor(np.ones((2, 2))), cr.tensor(np.ones((2, 2)))
    out = make(x, y)
    upstream = np.ones(out.shape)
    out.backward(upstream=upstream)
    nodes = [node for node in Graph.of(out).nodes if node.wants_gradient]
    nodes = [node for node in nodes if type(node.value) is not tuple]
    before = [node.grad.copy() for node in nodes]
    for i, node in enumerate(nodes):
        node.grad[...] = 77.0
        for j, other in enumerate(nodes):
            if j != i:
                assert_array_equal(other.grad, before[j])
        node.grad[...] = before[i]
    assert_array_equal(upstream, np.ones(out.shape))


def test_a_changed_upstream_array_changes_no_gradient():
    x = cr.tensor(np.ones(3))
    out = cr.identity(x)
    upstream = np.ones(3)
    out.backward(upstream=upstream)
    upstream[...] = 9
    assert_array_equal(x.grad, [1, 1, 1])
    assert_array_equal(out.grad, [1, 1, 1])


def test_a_gradient_can_be_written_and_stays_written():
    x = cr.tensor(np.ones(3))
    (x * 2).sum().backward()
    x.grad[0] = 5
    assert_array_equal(x.grad, [5, 2, 2])


def test_a_leaf_that_receives_nothing_does_not_keep_the_gradient_of_another_graph():
    x = cr.tensor(2.0)
    (x * x).backward()
    assert x.grad == 4
    (x**0 * 3).backward()
    assert x.grad == 0


def test_a_zero_upstream_gradient_gives_exact_zeros():
    x = cr.tensor(np.array([0.0, 1.0]))
    cr.sqrt(x).backward(upstream=np.zeros(2))
    assert_array_equal(x.grad, [0, 0])


def test_a_computed_zero_is_a_number_like_any_other():
    x = cr.tensor(0.0)
    (cr.sqrt(x) ** 2).backward()
    assert np.isnan(x.grad)


def test_a_leaf_is_its_own_loss():
    x = cr.tensor(3.0)
    x.backward()
    assert x.grad == 1


def test_backward_through_a_constant_says_that_nothing_wants_a_gradient():
    with pytest.raises(NoGradientError, match="no gradient flows into this tensor"):
        cr.tensor(np.array([1, 2])).sum().backward()


def test_an_integer_tensor_wants_no_gradient_but_takes_part():
    x, n = cr.tensor(np.array([1.0, 2.0])), cr.tensor(np.array([3, 4]))
    (x * n).sum().backward()
    assert_array_equal(x.grad, [3, 4])
    assert n.grad is None
