"""The pages of the lecture's figures, driven as a person would: what they tell is the engine's."""

import re
from dataclasses import replace

import numpy as np
import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule import nn
from chainrule.errors import MissingLibraryError
from chainrule.explorer import digit_templates
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import function_subject

from .served import TOKEN, opened, served, wants_page

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = wants_page
PATIENCE = 30_000  # ms
DEAD = "x = [[1, 2], [3, 4]]\nw = [[-1, 1], [-1, 1]]\nloss = sum(relu(x @ w))\n"
WIDE = "document.documentElement.scrollWidth > innerWidth"
# How many colours the middle of a picture has: one that was not painted has one.
COLOURS = """canvas => {
  const {width, height} = canvas;
  const found = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const seen = new Set();
  for (let i = 0; i < found.length; i += 4) seen.add(found.slice(i, i + 3).join());
  return seen.size;
}"""


def net(x=1.0):
    return x * 2


def checkup_of_a_sick_net():
    """Of a net whose first unit never speaks."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype(np.float32)
    model = nn.MLP([2, 8, 2])
    model.parameters()["layers.0.bias"].data = np.array([-100.0] + [0.0] * 7, np.float32)
    return cr.checkup(model, (x, (x[:, 0] > 0).astype(int)), cr.softmax_cross_entropy)


@pytest.fixture(scope="module")
def site():
    checked = replace(function_subject(net, "run", "a run"), checked=checkup_of_a_sick_net)
    subjects = [function_subject(net, "net", "a_file.py"), checked]
    with served(explorer.app(token=TOKEN, subjects=subjects)) as running:
        yield running


def told(page):
    """The sentences under the panels, once there are three."""
    captions = page.locator(".panel-card .told")
    expect(captions).to_have_count(3, timeout=PATIENCE)
    return captions.all_text_contents()


def said(**question):
    card = answered({"ask": "panels", "seed": 2, **question}, {})
    return [panel["says"] for panel in card["panels"]]


def nets(units, lambdas):
    return [{"units": n, "lambda": x} for n, x in zip(units, lambdas, strict=True)]


def test_size_panels_are_opened_and_tell_the_engines_numbers(page, site):
    opened(page, site)
    page.get_by_role("button", name="More neurons, more capacity").click()
    assert told(page) == said(nets=nets([3, 6, 20], [0.0003] * 3))
    assert "units=3,6,20" in page.url
    for canvas in page.locator(".panel-card canvas").all():
        assert canvas.evaluate(COLOURS) > 50
    assert page.get_by_role("img", name=re.compile("Decision surface of 20 units: train")).count()
    page.get_by_label("Hidden units of panel 1").fill("2")
    expect(page.locator(".panel-card .told").first).to_contain_text("2 units", timeout=PATIENCE)
    assert told(page) == said(nets=nets([2, 6, 20], [0.0003] * 3))
    page.reload()
    assert told(page) == said(nets=nets([2, 6, 20], [0.0003] * 3))


def test_lambda_panels_follow_data_seed_and_noise(page, site):
    opened(page, site)
    page.get_by_role("button", name="Stronger regularization").click()
    usual = {"vary": "lambda", "nets": nets([20] * 3, [0.001, 0.01, 0.1])}
    assert told(page) == said(**usual)
    for action, change in (
        (
            lambda: page.get_by_role("button", name="Spiral").click(),
            {"data": "spiral", "noise": 0.1},
        ),
        (lambda: page.get_by_role("button", name="Next").click(), {"seed": 3}),
        (lambda: page.get_by_label("Noise").fill("0.6"), {"noise": 0.6}),
        (lambda: page.get_by_role("slider", name="Points").fill("40"), {"points": 40}),
    ):
        action()
        usual |= change
        first = page.locator(".panel-card .told").first
        expect(first).to_have_text(said(**usual)[0], timeout=PATIENCE)
        assert told(page) == said(**usual)
    assert "data=spiral" in page.url
    page.get_by_label("show the points held back").check()


def test_panels_are_set_with_keys_alone(page, site):
    opened(page, site, "#view=panels&vary=lambda&units=5")
    told(page)
    slider = page.get_by_label("Lambda of panel 3")
    slider.focus()
    page.keyboard.press("ArrowRight")
    wanted = said(vary="lambda", nets=nets([5] * 3, [0.001, 0.01, 0.3]))
    expect(page.locator(".panel-card .told").nth(2)).to_have_text(wanted[2], timeout=PATIENCE)
    assert "lambda=0.001,0.01,0.3" in page.url


def test_templates_are_enlarged_and_tell_pixels_and_digits(page, site):
    opened(page, site)
    page.get_by_role("button", name="Templates of ten digits").click()
    buttons = page.locator(".templates button")
    expect(buttons).to_have_count(10, timeout=PATIENCE)
    card = answered({"ask": "templates"}, {})
    expect(page.locator(".says")).to_contain_text(card["says"])
    buttons.nth(7).focus()
    page.keyboard.press("Enter")
    panel = page.locator(".halves .panel")
    woken = page.locator(".woken")
    expect(panel.locator("h2")).to_have_text("Template of the 7")
    pixel = card["units"][7]["for"][0]
    expect(panel).to_contain_text(f"row {pixel['row']}, column {pixel['column']}")
    digits = woken.locator(".digits").first.locator("li").all_text_contents()
    assert [text.strip() for text in digits] == [
        card["labels"][str(row)] for row in card["units"][7]["most"]
    ]
    assert "shown=7" in page.url
    page.get_by_role("button", name="SVM").click()
    svm = answered({"ask": "templates", "loss": "svm"}, {})
    expect(page.locator(".says")).to_contain_text(svm["says"], timeout=PATIENCE)
    page.get_by_role("button", name="Hidden layer").click()
    expect(buttons).to_have_count(20, timeout=PATIENCE)
    assert "more than one class" in page.locator(".says").text_content()


def test_what_cannot_be_had_is_a_card_in_words(page, site, monkeypatch):
    def missing():
        raise MissingLibraryError("this data set comes with scikit-learn.", do="Install it: ...")

    monkeypatch.setattr(digit_templates, "_digits", missing)
    opened(page, site, "#view=templates")
    expect(page.locator(".trouble")).to_contain_text("scikit-learn", timeout=PATIENCE)
    expect(page.locator(".trouble pre")).to_have_text("Install it: ...")


@pytest.mark.parametrize(
    "fragment",
    ["#view=panels&data=<b>&units=x&seed=1e99&lambda=,,", "#view=templates&units=-3&shown=99"],
)
def test_an_address_with_nonsense_in_it_shows_the_usual_figure(page, site, fragment):
    opened(page, site, fragment)
    expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".trouble")).to_have_count(0)


def test_figures_fit_on_a_narrow_screen(page, site):
    page.set_viewport_size({"width": 400, "height": 800})
    for fragment in ("#view=panels", "#view=panels&vary=lambda", "#view=templates"):
        opened(page, site, fragment)
        expect(page.locator("canvas").first).to_be_visible(timeout=PATIENCE)
        page.wait_for_timeout(100)
        assert not page.evaluate(WIDE), fragment
        right = "c => c.getBoundingClientRect().right <= innerWidth"
        assert all(each.evaluate(right) for each in page.locator("canvas").all())


PATTERNS = {
    "Add: gradient distributor": ("gradient distributor", "2 × 1 = 2"),
    "Multiply: swap multiplier": ("swap multiplier", "5 × 3 = 15"),
    "Copy: gradient adder": ("gradient adder", "4 + 2 = 6"),
    "Max: gradient router": ("gradient router", "9 × 1 = 9"),
}


@pytest.mark.parametrize("title", PATTERNS)
def test_each_pattern_opens_with_its_gate_and_its_numbers(page, site, title):
    opened(page, site)
    page.get_by_role("button", name=title).click()
    role, product = PATTERNS[title]
    expect(page.locator(".panel")).to_contain_text(role, timeout=PATIENCE)
    expect(page.locator(".panel .product").filter(has_text=product)).not_to_have_count(0)


def test_the_matrices_of_the_lecture_are_seen_at_once(page, site):
    opened(page, site)
    page.get_by_role("button", name="Matrix multiply").click()
    cells = page.get_by_label("gradient sent to W").locator("td")
    expect(cells).to_have_count(12, timeout=PATIENCE)
    numbers = [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells.all_text_contents()]
    assert numbers == [28, 3, -18, 0, -30, 7, 13, 33, -22, -7, 17, -15]


def test_two_examples_with_the_same_lines_keep_their_titles(page, site):
    for title in ("A neuron, gate by gate", "A neuron, with one sigmoid gate"):
        opened(page, site)
        page.get_by_role("button", name=title).click()
        expect(page.locator("h1")).to_have_text(title, timeout=PATIENCE)


def test_a_dead_unit_is_asked_about_in_the_page(page, site):
    opened(page, site, "#view=graph", text=DEAD, node="w")
    page.get_by_role("button", name="Why this gradient?").click()
    card = page.locator(".why")
    expect(card.locator(".sentence")).to_contain_text("2 of 4 are 0", timeout=PATIENCE)
    page.get_by_label("one entry").check()
    page.get_by_role("button", name="Why this gradient?").click()
    reason = answered({"ask": "why", "text": DEAD, "node": "w", "index": [0, 0]}, {})["reason"]
    expect(card.locator(".sentence")).to_contain_text(reason["sentence"], timeout=PATIENCE)
    expect(card.locator(".chip")).to_have_text("dead unit")
    expect(card.locator(".advice")).to_contain_text(reason["advice"])
    page.get_by_label("Index on axis 1").fill("7")
    page.get_by_label("Index on axis 1").press("Enter")
    expect(card.get_by_role("alert")).to_have_text("Axis 1 has the entries 0 to 1, and no 7.")
    expect(page.get_by_label("Index on axis 1")).to_have_value("0")
    page.get_by_label("Index on axis 1").fill("1")
    page.get_by_label("Index on axis 1").press("Enter")
    expect(card.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Why this gradient?").click()
    expect(card.locator(".chip")).to_have_text("healthy", timeout=PATIENCE)
    card.get_by_text("Its products").click()
    expect(card.locator("details .product").last).to_contain_text("3 + 1 = 4")


def test_a_net_is_checked_up_on_below_its_graph(page, site):
    opened(page, site, "#view=graph&subject=net")
    page.wait_for_selector("svg .node")
    expect(page.get_by_role("button", name="Check up on this net")).to_have_count(0)
    opened(page, site, "#view=graph&subject=run")
    page.get_by_role("button", name="Check up on this net").click()
    report = checkup_of_a_sick_net()
    assert "dead_units" in report.alarms
    panel = page.locator(".checkup")
    count = f"{len(report.alarms)} alarm"
    expect(panel.locator(".verdict")).to_contain_text(count, timeout=PATIENCE)
    (dead,) = [each for each in report.to_dict()["checks"] if each["name"] == "dead_units"]
    expect(panel).to_contain_text(dead["evidence"])
    expect(panel).to_contain_text(dead["suggestion"])
