"""What a step was planned to is found by the next process, and is what it would plan itself."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.native.whole_plan import plan_content
from chainrule.train.native import all_sizes, kept_on_disk, known
from tests.thorough import parametrize
from tests.train.test_known import OTHERS

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 5)).astype("f")
Y = rng.integers(0, 3, size=40)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, and a process that knows no step."""
    monkeypatch.setenv("CHAINRULE_CACHE", str(tmp_path))
    known._found.cache_clear()
    yield tmp_path
    known._found.cache_clear()


def fitted(net=None, **settings):
    given = {
        "loss": cr.softmax_cross_entropy, "optimizer": optim.Adam(0.01), "epochs": 2,
        "batch_size": 16,
    } | settings  # fmt: skip
    net = nn.MLP([5, 7, 3]) if net is None else net
    cr.fit(net, (X, Y), **given)
    return net


def counted(monkeypatch):
    """A list that grows by one for each recording."""
    found, original = [], all_sizes.recorded_step
    monkeypatch.setattr(
        all_sizes, "recorded_step", lambda *args: found.append(args) or original(*args)
    )
    return found


def same(one, other):
    return all(
        np.array_equal(a.data, b.data)
        for a, b in zip(one.parameters().values(), other.parameters().values(), strict=True)
    )


@parametrize("name", OTHERS, few=range(1, len(OTHERS), 3))
def test_a_step_from_the_disk_trains_to_the_same_bits(folder, monkeypatch, name):
    make = OTHERS[name]
    first = fitted(**{key: value() for key, value in make.items()})
    known._found.cache_clear()
    recorded = counted(monkeypatch)
    second = fitted(**{key: value() for key, value in make.items()})
    assert same(first, second)
    assert bool(recorded) == (name == "a user's loss")  # whose code may have changed


def test_a_plan_from_the_disk_makes_the_same_machine_code(folder, monkeypatch):
    kept, original = [], kept_on_disk.write
    monkeypatch.setattr(kept_on_disk, "write", lambda *args: kept.append(args) or original(*args))
    fitted()
    assert len(kept) == 2  # of the full batch, and of the last one
    for key, recorded, plan in kept:
        found, again = kept_on_disk.read(key)
        assert plan_content(again) == plan_content(plan)
        assert found.parameters == recorded.parameters
        assert found.out is recorded.out


PROCESS = """
import sys
sys.path.insert(0, {root!r})
from tests.train.test_kept_on_disk import counts
print(counts())
"""


def counts():
    """How many steps this process records for a fit; run in a process of its own."""
    found, original = [], all_sizes.recorded_step

    def recorded(*args):
        found.append(args)
        return original(*args)

    all_sizes.recorded_step = recorded
    fitted()
    return len(found)


def test_another_process_records_nothing(folder):
    root = str(kept_on_disk.ROOT.parent)
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROCESS.format(root=root)],
            env=dict(os.environ), capture_output=True, text=True, timeout=120, check=True,
        ).stdout.split()[-1]
        for _ in range(2)
    ]  # fmt: skip
    assert runs == ["2", "0"]


@pytest.mark.parametrize("spoilt", ["cut", "other bytes", "another pickle", "no pickle"])
def test_a_file_that_says_nothing_sensible_is_recorded_anew(folder, monkeypatch, spoilt):
    first = fitted()
    for path in folder.glob("*.object"):
        data = path.read_bytes()
        path.write_bytes({"cut": data[:-9], "other bytes": data[::-1]}.get(spoilt, data))
    if spoilt.endswith("pickle"):
        image = pickle.dumps(3) if spoilt == "another pickle" else b"nothing"
        entry = kept_on_disk.Entry(image, ())
        monkeypatch.setattr(type(kept_on_disk.cache_state()), "get", lambda self, key: entry)
        monkeypatch.setattr(kept_on_disk, "write", lambda *args: None)
        assert kept_on_disk.read(b"") is None
        return
    known._found.cache_clear()
    assert same(first, fitted())


def test_a_method_that_somebody_replaced_is_not_looked_up(folder, monkeypatch):
    fitted()
    known._found.cache_clear()
    monkeypatch.setattr(nn.ReLU, "forward", lambda self, x, run=None: 3 * x)
    recorded = counted(monkeypatch)
    other, eager = fitted(), fitted(compiled=False)
    assert recorded
    for one, two in zip(other.parameters().values(), eager.parameters().values(), strict=True):
        np.testing.assert_allclose(one.data, two.data, rtol=2e-5, atol=1e-5)


def test_a_package_that_changed_is_another_one(folder, monkeypatch):
    fitted()
    known._found.cache_clear()
    monkeypatch.setattr(kept_on_disk, "_files", lambda: "other files")
    recorded = counted(monkeypatch)
    fitted()
    assert len(recorded) == 2


def test_without_a_folder_nothing_is_kept_and_all_is_well(monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE", "")
    known._found.cache_clear()
    recorded = counted(monkeypatch)
    fitted()
    assert len(recorded) == 2


def test_files_that_no_step_can_run_do_not_count():
    files = kept_on_disk._files()
    assert "'/plan/make.py'" in files
    assert "'/estimators/base.py'" in files  # whose losses a step may run
    assert not any(f"/{folder}/" in files for folder in kept_on_disk.OTHERS)


def test_a_step_of_an_op_that_somebody_has_changed_is_not_kept(folder, monkeypatch):
    """It would be found by processes in which the op is as it was."""
    fitted()
    op = CATALOGUE["relu"]
    original = op.forward

    def changed(self, *args, **how):
        return original(self, *args, **how)

    monkeypatch.setattr(op, "forward", changed)
    wrote, write = [], kept_on_disk.write
    monkeypatch.setattr(kept_on_disk, "write", lambda *args: wrote.append(args) or write(*args))
    fitted(nn.MLP([5, 9, 3]))  # of another form than those that are known
    assert not wrote
    monkeypatch.undo()
    monkeypatch.setenv("CHAINRULE_CACHE", str(folder))
    assert same(fitted(nn.MLP([5, 9, 3])), fitted(nn.MLP([5, 9, 3])))
