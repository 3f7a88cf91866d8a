"""The playground in a browser, played as a person would: numbers on screen are the engine's."""

import json
import re
from urllib.parse import quote

import pytest

import chainrule.explorer as explorer
from chainrule.explorer.playground.play_settings import read_settings
from chainrule.explorer.playground.play_task import PlayTask
from chainrule.explorer.playground.played_net import PlayedNet
from chainrule.explorer.playground.point_set import points_for
from tests.thorough import parametrize

from .playground_page import HOSTILE, SMALL, button, expect, playground_at, ready, said
from .served import TOKEN, opened, served, wants_page

pytestmark = wants_page
# Choices that are wider than their field, whose own scrollWidth says nothing of it.
CUT_OFF = """() => [...document.querySelectorAll("select")].flatMap((field) => {
  const chosen = field.value;
  const cut = [...field.options].filter((option) => {
    field.value = option.value;
    const free = field.cloneNode();
    free.append(option.cloneNode(true));
    free.style.cssText = "position: absolute; width: max-content";
    field.after(free);
    const isCut = free.offsetWidth > field.offsetWidth;
    free.remove();
    return isCut;
  });
  field.value = chosen;
  return cut.map((option) => option.text);
})"""
WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def site():
    with served(explorer.app(token=TOKEN)) as running:
        yield running


def net_after(epochs, **settings):
    given = read_settings(settings)
    task = PlayTask.of(points_for(given, None), given)
    net = PlayedNet(given, task)
    net.compile()
    for _ in range(epochs):
        net.train(watched=True)
    return net.moment()


def test_it_is_opened_from_the_start_and_plays(page, site):
    opened(page, site)
    page.get_by_role("button", name=re.compile("^Two moons")).click()
    ready(page)
    button(page, "Play").click()
    expect(page.locator(".count")).not_to_have_text("epoch 0")
    button(page, "Pause").click()
    expect(button(page, "Play")).to_be_visible()
    assert page.locator(".units canvas").count() == 16
    assert "view=play" in page.url


