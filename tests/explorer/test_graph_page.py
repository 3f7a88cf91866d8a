"""The Graph view in a browser: what is lit, pictured, spelled out, folded and zoomed by hand."""

import re
import sys
from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule.explorer import own_code
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import Subject, function_subject
from chainrule.inspection.given_graph import graph_given
from tests.thorough import parametrize

from .served import TOKEN, graph_at, opened, served, wants_page

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = wants_page
TEXTS = {each.key: each.text for each in EXAMPLES}
HURTS = "<img src=x onerror=window.hurt=1>"
PATIENCE = 30_000  # ms
WIDE = np.linspace(-1, 1, 40).reshape(4, 10)
ROWS, WEIGHTS = np.ones((2, 3)), np.ones((4, 2))


def misfit(x=ROWS, w=WEIGHTS):
    sys.stdout.write("on the way <i>")
    hidden = cr.tanh(x)
    return (hidden @ w).sum()


def endless(x=1.0):
    y = cr.exp(x)
    while True:
        x = y.data


def wide(x=WIDE):
    return cr.tanh(x).sum()


MODEL = cr.nn.Sequential(cr.nn.Linear(2, 3, seed=0), cr.nn.ReLU(), cr.nn.Linear(3, 2, seed=1))


def net_graph(_):
    x, labels = np.array([[1.0, -1.0], [0.5, 2.0]]), np.array([0, 1])
    return graph_given("explore", [MODEL, (x, labels)], cr.softmax_cross_entropy)


@pytest.fixture(scope="module")
def site():
    subjects = [function_subject(each, each.__name__, "a_file.py")
                for each in (misfit, endless, wide)]  # fmt: skip
    subjects.append(Subject("net", "a net", {}, net_graph))
    with served(explorer.app(token=TOKEN, subjects=subjects)) as running:
        yield running


def place(page):
    """What the address holds."""
    return parse_qs(urlparse(page.url).fragment)


def box(page, name):
    return page.get_by_role("button", name=re.compile(f"^{re.escape(name)}[ ,]"))


def ops(page):
    return page.locator("svg .node.op text:first-of-type").all_text_contents()


# --------------------------------------------------------------------------- lighting


def test_a_click_on_an_entry_lights_up_what_it_affects(page, site):
    graph_at(page, site, text=TEXTS["matmul"], node="X")
    page.get_by_label("value of X, row 1, column 3").click()
    expect(page.locator(".lit-says li").first).to_have_text(
        "X[0, 2] affects 4 of 8 entries of Y: row 0.", timeout=PATIENCE
    )
    assert place(page)["lit"] == ["X[0,2]"]
    assert page.locator("svg .node.onward").count() == 3  # Y, its product, L
    assert page.locator("svg .node.dim").count() == 2  # W and the upstream gradient
    lit = page.locator("svg rect.entry.lit")
    assert lit.count() == 1 + 4 + 4
    box(page, "Y").click()
    cells = page.locator("table[aria-label='value of Y'] td")
    assert [("lit" in (cell.get_attribute("class") or "")) for cell in cells.all()] == (
        [True] * 4 + [False] * 4
    )
    page.keyboard.press("Escape")
    expect(page.locator(".lit-says li")).to_have_count(0)
    assert "lit" not in place(page)


def test_an_entry_of_a_result_lights_up_what_it_hangs_on(page, site):
    graph_at(page, site, text=TEXTS["matmul"], node="Y")
    entry = page.get_by_role("button", name=re.compile("^value of Y, row 2, column 4"))
    entry.focus()
    page.keyboard.press("Enter")
    told = page.locator(".lit-says")
    expect(told).to_contain_text("3 of 12 entries of W: column 3", timeout=PATIENCE)
    expect(told).to_contain_text("3 of 6 entries of X: row 1")
    assert page.locator("svg .node.back").count() == 2
    entry.click()  # once more: it goes out
    expect(told).to_have_count(0)


def test_what_is_lit_comes_back_with_the_address(page, site):
    graph_at(page, site, text=TEXTS["relu"], lit="x[1]")
    expect(page.locator(".lit-says")).to_contain_text("x[1] affects 1 of 4 entries of z: entry 1")
    assert page.locator("svg .node.onward").count() == 3  # z, the product, f


def test_entries_are_clicked_in_the_picture_as_well(page, site):
    graph_at(page, site, text=TEXTS["relu"])
    box(page, "x").click()
    page.locator("svg rect.entry").nth(2).click()
    expect(page.locator(".lit-says")).to_contain_text("x[2] affects 1 of 4 entries of z")


