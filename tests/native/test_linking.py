"""An object file linked by hand runs as one that LLVM's linker lays; others are left to that."""

import ctypes
import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainrule as cr
from chainrule.native import engine, linking
from chainrule.native.cache import Entry
from chainrule.native.linking import in_process, laid, linked

ROOT = Path(__file__).parents[2]
HERE = linking._is_known_here()
ours = pytest.mark.skipif(not HERE, reason="objects of 64-bit Linux on x86")
# A constant, a table, a variable that is written, a call to this file's own and to libc's.
TEXT = """
@counted = internal global i64 40, align 128
@room = internal global [100 x double] zeroinitializer, align 64
@table = internal constant [4 x double] [double 1.0, double 2.0, double 4.0, double 8.0]
declare i32 @abs(i32) nounwind
define internal i64 @more(i64 %by) noinline nounwind {
  %old = load i64, ptr @counted
  %new = add i64 %old, %by
  store i64 %new, ptr @counted
  ret i64 %new
}
define double @work(i64 %which, i32 %x) nounwind {
  %count = call i64 @more(i64 1)
  %size = call i32 @abs(i32 %x)
  %place = getelementptr [4 x double], ptr @table, i64 0, i64 %which
  %value = load volatile double, ptr %place
  %slot = getelementptr [100 x double], ptr @room, i64 0, i64 %which
  %before = load double, ptr %slot
  %one = fadd double %before, 1.5
  store double %one, ptr %slot
  %a = fmul double %value, %one
  %b = sitofp i32 %size to double
  %c = sitofp i64 %count to double
  %d = fadd double %a, %b
  %e = fadd double %d, %c
  ret double %e
}
define i64 @second() nounwind {
  ret i64 7
}
"""
CALLS = [(0, -5), (3, 2**30), (3, -1), (1, 0)]


def work(address):
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_int32)(address)


@pytest.fixture(scope="module")
def image():
    """The file as LLVM writes it."""
    return engine._started()._object(TEXT, 2)


@pytest.fixture(params=["file", "pages"])
def code(request, image):
    """It, and what is kept of it on the disk."""
    return image if request.param == "file" else laid(image)


@ours
def test_a_file_linked_by_hand_computes_what_llvms_linker_lets_it(image, code):
    started = engine._started()
    places, memory = linked(code, ["work", "second"], in_process)
    others, library = started._linked_by_llvm(Entry(image, ()), ["work", "second"], {})
    one, other = work(places["work"]), work(others["work"])
    assert [one(*x) for x in CALLS] == [other(*x) for x in CALLS] == [47.5, 2**30 + 54, 68, 47]
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(places["second"])() == 7
    del memory, library


@ours
def test_two_copies_of_a_file_have_variables_of_their_own(code):
    first, second = (linked(code, ["work"], in_process) for _ in range(2))
    assert work(first[0]["work"])(0, 0) == work(second[0]["work"])(0, 0) == 42.5


@ours
def test_code_is_not_written_and_variables_are_not_run(code):
    _, memory = linked(code, ["work"], in_process)
    lines = [x.split() for x in Path("/proc/self/maps").read_text().splitlines()]
    spans = {int(x[0].split("-")[0], 16): x[1] for x in lines}
    begin = memory.address
    assert spans[begin] == "r-xp"
    assert "w" not in spans[begin]
    after = min(x for x in spans if x > begin)
    assert spans[after].startswith("rw-")


@ours
def test_memory_is_given_back(image):
    def maps():
        return len(Path("/proc/self/maps").read_text().splitlines())

    kept = [linked(image, ["work"], in_process) for _ in range(50)]
    many = maps()
    kept.clear()
    gc.collect()
    assert maps() < many - 50


