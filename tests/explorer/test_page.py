"""The built page in a browser, driven as a person would: numbers on screen are the engine's."""

import gzip
import re
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule.explorer.lecture_pages import EXAMPLES
from chainrule.explorer.page_files import STATIC
from chainrule.explorer.subjects import function_subject
from chainrule.inspection import schema
from tests.thorough import parametrize

from .served import TOKEN, graph_at, opened, served, wants_page

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = wants_page
SOURCE = Path(__file__).parents[2] / "explorer" / "src"
TEXTS = {each.key: each.text for each in EXAMPLES}
HOSTILE = "<img src=x onerror=window.hurt=1>\"'&</script><script>window.hurt=1</script>"
BUNDLE = 200_000  # bytes of scripts and styles, compressed
PATIENCE = 30_000  # ms
WEIGHTS = np.array([[0.5, -1.0], [2.0, 0.25]])


def net(w=WEIGHTS, x=3.0):
    return cr.tanh(w * x).sum()


def long_chain(x=0.5):
    for _ in range(2_500):
        x = cr.sin(x) + 0.001
    return x


def hostile_names():
    """A hundred names, each of which has run a script in some page."""
    run = "window.hurt=1"
    whole = [
        HOSTILE,
        f"<svg onload={run}>",
        f"<svg><script>{run}</script></svg>",
        f"<math><mtext><img src onerror={run}></mtext></math>",
        f"<iframe srcdoc='<script>parent.{run}</script>'>",
        f"<a href='javascript:{run}' autofocus onfocus={run}>x</a>",
        f"javascript:{run}",
        f"</textarea><img src=x onerror={run}>",
        f"</title></style></svg><img src=x onerror={run}>",
        f"<style>@import 'data:text/css,'</style><img src=x onerror={run}>",
        f"{{{{constructor.constructor('{run}')()}}}}",
        f"${{{run}}}",
        f"');{run};//",
        f"\u202e<img src=x onerror={run}>",
        f"&lt;img src=x onerror={run}&gt;",
        f"<details open ontoggle={run}>",
        f"<input autofocus onfocus={run}>",
        f"<!--<img src='--><img src=x onerror={run}>",
        "%3Cscript%3E" + run,
        "__proto__",
    ]
    ends = ("", "]", '"', "'>", "\n")
    return [name + end for name in whole for end in ends]


def hostile(x=1.0):
    out = x
    for name in hostile_names():
        out = out + cr.tensor(1.0, name) * 2
        out.name = name
    return out


def broken(x=1.0):
    raise ValueError(HOSTILE)


@pytest.fixture(scope="module")
def site():
    subjects = [
        function_subject(each, name, "a_file.py")
        for each, name in (
            (net, "net"),
            (long_chain, "long"),
            (hostile, HOSTILE),
            (broken, "broken"),
        )
    ]
    with served(explorer.app(token=TOKEN, subjects=subjects)) as running:
        yield running


def texts(page, style):
    found = page.locator(f"svg text.{style}").all_text_contents()
    return [text.replace("\N{MINUS SIGN}", "-") for text in found]


def test_an_example_is_opened_and_shows_the_lectures_numbers(page, site):
    opened(page, site)
    page.get_by_role("button", name="(x + y) z").click()
    page.wait_for_selector("svg .node")
    assert sorted(texts(page, "value")) == sorted(["-2", "5", "-4", "3", "-12"])
    assert sorted(texts(page, "gradient")) == sorted(["-4", "-4", "-4", "3", "1"])
    assert page.locator(".count").text_content() == "5 / 5"


def test_it_is_stepped_through_with_keys_and_buttons(page, site):
    graph_at(page, site, text=TEXTS["circuit"])
    page.keyboard.press("Home")
    expect(page.locator(".count")).to_have_text("0 / 5")
    assert sorted(texts(page, "value")) == ["-2", "-4", "5"]
    assert texts(page, "gradient") == []
    page.keyboard.press("ArrowRight")
    assert "q = add(x, y) = 3" in page.locator(".says").text_content()
    page.get_by_role("button", name="One gate on").click()
    page.get_by_role("button", name="One gate on").click()
    assert texts(page, "gradient") == ["1"]
    page.keyboard.press("ArrowRight")
    said = page.locator(".says").text_content().replace("\N{MINUS SIGN}", "-")
    assert said == "Backward through f (multiply): q receives 1 × -4 = -4, z receives 1 × 3 = 3"
    assert sorted(texts(page, "gradient")) == ["-4", "1", "3"]
    page.keyboard.press("ArrowLeft")
    assert texts(page, "gradient") == ["1"]
    assert "step=3" in page.url
    page.reload()
    expect(page.locator(".count")).to_have_text("3 / 5", timeout=PATIENCE)
    assert texts(page, "gradient") == ["1"]


