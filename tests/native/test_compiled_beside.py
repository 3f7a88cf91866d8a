"""Code that LLVM makes in another thread: whoever runs it first waits, or makes it himself."""

import gc
import os
import threading
import weakref
from collections import deque

import numpy as np
import pytest

from chainrule.native import engine
from chainrule.native.engine import compile_plan
from chainrule.native.feeds import Feed
from chainrule.native.loaded_code import Code
from tests.native.small_plans import doubled
from tests.native.test_engine_unloads import run_process


def test_the_first_run_waits(rng):
    x, out = rng.normal(size=211).astype("f"), np.zeros(211, "f")
    run = compile_plan(doubled((211,)), beside=True).run_object()
    run([x], [out])
    np.testing.assert_array_equal(out, 2 * x)
    run([out], [x])
    np.testing.assert_array_equal(x, 2 * out)


def test_the_first_loop_waits(rng):
    data, out = rng.normal(size=633).astype("f"), np.zeros((3, 211), "f")
    run = compile_plan(doubled((211,), number=3), beside=True).run_object()
    assert run.repeat(3, [Feed.rows(0, data), Feed.output(0, out)]) == 3
    np.testing.assert_array_equal(out.ravel(), 3 * data)


def test_a_second_plan_of_the_same_kernels_waits_for_the_same_code():
    one, two = (compile_plan(doubled((223,)), beside=True) for _ in range(2))
    assert one.program is two.program
    two.ready()
    assert one.program.is_ready


def test_what_fails_beside_fails_where_it_is_needed(monkeypatch):
    def refused(*_):
        raise RuntimeError("LLVM refuses it")

    monkeypatch.setattr(engine._Engine, "_object", refused)
    executable = compile_plan(doubled((227,)), beside=True)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="refuses"):
            executable.ready()
    monkeypatch.undo()
    executable.ready()


def test_ctrl_c_before_the_library_is_kept_makes_it_again(monkeypatch):
    class Library:
        pass

    made = []

    def make():
        library = Library()
        made.append(weakref.ref(library))
        return {"kernel": len(made)}, library

    def interrupted(*_):
        monkeypatch.undo()
        raise KeyboardInterrupt

    code = Code(make, deque(), {"kernel": 1})
    monkeypatch.setattr(weakref, "finalize", interrupted)
    with pytest.raises(KeyboardInterrupt):
        code.finish()
    gc.collect()
    assert made[0]() is None
    assert code.addresses == {"kernel": 2}
    assert made[1]() is not None


def test_a_process_without_more_threads_compiles_when_it_runs(monkeypatch, rng):
    def refused(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    run = compile_plan(doubled((229,)), beside=True).run_object()
    x, out = rng.normal(size=229).astype("f"), np.zeros(229, "f")
    run([x], [out])
    np.testing.assert_array_equal(out, 2 * x)


def test_a_run_that_never_ran_goes_without_the_collector():
    run = compile_plan(doubled((233,)), beside=True).run_object()
    gone = weakref.ref(run)
    gc.disable()
    try:
        del run
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_in_the_middle_leaves_a_child_that_can_run():
    result = run_process("""
for n in range(60, 80):
    run = compile_plan(doubled((n,)), beside=True).run_object()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if right(run, n) else 1)
    assert right(run, n)
    assert os.waitpid(pid, 0)[1] == 0
""")
    assert result.returncode == 0, result.stderr


def test_a_process_that_ends_without_running_it_ends_well():
    result = run_process("compile_plan(doubled((90,)), beside=True)")
    assert (result.returncode, result.stderr) == (0, "")
