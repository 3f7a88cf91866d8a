"""What every random graph keeps besides its derivatives: legality, types, values and bits."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.graph.nodes.graph import Graph
from chainrule.testing.fuzz import generate
from chainrule.testing.fuzz.straight_line import pick
from chainrule.testing.fuzz.ways import reverse, weights_of

PROGRAMS = range(3000, 3060)
programs = pytest.mark.parametrize("number", PROGRAMS)


@pytest.fixture(autouse=True)
def quiet():
    """Branches that are not selected hold infinities."""
    with np.errstate(all="ignore"):
        yield


def tensors_of(program):
    return [cr.tensor(x) for x in program.leaves]


def ends_of(program, nodes):
    ends = [pick(each, nodes) for each in program.ends]
    return [end for end in ends if isinstance(end, cr.Tensor) and end.wants_gradient]


def values_of(ends):
    """A copy of every value; an op with several results has a node for each."""
    return [np.array(n.value) for n in Graph.of(*ends).nodes if not isinstance(n.value, tuple)]


@programs
def test_the_graph_is_legal_before_and_after_every_walk(number):
    program = generate(0, number)
    nodes = program.run(tensors_of(program))
    ends = ends_of(program, nodes)
    if not ends:
        return
    held = values_of(ends)
    cr.check_graph(*ends)
    starts = [np.ones(end.shape) for end in ends]
    cr.backward(ends, starts)
    cr.check_graph(*ends)
    second = cr.backward(ends, starts, create_graph=True)
    cr.check_graph(*ends, *second.values())
    for value, before in zip(values_of(ends), held, strict=True):
        assert_array_equal(value, before)


@programs
def test_every_gradient_has_the_type_and_shape_of_its_node(number):
    program = generate(0, number).as_type(np.float32)
    nodes = program.run(tensors_of(program))
    ends = ends_of(program, nodes)
    if not ends:
        return
    cr.backward(ends, [np.ones(end.shape, end.dtype) for end in ends])
    for node in Graph.of(*ends).nodes:
        if node.gradient is not None:
            assert node.gradient.dtype == node.dtype
            assert node.gradient.shape == node.shape


@programs
def test_the_same_program_twice_gives_the_same_bits(number):
    program = generate(0, number)
    weights = weights_of(program, program.run(program.leaves))
    first, second = (reverse(program, program.leaves, weights) for _ in range(2))
    for x, y in zip(first[: len(program.leaves)], second, strict=False):
        assert (x.grad is None) == (y.grad is None)
        assert x.grad is None or x.grad.tobytes() == y.grad.tobytes()
