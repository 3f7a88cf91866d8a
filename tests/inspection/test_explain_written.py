"""How explain writes a gradient: paths, forks, zeros and roles, as text, page and formula."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.inspection.spoken import LONGEST_PATH

from .schemas import breaches


def test_of_many_gates_in_a_row_the_first_and_the_last_are_written():
    h = x = cr.parameter(np.ones(2), name="x")
    for _ in range(100):
        h = cr.tanh(h * 0.9)
    found = cr.explain(h.sum(), x, 0)
    assert len(found.paths[0].factors) == 201
    lines = str(found).splitlines()
    (left_out,) = [line for line in lines if "more gates" in line and "..." in line]
    shown = [line for line in lines if " d/d " in line]
    assert len(shown) == LONGEST_PATH
    assert int(left_out.split()[1]) == 201 - LONGEST_PATH
    assert len(lines[2]) < 400
    assert found._repr_html_().count("<tr") == LONGEST_PATH + 2
    locals_ = [float(line.split(" = ")[-1].split()[0]) for line in shown]
    together = float(left_out.split(":")[1].split()[0])
    assert np.prod(locals_) * together == pytest.approx(found.gradient, rel=1e-2)


@pytest.mark.parametrize(
    ("key", "text"),
    [(1, "w[1]"), (-1, "w[-1]"), (slice(1, None), "w[1:]"),
     ((..., slice(None, None, -2)), "w[..., ::-2]"),
     ((0, 1), "w[0, 1]"), ((None, 2), "w[None, 2]"), (np.array([0, 2]), "w[arrays]"),
     ((np.arange(2), np.array([0, 1])), "w[arrays, c2]"), ((), "w[()]"),
     (np.eye(3) > 0, "w[arrays]"), ((slice(None), np.array([1, 2])), "w[:, arrays]")],
    ids=repr,
)  # fmt: skip
def test_what_is_picked_is_written_as_python_writes_it(key, text):
    w = cr.parameter(np.ones((3, 3)), name="w")
    loss = w[key].sum()
    picked = np.zeros((3, 3))
    picked[key] = 1
    found = cr.explain(loss, w, tuple(map(int, np.argwhere(picked)[0])))
    assert found.paths[0].factors[-1].formula == text


def test_a_loop_is_written_without_its_body():
    w = cr.parameter(np.ones(2), name="w")
    state, _ = cr.scan(lambda h, x: (h * w + x, h), np.ones(2), np.ones((5, 2)))
    formula = cr.explain(state.sum(), w, 0).paths[0].factors[-1].formula
    assert "<" not in formula
    assert "length=5" in formula


def test_a_path_names_every_gate_with_its_number_and_its_role():
    x, y, z = (cr.tensor(v, name=n) for v, n in ((-2.0, "x"), (5.0, "y"), (-4.0, "z")))
    found = cr.explain((x + y) * z, x)
    (path,) = found.paths
    assert [(f.op, f.local, f.upstream, f.role) for f in path.factors] == [
        ("multiply", -4.0, 1.0, "swap multiplier"),
        ("add", 1.0, -4.0, "gradient distributor"),
    ]
    assert (path.value, path.share, found.gradient) == (-4.0, 1.0, -4.0)
    assert [f.formula for f in path.factors] == ["n1 * z", "x + y"]


def test_a_fork_is_a_sum_branch_by_branch():
    x = cr.tensor([3.0, 1.0], name="x")
    loss = (cr.tanh(x) * x + x).sum()
    (fork,) = cr.explain(loss, x, 0).forks
    slope = 1 - np.tanh(3.0) ** 2
    assert [b.formula for b in fork.branches] == ["tanh(x)", "n1 * x", "n2 + x"]
    expected = [3 * slope, np.tanh(3.0), 1.0]
    assert [b.value for b in fork.branches] == pytest.approx(expected)


def test_a_parameter_of_two_layers_is_a_fork():
    rng = np.random.default_rng(0)
    w = cr.parameter(rng.normal(size=(3, 3)), name="w")
    loss = cr.tanh(cr.tanh(rng.normal(size=(4, 3)) @ w) @ w).sum()
    found = cr.explain(loss, w, (0, 2))
    assert found.forks[-1].node == "w"
    assert found.forks[-1].value == pytest.approx(found.gradient)
    assert len(found.forks[-1].branches) == 2


def test_routes_say_how_much_comes_through_a_layer_and_past_it():
    rng = np.random.default_rng(0)
    w = cr.parameter(0.1 * rng.normal(size=(3, 3)), name="w")
    h = rng.normal(size=(4, 3)) @ w
    loss = (h + cr.tanh(h)).sum()
    found = cr.explain(loss, w, (1, 1))
    through, past = sorted(found.routes, key=lambda route: -len(route.ops))
    assert past.ops == ("sum", "add", "matmul", "")
    assert through.ops == ("sum", "add", "tanh", "matmul", "")
    assert past.value + through.value == pytest.approx(found.gradient)
    assert past.share + through.share == pytest.approx(1)


@pytest.mark.parametrize("rows", [2, 3, 20])
def test_of_a_zero_gradient_it_is_said_how_many_products_are_not_shown(rows):
    w, v = cr.parameter(-np.ones((2, 3)), name="w"), cr.parameter(np.ones((3, 1)), name="v")
    loss = (cr.relu(cr.tensor(np.ones((rows, 2))) @ w) @ v).sum()
    found = cr.explain(loss, w, (0, 0))
    assert (found.gradient, len(found.paths), found.rest.value) == (0, 1, 0)
    assert found.rest.branches == rows - 1
    said = "1 more branch" if rows == 2 else f"{rows - 1} more branches"
    assert f"the rest, {said}: each 0 as well" in str(found)
    assert "%" not in str(found)
    one = cr.explain(cr.relu(w[0, 0]) * 3, w, (0, 0))
    assert one.rest.branches == 0


def test_a_closed_gate_is_shown_with_its_zero():
    x = cr.tensor([1.0, 5.0, 2.0], name="x")
    found = cr.explain(cr.max(x), x, 0)
    (path,) = found.paths
    assert (found.gradient, path.value, path.factors[0].local) == (0.0, 0.0, 0.0)
    w = cr.tensor(-1.0, name="w")
    assert cr.explain(cr.relu(w) * 3, w).paths[0].factors[-1].local == 0.0


def test_a_zero_has_no_sign():
    x, w = cr.tensor([1.0], name="x"), cr.parameter([0.5], name="w")
    found = cr.explain(cr.sum(-x * 0.0 * w), w, 0)
    assert str(found).startswith("d loss / d w[0] = 0\n\n1 × 1 × 0 = 0\n")
    assert "-0" not in f"{found}{found.to_latex()}"


def test_the_data_follows_its_schema():
    rng = np.random.default_rng(0)
    w = cr.parameter(rng.normal(size=(3, 3)), name="w")
    h = rng.normal(size=(4, 3)) @ w
    found = cr.explain((h + cr.tanh(h) * h).sum(), w, (0, 0))
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert breaches(data, found.schema()) == []
    names = [node["name"] for node in data["nodes"]]
    assert (names[0], names[-1], data["nodes"][-1]["op"]) == ("w", "loss", "sum")
    ids = [node["id"] for node in data["nodes"]]
    assert ids == sorted(ids)
    factors = [factor for path in data["paths"] for factor in path["factors"]]
    assert {factor["id"] for factor in factors} <= set(ids)
    x = cr.tensor(0.0, name="x")
    endless = cr.explain(cr.sqrt(x), x).to_dict()
    assert endless["gradient"] == "inf"
    assert breaches(json.loads(json.dumps(endless, allow_nan=False)), found.schema()) == []


def test_pages_and_formulas_show_hostile_names_as_text():
    x = cr.tensor(2.0, name="<script>alert(1)</script> $x_1$ \\% & {")
    found = cr.explain(x * x, x)
    assert "<script>" not in found._repr_html_()
    assert "&lt;script&gt;" in found._repr_html_()
    assert r"\$x\_1\$" in found.to_latex()


def test_a_formula_has_the_derivatives_and_their_numbers():
    x, y = cr.tensor(3.0, name="x"), cr.tensor(-4e-9, name="y")
    latex = cr.explain(x * y, x).to_latex()
    assert latex.splitlines() == [
        r"\begin{aligned}",
        r"\frac{\partial\,\mathrm{loss}}{\partial\,\mathrm{x}} &= "
        r"\frac{\partial\,\mathrm{loss}}{\partial\,\mathrm{x}} \\",
        r"&= 1 \cdot \left(-4 \cdot 10^{-9}\right) \\",
        r"&= -4 \cdot 10^{-9}",
        r"\end{aligned}",
    ]
