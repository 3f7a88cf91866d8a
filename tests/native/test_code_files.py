"""What is known of the files of a package without reading them."""

import os
import time

import pytest

from chainrule.native import code_files
from chainrule.native.code_files import written


@pytest.fixture
def package(tmp_path):
    for name in ("one.py", "inner/two.py", "left/three.py", "__pycache__/four.py", "five.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")
        os.utime(path, (1e9 + len(name), 1e9 + len(name)))
    return tmp_path


def test_every_python_file_counts_but_those_that_are_left_out(package):
    found = written(str(package), {"left"})
    assert "'/one.py'" in found
    assert "'/inner/two.py'" in found
    assert not any(each in found for each in ("three", "four", "five", str(package)))
    assert "three" in written(str(package))


@pytest.mark.parametrize("change", ["size", "time", "more", "fewer"])
def test_a_change_is_seen(package, change):
    before, path = written(str(package)), package / "inner/two.py"
    if change == "size":
        path.write_text("x = 10\n")
    if change == "fewer":
        path.unlink()
    if change == "more":
        path = package / "inner/new.py"
        path.write_text("")
    if change != "fewer":
        os.utime(path, (1e9 + 12 + (change == "time"),) * 2)
    assert written(str(package)) != before


def test_files_of_one_time_are_read(package):
    """As a build leaves them that can be repeated."""
    paths = list(package.rglob("*.py"))
    for path in paths:
        os.utime(path, (1, 1))
    before = written(str(package))
    assert len(before) == 64
    changed = package / "inner/two.py"
    changed.write_text("x = 2\n")
    os.utime(changed, (1, 1))
    assert written(str(package)) != before
    changed.write_text("x = 1\n")
    os.utime(changed, (1, 1))
    assert written(str(package)) == before


def test_what_is_newer_than_the_code_that_runs_says_nothing(package):
    os.utime(package / "inner/two.py", (time.time() + 9,) * 2)
    assert written(str(package)) == ""


def test_no_file_says_nothing(tmp_path):
    assert written(str(tmp_path)) == ""


def test_it_was_loaded_in_the_past():
    assert 0 < code_files.LOADED <= time.time_ns()
