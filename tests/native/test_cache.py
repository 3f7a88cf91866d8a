"""Compiled plans on disk: whatever happens to the folder, a run goes on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chainrule.native import cache
from chainrule.native.cache import Cache, Entry, digest

KEY, OTHER = digest("plan"), digest("other plan")
ENTRY = Entry(bytes(range(256)) * 5, ("cr_c_atan2", "malloc"))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "deep" / "cache"
    monkeypatch.setenv("CHAINRULE_CACHE", str(place))
    return place


def only_file(folder) -> Path:
    (found,) = folder.iterdir()
    return found


def test_what_is_put_there_is_found_again(folder):
    kept = Cache()
    assert kept.get(KEY) is None
    kept.put(KEY, ENTRY)
    kept.put(OTHER, Entry(b"", ()))
    assert (kept.get(KEY), kept.get(OTHER)) == (ENTRY, Entry(b"", ()))
    assert (kept.hits, kept.misses, kept.note) == (2, 1, "")
    assert len(list(folder.iterdir())) == 2  # and no temporary file


def test_parts_of_a_key_do_not_run_into_each_other():
    assert len({digest("ab", "c"), digest("a", "bc"), digest("abc"), digest("abc", "")}) == 4


def test_a_damaged_file_is_not_there_and_is_replaced(folder, rng):
    kept = Cache()
    kept.put(KEY, ENTRY)
    path = only_file(folder)
    whole = path.read_bytes()
    damaged = [b"", b"something else entirely", whole + b"\0", whole[::-1]]
    damaged += [whole[:n] for n in range(0, len(whole), 7)]
    for place in rng.integers(0, len(whole), 100):
        changed = bytearray(whole)
        changed[place] ^= 1 << rng.integers(8)
        damaged.append(bytes(changed))
    for data in damaged:
        path.write_bytes(data)
        assert kept.get(KEY) is None
    kept.put(KEY, ENTRY)
    assert kept.get(KEY) == ENTRY


def test_a_file_under_another_files_name_is_not_there(folder):
    kept = Cache()
    kept.put(KEY, ENTRY)
    path = only_file(folder)
    path.rename(path.with_name(OTHER.hex() + path.suffix))
    assert kept.get(OTHER) is None


def test_a_folder_in_the_place_of_a_file_is_not_there(folder):
    (folder / (KEY.hex() + ".object")).mkdir(parents=True)
    kept = Cache()
    assert kept.get(KEY) is None
    kept.put(KEY, ENTRY)
    assert "not kept" in kept.note


def test_a_file_of_another_user_is_not_run(folder, monkeypatch):
    kept = Cache()
    kept.put(KEY, ENTRY)
    monkeypatch.setattr(os, "getuid", lambda: 4711, raising=False)
    assert kept.get(KEY) is None


def test_a_folder_that_cannot_be_written_is_passed_over(folder):
    folder.parent.mkdir()
    folder.write_text("a file, where the folder should be")
    kept = Cache()
    kept.put(KEY, ENTRY)
    assert kept.get(KEY) is None
    assert kept.note.startswith("compiled kernels are not kept: ")


def test_a_full_disk_leaves_nothing_behind(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    kept = Cache()
    kept.put(OTHER, ENTRY)
    monkeypatch.setattr(os, "fsync", full)
    kept.put(KEY, ENTRY)
    assert "No space left" in kept.note
    assert only_file(folder).stem == OTHER.hex()


def test_an_empty_variable_turns_it_off(monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE", "")
    kept = Cache()
    kept.put(KEY, ENTRY)
    assert kept.folder() is None
    assert kept.get(KEY) is None
    assert kept.note == "CHAINRULE_CACHE is empty"


def test_a_closed_cache_says_why(folder):
    kept = Cache("no sources")
    kept.put(KEY, ENTRY)
    assert kept.get(KEY) is None
    assert kept.note == "no sources"
    assert not folder.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="each system has its own folder")
def test_the_folder_is_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("CHAINRULE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Cache().folder() == tmp_path / "chainrule"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Cache().folder() == tmp_path / ".cache" / "chainrule"


def test_a_user_without_a_home_keeps_nothing_and_is_told(monkeypatch):
    monkeypatch.delenv("CHAINRULE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    kept = Cache()
    kept.put(KEY, ENTRY)
    assert kept.get(KEY) is None
    assert kept.note == "compiled kernels are not kept: this user has no home folder"


def test_the_files_used_longest_ago_go_first(folder, monkeypatch):
    kept = Cache()
    keys = [digest(str(i)) for i in range(5)]
    for i, key in enumerate(keys):
        kept.put(key, ENTRY)
        path = folder / (key.hex() + ".object")
        os.utime(path, (time.time() - 1000 + i,) * 2)
    size = path.stat().st_size
    assert kept.get(keys[0]) == ENTRY  # so it is the newest now
    monkeypatch.setattr(cache, "LARGEST", 3 * size)
    Cache().put(KEY, ENTRY)  # a process looks at the sizes once, when it first keeps something
    assert {path.stem for path in folder.iterdir()} == {k.hex() for k in (keys[0], keys[4], KEY)}


def test_a_file_of_no_use_for_a_season_goes(folder):
    kept = Cache()
    keys = [digest(str(i)) for i in range(2)]
    for key, days in zip(keys, (80, 100), strict=True):
        kept.put(key, ENTRY)
        os.utime(folder / (key.hex() + ".object"), (time.time() - days * 86400,) * 2)
    Cache().put(KEY, ENTRY)
    assert {path.stem for path in folder.iterdir()} == {keys[0].hex(), KEY.hex()}


def test_what_a_killed_process_left_goes_after_an_hour(folder):
    folder.mkdir(parents=True)
    old, new = folder / "old.part", folder / "new.part"
    for path in (old, new):
        path.write_bytes(b"half of it")
    os.utime(old, (time.time() - 2 * cache.ABANDONED,) * 2)
    Cache().put(KEY, ENTRY)
    assert (old.exists(), new.exists()) == (False, True)


def run(code: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, timeout=200, capture_output=True, text=True
    )
    return result.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_are_killed_while_they_write_leave_whole_files(folder):
    """Writers of large entries are killed at random; what can be read is always right."""
    run("""