def test_a_single_number_is_lit_by_its_button(page, site):
    graph_at(page, site, text=TEXTS["circuit"], node="x")
    page.get_by_role("button", name="Light up what it affects").click()
    expect(page.locator(".lit-says li")).to_have_text(["x affects q.", "x affects f."])
    assert page.locator("svg .node.dim").count() == 2  # y and z
    page.get_by_role("button", name="Put the light out").click()
    expect(page.locator(".lit-says")).to_have_count(0)


def test_a_larger_array_is_a_picture_whose_cells_are_chosen_by_keys(page, site):
    graph_at(page, site, subject="wide", node="x")
    grid = page.locator("svg.grid").first
    expect(grid).to_be_visible(timeout=PATIENCE)
    grid.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    number = WIDE[1, 2]
    expect(page.locator(".told").first).to_contain_text("x[1, 2]:")
    shown = page.locator(".told").first.text_content().split(":")[1]
    assert abs(float(shown.replace("\N{MINUS SIGN}", "-")) - number) < 1e-3
    page.keyboard.press("Enter")
    expect(page.locator(".lit-says")).to_contain_text(
        "x[1, 2] affects 1 of 40 entries of n1: [1, 2]"
    )
    page.get_by_label("Light up entry").fill("3, 9")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".lit-says")).to_contain_text("x[3, 9] affects")


@parametrize(
    "lit",
    [f"{HURTS}[0]", "X[0,99999999999]", HURTS, "X[9,9]", "X[]", "[0,0]", "X[0,0][0]"],
    few=2,
)
def test_hostile_words_of_an_address_are_text(page, site, lit):
    graph_at(page, site, text=TEXTS["matmul"], lit=lit, turned=HURTS, node=HURTS)
    page.wait_for_timeout(150)
    assert page.locator(".lit-says").count() == 0
    assert page.evaluate("window.hurt") is None


# --------------------------------------------------------------------------- pictures


def test_a_local_jacobian_is_a_picture_with_its_structure_and_size(page, site):
    graph_at(page, site, text=TEXTS["matmul"], node="Y")
    first = page.locator(".jacobian").first
    expect(first).to_contain_text("block-diagonal: the same 4 by 3 block, 2 times",
                                  timeout=PATIENCE)  # fmt: skip
    expect(first).to_contain_text("8 by 6: 48 entries, of which 24 may differ from 0")
    wanted = answered(
        {"ask": "jacobian", "text": TEXTS["matmul"], "node": "Y", "input": 0}, {}
    )["cells"]  # fmt: skip
    grid = first.locator("svg.grid")
    paths = grid.locator("path").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    assert sum(path.count("M") for path in paths) == sum(x != 0 for x in wanted) == 24
    grid.focus()
    page.keyboard.press("ArrowRight")
    expect(first.locator(".told")).to_have_text("Y 0 by X 0: 3")


def test_the_picture_follows_a_changed_number(page, site):
    graph_at(page, site, text=TEXTS["relu"], node="z")
    expect(page.locator(".jacobian")).to_contain_text("diagonal", timeout=PATIENCE)
    page.locator(".lines textarea").fill(TEXTS["relu"].replace("-2", "2"))
    grid = page.locator(".jacobian svg.grid")
    marks = "p => [...p.querySelectorAll('path')].map(x => x.getAttribute('d')).join('')"
    page.wait_for_function(f"() => (({marks})(document.querySelector('.jacobian svg.grid'))"
                           ".match(/M/g) ?? []).length === 3", timeout=PATIENCE)  # fmt: skip
    assert grid.count() == 1


# --------------------------------------------------------------------------- formulas


def math(page):
    found = page.locator(".panel .set .line, .panel .formula > math").all_text_contents()
    return [re.sub(r"\s+", "", text) for text in found]


def test_formulas_are_spelled_out_with_the_numbers_in_them(page, site):
    graph_at(page, site, text=TEXTS["neuron"], node="f")
    found = math(page)
    assert found[0] == "f=11+e−n4"
    assert found[1] == "=11+e−1=0.7311"
    assert found[2] == "∂f∂n4=(1−f)·f"
    assert found[3] == "=(1−0.7311)·0.7311=0.1966"
    s = cr.grad(cr.sigmoid)(1.0)
    assert f"{s:.4g}" == "0.1966"


def test_a_matrix_product_says_what_goes_back(page, site):
    graph_at(page, site, text=TEXTS["matmul"], node="Y")
    found = math(page)
    assert found == ["Y=XW", "∂L∂X=∂L∂YWT", "∂L∂W=XT∂L∂Y"]


def test_a_negative_number_stands_in_brackets(page, site):
    graph_at(page, site, text="x = 3\ny = -4\nf = x * y", node="f")
    found = math(page)
    assert found[1] == "=3·(−4)=−12"


