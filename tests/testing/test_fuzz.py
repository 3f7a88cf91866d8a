"""The fuzzer finds nothing in the catalogue, and finds and shrinks what is put there."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule.graph.op.catalogue import CATALOGUE
from chainrule.testing.fuzz import Line, Looks, Program, Ref, closing, generate, judge, run
from chainrule.testing.fuzz.verdict import Tally
from tests.thorough import parametrize

GRAPHS, CHUNKS = 1200, 8
RIGHT = CATALOGUE["matmul"].backward
SHORT = 5  # lines of a printed program
LOOKS = (
    "second order: reverse = forward",
    "third order: reverse = forward",
    "third order = differences",
    "a gradient of a gradient reaches parameters",
)


@parametrize("chunk", range(CHUNKS), few=2)
def test_every_way_to_differentiate_a_random_graph_agrees(chunk):
    size = GRAPHS // CHUNKS
    found = run(size, first=chunk * size)
    assert not found.findings, str(found)
    counts = found.tally.counts
    assert counts["reverse = forward"] + counts["not judged: an end is not finite"] == found.graphs
    assert counts["forward = complex step"] > found.graphs
    for way in LOOKS:
        assert counts[way] > found.graphs / 40
    kind = "forward = differences"
    assert counts[f"{kind}, left open"] < counts[kind] / 10  # else a kink hides too much


def test_every_op_of_the_catalogue_stands_in_the_graphs():
    used = Counter(line.name for i in range(GRAPHS) for line in generate(0, i).lines)
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
        from chainrule.graph.op.catalogue import CATALOGUE
        import chainrule as cr
        CATALOGUE["exp"].local_gradients = lambda self, x, out: (2 * out,)
        from chainrule.testing.fuzz import run
        kind = "forward is not the differences"
        exec(min((f.program for f in run(100).findings if f.kind == kind), key=len))
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
    assert judge(Program((x,), guarded, (Ref(3),)), tally, Looks.SECOND) is None
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
    assert judge(program, tally, Looks.SECOND) is None
    assert tally.counts["second order = differences"] == decided
    assert tally.counts["second order = differences, left open"] == open_


def test_the_command_line_reports_a_campaign():
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "chainrule.testing.fuzz", "--graphs", "20", "--seed", "5"]
    shown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "mismatches  0" in shown.stdout


def kinked_slope(self, x, out):
    """The slope of tanh written with abs: right to second order, and a kink in the third."""
    small = np.exp(-2 * np.abs(x))
    return (4 * small / np.square(1 + small),)


def test_a_kink_hidden_in_a_smooth_function_is_found_in_the_third_order(monkeypatch):
    program = Program((np.array([0.0, 0.5]),), (Line("tanh", (Ref(0),)),), (Ref(1),), plain=True)
    assert judge(program, Tally(), Looks.THIRD) is None
    monkeypatch.setattr(CATALOGUE["tanh"], "local_gradients", kinked_slope)
    found = judge(program, Tally(), Looks.THIRD)
    assert found.kind == "third order is not the differences"
    assert abs(found.expected + 2.0) < abs(found.found)  # tanh'''(0) = -2, and what 0.5 adds


def test_parameters_behind_a_derivative_are_judged(monkeypatch):
    lines = (Line("multiply", (Ref(0), Ref(1))), Line("square", (Ref(2),)))
    program = Program((np.array([3.0]), np.array([2.0])), lines, (Ref(3),), plain=True)
    tally = Tally()
    assert judge(program, tally, Looks.CLOSED | Looks.CLOSED_COMPILED) is None
    assert tally.counts["a gradient of a gradient reaches parameters"] == 2
    assert tally.counts["compiled over parameters = eager"] == 2
    monkeypatch.setattr(
        closing, "grad", lambda f, n: lambda *x: [g.data for g in cr.grad(f, n)(*x)]
    )
    found = judge(program, Tally(), Looks.CLOSED)
    assert found.kind == "a parameter behind grad gets another gradient"


def test_graphs_stand_at_zeros_and_kinks():
    leaves = np.concatenate([x.ravel() for i in range(400) for x in generate(0, i).leaves])
    assert (leaves == 0).sum() > 40
    assert np.signbit(leaves[leaves == 0]).any()
    assert np.isin(leaves, [0.5, 1.0, -1.0]).sum() > 10


def test_a_slope_that_is_rounding_alone_is_no_mismatch(monkeypatch):
    """sum(solve(A, A)) is a constant: both modes say 1e-16 of its slope, each its own."""
    leaf = np.array(0.01)
    matrix = np.array([[2.453, 0.402, -0.341], [1.357, 2.2, -1.367], [0.955, 1.579, 2.699]])
    lines = (
        Line("add", (matrix, Ref(0))),
        Line("solve", (Ref(1), Ref(1))),
        Line("sum", (Ref(2),)),
    )
    program = Program((leaf,), lines, (Ref(3),), plain=True)
    assert judge(program, Tally()) is None
    monkeypatch.setattr(CATALOGUE["sum"], "backward", doubled_sum)
    loud = Program((leaf,), (Line("add", (matrix, Ref(0))), Line("sum", (Ref(1),))), (Ref(2),))
    assert judge(loud, Tally()).kind == "reverse is not forward"


def doubled_sum(self, upstream, x, out, **keywords):
    return (2 * np.broadcast_to(upstream, x.shape),)


def test_the_sign_of_a_rounding_error_in_a_constant_decides_no_verdict():
    """sinc(-2) is 0 but for rounding: -4e-17 in float64 and 3e-8 in float32."""
    lines = (
        Line("sinc", (np.array(-2.0),)),
        Line("add", (Ref(1), np.array(0.0))),
        Line("radial", (np.array(-2.0), Ref(2)), {"p": 2.0, "axis": None}),
        Line("kl_div", (Ref(3), Ref(0))),
        Line("sum", (Ref(4),)),
    )
    assert judge(Program((np.array(0.3),), lines, (Ref(5),)), Tally()) is None
