"""The fuzzer finds nothing in the catalogue, and finds and shrinks what is put there."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.graph.catalogue import CATALOGUE
from chainrule.testing.fuzz import Line, Program, Ref, generate, judge, run
from chainrule.testing.fuzz.judge import Tally

GRAPHS, CHUNKS = 2000, 10
RIGHT = CATALOGUE["matmul"].backward
SHORT = 5  # lines of a printed program


@pytest.fixture(scope="module")
def campaigns():
    return {}


def campaign(campaigns, chunk):
    if chunk not in campaigns:
        size = GRAPHS // CHUNKS
        campaigns[chunk] = run(size, first=chunk * size)
    return campaigns[chunk]


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_way_to_differentiate_a_random_graph_agrees(campaigns, chunk):
    found = campaign(campaigns, chunk)
    assert not found.findings, str(found)
    counts = found.tally.counts
    assert counts["reverse = forward"] + counts["not judged: an end is not finite"] == found.graphs
    assert counts["forward = complex step"] > found.graphs
    assert counts["second order: reverse = forward"] > 0
    kind = "forward = differences"
    assert counts[f"{kind}, left open"] < counts[kind] / 10  # else a kink hides too much


def test_every_op_of_the_catalogue_stands_in_the_graphs(campaigns):
    used = sum((campaign(campaigns, chunk).used for chunk in range(CHUNKS)), start=Counter())
    assert [name for name in CATALOGUE.names() if used[name] < 5] == []


def test_graphs_are_small_and_large_tied_empty_shared_and_masked():
    programs = [generate(0, i) for i in range(400)]
    lengths = [len(p.lines) for p in programs]
    assert min(lengths) <= 4
    assert max(lengths) >= 70
    assert any(x.size == 0 for p in programs for x in p.leaves)
    assert any(x.shape == () for p in programs for x in p.leaves)
    assert any(x.size > 2 and len(set(x.flat)) < x.size for p in programs for x in p.leaves)
    assert any(shared(p) for p in programs)
    assert any(line.name == "where" for p in programs for line in p.lines)
    assert any(not np.isfinite(v).all() for p in programs for v in floats(p))  # dead branches


def shared(program):
    read = [ref for line in program.lines for ref in line.refs()]
    return len(set(read)) < len(read)


def floats(program):
    with np.errstate(all="ignore"):
        values = program.run(program.leaves)
    return [v for v in values if isinstance(v, np.ndarray | np.floating) and v.dtype.kind == "f"]


def test_a_program_is_a_function_of_seed_and_number():
    first, second = generate(3, 17), generate(3, 17)
    assert [line.name for line in first.lines] == [line.name for line in second.lines]
    for x, y in zip(first.leaves, second.leaves, strict=True):
        assert_array_equal(x, y)
    assert [line.name for line in generate(4, 17).lines] != [line.name for line in first.lines]


def doubled(self, x, out):
    return (2 * out,)


def half(self, upstream, x, w, out):
    if x.ndim == w.ndim == 2:
        return lambda: upstream @ w.T, lambda: 0.5 * (x.T @ upstream)
    return RIGHT(self, upstream, x, w, out)


def unnormalized(self, upstream, x, out):
    return (upstream * out,)


WRONG = {
    "exp": ("local_gradients", doubled),
    "matmul": ("backward", half),
    "softmax": ("backward", unnormalized),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_shrinks_to_a_short_program_that_names_the_op(monkeypatch, name):
    attribute, rule = WRONG[name]
    monkeypatch.setattr(CATALOGUE[name], attribute, rule)
    names = CATALOGUE.names()
    numbers = range(names.index(name), 20 * len(names), len(names))  # they begin with this op
    found = [f for number in numbers for f in run(1, first=number).findings]
    short = [f.program for f in found if len(f.program.splitlines()) <= SHORT]
    assert any(f"cr.{name}(" in program for program in short), found


def test_a_printed_program_runs_and_shows_both_numbers():
    code = """
        from chainrule.graph.catalogue import CATALOGUE
        import chainrule as cr
        CATALOGUE["exp"].local_gradients = lambda self, x, out: (2 * out,)
        from chainrule.testing.fuzz import run
        kind = "forward is not the differences"
        exec(next(f for f in run(100).findings if f.kind == kind).program)
    """
    lines = "\n".join(line.strip() for line in code.splitlines())
    shown = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    pulled, numerical = shown.stdout.split(" is not ")
    assert float(pulled) == pytest.approx(2 * float(numerical), rel=1e-5)


def test_a_kink_is_left_open_and_a_dead_branch_is_judged():
    x = np.array([0.0, -1.0, 2.0])
    at_kink = Program((x,), (Line("relu", (Ref(0),)),), (Ref(1),))
    tally = Tally()
    assert judge(at_kink, tally) is None
    assert tally.counts["forward = differences, left open"] == 3
    inside = Line("greater", (Ref(0), 0.5))
    guarded = (inside, Line("log", (Ref(0),)), Line("where", (Ref(1), Ref(2), 0.0)))
    tally = Tally()
    assert judge(Program((x,), guarded, (Ref(3),)), tally, second=True) is None
    assert tally.counts["forward = differences"] > 3
    assert tally.counts["second order = differences"] == 3


@pytest.mark.parametrize(("x", "decided", "open_"), [(0.0, 0, 1), (0.5, 1, 0)])
def test_a_second_derivative_at_a_tie_is_left_open(x, decided, open_):
    """x and x + x**2 meet at 0 with the same slope: its half stands at 0, the whole beside it."""
    lines = (
        Line("square", (Ref(0),)),
        Line("add", (Ref(0), Ref(1))),
        Line("maximum", (Ref(0), Ref(2))),
    )
    tally = Tally()
    program = Program((np.array([x]),), lines, (Ref(3),), plain=True)
    assert judge(program, tally, second=True) is None
    assert tally.counts["second order = differences"] == decided
    assert tally.counts["second order = differences, left open"] == open_


def test_the_command_line_reports_a_campaign():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "chainrule.testing.fuzz", "--graphs", "20", "--seed", "5"]
    shown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "mismatches  0" in shown.stdout
