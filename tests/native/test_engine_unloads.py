"""Machine code that nobody can run any more leaves the memory; what is in use stays."""

import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from chainrule.native import engine
from chainrule.native.engine import LIBRARIES, compile_plan
from tests.native.small_plans import doubled

ROOT = Path(__file__).parents[2]
BEGINNING = """
import gc, os, sys, threading
import numpy as np
from chainrule.native.engine import compile_plan
from tests.native.small_plans import doubled

def prepared(n):
    return compile_plan(doubled((n,)), 0).run_object()

def right(run, n):
    x, out = np.arange(n, dtype="f"), np.empty(n, "f")
    run([x], [out])
    return (out == 2 * x).all()
"""


def run_process(code):
    """What a new process prints and returns."""
    return subprocess.run(
        [sys.executable, "-c", BEGINNING + code],
        capture_output=True, text=True, timeout=100, check=False, cwd=ROOT,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's /proc")
def test_600_plans_that_were_dropped_grow_the_process_by_less_than_1_mib():
    """With their remains kept they would by 6 MiB, with all of their code by 25 MiB."""
    result = run_process("""
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

kept = prepared(5)
for n in range(10, 210):
    assert right(prepared(n), n)
gc.collect()
gc.disable()
before = resident()
for n in range(210, 810):
    prepared(n)
print(resident() - before)
assert right(kept, 5)
""")
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 2**20


def test_code_in_use_outlives_its_neighbours():
    sizes = range(20, 20 + 3 * LIBRARIES)
    runs = {n: compile_plan(doubled((n,)), 0).run_object() for n in sizes}
    for n in [n for n in sizes if n % 7]:
        del runs[n]
    again = compile_plan(doubled((20,)), 0).run_object()
    for n, run in [*runs.items(), (20, again)]:
        x, out = np.arange(n, dtype="f"), np.empty(n, "f")
        run([x], [out])
        assert (out == 2 * x).all()


def test_code_is_unloaded_without_waiting_for_llvm():
    """Another thread may hold LLVM, and wait for what this one holds."""
    executable = compile_plan(doubled((13,)), 0)
    gone, held, done = weakref.ref(executable), threading.Event(), threading.Event()

    def use_llvm():
        with engine._LOCK:
            held.set()
            assert done.wait(60)

    user = threading.Thread(target=use_llvm)
    user.start()
    assert held.wait(60)
    waiting = engine._started()._unused
    del executable
    assert gone() is None
    assert len(waiting) == 1
    done.set()
    user.join()
    compile_plan(doubled((14,)), 0)
    assert not waiting


def test_code_of_a_plan_in_a_cycle_is_unloaded_by_the_collector():
    executable = compile_plan(doubled((15,)), 0)
    executable.itself = executable
    code = weakref.ref(executable._alive[0])
    del executable
    gc.collect()
    assert code() is None


@pytest.mark.parametrize("end", ["", "sys.exit(0)"])
def test_the_interpreter_ends_while_a_daemon_compiles_and_runs(end):
    result = run_process(f"""
def work():
    n = 5
    while True:
        n += 1
        right(prepared(n), n)

kept = prepared(4)
forever = lambda: [right(kept, 4) for _ in iter(int, 1)]
for target in (work, forever):
    threading.Thread(target=target, daemon=True).start()
assert right(prepared(5), 5)
{end}
""")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_others_drop_code_leaves_a_child_that_can_compile():
    result = run_process("""
import time
stop = False
def work(first):
    n = first
    while not stop:
        n += 2
        assert right(prepared(n), n)

kept = prepared(3)
workers = [threading.Thread(target=work, args=(first,)) for first in (10, 11)]
for worker in workers:
    worker.start()
for i in range(20):
    time.sleep(0.003)
    pid = os.fork()
    if pid == 0:
        good = right(kept, 3) and all(right(prepared(n), n) for n in range(1000, 1005))
        os._exit(0 if good else 1)
    assert os.waitpid(pid, 0)[1] == 0
stop = True
for worker in workers:
    worker.join()
assert right(kept, 3)
""")
    assert result.returncode == 0, result.stderr


def test_a_run_keeps_its_code_while_it_runs_in_another_thread():
    """Nobody else holds it then."""
    n = 1000
    x, out = np.arange(n, dtype="f"), np.empty(n, "f")

    def work(runs):
        run = runs.pop()
        for _ in range(2000):
            run([x], [out])

    worker = threading.Thread(target=work, args=([compile_plan(doubled((n,)), 0).run_object()],))
    worker.start()
    for size in range(30, 30 + LIBRARIES + 1):
        compile_plan(doubled((size,)), 0)
        gc.collect(1)  # what is new
    worker.join()
    assert (out == 2 * x).all()
