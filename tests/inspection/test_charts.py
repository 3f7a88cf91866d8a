"""Charts: the same bytes every time, ids of their own, nothing global changed."""

import re
import sys
import xml.etree.ElementTree as ElementTree

import matplotlib
import numpy as np
import pytest

from chainrule.errors import MissingLibraryError
from chainrule.inspection import charts
from chainrule.inspection.confusion import confusion_matrix

NAN = float("nan")


def every_chart() -> dict[str, str]:
    rng = np.random.default_rng(0)
    true = rng.normal(size=60)
    loss = {"training": [2.0, 1.0, 0.01], "validation": [2.1, 1.2, 0.8]}
    ratios = {"layers.0.weight": [1e-3, 2e-3, 1e-3], "layers.0.bias": [NAN, 1.0, 1.0]}
    return {
        "curves": charts.curves("a", loss, "loss (nats)", kept=2),
        "accuracy": charts.curves("b", {"training": [0.5, 0.9]}, "accuracy"),
        "confusion": confusion_matrix("c", np.array([[5, 1], [0, 7]]), ["$<b>$", "dog"]),
        "against": charts.predicted_against_true("d", true, true + 0.1, "price (EUR)"),
        "residuals": charts.residuals("e", true, true + 0.1, "price (EUR)"),
        "ratios": charts.ratio_curves("f", ratios),
        "norms": charts.gradient_norms("g", ratios),
    }


def words(svg: str) -> list[str]:
    root = ElementTree.fromstring(svg)
    return [node.text or "" for node in root.iter() if node.tag.endswith("}text")]


def test_every_chart_is_well_formed_and_the_same_every_time():
    first, second = every_chart(), every_chart()
    for name, svg in first.items():
        ElementTree.fromstring(svg)
        assert svg == second[name], name


def test_ids_differ_between_charts_and_every_reference_is_met():
    all_ids: list[str] = []
    for svg in every_chart().values():
        ids = re.findall(r'\bid="([^"]+)"', svg)
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) <= set(ids)
        all_ids += ids
    assert len(all_ids) == len(set(all_ids))


def test_charts_load_nothing_and_style_nothing_outside():
    for svg in every_chart().values():
        bare = re.sub(r'xmlns(:\w+)?="[^"]*"', "", svg)
        assert not re.search(r"https?:|<style|<metadata|<!DOCTYPE|<script|@import", bare)


def test_charts_take_the_pages_colour_and_font():
    svg = every_chart()["curves"]
    assert "currentColor" in svg
    assert "DejaVu" not in svg


def test_axes_are_labelled():
    drawn = every_chart()
    assert {"epoch", "loss (nats)", "training", "validation", "kept: epoch 2"} <= set(
        words(drawn["curves"])
    )
    assert {"truth", "answer of the net", "5", "1", "7"} <= set(words(drawn["confusion"]))
    assert "residual: true − predicted" in words(drawn["residuals"])
    assert "predicted price (EUR)" in words(drawn["against"])
    assert "1e-3" in words(drawn["ratios"])
    assert "layers.0.bias" not in words(drawn["ratios"])


def test_class_names_are_text_and_no_mathematics():
    svg = every_chart()["confusion"]
    assert "$<b>$" in words(svg)
    assert "<b>" not in svg


def test_the_users_own_settings_are_neither_used_nor_changed():
    before = every_chart()["curves"]
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        assert every_chart()["curves"] == before
        assert matplotlib.rcParams["font.size"] == 30


def test_pyplot_is_never_loaded():
    known = {name for name in sys.modules if name == "matplotlib.pyplot"}
    every_chart()
    assert {name for name in sys.modules if name == "matplotlib.pyplot"} == known


@pytest.mark.parametrize(
    "values", [[NAN], [0.0], [0.0, 0.0], [1.0, NAN, 1e9], [float("inf"), 1.0]]
)
def test_strange_curves_are_drawn(values):
    assert charts.curves("a", {"training": values}, "loss")
    assert charts.ratio_curves("b", {"w": values})
    assert charts.gradient_norms("c", {"w": values})


def test_forty_classes_have_colours_and_no_numbers():
    svg = confusion_matrix("a", np.eye(40, dtype=int) * 77, [f"class {i}" for i in range(40)])
    assert "77" not in words(svg)


def places(svg: str, word: str) -> tuple[float, float]:
    """Where a word that is not turned stands: (x, y) in the drawing's own units."""
    root = ElementTree.fromstring(svg)
    (node,) = [each for each in root.iter() if each.text == word]
    found = node.get("transform", "")
    numbers = re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", found)
    x, y = numbers.groups() if numbers else (node.get("x"), node.get("y"))
    return float(x), float(y)


def size(svg: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found
    return float(found[1]), float(found[2])


@pytest.mark.parametrize("largest", [0.004, 1.0, 98_765.0, 4e8])
def test_numbers_and_labels_stay_on_the_paper(largest):
    series = {"training": [largest, largest / 2, largest * 0.9]}
    svg = charts.curves("a", series, "loss", kept=3)
    width, height = size(svg)
    for word in words(svg):
        if word not in ("loss", ""):
            x, y = places(svg, word)
            room = 0.64 * 9 * len(word)  # of a number left of the vertical axis
            assert x > room or y > height - 40, word
            assert x <= width
            assert 8 < y < height - 2, word


def test_a_note_above_the_last_epoch_ends_there():
    svg = charts.curves("a", {"training": [3.0, 2.0, 1.0]}, "loss", kept=3)
    assert re.search(r"text-anchor: end[^>]*>kept: epoch 3<", svg)


@pytest.mark.parametrize("classes", [["a", "b"], ["a rather long name", "b" * 99, "c"]])
def test_the_names_of_the_classes_stay_on_the_paper(classes):
    svg = confusion_matrix("a", np.eye(len(classes), dtype=int), classes)
    width, height = size(svg)
    for node in ElementTree.fromstring(svg).iter():
        if node.tag.endswith("}text"):
            assert 0 < float(node.get("x", 0)) < width
            assert 0 < float(node.get("y", 0)) < height
        if node.tag.endswith("}rect"):
            assert float(node.get("x", 0)) + float(node.get("width", 0)) <= width
            assert float(node.get("y", 0)) + float(node.get("height", 0)) <= height


def test_a_scatter_of_many_rows_stays_small():
    rows = np.linspace(0, 1, 100_000)
    assert len(charts.residuals("a", rows, rows, "y")) < 500_000


def test_a_missing_matplotlib_is_told_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingLibraryError, match=re.escape('pip install "chainrule[app]"')):
        charts.curves("a", {"training": [1.0]}, "loss")
