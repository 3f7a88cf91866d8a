"""Flow looks at what it is given: a graph, a function, a strange value; or says what to give."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.testing import case_of

from .flow_data import told


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((), "nothing was given"),
        ((3.0,), "a float has no graph"),
        ((np.ones(3),), "a ndarray has no graph"),
        (("loss",), "a str has no graph"),
        ((nn.MLP([2, 3]),), "needs one batch of its input"),
        ((nn.MLP([2, 3]), 1, 2), "was given 2 arguments"),
        ((nn.MLP([2, 3]), (np.ones((1, 2)), np.ones(1))), "a tuple of 2"),
        ((lambda x, y: x * y, 1.0), "cannot be called with these 1 arguments"),
        ((lambda x: 3.0, 1.0), "returned a float, behind which there is no graph"),
        ((nn.MLP,), "the class MLP has no graph"),
    ],
)
def test_what_has_no_graph_is_told_what_to_give(given, says):
    for look in (cr.flow, cr.show):
        with pytest.raises(ArgumentError, match=says) as caught:
            look(*given)
        assert "cr.flow(" in caught.value.do or "cr.show(" in caught.value.do


def test_a_dual_is_told_what_to_give():
    with pytest.raises(ArgumentError, match="which a derivative or a recording holds"):
        cr.jvp(lambda x: cr.flow(x) and x, (1.0,), (1.0,))


def test_a_loss_without_a_model_is_refused():
    with pytest.raises(ArgumentError, match="belongs to a model"):
        cr.flow(cr.tensor(1.0), loss=cr.squared_error)


def test_a_graph_and_a_list_of_tensors_are_looked_at():
    x = cr.tensor(2.0, name="x")
    a, b = cr.exp(x), cr.sin(x)
    for flow in (cr.flow(Graph.of(a, b)), cr.flow([a, b]), cr.flow(a, b)):
        assert len(flow) == 3
        np.testing.assert_allclose(flow["x"].upstream.numbers, np.exp(2) + np.cos(2))


def test_nested_arguments_become_tensors_of_their_own_names():
    flow = cr.flow(lambda p, k: (p["w"] ** k).sum() + p["b"][0], {"w": np.ones(2), "b": [1.0]}, 2)
    assert "p.w" in [node.name for node in flow.nodes]


def test_higher_orders_are_looked_at():
    x = cr.tensor(0.5, name="x")
    (found,) = [cr.exp(x * x).backward(create_graph=True)[x]]
    flow = cr.flow(found)
    told(flow)
    np.testing.assert_allclose(
        flow["x"].upstream.numbers, cr.grad(cr.grad(lambda x: cr.exp(x * x)))(0.5)
    )


def test_inside_of_a_derivative_the_graph_so_far_is_shown():
    seen = []
    cr.grad(lambda x: [seen.append(cr.flow(x * 2)), x * x][1])(3.0)
    assert "a derivative is being taken" in seen[0].notes[0]
    told(seen[0])


def test_a_tensor_without_a_graph_is_shown_alone():
    with cr.no_grad():
        made = cr.tensor(2.0) * 3
        recorded = cr.flow(lambda x: x * 3, 2.0)
    flow = cr.flow(made)
    assert len(flow) == 1
    assert told(flow)["nodes"][0]["value"]["numbers"] == 6
    assert len(recorded) == 3
    labels = cr.flow(cr.tensor(np.arange(3)))
    assert "nothing that this was made from wants one" in labels.notes[0]


def test_a_graph_is_looked_at_inside_of_no_grad_as_outside():
    class Bump(cr.Elementwise):
        def forward(self, x):
            return cr.exp(-x * x)

    loss = (Bump()(cr.tensor(np.ones(3), name="x")) @ np.ones(3)).sum()
    with cr.no_grad():
        inside = cr.flow(loss)
        drawn = cr.draw(loss, fold=False)
    assert inside == cr.flow(loss)
    assert drawn.flow["x"].upstream.numbers == pytest.approx(inside["x"].upstream.numbers)


@pytest.mark.parametrize("value", [np.zeros(0), np.zeros((3, 0, 2)), np.array(1e300), np.ones(5)])
def test_strange_shapes_are_looked_at(value):
    told(cr.flow((cr.tensor(value, name="x") * 2.0).sum()))
    told(cr.flow(cr.tensor(value, name="x")))


def test_complex_and_whole_numbers_are_looked_at():
    whole = cr.tensor(np.arange(20), name="n")
    said = told(cr.flow((cr.tensor(np.ones(20)) * whole).sum()))
    assert [n["value"]["most"] for n in said["nodes"] if n["name"] == "n"] == [19]
    assert str(cr.inspection.amount.measured(np.array([1 + 2j, 0]))) == "[1+2j 0+0j]"


def test_an_op_with_several_results_is_looked_at():
    first, second = cr.split(cr.tensor(np.arange(4.0), name="whole"), 2)
    flow = cr.flow((first * second).sum())
    told(flow)
    assert [n.kind for n in flow.nodes].count("several") == 1
    assert flow["whole"].upstream.numbers == (2.0, 3.0, 0.0, 1.0)


def test_a_deep_net_is_looked_at_without_recursion():
    x = cr.tensor(np.ones(2), name="x")
    for _ in range(600):
        x = cr.tanh(x * 1.01)
    assert len(cr.flow(x.sum())) == 1802
    cr.flow(nn.MLP([3] + [4] * 100 + [1]), np.ones((2, 3)))


def test_a_rule_that_fails_is_told_and_the_values_are_shown():
    class Wrong(cr.Op):
        def forward(self, x):
            return x * 2

        def backward(self, upstream, x, out):
            return (np.ones(7),)

    flow = cr.flow(Wrong()(cr.tensor(3.0, name="x")))
    told(flow)
    assert "returned a gradient of shape (7,)" in flow.notes[0]
    assert flow.nodes[1].value.numbers == 6


def test_a_compiled_function_is_read_through_and_not_looked_at_from_inside():
    f = cr.compile(lambda x: (cr.tanh(x) * 2).sum())
    f(np.ones(3))
    assert [node.op for node in cr.flow(f, np.ones(3)).nodes if node.op][:2] == [
        "tanh",
        "multiply",
    ]
    with pytest.raises(ArgumentError, match="a recording holds"):
        cr.compile(lambda x: [cr.flow(x * 2), x.sum()][1])(np.ones(3))


def test_ops_without_a_formula_are_looked_at():
    @cr.custom_gradient
    def doubled(x):
        return x * x, lambda upstream: (upstream * 4.0,)

    flow = cr.flow(lambda x: doubled(x) + cr.checkpoint(cr.exp)(x) + cr.stop_gradient(x), 2.0)
    told(flow)
    np.testing.assert_allclose(flow["x"].upstream.numbers, 4 + np.exp(2))
    carried = cr.scan(lambda c, x: (c * x, c), cr.tensor(1.0), cr.tensor(np.ones(4), name="xs"))[0]
    assert cr.flow(carried)["xs"].upstream.numbers == (1.0,) * 4


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_every_op_is_looked_at_and_its_local_gradient_is_what_its_rule_sends(name):
    """Upstream times local is what is sent, wherever a local gradient is shown in full."""
    op = CATALOGUE[name]
    if op.flat:
        return
    case = case_of(op, 0)
    operands = [
        cr.tensor(x) if i in case.differentiable else x for i, x in enumerate(case.operands)
    ]
    results = case.op(*operands)
    results = results if isinstance(results, tuple) else (results,)
    flow = cr.flow([cr.sum(x) for x in results if getattr(x, "wants_gradient", False)])
    told(flow)
    for node in flow.nodes:
        for x in node.inputs:
            if x.local is None or x.sends is None or x.sends.numbers is None:
                continue
            if node.upstream is None or node.upstream.least != node.upstream.most:
                continue
            upstream = np.full(x.local.outputs, float(node.upstream.most))
            matrix, slopes = x.local.matrix, x.local.slopes
            if matrix is not None and matrix.numbers is not None:
                array = np.asarray(matrix.numbers, float).reshape(matrix.shape)
                found = np.tensordot(upstream, array, len(x.local.outputs))
            elif (
                slopes is not None and slopes.numbers is not None and slopes.shape == x.sends.shape
            ):
                found = upstream * np.asarray(slopes.numbers)
            else:
                continue
            assert_allclose(found, np.reshape(x.sends.numbers, x.sends.shape), 1e-6, 1e-9)


def test_threads_look_at_their_own_graphs():
    found = {}

    def look(k):
        found[k] = cr.flow(lambda x: x * x, float(k))["x"].upstream.numbers

    threads = [threading.Thread(target=look, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: 2.0 * k for k in range(8)}
