"""Random graphs: the backward walk, forward mode and differences agree; every graph is legal."""

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.graph.dual import duals
from chainrule.graph.graph import Graph
from chainrule.testing.differences import difference_gradient
from tests.graph.programs import LEAVES, SHAPE, random_programs

LONG = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
TOO_LARGE = 1e4


def leaves_of(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1.5, 1.5, SHAPE).astype(dtype) for _ in range(LEAVES)]


def gradient_of(program, arrays):
    tensors = [cr.tensor(x) for x in arrays]
    loss = program(*tensors)
    if not loss.wants_gradient:
        return [np.zeros(SHAPE, x.dtype) for x in arrays]
    loss.backward()
    return [np.zeros(SHAPE) if t.grad is None else t.grad for t in tensors]


def is_tame(program, arrays):
    """Whether differences can be trusted: nothing large."""
    values = program.values(*arrays)
    return all(np.abs(v).max() < TOO_LARGE for v in values)


@LONG
@given(program=random_programs(), seed=st.integers(0, 1000))
def test_backward_equals_forward_mode_on_random_graphs(program, seed):
    arrays = leaves_of(seed)
    assume(is_tame(program, arrays))
    gradients = gradient_of(program, arrays)
    direction = leaves_of(seed + 1)
    out = program(*duals(arrays, [(v,) for v in direction]))
    forward = 0.0 if out.partials[0] is None else float(out.partials[0])
    backward = sum(float(np.sum(g * v)) for g, v in zip(gradients, direction, strict=True))
    terms = sum(float(np.abs(g * v).sum()) for g, v in zip(gradients, direction, strict=True))
    assert abs(forward - backward) <= 1e-10 * max(terms, 1.0)


@LONG
@given(program=random_programs(8), seed=st.integers(0, 1000))
def test_backward_equals_differences_on_random_graphs(program, seed):
    arrays = leaves_of(seed)
    assume(is_tame(program, arrays))
    gradients = gradient_of(program, arrays)
    for i, gradient in enumerate(gradients):

        def along(moved, i=i):
            return float(program(*(moved if j == i else x for j, x in enumerate(arrays))))

        coarse, fine = (difference_gradient(along, arrays[i], step) for step in (1e-3, 1e-4))
        scale = max(1.0, np.abs(fine).max())
        smooth = np.abs(coarse - fine) < 1e-6 * scale  # elsewhere a kink is near
        assert_allclose(gradient[smooth], fine[smooth], atol=1e-5 * scale)


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(program=random_programs(5), seed=st.integers(0, 1000))
def test_second_order_equals_differences_of_the_first_on_random_graphs(program, seed):
    arrays = leaves_of(seed)
    assume(is_tame(program, arrays))
    x, rest = arrays[0], arrays[1:]
    v = leaves_of(seed + 1)[0]

    def first(x):
        return cr.grad(lambda x: program(x, *rest))(x)

    found = cr.grad(lambda x: cr.sum(cr.grad(lambda y: program(y, *rest))(x) * v))(x)
    coarse, fine = (
        difference_gradient(lambda x: float(np.sum(first(x) * v)), x, step)
        for step in (1e-3, 1e-4)
    )
    scale = max(1.0, np.abs(fine).max())
    smooth = np.abs(coarse - fine) < 1e-6 * scale
    assert_allclose(found[smooth], fine[smooth], atol=1e-5 * scale)


@LONG
@given(program=random_programs(30), seed=st.integers(0, 1000))
def test_the_graph_is_legal_after_every_step(program, seed):
    tensors = [cr.tensor(x) for x in leaves_of(seed)]
    with np.errstate(all="ignore"):
        values = program.values(*tensors)
        for value in values:
            cr.check_graph(value)
        loss = cr.sum(values[-1] * 1.0)
        before = [np.array(v.value) for v in values]
        if loss.wants_gradient:
            loss.backward()
            cr.check_graph(loss)
            second = loss.backward(create_graph=True)
            cr.check_graph(loss, *second.values())
    for value, held in zip(values, before, strict=True):
        assert_array_equal(value.value, held)


@settings(max_examples=50)
@given(program=random_programs(20), seed=st.integers(0, 1000))
def test_a_float32_graph_is_near_the_float64_graph(program, seed):
    arrays = leaves_of(seed)
    assume(is_tame(program, arrays))
    tensors = [cr.tensor(x.astype(np.float32)) for x in arrays]
    loss = program(*tensors)
    assert loss.dtype == np.float32
    if not loss.wants_gradient:
        return
    loss.backward()
    for node in Graph.of(loss).nodes:
        if node.gradient is not None:
            assert node.gradient.dtype == node.dtype
    for t in tensors:
        assert t.grad is None or t.grad.dtype == np.float32


@settings(max_examples=50)
@given(program=random_programs(20), seed=st.integers(0, 1000))
def test_the_same_program_twice_gives_the_same_bits(program, seed):
    with np.errstate(all="ignore"):
        first, second = (gradient_of(program, leaves_of(seed)) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        assert a.tobytes() == b.tobytes()
