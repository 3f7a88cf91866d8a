"""The report: whole, escaped, alone, and seen by a real browser without a request or an error."""

import dataclasses
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from chainrule.errors import MissingLibraryError, ShapeError
from chainrule.inspection import Part, ReportData, render_report
from tests.thorough import crossed

from . import samples

WIDTHS = (1280, 400)  # px
SAMPLES = {
    "classification": samples.classification,
    "regression": samples.regression,
    "table": samples.table,
}


class Reader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@pytest.fixture(scope="module", params=sorted(SAMPLES))
def page(request) -> str:
    return render_report(SAMPLES[request.param]())


@pytest.fixture(scope="module", params=sorted(SAMPLES))
def hostile_page(request) -> str:
    return render_report(SAMPLES[request.param](samples.HOSTILE))


def test_it_says_what_was_asked_for():
    page = render_report(samples.classification())
    for words in ("97.80%", "digits", "1,294", "1,810", "swap multiplier", "gradient router"):
        assert words in page
    for words in ("The most frequent mistakes", "unit 3", "Dead:", "chainrule predict"):
        assert words in page
    assert "output.weight: an update changes it by 5e-01" in page


def test_a_regression_shows_residuals_and_no_confusion():
    page = render_report(samples.regression())
    assert "residual: true − predicted" in page
    assert "R²" in page
    assert "What it confuses" not in page


def test_sections_stand_in_the_order_in_which_a_person_asks():
    page = render_report(samples.classification())
    found = re.findall(r"<h2[^>]*>([^<]+)</h2>", page)
    assert found == [
        "How well it does",
        "How it learned",
        "What it confuses",
        "What the first layer looks for",
        "The computational graph",
        "Health",
        "The net and the settings",
        "How to go on",
    ]


def test_ids_are_unique_and_every_reference_is_met(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    named = re.findall(r'(?:href="#|url\(#|aria-labelledby=")([^")]+)', page)
    assert set(named) <= set(ids)


def test_it_names_nothing_outside(page):
    bare = re.sub(r'xmlns(:\w+)?="http://www\.w3\.org/[^"]*"', "", page)
    assert not re.search(r"(?i)https?:|//cdn|@import|@font-face", bare)
    for name, value in Reader(page).attributes:
        if name in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
            assert value.startswith(("data:", "#")), (name, value[:40])


def test_it_has_no_script_and_forbids_all(page):
    reader = Reader(page)
    assert "script" not in reader.tags
    assert not [name for name, _ in reader.attributes if name.startswith("on")]
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in reader.attributes


def test_hostile_names_stay_text(hostile_page):
    reader = Reader(hostile_page)
    assert "script" not in reader.tags
    assert "<script" not in hostile_page
    assert "&lt;script&gt;" in hostile_page


def test_it_is_the_same_every_time():
    assert render_report(samples.classification()) == render_report(samples.classification())


def test_pictures_tables_and_charts_have_names_for_readers_who_cannot_see(page):
    for image in re.findall(r"<img[^>]*>", page):
        assert 'alt="' in image
    for drawing in re.findall(r"<svg[^>]*>", page):
        assert 'role="img"' in drawing
        assert 'aria-label="' in drawing
    for table in re.findall(r"<table.*?</table>", page, flags=re.DOTALL):
        assert "<th scope=" in table


def test_what_is_left_out_is_left_out_of_the_page():
    bare = ReportData(title="bare", task="classification", parts=[], history={}, loss="hinge")
    page = render_report(bare)
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", page) == []
    assert "None" not in page


def test_one_epoch_without_validation_is_enough():
    parts = [Part("training", 3, 1.0, {"accuracy": 1 / 3})]
    history = {"epoch": [1], "loss": [1.0], "accuracy": [1 / 3]}
    data = ReportData("tiny", "classification", parts, history, "hinge", metric="accuracy")
    assert "33.33%" in render_report(data)


def test_a_run_whose_figures_are_nan_has_a_report():
    nan = float("nan")
    data = dataclasses.replace(
        samples.regression(),
        parts=[Part("test", 1, nan, {"R^2": nan})],
        history={"loss": [nan, nan], "update_ratio/w": [nan, nan]},
    )
    assert "–" in render_report(data)


def test_a_confusion_matrix_has_a_row_per_class():
    with pytest.raises(ShapeError, match="3 classes"):
        dataclasses.replace(samples.classification(), classes=["a", "b", "c"])


def test_residuals_need_a_prediction_per_row():
    with pytest.raises(ShapeError, match="one prediction"):
        dataclasses.replace(samples.regression(), predicted=np.zeros(3))


def test_a_missing_jinja_is_told_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingLibraryError, match=re.escape('pip install "chainrule[app]"')):
        render_report(samples.regression())