@ours
def test_every_kernel_of_a_small_fit_is_linked_by_hand(tmp_path):
    """LLVM's linker is not even started where the code is kept on the disk."""
    code = """
import numpy as np, chainrule as cr
from chainrule.native import engine
def refused(*_): raise AssertionError("LLVM's linker was asked")
engine._Engine._linked_by_llvm = refused
if {again}: engine._Engine._make_llvm_ready = refused
x = np.random.default_rng(0).standard_normal((90, 4)); y = (x[:, 0] > 0) + 0
net = cr.nn.Sequential(cr.nn.Linear(4, 8, seed=0), cr.nn.Tanh(), cr.nn.Linear(8, 2, seed=1))
history = cr.fit(net, (x, y), loss=cr.softmax_cross_entropy, optimizer=cr.optim.Adam(0.01),
                 epochs=30, batch_size=32)
assert history.compiled, history.eager_because
print(history.epochs[-1].loss.hex())
"""
    seen = set()
    for again in (False, True):
        result = subprocess.run(
            [sys.executable, "-c", code.replace("{again}", str(again))],
            capture_output=True, text=True, timeout=100, check=False, cwd=ROOT,
            env={**os.environ, "CHAINRULE_CACHE": str(tmp_path)},
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        seen.add(result.stdout)
    assert len(seen) == 1


@pytest.mark.parametrize("other", [b"", b"\x7fELF", b"\xcf\xfa\xed\xfe" * 50, bytes(2000)])
def test_another_kind_of_file_is_left_to_llvm(other):
    assert linked(other, ["work"], in_process) is None


def test_another_kind_of_machine_is_left_to_llvm(image, monkeypatch):
    monkeypatch.setattr(linking, "_is_known_here", lambda: False)
    assert linked(image, ["work"], in_process) is None
    assert laid(image) is image


@ours
def test_what_is_not_plain_is_left_to_llvm():
    started = engine._started()
    texts = [
        "@a = thread_local global i64 3\ndefine ptr @work() nounwind { ret ptr @a }",
        "declare void @abs()\ndefine ptr @work() nounwind { ret ptr @abs }",  # no call
        "@a = common global i64 0\ndefine ptr @work() nounwind { ret ptr @a }",
        "@a = external global i64\ndefine ptr @work() nounwind { ret ptr @a }",
        "define i64 @work() { ret i64 1 }",  # with a table for unwinding
    ]
    for text in texts:
        image = started._object(text, 2)
        assert linked(image, ["work"], in_process) is None, text
        assert laid(image) is image, text


@ours
def test_a_function_that_is_not_there_is_left_to_llvm(code):
    assert linked(code, ["absent"], in_process) is None
    assert linked(code, ["work"], lambda name: None) is None


@pytest.fixture
def refusing(monkeypatch):
    """A system that lets no memory be run."""

    class Refusing:
        def __getattr__(self, name):
            return (lambda *_: 1) if name == "mprotect" else getattr(own, name)

    own, libc = linking._libc(), Refusing()
    monkeypatch.setattr(linking, "_libc", lambda: libc)


@ours
def test_memory_that_the_system_does_not_let_run_is_left_to_llvm(code, refusing):
    assert linked(code, ["work"], in_process) is None


@ours
def test_pages_that_the_system_does_not_take_are_compiled_anew(tmp_path, monkeypatch, refusing):
    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path))
    entry = Entry(laid(engine._started()._object(TEXT, 2)), ())
    assert linking.is_laid(entry.image)
    with pytest.raises(RuntimeError, match="no place"):
        engine._started()._load(entry, ["work"])
    for _ in range(2):  # the second finds on the disk what it cannot use
        function = cr.compile(lambda x: (x * 3.25 + 1).sum())
        assert function(np.arange(4.0)).item() == 23.5
        gc.collect()
    assert any(tmp_path.iterdir())


@ours
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_file_is_laid_or_left_but_raises_nothing(image, data):
    """Nothing is run here; what the disk holds is under a checksum."""
    image = data.draw(st.sampled_from([image, laid(image)]))
    changed = bytearray(image)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(image)))
    for each in (bytes(changed), bytes(changed)[:cut]):
        found = linked(each, ["work"], in_process)
        assert found is None or found[0]["work"] >= found[1].address
