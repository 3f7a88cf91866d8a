"""A playground and the lecture's figures as one file each: they are looked at without a server."""

import pytest

import chainrule.explorer as explorer

from .playground_page import HOSTILE, PATIENCE, SMALL, button, expect, playground_at, ready, said
from .served import TOKEN, opened, served, wants_page
from .test_figure_pages import COLOURS, told
from .test_one_file import kept_in

pytestmark = wants_page
WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def site():
    with served(explorer.app(token=TOKEN)) as running:
        yield running


def kept(page, folder, name="Playground.html"):
    with page.expect_download(timeout=PATIENCE) as found:
        page.get_by_role("button", name="Keep as one file").click()
    assert found.value.suggested_filename == name
    found.value.save_as(folder / "play.html")
    return folder / "play.html"


def test_its_moments_are_gone_through_without_a_server(page, alone, site, tmp_path):
    playground_at(page, site, **SMALL)
    ready(page)
    texts = [said(page)]
    for epoch in range(1, 5):
        button(page, "One epoch").click()
        ready(page, epoch)
        texts.append(said(page))
    file = kept(page, tmp_path)
    ready(page, 4)  # the page itself stands where it was
    states = kept_in(file.read_text(encoding="utf-8"))["states"]
    assert [frame["head"]["epoch"] for frame in states["play"]["frames"]] == [0, 1, 2, 3, 4]
    alone.goto(file.as_uri())
    ready(alone, 4)
    assert said(alone) == texts[4]
    alone.get_by_label("Back through time").fill("1")
    ready(alone, 1)
    assert said(alone) == texts[1]
    alone.locator("h1").click()
    alone.keyboard.press("ArrowRight")
    ready(alone, 2)
    assert said(alone) == texts[2]
    assert alone.get_by_role("button", name="Play").count() == 0
    assert alone.get_by_role("button", name="Keep as one file").count() == 0
    shown = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(x => x > 0)"
    assert alone.locator("canvas").first.evaluate(shown)
    for width, scheme in ((400, "light"), (1280, "dark")):
        alone.set_viewport_size({"width": width, "height": 900})
        alone.emulate_media(color_scheme=scheme)
        assert not alone.evaluate(WIDE)


def test_points_of_ones_own_and_hostile_names_are_kept(page, alone, site, tmp_path):
    points = "*".join(f"{x}_{x * x}_{int(x > 0)}" for x in (-2, -1, -0.5, 0.5, 1, 2))
    own = {
        "data": "own",
        "points": points,
        "classes": [HOSTILE, "</script>"],
        "columns": ["a", HOSTILE],
    }
    playground_at(page, site, **SMALL, **own)
    ready(page)
    alone.goto(kept(page, tmp_path).as_uri())
    ready(alone)
    expect(alone.locator(".legend")).to_contain_text(HOSTILE)
    assert alone.locator("main img, main script").count() == 0


def test_the_lectures_panels_are_kept_as_they_are_shown(page, alone, site, tmp_path):
    opened(page, site)
    page.get_by_role("button", name="More neurons, more capacity").click()
    said_there = told(page)
    alone.goto(kept(page, tmp_path, "Panels.html").as_uri())
    assert told(alone) == said_there
    assert all(canvas.evaluate(COLOURS) > 50 for canvas in alone.locator("canvas").all())
    expect(alone.locator("main")).to_contain_text("nothing is computed")
    assert alone.locator(".trouble").count() == 0


def test_the_lectures_templates_are_kept_and_each_is_enlarged(page, alone, site, tmp_path):
    opened(page, site, "#view=templates")
    page.wait_for_selector("canvas")
    count = page.locator("canvas").count()
    alone.goto(kept(page, tmp_path, "Templates.html").as_uri())
    expect(alone.locator("canvas")).to_have_count(count, timeout=PATIENCE)
    assert all(canvas.evaluate(COLOURS) > 5 for canvas in alone.locator("canvas").all())
    assert alone.locator(".trouble").count() == 0
