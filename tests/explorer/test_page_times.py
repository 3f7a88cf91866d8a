"""How long the Graph view takes: told, not asserted; and that 5,000 nodes stay usable."""

import statistics
import sys

import pytest

import chainrule as cr
import chainrule.explorer as explorer
from chainrule.explorer.subjects import function_subject
from tests.thorough import parametrize

from .served import TOKEN, opened, served, wants_page

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = wants_page
PATIENCE = 60_000  # ms
STEPS = 20
DRAWN = 300  # nodes of a large graph that are drawn at a time
# When the first picture has been painted: a message that is handled behind the next frame.
WATCH = """
window.painted = null;
window.afterPaint = () => new Promise((done) => requestAnimationFrame(() => {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => done(performance.now());
  channel.port2.postMessage(0);
}));
new MutationObserver(async (_, watch) => {
  if (document.querySelector("svg .node") === null) return;
  watch.disconnect();
  window.painted = await window.afterPaint();
}).observe(document, { childList: true, subtree: true });
"""
STEP = """async (count) => {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const begun = performance.now();
    dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
    times.push((await window.afterPaint()) - begun);
  }
  return times;
}"""


def forks(x=0.5, y=0.25):
    """202 nodes, each read twice."""
    made = [x, y]
    for _ in range(100):
        made.append(cr.tanh(made[-1] * made[-2]))
    return made[-1]


def long_chain(x=0.5):
    """5,002 nodes."""
    for _ in range(1_667):
        x = cr.sin(x) + 0.001
    return x


@pytest.fixture(scope="module")
def site():
    subjects = [function_subject(each, each.__name__, "") for each in (forks, long_chain)]
    with served(explorer.app(token=TOKEN, subjects=subjects)) as running:
        yield running


def painted(page, site, name):
    page.add_init_script(WATCH)
    opened(page, site, "#view=graph", subject=name)
    page.wait_for_function("() => window.painted !== null", timeout=PATIENCE)


@parametrize("name, nodes", [("forks", 202), ("long_chain", 5_002)], few=1)
def test_the_times_of_a_graph_are_told(page, site, capsys, name, nodes):
    painted(page, site, name)
    first = page.evaluate("window.painted")
    page.keyboard.press("Home")
    times = page.evaluate(STEP, STEPS)
    assert page.locator(".count").text_content().startswith(f"{STEPS} /")
    with capsys.disabled():
        sys.stdout.write(
            f"\n{nodes:,} nodes: first paint after {first:.0f} ms, a step in "
            f"{statistics.median(times):.0f} ms (median of {len(times)})\n"
        )


def test_five_thousand_nodes_stay_usable(page, site):
    painted(page, site, "long_chain")
    drawn = page.locator("svg .node")
    assert 0 < drawn.count() < DRAWN
    page.keyboard.press("+")
    page.keyboard.press("End")
    drawn.last.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".panel .set").first).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")  # the first gate comes into sight
    expect(page.locator("svg .node.now")).to_have_count(1)
    assert "Forward: n1 = sin(x)" in page.locator(".says").text_content()
