"""The executable definition of a legal graph finds every way in which one may be broken."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import GraphError
from chainrule.graph.nodes.graph import Graph
from chainrule.graph.nodes.node import Node


def legal():
    x = cr.tensor(np.ones((2, 3)), name="x")
    out = cr.tanh(x) * 2.0
    out.sum().backward()
    return x, out


def older_than_its_input(x, out):
    out.inputs[0].serial = out.serial + 1


def a_leaf_with_inputs(x, out):
    x.inputs = (cr.tensor(1.0),)


def an_op_without_inputs(x, out):
    out.inputs = ()


def too_many_inputs(x, out):
    out.inputs = (*out.inputs, x)


def a_value_that_is_no_array(x, out):
    out.value = "text"


def wanting_without_a_wanting_input(x, out):
    out.inputs = tuple(Node(np.ones((2, 3))) for _ in out.inputs)


def an_integer_that_wants(x, out):
    x.value = np.ones((2, 3), int)


def a_gradient_of_another_shape(x, out):
    x.gradient = np.ones(3)


def a_gradient_of_another_dtype(x, out):
    x.gradient = np.ones((2, 3), np.float32)


def a_gradient_that_is_a_node(x, out):
    x.gradient = cr.tensor(np.ones((2, 3)))


BREAKS = [
    older_than_its_input,
    a_leaf_with_inputs,
    an_op_without_inputs,
    too_many_inputs,
    a_value_that_is_no_array,
    wanting_without_a_wanting_input,
    an_integer_that_wants,
    a_gradient_of_another_shape,
    a_gradient_of_another_dtype,
    a_gradient_that_is_a_node,
]


def test_a_legal_graph_passes():
    _, out = legal()
    cr.check_graph(out)


@pytest.mark.parametrize("break_it", BREAKS)
def test_a_broken_graph_is_found(break_it):
    x, out = legal()
    break_it(x, out)
    with pytest.raises(GraphError, match="is not legal"):
        cr.check_graph(out)


def test_a_result_beyond_the_last_is_found():
    first, _ = cr.split(cr.tensor(np.ones(4)), 2)
    object.__setattr__(first.op, "position", 2)
    with pytest.raises(GraphError, match="one of several results"):
        cr.check_graph(first)


def test_a_graph_lists_its_nodes_oldest_first():
    x, out = legal()
    graph = Graph.of(out)
    serials = [node.serial for node in graph.nodes]
    assert serials == sorted(serials)
    assert x in graph.leaves
    assert len(graph) == len(graph.nodes) == 4
    assert graph.readers(x) == (out.inputs[0],)


def test_check_and_show_do_not_recurse():
    x = cr.tensor(1.0)
    for _ in range(5000):
        x = x + 1.0
    cr.check_graph(x)
    assert len(cr.show(x).splitlines()) == 10_001


def test_a_value_read_twice_by_one_node_is_a_fork():
    x = cr.tensor(3.0)
    square = x * x
    assert cr.Graph.of(square).readers(x) == (square, square)
