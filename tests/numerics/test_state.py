"""Arrays belong to the user, graphs are as deep as they are and go when they go, threads agree."""

import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.errors import InPlaceError, StaleValueError
from chainrule.graph.nodes.node import Node
from chainrule.graph.readings.dual import Dual
from tests.numerics.everywhere import FIRST, SECOND
from tests.numerics.rows import Row, row
from tests.thorough import parametrize

SMALL, LARGE = 10, 100_000  # elements of float64: below and above 64 KiB
LINKS = 5_000  # many times deeper than Python's own stack


# ------------------------------------------------------------------ arrays belong to the user


@row(Row.USERS_ARRAYS)
@pytest.mark.parametrize("order", [1, 2])
def test_a_small_array_changed_after_the_forward_pass_is_not_seen(order):
    user = np.full(SMALL, 3.0)
    x = cr.tensor(user)
    loss = (x**3).sum()
    user[...] = 100.0
    if order == 2:
        loss = loss.backward(create_graph=True)[x].sum()
        user[...] = -100.0
    loss.backward()
    assert_array_equal(x.grad, 27.0 if order == 1 else 18.0)


@row(Row.USERS_ARRAYS)
@pytest.mark.parametrize("order", [1, 2])
def test_a_large_array_changed_through_an_older_view_is_an_error(order):
    user = np.ones(LARGE)
    older = user[:]
    x = cr.tensor(user, name="x")
    loss = (x**3).sum()
    with pytest.raises(ValueError, match="read-only"):
        user[0] = 5.0
    if order == 2:
        loss = loss.backward(create_graph=True)[x].sum()
    older[LARGE // 2] = 5.0
    with pytest.raises(StaleValueError, match="x was changed"):
        loss.backward()


@row(Row.USERS_ARRAYS)
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_pullback_answers_for_the_numbers_the_forward_pass_saw_or_not_at_all(size):
    user = np.ones(size)
    older = user[:]
    _, pullback = cr.vjp(lambda x: x**3, user)
    _, push = cr.linearize(lambda x: x**3, user)
    older[0] = 5.0
    for ask in (lambda: pullback(np.ones(size))[0], lambda: push(np.ones(size))):
        try:
            found = ask()
        except StaleValueError:
            continue
        assert_array_equal(found, 3.0)


@row(Row.USERS_ARRAYS)
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_no_mode_changes_or_keeps_the_users_arrays(size):
    x, v = np.linspace(1.0, 2.0, size), np.ones(size)
    kept = x.copy()
    f = lambda x: (x**3).sum()  # noqa: E731
    cr.grad(f)(x)
    cr.jvp(f, (x,), (v,))
    cr.jvp(cr.grad(f), (x,), (v,))
    cr.grad(lambda x: cr.jvp(f, (x,), (v,))[1])(x)
    cr.tensor(x)
    assert_array_equal(x, kept)
    assert_array_equal(v, 1.0)
    gc.collect()
    x[0] = v[0] = 7.0  # nothing holds a lock any more


@row(Row.USERS_ARRAYS)
def test_results_are_read_only_and_parameters_raise_their_version():
    w = cr.parameter(np.ones(3), name="w")
    out = w * w
    for node in (out, cr.tensor(np.ones(3))):
        with pytest.raises(ValueError, match="read-only"):
            node.data[0] = 5.0
    with pytest.raises(InPlaceError):
        out[0] = 5.0
    w.data -= 0.5
    with pytest.raises(StaleValueError, match="w"):
        out.sum().backward()


# ------------------------------------------------------------------------------------- depth


def chain(x):
    for _ in range(LINKS):
        x = x * 1.0 + 0.0
    return x


@row(Row.DEPTH)
def test_a_deep_chain_is_differentiated_by_every_mode():
    f = lambda x: chain(x) ** 2  # noqa: E731
    x = np.array(3.0)
    for mode, way in FIRST.items():
        assert way(f, x) == 6.0, mode


@row(Row.DEPTH)
@pytest.mark.parametrize("mode", SECOND)
def test_a_deep_chain_is_differentiated_twice(mode):
    found = SECOND[mode](lambda x: chain(x) ** 2, np.array(3.0), np.array(1.0))
    assert found == 2.0


# ------------------------------------------------------------------------------------ memory


@pytest.fixture
def no_collector():
    """Nor does anybody look at what is there already: tests count what comes."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


def live_nodes():
    """Nodes, and the values with tangents of forward mode."""
    return sum(isinstance(each, Node | Dual) for each in gc.get_objects())


def smooth(x):
    return cr.sum(cr.tanh(x @ np.eye(3)) ** 3 + cr.softmax(x) + cr.max(x))


@row(Row.MEMORY)
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("mode", [*FIRST, *SECOND])
def test_no_mode_leaves_a_node(mode):
    x = np.arange(3.0)
    before = live_nodes()
    if mode in FIRST:
        FIRST[mode](smooth, x)
    else:
        SECOND[mode](smooth, x, np.ones(3))
    assert live_nodes() == before


@row(Row.MEMORY)
@pytest.mark.usefixtures("no_collector")
def test_a_pullback_and_a_push_free_their_graph_with_their_last_name():
    before = live_nodes()
    x = np.arange(3.0)
    _, pullback = cr.vjp(smooth, x)
    _, push = cr.linearize(smooth, x)
    pullback(1.0)
    push(x)
    del pullback, push
    assert live_nodes() == before


@row(Row.MEMORY)
@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("mode", [*FIRST, *SECOND])
def test_many_derivatives_leave_no_more_objects_than_a_few(mode):
    x = np.arange(3.0)

    def run(count):
        for _ in range(count):
            if mode in FIRST:
                FIRST[mode](smooth, x)
            else:
                SECOND[mode](smooth, x, np.ones(3))
        return len(gc.get_objects())

    few = run(10)  # the caches of ops are full
    assert run(30) - few < 10


# ----------------------------------------------------------------------------------- threads


@row(Row.THREADS)
@parametrize("mode", [*FIRST, *SECOND], few={0, 1, len(FIRST), len(FIRST) + 1})
def test_eight_threads_at_once_give_the_bits_of_a_serial_run(mode):
    def work(seed):
        rng = np.random.default_rng(seed)
        x, v = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
        found = [
            FIRST[mode](smooth, x) if mode in FIRST else SECOND[mode](smooth, x, v)
            for _ in range(5)
        ]
        return b"".join(each.tobytes() for each in found)

    serial = [work(seed) for seed in range(8)]
    start = threading.Barrier(8)

    def together(seed):
        start.wait()
        return work(seed)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(together, range(8))) == serial


CHILD = """
import multiprocessing as mp
import numpy as np, chainrule as cr

f = lambda x: cr.sum(cr.tanh(x) ** 3)
x = np.arange(3.0)

def slope(_=None):
    second = cr.jvp(cr.grad(f), (x,), (np.ones(3),))[1]
    return cr.grad(f)(x).tobytes() + second.tobytes()

if __name__ == "__main__":
    here = slope()
    for method in ("fork", "spawn"):
        with mp.get_context(method).Pool(2) as pool:
            assert pool.map(slope, range(4)) == [here] * 4, method
"""


@row(Row.THREADS)
def test_processes_forked_and_spawned_after_use_give_the_same_bits(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(CHILD)
    result = subprocess.run(
        [sys.executable, str(program)], capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr[-2000:]
