"""Graphs are freed when the last name goes: no cycles, nothing left for the garbage collector."""

import contextlib
import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import chainrule as cr
from chainrule.graph.nodes.node import Node
from tests.thorough import parametrize


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def live_nodes():
    return sum(isinstance(each, Node) for each in gc.get_objects())


def forward():
    x, w = cr.tensor(np.ones((2, 3))), cr.parameter(np.ones((3, 2)), name="w")
    hidden = cr.gelu(x @ w) + cr.softmax(x @ w, axis=0)
    parts = cr.split(hidden, 2, axis=1)
    return x, w, cr.squared_error(parts[0], parts[1] * 0.5)


@pytest.mark.usefixtures("no_collector")
def test_no_node_is_left_after_the_last_name_goes():
    before = live_nodes()
    x, w, loss = forward()
    loss.backward()
    loss.backward(accumulate=True)
    gradients = loss.backward(create_graph=True)
    gradients[w].sum().backward()
    watched = [weakref.ref(each) for each in (x, w, loss)]
    del x, w, loss, gradients
    assert [ref() for ref in watched] == [None, None, None]
    assert live_nodes() == before


@pytest.mark.usefixtures("no_collector")
def test_grad_of_a_function_leaves_no_node():
    before = live_nodes()
    second = cr.grad(lambda x: cr.grad(lambda y: (y**3).sum())(x).sum())
    second(np.ones(3))
    assert live_nodes() == before


@pytest.mark.usefixtures("no_collector")
def test_an_error_in_the_middle_leaves_no_node_once_it_is_handled():
    before = live_nodes()
    with contextlib.suppress(cr.errors.ShapeError):
        cr.tensor(np.ones((2, 3))) @ cr.tensor(np.ones((2, 3)))
    assert live_nodes() == before


@pytest.mark.usefixtures("no_collector")
def test_an_old_graph_is_freed_when_the_next_forward_pass_takes_its_name():
    w = cr.parameter(np.ones(4), name="w")
    loss, counts = None, []
    for _ in range(5):
        loss = (cr.tanh(w) * w).sum()
        loss.backward()
        w.data -= 0.1 * w.grad
        counts.append(live_nodes())
    assert counts[2] == counts[4]


STEPS = """
import gc, resource, sys
import numpy as np, chainrule as cr

gc.disable()
rng = np.random.default_rng(0)
x, labels = cr.tensor(rng.normal(size=(32, 8))), rng.integers(0, 3, 32)
w = cr.parameter(rng.normal(size=(8, 3)), name="w")

def steps(count):
    for _ in range(count):
        cr.softmax_cross_entropy(x @ w, labels).backward()
        w.data -= 0.01 * w.grad
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

print(-steps(1_000) + steps(int(sys.argv[1])))
"""


@parametrize("steps", (10_000, 30_000), few=1)
def test_training_steps_without_the_collector_grow_by_less_than_half_a_mib(steps):
    result = subprocess.run(
        [sys.executable, "-c", STEPS, str(steps)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert int(result.stdout) < 512  # KiB