def test_the_loss_on_screen_is_the_engines(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    for epoch in range(1, 4):
        button(page, "One epoch").click()
        ready(page, epoch)
    moment = net_after(3, **SMALL)
    text = said(page)
    assert text.startswith("Epoch 3: ")
    for name, which in (("training", "train"), ("test", "test")):
        (number, right) = re.search(rf"{name} loss (\S+), (\S+) % right", text).groups()
        assert float(number) == pytest.approx(moment.loss[which], rel=1e-3)
        assert float(right) == pytest.approx(100 * moment.accuracy[which], abs=0.051)
    rows = page.locator("section[aria-label=Layers] tbody tr")
    for row, norm, ratio in zip(rows.all(), moment.gradients, moment.ratios, strict=True):
        cells = row.locator("td").all_text_contents()
        assert float(cells[0]) == pytest.approx(norm, rel=6e-3)
        assert float(cells[1].split()[0]) == pytest.approx(ratio, rel=6e-2)


def test_it_goes_back_through_time_and_on(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    texts = [said(page)]
    for epoch in range(1, 6):
        page.locator("body").press("ArrowRight")
        ready(page, epoch)
        texts.append(said(page))
    page.get_by_label("Back through time").fill("2")
    ready(page, 2)
    assert said(page) == texts[2]
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    ready(page, 1)
    assert said(page) == texts[1]
    page.keyboard.press("End")
    ready(page, 5)
    assert said(page) == texts[5]
    page.keyboard.press("ArrowRight")
    ready(page, 6)


def test_settings_are_in_the_address_and_come_back(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    button(page, "Spiral").click()
    page.get_by_role("combobox", name="Activation").select_option("relu")
    page.get_by_label("Units of layer 2").fill("5")
    page.get_by_label("Units of layer 2").press("Tab")
    page.get_by_role("combobox", name="Loss").select_option("hinge")
    page.get_by_role("combobox", name="λ").select_option("0.01")
    expect(page.locator(".head")).to_contain_text("2-3-5-3 net")
    ready(page)
    button(page, "One epoch").click()
    ready(page, 1)
    text = said(page)
    address = page.url
    page.reload()
    ready(page)
    assert page.url == address
    button(page, "One epoch").click()
    ready(page, 1)
    assert said(page) == text
    assert button(page, "Spiral").get_attribute("aria-pressed") == "true"
    button(page, "Share").click()
    part = page.get_by_label("What to put behind the address").input_value()
    opened(page, site, part)
    expect(page.locator(".head")).to_contain_text("2-3-5-3 net")


def test_a_rate_that_is_too_high_is_a_card(page, site):
    playground_at(
        page, site, loss="squared_error", activation="relu", optimizer="sgd", rate=1e6, rows=60
    )
    ready(page)
    button(page, "Play").click()
    card = page.locator(".trouble")
    expect(card).to_contain_text("out of bounds")
    expect(card).to_contain_text("Lower the learning rate")
    page.get_by_label("Learning rate").select_option("0.01")
    expect(card).to_have_count(0)
    ready(page)


def test_it_leaves_as_code(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    button(page, "One epoch").click()
    ready(page, 1)
    button(page, "As code").click()
    code = page.get_by_label("Python script")
    expect(code).to_have_value(re.compile(r"range\(1, 2\)"))
    assert "cr.nn.MLP([2, 3, 2, 2]" in code.input_value()
    button(page, "Copy").click()
    expect(button(page, "Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == code.input_value()
    with page.expect_download() as download:
        button(page, "Save as playground.py").click()
    assert download.value.suggested_filename == "playground.py"


def test_a_unit_is_shown_in_the_field_and_the_net_again(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    field = page.locator(".field [role=img]")
    assert field.get_attribute("aria-label").startswith("What the net says of the plane. Epoch 0")
    unit = page.get_by_role("button", name="Layer 2, unit 1")
    unit.press("Enter")
    expect(field).to_have_attribute("aria-label", "What unit 1 of layer 2 says of the plane.")
    assert unit.get_attribute("aria-pressed") == "true"
    button(page, "Show the net").click()
    expect(field).to_have_attribute("aria-label", re.compile("^What the net says"))


def test_a_busy_page_is_shown_the_newest_and_not_what_it_missed(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    page.get_by_label("Pace").select_option("fast")
    button(page, "Play").click()
    expect(page.locator(".count")).not_to_have_text("epoch 0")
    busy = "const until = performance.now() + 1500; while (performance.now() < until);"
    shown = "Number(document.querySelector('.count').textContent.split(' ')[1])"
    before = page.evaluate(shown)
    page.evaluate(f"() => {{ {busy} }}")
    for _ in range(300):  # the page may evaluate no text of its own
        if page.evaluate(shown) > before + 20:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(shown) > before + 20
    button(page, "Pause").click()
    expect(button(page, "Play")).to_be_visible()


def test_who_wants_less_motion_is_shown_less(page, site):
    page.emulate_media(reduced_motion="reduce")
    playground_at(page, site, **SMALL)
    ready(page)
    assert page.get_by_label("Pace").input_value() == "slow"


def test_the_warped_grid_is_of_the_layer_and_the_axes_that_are_chosen(page, site):
    playground_at(page, site, rows=60, layers=[4, 2])
    ready(page)
    section = page.locator("section[aria-label='Warped grid']")
    expect(section).to_contain_text("principal directions of layer 1")
    page.get_by_label("Axes").select_option("units")
    expect(section).to_contain_text("unit 1 and unit 2 of layer 1")
    page.get_by_label("Unit of axis 2").select_option("3")
    expect(section).to_contain_text("unit 1 and unit 4 of layer 1")
    page.get_by_label("Layer", exact=True).select_option("1")
    expect(section).to_contain_text("unit 1 and unit 2 of layer 2")


def test_a_number_field_shows_what_is_used(page, site):
    playground_at(page, site, **{**SMALL, "rows": 10})
    ready(page)
    for name, typed, used in [
        ("Points", "-5", "10"), ("Points", "", "10"), ("Points", "9e9", "5000"),
        ("Seed", "-1", "0"), ("Batch size", "-1", "1"), ("Units of layer 1", "", "3"),
    ]:  # fmt: skip
        field = page.get_by_role("spinbutton", name=name)
        field.fill(typed)
        field.press("Tab")
        assert field.input_value() == used, (name, typed)


@parametrize(
    "play, is_whole",
    [("{}", True), ('{"rows":50}', True), ("", True), ("garbage", False),
     ('{"layers":[99999]}', False), ('{"rate":"x"}', False), ('{"data":"toString"}', False),
     ('{"data":"own","points":"nan_1_0*1_2_0"}', False)],
    few={1, 3, 7},
)  # fmt: skip
def test_an_address_that_cannot_be_read_is_told(page, site, play, is_whole):
    page.goto(f"http://{site.host}/?token={TOKEN}#view=play&play={quote(play)}")
    expect(page.locator("h1")).to_have_text("Playground")
    assert page.get_by_text("Not all that the address holds").count() == (not is_whole)


def test_a_server_that_is_gone_trains_no_more_and_another_one_is_told(browser_page):
    context = browser_page.context.browser.new_context()
    page = context.new_page()
    with served(explorer.app(token=TOKEN)) as site:
        playground_at(page, site, **SMALL)
        ready(page)
        button(page, "Play").click()
        expect(page.locator(".count")).not_to_have_text("epoch 0")
    expect(page.locator(".notice")).to_contain_text("does not answer")
    expect(button(page, "Play")).to_be_visible()
    with served(explorer.app(token=TOKEN[::-1]), port=int(site.host.split(":")[1])):
        expect(page.locator(".notice")).to_contain_text("Another explorer answers here")
    with served(explorer.app(token=TOKEN), port=int(site.host.split(":")[1])):
        expect(page.locator(".notice")).to_have_count(0)
        ready(page)
    context.close()


@parametrize("width", [400, 800, 1280], few=1)
def test_nothing_scrolls_sideways(page, site, width):
    page.set_viewport_size({"width": width, "height": 800})
    playground_at(page, site, layers=[32, 32, 8, 2], rows=100)
    ready(page)
    assert not page.evaluate(WIDE)
    button(page, "Your own").click()
    expect(page.locator(".own")).to_be_visible()
    assert not page.evaluate(WIDE)


def test_no_choice_is_cut_off(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    for width in (1280, 1121, 800, 400):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(CUT_OFF) == []


@parametrize(
    "play",
    [
        '{"data":"own","points":"a_b_c*1_2*9_9_9","classes":[[1]],"columns":7}',
        json.dumps({"data": HOSTILE, "loss": HOSTILE}),
        '{"layers":"x","rows":[],"data":"__proto__"}',
        "{",
        "[]",
        "3",
    ],
    few=2,
)
def test_what_an_address_holds_may_be_anything(page, site, play):
    opened(page, site, "#view=play", play=play)
    expect(page.locator("h1")).to_have_text("Playground")
    expect(page.locator(".count, .trouble, .says").first).to_be_visible()


def test_it_is_read_out_and_not_too_often(page, site):
    playground_at(page, site, **SMALL)
    ready(page)
    live = page.locator("[aria-live=polite].unseen")
    assert live.text_content().startswith("Epoch 0: training loss")
    page.evaluate(
        "window.changes = 0; new MutationObserver(() => (window.changes += 1)).observe("
        "document.querySelector('.unseen'), {characterData: true, childList: true, subtree: true})"
    )
    button(page, "Play").click()
    page.wait_for_timeout(1500)
    assert page.evaluate("window.changes") <= 2
    button(page, "Pause").click()
    expect(button(page, "Play")).to_be_visible()
    for _ in range(100):  # until the last frame is there
        if live.text_content() == page.locator(".says").text_content():
            break
        page.wait_for_timeout(100)
    assert live.text_content() == page.locator(".says").text_content()
