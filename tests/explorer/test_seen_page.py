"""What is seen on the page at a glance, and asked with one click."""

from urllib.parse import quote

import numpy as np
import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.subjects import Subject
from chainrule.inspection.given_graph import graph_given
from tests.thorough import parametrize

from .served import TOKEN, served, wants_page

pytest.importorskip("playwright.sync_api")
pytestmark = wants_page
SMALLEST = 11  # px of a letter
MODEL = cr.nn.Sequential(cr.nn.Linear(4, 8, seed=0), cr.nn.ReLU(), cr.nn.Linear(8, 3, seed=1))
MODEL[0].bias.data[1] = -20  # a unit is dead
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


@pytest.fixture
def page(browser_page):
    """A page of our own, which may say nothing to the console."""
    context = browser_page.context.browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    faults = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def opened(page, site, **place):
    rest = "".join(f"&{key}={quote(str(value), safe='')}" for key, value in place.items())
    page.goto(f"http://{site.host}/?token={TOKEN}#view=graph{rest}")
    page.wait_for_selector("svg .node")
    return page


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
    picture = opened(page, site, **shown).locator(".picture > svg")
    page.wait_for_function("document.querySelectorAll('svg text.value').length > 1")
    assert min(picture.evaluate(LETTERS)) >= SMALLEST
    assert picture.evaluate(OUTSIDE) <= 0  # the loss stands within the frame
    sideways = page.get_by_label("Move the picture sideways")
    if sideways.count():
        first = page.locator("svg .node").first
        sideways.fill("0")
        assert first.bounding_box()["x"] >= picture.bounding_box()["x"]
