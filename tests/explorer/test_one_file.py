"""A graph that leaves as one file: opened without a server, it shows the engine's numbers."""

import base64
import hashlib
import html
import json
import re

import numpy as np
import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule import nn
from chainrule.errors import ArgumentError
from chainrule.explorer import kept_cards
from chainrule.explorer.empty_file import EMPTY, SLOT, empty_file
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.one_file import file_of, one_file
from chainrule.explorer.page_files import page_files
from chainrule.explorer.questions import answered
from chainrule.explorer.subjects import function_subject, shown_subject

from .served import TOKEN, opened, served, wants_page
from .test_page import HOSTILE, PATIENCE, TEXTS, hostile, hostile_names, net, texts

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = wants_page
WEIGHTS = np.array([[0.5, -1.0], [2.0, 0.25]])
KEPT = re.compile(r'<script type="application/json" id="kept">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def site():
    subjects = [function_subject(net, "net", "a_file.py")]
    with served(explorer.app(token=TOKEN, subjects=subjects)) as running:
        yield running


def kept_in(text):
    return json.loads(KEPT.search(text)[1])


def loss_of_a_net():
    rng = np.random.default_rng(0)
    model = nn.MLP([3, 4, 2], activation="sigmoid", dtype="float64")
    x, y = rng.normal(size=(5, 3)), np.array([0, 1, 0, 1, 1])
    return model, (x, y)


def test_from_python_the_file_is_opened_stepped_and_folded(alone, tmp_path):
    x, y, z = (cr.tensor(v, name=n) for v, n in ((-2.0, "x"), (5.0, "y"), (-0.5, "z")))
    file = cr.show(cr.sigmoid((x + y) * z), page=tmp_path / "graph.html")
    assert file == tmp_path / "graph.html"
    alone.goto(file.as_uri())
    alone.wait_for_selector("svg .node")
    whole = texts(alone, "gradient")
    flow = cr.flow(cr.sigmoid((x + y) * z))
    assert f"{flow['x'].upstream.numbers:.4g}" in whole
    alone.keyboard.press("Home")
    expect(alone.locator(".count")).to_have_text("0 / 7")
    alone.keyboard.press("ArrowRight")
    assert "= 3" in alone.locator(".says").text_content()
    alone.get_by_role("button", name="Gate by gate").click()
    expect(alone.locator("svg .op-name", has_text="exp")).to_have_count(1, timeout=PATIENCE)
    alone.locator("svg .node").last.click()
    expect(alone.locator(".panel")).to_contain_text("Upstream gradient")
    assert alone.locator(".panel input").count() == 0
    alone.reload()
    expect(alone.locator("svg .op-name", has_text="exp")).to_have_count(1, timeout=PATIENCE)
    alone.keyboard.press("Escape")
    expect(alone.locator(".panel")).to_contain_text("nothing is computed")
    assert alone.get_by_role("button", name="Keep as one file").count() == 0


def test_a_model_with_its_modules_and_in_the_dark(alone, tmp_path):
    model, batch = loss_of_a_net()
    file = cr.show(model, batch, loss=cr.softmax_cross_entropy, page=tmp_path / "net.html")
    alone.emulate_media(color_scheme="dark")
    alone.goto(file.as_uri())
    alone.wait_for_selector("svg .node")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = alone.evaluate(ground)
    alone.get_by_role("button", name="Modules").click()
    expect(alone.locator("svg .node.module")).to_have_count(3, timeout=PATIENCE)
    alone.get_by_label("Switch between light and dark").click()
    assert alone.evaluate(ground) != dark
    alone.set_viewport_size({"width": 400, "height": 800})
    assert not alone.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_jacobians_are_seen_and_entries_light_up(alone, tmp_path):
    subject = shown_subject([lambda x: (x @ WEIGHTS).sum(), np.array([[1.0, 2.0], [3.0, 4.0]])])
    file = tmp_path / "graph.html"
    file.write_text(file_of(subject), encoding="utf-8")
    alone.goto(file.as_uri())
    alone.locator("svg .node", has_text="@").click()
    expect(alone.locator(".jacobian").first).to_be_visible(timeout=PATIENCE)
    alone.locator("svg .node.data").first.click()
    alone.locator(".matrix td").first.click()
    expect(alone.locator(".lit-says")).to_contain_text("x[0, 0]", timeout=PATIENCE)
    alone.keyboard.press("Escape")
    alone.get_by_role("button", name="Why this gradient?").click()
    expect(alone.locator(".why")).to_contain_text("healthy", timeout=PATIENCE)


def test_the_page_hands_out_the_same_file(page, alone, site, tmp_path):
    opened(page, site, "#view=graph&subject=net")
    page.wait_for_selector("svg .node")
    page.get_by_label("x", exact=True).fill("0.5")
    expected = cr.grad(net, argnums=1)(WEIGHTS, 0.5)
    wanted = re.compile(f"^{expected:.4g}$")
    expect(page.locator("svg text.gradient", has_text=wanted)).to_have_count(1, timeout=PATIENCE)
    page.keyboard.press("Escape")
    with page.expect_download() as found:
        page.get_by_role("button", name="Keep as one file").click()
    assert found.value.suggested_filename == "net.html"
    file = tmp_path / "net.html"
    found.value.save_as(file)
    alone.goto(file.as_uri())
    expect(alone.locator("svg text.gradient", has_text=wanted)).to_have_count(1, timeout=PATIENCE)
    text = file.read_text(encoding="utf-8")
    assert text.replace(KEPT.search(text)[0], SLOT) == page_files()[EMPTY].content.decode()


def test_typed_lines_are_kept_and_can_be_read_only(page, alone, site, tmp_path):
    opened(page, site)
    page.get_by_role("button", name="(x + y) z").click()
    page.wait_for_selector("svg .node")
    with page.expect_download() as found:
        page.get_by_role("button", name="Keep as one file").click()
    found.value.save_as(tmp_path / "circuit.html")
    alone.goto((tmp_path / "circuit.html").as_uri())
    alone.wait_for_selector("svg .node")
    assert sorted(texts(alone, "value")) == sorted(["-2", "5", "-4", "3", "-12"])
    assert alone.locator("h1").text_content() == "(x + y) z"
    lines = alone.locator(".lines textarea")
    assert lines.input_value() == TEXTS["circuit"]
    assert lines.get_attribute("readonly") is not None
    alone.goto((tmp_path / "circuit.html").as_uri() + "#view=graph&text=f%20%3D%20a")
    expect(alone.locator(".trouble")).to_contain_text("nothing is computed", timeout=PATIENCE)


def test_hostile_names_stay_text(alone, tmp_path):
    file = tmp_path / "graph.html"
    subject = function_subject(hostile, HOSTILE, HOSTILE)
    file.write_text(file_of(subject), encoding="utf-8")
    alone.goto(file.as_uri())
    expect(alone.locator(".count")).to_contain_text("/ 401", timeout=PATIENCE)
    assert alone.locator("h1").text_content() == HOSTILE
    alone.locator("svg .node").last.focus()
    alone.keyboard.press("Enter")
    expect(alone.locator(".panel h2").first).to_be_visible()
    assert alone.locator("main img, main script, main iframe").count() == 0


def test_whatever_is_kept_ends_no_script_and_is_found_again():
    names = [*hostile_names(), "<!--<script>", "</ScRiPt >", "\ud800", "\u2028", "\x00"]
    text = one_file(HOSTILE, HOSTILE, [({"ask": name}, {"card": name}) for name in names])
    assert text.count("<script") == text.count("</script") == 2
    kept = kept_in(text)
    assert [question["ask"] for question, _ in kept["answers"]] == names
    assert kept["title"] == HOSTILE


def test_its_policy_lets_nothing_in_but_what_is_inside():
    text = page_files()[EMPTY].content.decode()
    policy = html.unescape(re.search(r'Content-Security-Policy" content="(.*?)"', text)[1])
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["img-src"] == "data:"
    for name, element in (("script-src", 'script type="module"'), ("style-src", "style")):
        (inside,) = re.findall(rf"<{element}>(.*?)</{element.split()[0]}>", text, re.DOTALL)
        found = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert parts[name] == f"'sha256-{found}'"
    assert not re.search(r"(?:src|href)=[\"'](?!data:)", text.partition("<body>")[0])
    assert text.count(SLOT) == 1


def test_a_program_that_writes_of_scripts_ends_none():
    program = b"const a = '</script><!--<script>', b = `<SCRIPT>`, c = 1<2"
    text = empty_file(program, b"a{}", b"<svg/>").decode()
    inside = text.partition('<script type="module">')[2].partition("</script>")[0]
    assert inside == r"const a = '\x3C/script>\x3C!--\x3Cscript>', b = `\x3CSCRIPT>`, c = 1<2"
    with pytest.raises(ValueError, match="end of a style"):
        empty_file(b"", b"a{}</STYLE>", b"")


def test_every_fold_is_kept_while_there_is_room(monkeypatch):
    model, batch = loss_of_a_net()
    subject = shown_subject([model, batch], cr.softmax_cross_entropy)
    folds = {question["fold"] for question, _ in kept_in(file_of(subject))["answers"]}
    assert folds == {"ops", "gates", "modules"}
    monkeypatch.setattr(kept_cards, "ROOM_FOR_FOLDS", 0)
    monkeypatch.setattr(kept_cards, "MOST_LOOKS", 3)
    (answer, *looks) = kept_in(file_of(subject))["answers"]
    assert answer[0]["fold"] == "ops"
    assert answer[1]["folds"] == ["ops"]
    assert [card["card"] for _, card in looks] == ["why"] * 3


def test_every_example_of_the_lecture_can_be_kept():
    for example in EXAMPLES:
        question = {"ask": "write", "text": example.text, "fold": example.fold}
        card = answered({"ask": "keep", "of": question, "id": 5}, {})
        assert (card["card"], card["id"]) == ("kept", 5)
        assert card["answers"][0][0] == question
        assert card["answers"][0][1]["flow"] is not None


def test_what_is_no_graph_is_not_kept():
    for of in (None, 3, {"ask": "start"}, {"ask": "keep", "of": {}}, {"ask": "subject"}):
        card = answered({"ask": "keep", "of": of}, {})
        assert card["card"] == "error", of
    broken = function_subject(lambda x=1.0: 1 / 0, "broken", "")
    with pytest.raises(ArgumentError, match="ZeroDivisionError"):
        file_of(broken)
