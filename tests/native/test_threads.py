"""Large kernels shared by threads: the same bits, and nobody waits for ever."""

import ctypes
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from chainrule import settings
from chainrule.errors import ArgumentError
from chainrule.native import engine, spreading
from chainrule.native.engine import compile_plan
from chainrule.native.kinds import is_large
from tests.native.small_plans import doubled, product
from tests.thorough import parametrize


@pytest.fixture(autouse=True)
def _as_before():
    token = settings.THREADS.set(None)
    yield
    settings.THREADS.reset(token)


def results(plan, arrays, counts):
    """What the plan gives, as bytes, for each number of threads."""
    run = compile_plan(plan).run_object()
    found = []
    for count in counts:
        settings.threads(count)
        out = np.zeros(plan.outputs[0].shape, plan.outputs[0].dtype)
        run(arrays, [out])
        found.append(out.tobytes())
    return found


@pytest.mark.parametrize("shape", [(128, 784, 128), (257, 129, 65), (31, 2000, 200)])
def test_a_product_has_the_same_bits_for_every_count(rng, shape):
    plan = product(*shape)
    arrays = [rng.normal(size=s.shape).astype("f") for s in plan.inputs]
    found = results(plan, arrays, [1, 2, 3, 8, 2, 1])
    assert set(found) == {found[0]}
    expected = arrays[0].astype(float) @ arrays[1].astype(float)
    out = np.frombuffer(found[0], "f").reshape(expected.shape)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-3)


def test_every_unit_is_done_once_in_each_of_many_runs(rng):
    executable = compile_plan(doubled((1000, 1000)))
    assert executable.spreads
    run = executable.run_object()
    settings.threads(3)
    x, out = np.zeros((1000, 1000), "f"), np.empty((1000, 1000), "f")
    for i in range(200):
        x.fill(i)
        run([x], [out])
        assert (out == 2 * i).all()


def test_small_kernels_stay_on_one_thread():
    small, large = product(32, 64, 10), product(128, 784, 128)
    assert [is_large(plan.kernels[0]) for plan in (small, large)] == [False, True]
    assert [compile_plan(plan).spreads for plan in (small, large)] == [False, True]


def test_threads_of_python_run_plans_at_once(rng):
    plan = product(200, 300, 100)
    arrays = [rng.normal(size=s.shape).astype("f") for s in plan.inputs]
    (expected,) = results(plan, arrays, [1])
    found = []

    def work():
        found.append(set(results(plan, arrays, [2] * 30)) == {expected})

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [True] * 4


def test_a_process_that_gets_no_more_threads_runs_alone(rng, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    plan = product(128, 784, 128)
    arrays = [rng.normal(size=s.shape).astype("f") for s in plan.inputs]
    monkeypatch.setattr(threading.Thread, "start", refuse)
    found = results(plan, arrays, [1, 40])
    assert found[0] == found[1]


def test_the_number_is_checked_and_belongs_to_the_thread_that_set_it():
    assert settings.threads() >= 1
    assert settings.threads(3) == settings.threads() == 3
    assert settings.threads(np.int64(2)) == 2
    for wrong in (0, -1, 1.5, True, "2"):
        with pytest.raises(ArgumentError, match="positive integer"):
            settings.threads(wrong)
    seen = []
    other = threading.Thread(target=lambda: seen.append(settings.THREADS.get()))
    other.start()
    other.join()
    assert seen == [None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("200000 100000\n", 2), ("150000 100000", 1), ("max 100000", 16), ("", 16)],
)
def test_the_quota_of_a_container_is_read(tmp_path, text, expected):
    path = tmp_path / "cpu.max"
    path.write_text(text)
    assert settings._quota(path, 16) == expected
    assert settings._quota(tmp_path / "absent", 16) == 16


START = """
import os, sys, threading, time
import numpy as np
from chainrule import settings
from chainrule.native.engine import compile_plan
from tests.native.small_plans import product
plan = product(128, 784, 128)
rng = np.random.default_rng(0)
arrays = [rng.normal(size=s.shape).astype("f") for s in plan.inputs]
run = compile_plan(plan).run_object()
settings.threads(2)
def once():
    out = np.zeros((128, 128), "f")
    run(arrays, [out])
    return out.tobytes()
first = once()
"""