def test_an_op_without_a_formula_is_shown_by_its_call(page, site):
    graph_at(page, site, text="x = [1, 2, 3]\nf = roll(x, 1)", node="f")
    assert (
        math(page) == ["f=roll(x,shift=1,axis=None)"]
        or "roll(x" in page.locator(".formula").text_content()
    )


# ---------------------------------------------------------------------------- folding


def test_one_gate_is_unfolded_by_a_double_click_and_folded_back_by_its_button(page, site):
    graph_at(page, site, text=TEXTS["neuron"])
    box(page, "f").dblclick()
    expect(page.locator("svg .node")).to_have_count(13, timeout=PATIENCE)
    assert place(page)["turned"] == ["o9"]
    assert "exp" in ops(page)
    page.locator("svg .node", has_text="exp").click()
    page.get_by_role("button", name="Fold back into sigmoid").click()
    expect(page.locator("svg .node")).to_have_count(10, timeout=PATIENCE)
    assert "turned" not in place(page)


def test_a_gate_is_unfolded_by_enter(page, site):
    graph_at(page, site, text=TEXTS["neuron"])
    box(page, "f").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Unfold sigmoid into its gates")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("svg .node")).to_have_count(13, timeout=PATIENCE)


def test_one_module_is_folded_and_comes_back_with_the_address(page, site):
    graph_at(page, site, subject="net")
    before = page.locator("svg .node").count()
    page.locator("svg .node", has_text="linear").first.focus()  # comes into sight
    page.locator("svg .node", has_text="linear").first.click()
    page.get_by_role("button", name=re.compile("^Fold .* into one box")).first.click()
    expect(page.locator("svg .node.module")).to_have_count(1, timeout=PATIENCE)
    assert page.locator("svg .node").count() < before
    page.reload()
    expect(page.locator("svg .node.module")).to_have_count(1, timeout=PATIENCE)
    page.locator("svg .node.module").focus()
    page.locator("svg .node.module").dblclick()
    expect(page.locator("svg .node")).to_have_count(before, timeout=PATIENCE)


# ------------------------------------------------------------------------- own errors


def test_a_shape_error_shows_the_partial_graph(page, site):
    graph_at(page, site, subject="misfit")
    trouble = page.locator(".trouble")
    expect(trouble).to_contain_text("matmul cannot join these tensors", timeout=PATIENCE)
    expect(trouble).to_contain_text("return (hidden @ w).sum()")
    expect(trouble).to_contain_text("Below is the graph as far as it goes.")
    expect(page.locator(".note")).to_have_text("It printed: on the way <i>")
    assert "tanh" in ops(page)
    assert page.locator("svg .node").count() == 3


def test_what_never_ends_is_stopped_and_the_page_lives(page, site, monkeypatch):
    monkeypatch.setattr(own_code, "SECONDS", 0.5)
    opened(page, site, "#view=graph&subject=endless")
    expect(page.locator(".trouble")).to_contain_text("takes longer", timeout=PATIENCE)
    expect(page.locator("svg .node").first).to_be_visible()
    page.get_by_role("link", name="All examples").click()
    page.get_by_role("button", name="(x + y) z").click()
    expect(page.locator("svg .node")).to_have_count(5, timeout=PATIENCE)


# ------------------------------------------------------------------------------- zoom


def scale(page):
    """How many pixels a unit of the picture takes."""
    return page.evaluate(
        "() => { const s = document.querySelector('.picture svg');"
        " return s.clientWidth / s.viewBox.baseVal.width }"
    )


def test_keys_and_buttons_zoom(page, site):
    graph_at(page, site, text=TEXTS["net"])
    first = scale(page)
    page.keyboard.press("+")
    assert scale(page) == pytest.approx(1.4 * first, rel=0.01)
    page.keyboard.press("-")
    assert scale(page) == pytest.approx(first, rel=0.01)
    page.get_by_role("button", name="Larger").click()
    assert scale(page) > first
    page.keyboard.press("0")
    assert scale(page) <= first * 1.001
    page.locator(".lines textarea").press("+")  # in the lines it is a character
    assert scale(page) <= first * 1.001


def test_the_wheel_zooms_with_ctrl_alone(page, site):
    graph_at(page, site, text=TEXTS["net"])
    first = scale(page)
    page.locator(".picture svg").hover()
    page.mouse.wheel(0, -100)
    assert scale(page) == pytest.approx(first)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function(
        "before => { const s = document.querySelector('.picture svg');"
        " return s.clientWidth / s.viewBox.baseVal.width > 1.1 * before }", arg=first
    )  # fmt: skip