def test_it_plays(page, site):
    graph_at(page, site, text="f = x * y")
    page.keyboard.press("Space")
    expect(page.locator(".count")).to_have_text("3 / 3", timeout=PATIENCE)


def test_a_changed_input_changes_the_lines_and_everything_follows(page, site):
    graph_at(page, site, text=TEXTS["circuit"])
    page.get_by_label("y", exact=True).fill("7.5")
    expect(page.locator(".lines textarea")).to_have_value(re.compile("y = 7.5"), timeout=PATIENCE)
    assert sorted(texts(page, "value")) == sorted(["-2", "7.5", "-4", "5.5", "-22"])
    assert "y%20%3D%207.5" in page.url or "y+%3D+7.5" in page.url


def test_typed_lines_become_a_graph_and_a_mistake_says_where(page, site):
    opened(page, site)
    page.get_by_label("A formula, or lines of NumPy").fill("a = tanh(u)\nb = a * a")
    page.get_by_role("button", name="Draw its graph").click()
    page.wait_for_selector("svg .node")
    u = cr.tensor(1.0)
    (cr.tanh(u) * cr.tanh(u)).backward()
    assert f"{u.grad:.4g}" in texts(page, "gradient")
    page.locator(".lines textarea").fill("a = tanh(u)\nb = a + [1, 2\n")
    page.wait_for_selector(".trouble")
    assert page.locator(".trouble strong").text_content().startswith("Line 2: this is no formula")
    page.locator(".lines textarea").fill("x = [1, 2]\ny = [1, 2, 3]\nz = x * 2\nf = z + y")
    expect(page.locator(".trouble")).to_contain_text("Line 4", timeout=PATIENCE)
    assert page.locator("svg .node").count() == 3  # the graph as far as it goes
    page.get_by_role("button", name="Show where").click()
    chosen = "t => t.value.slice(t.selectionStart, t.selectionEnd)"
    assert page.locator(".lines textarea").evaluate(chosen) == "z + y"


def test_a_click_on_a_gate_tells_its_formula_its_role_and_its_jacobian(page, site):
    graph_at(page, site, text=TEXTS["matmul"])
    page.get_by_role("button", name=re.compile("^Y = matmul")).click()
    panel = page.locator(".panel")
    assert "swap multiplier" in panel.text_content()
    assert "undefined" not in panel.text_content()
    expect(panel).to_contain_text("48 entries", timeout=PATIENCE)
    cells = panel.get_by_label("gradient sent to W").locator("td").all_text_contents()
    numbers = [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in cells]
    assert numbers == [28, 3, -18, 0, -30, 7, 13, 33, -22, -7, 17, -15]
    assert panel.locator(".set").count() == 3  # forward, and what each input receives
    page.keyboard.press("Escape")
    assert "Change a number" in page.locator(".panel").text_content()


def test_a_gate_is_reached_and_opened_without_a_mouse(page, site):
    graph_at(page, site, text=TEXTS["max"])
    page.locator("svg .node").nth(2).focus()
    page.keyboard.press("Enter")
    assert "gradient router" in page.locator(".panel").text_content()


def test_a_neuron_is_folded_and_unfolded(page, site):
    graph_at(page, site, text=TEXTS["neuron"])
    expect(page.locator("svg .node")).to_have_count(10, timeout=PATIENCE)
    page.get_by_role("button", name="Gate by gate").click()
    expect(page.locator("svg .node")).to_have_count(13, timeout=PATIENCE)
    gates = page.locator("svg .op-name, svg .sign").all_text_contents()
    assert [gate.strip() for gate in gates][-4:] == ["×−1", "exp", "+1", "1/x"]
    values = {"1", "-1", "0.3679", "1.368", "0.7311"}
    assert values <= set(texts(page, "value"))
    assert {"0.1966", "-0.1966", "-0.5344", "1"} <= set(texts(page, "gradient"))
    assert texts(page, "gradient").count("-0.5344") == 2
    page.get_by_role("button", name="As written").click()
    expect(page.locator("svg .node")).to_have_count(10, timeout=PATIENCE)
    assert "sigmoid" in page.locator("svg .op-name").all_text_contents()