def test_a_run_of_estimators_shows_what_its_columns_tell_and_no_templates():
    page = render_report(samples.table())
    assert re.findall(r"<h2[^>]*>([^<]+)</h2>", page) == [
        "How well it does",
        "Which columns tell the answer",
        "Whether its chances hold what they say",
        "What it confuses",
        "The rows it misses most",
        "What each column is taken for",
        "Worth a look",
        "The net and the settings",
    ]
    assert '<th scope="col">loss</th>' not in page  # it is the log loss


def test_tables_fit_a_telephone_a_page_its_width_and_26_classes_can_be_read(
    browser_page, tmp_path
):
    file = tmp_path / "report.html"
    before = browser_page.viewport_size
    try:
        browser_page.set_viewport_size({"width": 400, "height": 900})
        clipped = """[...document.querySelectorAll('table')].filter(
            each => each.parentElement.scrollWidth > each.parentElement.clientWidth + 1
        ).map(each => each.innerText)"""
        for name in ("classification", "regression", "table"):
            file.write_text(render_report(SAMPLES[name]()), encoding="utf-8")
            browser_page.goto(file.as_uri())
            assert browser_page.evaluate(clipped) == []
        browser_page.set_viewport_size({"width": 1400, "height": 900})
        assert browser_page.evaluate("document.querySelector('main').clientWidth") > 1300
        number = """Math.min(...[...document.querySelectorAll('#confusion text')].map(
            each => each.getBoundingClientRect().height))"""
        assert browser_page.evaluate(number) > 9  # px
        assert browser_page.locator("#confusion rect").count() > 26
        side = "document.querySelector('.pair').getBoundingClientRect().width / innerWidth"
        assert browser_page.evaluate(side) > 0.9
    finally:
        browser_page.set_viewport_size(before)
        browser_page.goto("about:blank")


@crossed("name, evil", sorted(SAMPLES), ["", samples.HOSTILE])
def test_a_browser_shows_it_without_a_request_or_an_error(browser_page, tmp_path, name, evil):
    file = tmp_path / "report.html"
    file.write_text(render_report(SAMPLES[name](evil)), encoding="utf-8")
    requests: list[str] = []
    complaints: list[str] = []

    def on_request(request):
        requests.append(request.url)

    def on_console(message):
        complaints.append(message.text)

    def on_error(error):
        complaints.append(str(error))

    listeners = {"request": on_request, "console": on_console, "pageerror": on_error}
    before = browser_page.viewport_size
    for event, listener in listeners.items():
        browser_page.on(event, listener)
    try:
        for scheme in ("light", "dark"):
            browser_page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                browser_page.set_viewport_size({"width": width, "height": 900})
                browser_page.goto(file.as_uri())
                picture = browser_page.screenshot(
                    path=tmp_path / f"{scheme}-{width}.png", full_page=True
                )
                wide = browser_page.evaluate("document.documentElement.scrollWidth")
                broken = browser_page.evaluate(
                    "[...document.images].filter(i => !i.naturalWidth).length"
                )
                assert len(picture) > 10_000
                assert wide <= width, f"the page is {wide} px wide on a screen of {width}"
                assert broken == 0
    finally:
        for event, listener in listeners.items():
            browser_page.remove_listener(event, listener)
        browser_page.emulate_media(color_scheme="null")
        browser_page.set_viewport_size(before)
        browser_page.goto("about:blank")
    outside = [url for url in requests if url != file.as_uri() and not url.startswith("data:")]
    assert outside == []
    assert complaints == []
