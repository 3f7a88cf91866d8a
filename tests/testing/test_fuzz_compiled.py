"""The fourth witness of the fuzzer: plans and machine code of random graphs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.native.engine import SPEED
from chainrule.testing.fuzz import Line, Looks, Program, Ref, compiled, generate, judge, run
from chainrule.testing.fuzz.verdict import Tally
from chainrule.testing.fuzz.ways import weights_of
from tests.thorough import parametrize

GRAPHS, CHUNKS = 120, 4


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    """On disk: no program comes again."""
    monkeypatch.setenv("CHAINRULE_CACHE", "")


@parametrize("chunk", range(CHUNKS), few=1)
def test_plan_and_machine_code_of_a_random_graph_agree_with_the_eager_run(monkeypatch, chunk):
    monkeypatch.setattr(compiled, "LEVEL", SPEED)  # as users get it
    size = GRAPHS // CHUNKS
    found = run(size, seed=4, first=chunk * size, single=False, compiled=True)
    assert not found.findings, str(found)
    counts = found.tally.counts
    judged = found.graphs - counts["not judged: an end is not finite"]
    assert counts["machine code = eager"] == counts["the interpreted plan = eager"] == judged
    assert counts["compiled = eager within noise"] <= judged / 10  # else noise hides too much


@pytest.mark.parametrize(("seed", "number"), [(0, 12259), (0, 13855), (0, 16741), (11, 14686)])
def test_graphs_that_were_found_once_agree(monkeypatch, seed, number):
    """Values of rows that were overwritten before they were read; equal operands of a maximum."""
    monkeypatch.setattr(compiled, "LEVEL", SPEED)
    found = run(1, seed=seed, first=number, compiled=True, shrinks=False)
    assert not found.findings, str(found)
    assert found.tally.counts["machine code = eager"] == 1


def off_by(share):
    def changed(results):
        return [x * np.asarray(1 + share, x.dtype) for x in results]

    return changed


@pytest.mark.parametrize(("number", "share"), [(12, 1e-12), (13, 1e-4)])
def test_wrong_machine_code_is_found_and_shown(monkeypatch, number, share):
    right, changed = compiled.run_natively, off_by(share)
    monkeypatch.setattr(compiled, "run_natively", lambda *args: changed(right(*args)))
    (finding,) = run(1, first=number, compiled=True, single=False).findings
    dtype = "float32" if number % 2 else "float64"
    assert finding.kind == f"machine code is not eager in {dtype}"
    assert finding.program.endswith("verify(*x))")
    assert ("np.float32" in finding.program) == (dtype == "float32")


def test_a_wrong_plan_is_found_before_its_machine_code(monkeypatch):
    right, changed = compiled.interpret, off_by(1e-12)
    monkeypatch.setattr(compiled, "interpret", lambda *args: changed(right(*args)))
    found = judge(generate(0, 12), Tally(), Looks.COMPILED)
    assert found.kind == "the interpreted plan is not eager in float64"


def test_what_a_plan_raises_is_found(monkeypatch):
    def broken(flow):
        raise AssertionError("no plan")

    monkeypatch.setattr(compiled, "make", broken)
    found = judge(generate(0, 12), Tally(), Looks.COMPILED)
    assert found.kind == "an error when compiled"


@pytest.mark.parametrize(("x", "open_"), [(0.0, True), (0.5, False)])
def test_another_slope_is_left_open_at_a_kink_alone(monkeypatch, x, open_):
    """Rounding may move a value over a kink; where no kink is near, it explains nothing."""
    lines = (Line("multiply", (Ref(0), 3.0)), Line("relu", (Ref(1),)))
    program = Program((np.array([x]),), lines, (Ref(2),), plain=True)
    right = compiled.run_natively

    def steep(*args):
        value, slope = right(*args)
        return [value, slope + 3]

    monkeypatch.setattr(compiled, "run_natively", steep)
    weights = weights_of(program, program.run(program.leaves))
    found = compiled.against_compiled(program, weights, Tally())
    assert (found is None) == open_


def test_the_command_line_compiles():
    root = Path(__file__).parents[2]
    words = ["--graphs", "2", "--seed", "5", "--compiled"]
    command = [sys.executable, "-m", "chainrule.testing.fuzz", *words]
    shown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "2  machine code = eager" in shown.stdout
