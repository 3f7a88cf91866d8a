"""What is seen on the page at a glance, and asked with one click."""

from urllib.parse import parse_qs, urlparse

import numpy as np
import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.subjects import Subject
from chainrule.inspection.given_graph import graph_given
from tests.thorough import parametrize

from .served import TOKEN, graph_at, opened, served, wants_page

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = wants_page
PATIENCE = 30_000  # ms
SMALLEST = 11  # px of a letter
DEAD = """x = [[1, 2], [2, 0.5]]
W1 = [[0.4, -0.6], [0.5, -0.8]]
W2 = [0.7, -0.4]
loss = sum(relu(x @ W1) @ W2)
"""
MODEL = cr.nn.Sequential(cr.nn.Linear(4, 8, seed=0), cr.nn.ReLU(), cr.nn.Linear(8, 3, seed=1))
MODEL[0].bias.data = np.where(np.arange(8) == 1, -20.0, 0.0)  # a unit is dead
LETTERS = """svg => [...svg.querySelectorAll('text')].map(text =>
    parseFloat(getComputedStyle(text).fontSize) * svg.clientWidth / svg.viewBox.baseVal.width)"""
OUTSIDE = """svg => { const frame = svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll('text.value')];
    const last = Math.max(...labels.map(each => each.getBoundingClientRect().right));
    return last - frame.right }"""


def net_graph(_):
    rows = np.random.default_rng(0).normal(size=(6, 4))
    return graph_given("explore", [MODEL, (rows, np.arange(6) % 3)], cr.softmax_cross_entropy)


@pytest.fixture(scope="module")
def site():
    subjects = [Subject("net", "a net", {}, net_graph)]
    with served(explorer.app(token=TOKEN, subjects=subjects)) as running:
        yield running


def place(page):
    """What the address holds."""
    return parse_qs(urlparse(page.url).fragment, keep_blank_values=True)


@parametrize(
    "shown, width",
    [
        ({"subject": "net"}, 1280),
        ({"subject": "net", "fold": "gates"}, 400),
        *(({"text": each.text, "fold": each.fold}, 1280) for each in EXAMPLES),
    ],
    few=1,
)
def test_a_graph_is_legible_and_shows_its_end(page, site, shown, width):
    page.set_viewport_size({"width": width, "height": 900})
    picture = graph_at(page, site, **shown).locator(".picture > svg")
    page.wait_for_function("document.querySelectorAll('svg text.value').length > 1")
    assert min(picture.evaluate(LETTERS)) >= SMALLEST
    assert picture.evaluate(OUTSIDE) <= 0  # the loss stands within the frame
    sideways = page.get_by_label("Move the picture sideways")
    if sideways.count():
        first = page.locator("svg .node").first
        sideways.fill("0")
        assert first.bounding_box()["x"] >= picture.bounding_box()["x"]


def test_a_zero_of_the_gradient_is_asked_why_with_one_click(page, site):
    graph_at(page, site, text=DEAD, node="W1")
    page.get_by_label("gradient of W1, row 2, column 2: 0").click()
    card = page.locator(".why")
    expect(card).to_contain_text("W1[1, 1]", timeout=PATIENCE)
    expect(card).to_contain_text("dead unit")
    assert place(page)["why"] == ["1,1"]
    assert place(page)["lit"] == ["W1[1,1]"]
    page.get_by_label("value of W1, row 1, column 1").click()  # the answer goes with it
    expect(card).not_to_contain_text("dead unit", timeout=PATIENCE)
    expect(card).to_contain_text("W1[0, 0]", timeout=PATIENCE)
    page.reload()
    expect(card).to_contain_text("W1[0, 0]", timeout=PATIENCE)
    page.locator("svg .node", has_text="W2").click()
    expect(card.locator(".sentence")).to_have_count(0)
    assert "why" not in place(page)


def test_a_larger_gradient_is_a_picture_whose_zeros_are_marked(page, site):
    graph_at(page, site, subject="net", node="layers.0.weight")
    grid = page.get_by_label("gradient of layers.0.weight, 4 × 8")
    zeros = len((grid.locator("path.zero").get_attribute("d", timeout=PATIENCE) or "").split("M"))
    told = page.locator("dl.summary", has_text="are 0").last.text_content() or ""
    assert f" {zeros - 1} are 0" in told
    grid.focus()
    grid.press("ArrowRight")
    grid.press("Enter")
    expect(page.locator(".why")).to_contain_text("layers.0.weight[0, 0]", timeout=PATIENCE)
    assert place(page)["why"] == ["0,0"]


def test_the_card_of_the_dead_unit_opens_with_its_answer(page, site):
    opened(page, site)
    page.get_by_role("button", name="Dead ReLU: why is this 0?").click()
    expect(page.locator(".why")).to_contain_text("dead unit", timeout=PATIENCE)
    expect(page.locator(".panel h2")).to_have_text("W1")


def test_back_undoes_a_fold_and_stays_on_the_page(page, site):
    graph_at(page, site, subject="net")
    count = page.locator("svg .node").count()
    page.get_by_role("button", name="Modules").click()
    expect(page.locator("svg .node.module")).not_to_have_count(0, timeout=PATIENCE)
    page.keyboard.press("ArrowLeft")  # a step is no place to come back to
    page.go_back()
    expect(page.locator("svg .node.module")).to_have_count(0, timeout=PATIENCE)
    expect(page.locator("svg .node")).to_have_count(count)


def test_every_gate_goes_by_the_name_that_sentences_call_it_by(page, site):
    graph_at(page, site, subject="net", fold="gates")
    for gate in page.locator("svg .node.op").all():
        name = (gate.get_attribute("aria-label") or "").split(" = ")[0]
        assert (gate.locator(".under").text_content() or "")[:5] == name[:5]