def test_a_function_of_ones_own_is_shown_and_set(page, site):
    opened(page, site)
    page.get_by_role("button", name="net a_file.py").click()
    page.wait_for_selector("svg .node")
    page.get_by_label("x", exact=True).fill("0.5")
    expected = cr.grad(net, argnums=1)(WEIGHTS, 0.5)
    wanted = page.locator("svg text.gradient", has_text=re.compile(f"^{expected:.4g}$"))
    expect(wanted).to_have_count(1, timeout=PATIENCE)


def test_hostile_names_and_errors_are_text(page, site):
    opened(page, site)
    page.get_by_role("button", name="onerror").first.click()
    assert len(hostile_names()) >= 100
    expect(page.locator(".count")).to_contain_text("/ 401", timeout=PATIENCE)
    for _ in range(8):
        page.get_by_role("button", name="Larger").click()
    page.locator("svg .node.data").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel h2").first).to_be_visible(timeout=PATIENCE)
    opened(page, site, "#view=graph&subject=broken")
    page.wait_for_selector(".trouble")
    assert HOSTILE in page.locator(".trouble").text_content()
    for text in (HOSTILE, f"# {HOSTILE}\nf = x * y"):
        opened(page, site, "#view=graph", text=text)
        page.wait_for_selector(".trouble, svg .node")
    assert page.locator("main img, main script, main iframe").count() == 0


def test_a_large_graph_is_drawn_in_sight_and_stepped_through(page, site):
    opened(page, site, "#view=graph&subject=long")
    page.wait_for_selector("svg .node", timeout=60_000)
    assert page.locator(".count").text_content() == "10001 / 10001"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert "Forward" in page.locator(".says").text_content()


def test_a_page_without_the_token_says_what_is_missing(browser_page, site):
    context = browser_page.context.browser.new_context()
    page = context.new_page()
    page.goto(f"http://{site.host}/")
    assert "chainrule explore" in page.locator("body").text_content()
    context.close()


@parametrize("key", ["net", *(key for key in TEXTS if key != "net")], few=1)
def test_a_narrow_screen_has_no_sideways_scrolling(page, site, key):
    page.set_viewport_size({"width": 400, "height": 800})
    wide = "document.documentElement.scrollWidth > innerWidth"
    opened(page, site)
    page.wait_for_selector(".card code")
    assert not page.evaluate(wide)
    graph_at(page, site, text=TEXTS[key])
    assert not page.evaluate(wide)
    page.locator("svg .node").last.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel h2")
    assert not page.evaluate(wide)


def test_the_page_knows_every_field_of_a_flow_by_its_name():
    text = (SOURCE / "lib" / "flow.ts").read_text(encoding="utf-8")
    found = schema()
    parts = {name: part for name, part in found["$defs"].items() if "properties" in part}
    parts["flow"] = found
    names = {"amount": "Amount", "local": "Local", "input": "FlowInput", "kept": "Kept",
             "node": "FlowNode", "flow": "Flow"}  # fmt: skip
    assert parts.keys() == names.keys()
    for part, interface in names.items():
        body = re.search(rf"export interface {interface} {{\n(.*?)\n}}", text, re.DOTALL)[1]
        fields = re.findall(r"^  (\w+):", body, re.MULTILINE)
        assert fields == list(parts[part]["properties"]), interface


def test_the_bundle_is_small_and_names_no_other_host():
    size = sum(len(gzip.compress((STATIC / name).read_bytes())) for name in ("app.js", "app.css"))
    assert size <= BUNDLE
    for name in ("index.html", "app.js", "app.css"):
        text = (STATIC / name).read_text(encoding="utf-8")
        hosts = set(re.findall(r"(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)", text))
        assert hosts <= {"www.w3.org", "svelte.dev"}  # names of XML, and of errors in words
    assert "<script>" not in (STATIC / "index.html").read_text(encoding="utf-8")