def run_process(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", START + code]
    return subprocess.run(command, check=False, timeout=120, capture_output=True, text=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_starts_threads_of_its_own():
    code = """
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        names = [t.name for t in threading.enumerate()]
        good = all(once() == first for _ in range(5)) and names == ["MainThread"]
        os._exit(0 if good and threading.active_count() == 2 else 1)
    assert once() == first
    assert os.waitpid(pid, 0)[1] == 0
"""
    result = run_process(code)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_while_others_compute_leaves_a_child_that_can():
    code = """
stop = False
mine = [compile_plan(plan).run_object() for _ in range(2)]
def work(own):
    settings.threads(2)
    out = np.zeros((128, 128), "f")
    while not stop:
        own(arrays, [out])
workers = [threading.Thread(target=work, args=(own,)) for own in mine]
for worker in workers:
    worker.start()
for _ in range(15):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if all(once() == first for _ in range(5)) else 1)
    assert os.waitpid(pid, 0)[1] == 0
stop = True
for worker in workers:
    worker.join()
assert once() == first
"""
    result = run_process(code)
    assert result.returncode == 0, result.stderr


@parametrize(
    "ending, expected",
    [
        ("", 0),
        ("sys.exit(3)", 3),
        ("threading.Thread(target=lambda: [once() for _ in range(500)], daemon=True).start()", 0),
        ("raise ValueError", 1),
        ("time.sleep(0.2)", 0),  # the workers sleep by then
        ("threading.Thread(target=lambda: [once() for _ in range(50)]).start()", 0),
        ("import atexit; atexit.register(once)", 0),
    ],
    few=3,
)
def test_the_interpreter_ends(ending, expected):
    result = run_process(ending)
    assert result.returncode == expected, result.stderr


def test_cores_that_others_use_change_no_bit(rng):
    spin = "import time\nend = time.time() + 60\nwhile time.time() < end: pass"
    others = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(os.cpu_count() or 1)]
    try:
        plan = product(128, 784, 128)
        arrays = [rng.normal(size=s.shape).astype("f") for s in plan.inputs]
        found = results(plan, arrays, [1] + [2] * 200)
        assert set(found) == {found[0]}
    finally:
        for each in others:
            each.kill()
            each.wait()


class Stalls:
    """A kernel of two units that sleep: no core is needed. The worker's may take longer."""

    UNIT = 0.008  # seconds: the worker is awake by then, on a busy machine too

    def __init__(self):
        settings.threads(2)
        compile_plan(doubled((1000, 1000))).threads()  # starts the worker
        self.late = 0.0
        self.caller = threading.get_ident()
        self.shared = False
        self.kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 2)(self.run)
        address = engine._started().parts.runtime(0).addresses[spreading.SPREAD]
        kinds = [ctypes.c_void_p] * 2 + [ctypes.c_int64] * 2
        self.spread = ctypes.CFUNCTYPE(None, *kinds)(address)

    def run(self, _, begin, end):
        if end - begin > 1:
            return  # the caller alone
        if threading.get_ident() == self.caller:
            time.sleep(self.UNIT)
        else:
            self.shared = True
            time.sleep(self.UNIT + self.late)

    def once(self, late=0.0):
        """Whether the worker took part."""
        self.late, self.shared = late, False
        self.spread(ctypes.cast(self.kernel, ctypes.c_void_p), None, 2, 2)
        return self.shared


@pytest.fixture
def stalls():
    return Stalls()


@pytest.mark.skipif(sys.platform == "win32", reason="no threads there")
def test_a_stall_now_and_then_leaves_the_threads_on(stalls):
    for _ in range(40):  # the machine may be busy: any of these will do
        shared = sum(stalls.once(late=0.018 * (i % 10 == 9)) for i in range(60))
        if shared > 40:
            return
        time.sleep(0.5)  # longer than they are turned off by a busy machine
    pytest.fail("the threads were turned off by single stalls")


@pytest.mark.skipif(sys.platform == "win32", reason="no threads there")
def test_stalls_that_cost_more_than_threads_win_turn_them_off_for_a_while(stalls):
    assert any(not stalls.once(late=0.05) for _ in range(100))
    end = time.monotonic() + 60
    while not stalls.once():
        assert time.monotonic() < end, "they stayed off"
