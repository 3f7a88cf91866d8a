"""The report of a run, as a browser shows it: whole, from one file, without the network."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

SECTIONS = {
    "digits": [
        "How well it does",
        "How it learned",
        "What it confuses",
        "What the first layer looks for",
        "The computational graph",
        "Health",
        "The net and the settings",
        "How to go on",
    ],
    "diabetes": [
        "How well it does",
        "How it learned",
        "How far off it is",
        "What the first layer looks for",
        "The computational graph",
        "Health",
        "The net and the settings",
        "How to go on",
    ],
}


@dataclass
class Visit:
    """A browser page, and what happened on it."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri(), wait_until="networkidle")


@pytest.fixture
def visit(browser_page: Any) -> Iterator[Visit]:
    seen = Visit(browser_page)
    heard = {
        "request": lambda request: seen.requests.append(request.url),
        "requestfailed": lambda request: seen.complaints.append(request.url),
        "console": lambda message: seen.complaints.append(message.text),
        "pageerror": lambda error: seen.complaints.append(str(error)),
    }
    for event, hear in heard.items():
        browser_page.on(event, hear)
    yield seen
    for event, hear in heard.items():
        browser_page.remove_listener(event, hear)
    browser_page.goto("about:blank")


@pytest.mark.parametrize("name", SECTIONS)
def test_the_report_loads_nothing_and_complains_of_nothing(name, visit, request):
    run = request.getfixturevalue(name)
    visit.open(run.folder / "report.html")
    assert [url for url in visit.requests if not url.startswith(("file:", "data:"))] == []
    assert visit.complaints == []
    page = visit.page
    assert page.locator("h1").inner_text() == name
    assert page.locator("h2").all_inner_texts() == SECTIONS[name]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    broken = "[...document.images].filter(i => !i.complete || !i.naturalWidth).length"
    assert page.evaluate(broken) == 0
    assert len(page.screenshot(full_page=True)) > 50_000


def test_the_report_shows_the_figures_of_the_table(visit, digits):
    visit.open(digits.folder / "report.html")
    words = " ".join(visit.page.locator("body").inner_text().split())
    result = digits.config["result"]
    assert f"{result['test']['accuracy']:.2%} " in words
    for part in ("training", "validation", "test"):
        assert f"{part} {result[part]['rows']:,} " in words
    assert f"weights of epoch {result['best_epoch']} kept" in words
    assert "chainrule predict runs/digits digits --out predictions.csv" in words
    assert re.search(r"learning\.learning_rate\s+0\.003", words)
    assert "layers.1 relu 64 " in words  # the checkup of the hidden layer
    assert visit.page.locator("img[src^='data:image/png']").count() >= 64


def test_the_graph_shows_the_gates_and_the_term_of_the_regularization(visit, digits):
    visit.open(digits.folder / "report.html")
    said = visit.page.locator("svg.cr-graph").text_content()
    for words in (
        "layers.0.weight",
        "layers.2.bias",
        "labels",
        "relu",
        "gradient router",
        "swap multiplier",
        "gradient distributor",
        "gradients",
        "l2",
    ):
        assert words in said


def test_the_mistakes_are_those_of_the_test_part(visit, digits):
    visit.open(digits.folder / "report.html")
    result = digits.config["result"]["test"]
    wrong = round(result["rows"] * (1 - result["accuracy"]))
    rows = visit.page.locator("table:has(th:text-is('answer')) tbody tr").all_inner_texts()
    told = sum(int(row.split()[-1]) for row in rows)  # the five most frequent pairs
    assert told == wrong if len(rows) < 5 else 5 <= told <= wrong


@pytest.mark.usefixtures("drawn")
def test_a_linear_classifier_has_its_classes_as_templates(visit, chainrule, tmp_path):
    assert chainrule("train", "iris", "--hidden", "0", "--epochs", "5").code == 0
    visit.open(tmp_path / "runs" / "iris" / "report.html")
    said = visit.page.locator("body").inner_text()
    for words in ("setosa", "versicolor", "virginica", "petal length"):
        assert words in said
    assert visit.complaints == []