import os, random, signal, time
from chainrule.native.cache import Cache, Entry, digest
random.seed(0)
def entry(i): return Entry(bytes([i]) * 300_000, (f"name{i}",))
seen = 0
for _ in range(30):
    children = []
    for c in range(2):
        pid = os.fork()
        if pid == 0:
            while True:
                for i in range(20):
                    Cache().put(digest(str(i)), entry(i))
        children.append(pid)
    time.sleep(random.uniform(0.001, 0.03))
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    for i in range(20):
        found = Cache().get(digest(str(i)))
        path = Cache().folder() / (digest(str(i)).hex() + ".object")
        assert found == entry(i) if path.exists() else found is None
        seen += found is not None
assert seen > 20, seen
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_many_processes_share_a_folder(folder):
    run("""
import os
from chainrule.native import cache
cache.LARGEST = 100_000  # so that they remove each other's files
def entry(i): return cache.Entry(bytes([i]) * 20_000, ())
children = []
for c in range(4):
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            kept = cache.Cache()
            for i in list(range(8)) * 10:
                found = kept.get(cache.digest(str(i)))
                code |= not (found is None or found == entry(i))
                kept.put(cache.digest(str(i)), entry(i))
                code |= bool(kept.note)
        except BaseException:
            code = 2
        finally:
            os._exit(code)
    children.append(pid)
codes = [os.waitpid(pid, 0)[1] for pid in children]
assert codes == [0] * 4, codes
""")


COMPILE = """
import numpy as np
from chainrule.native import engine
from chainrule.plan.kinds.pointwise import Pointwise
from chainrule.plan.scalar import Apply, Load, Store
from tests.native.small_plans import plan_of, spec, whole
body = (Load(whole(0, (5,)), "float64"), Apply("c:atan2", (0, 0), "float64"))
plan = plan_of([spec((5,), "float64")], [spec((5,), "float64")],
               [Pointwise((5,), body, (Store(whole(1, (5,)), 1),))])
x, out = np.arange(5.0), np.empty(5)
REPLACE
engine.compile_plan(plan).run_object()([x], [out])
np.testing.assert_allclose(out, np.arctan2(x, x))
state = engine.cache_state()
print(state.hits, state.misses)
"""
NEVER = """
def never(*args): raise AssertionError("the text was written")
engine.assemble = never
"""


def test_a_second_process_writes_no_text_and_links_the_same_functions(folder):
    assert run(COMPILE.replace("REPLACE", "")) == "0 3\n"  # two for every plan, and this one
    assert run(COMPILE.replace("REPLACE", NEVER)) == "3 0\n"


def test_whole_files_that_hold_no_code_are_compiled_anew(folder):
    run(COMPILE.replace("REPLACE", ""))
    for path in folder.iterdir():
        Cache().put(bytes.fromhex(path.stem), Entry(b"\x7fELF, but not one", ()))
    run(COMPILE.replace("REPLACE", ""))
    assert run(COMPILE.replace("REPLACE", NEVER)) == "3 0\n"
