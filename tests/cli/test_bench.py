"""`chainrule bench`: what it refuses, and one section from the command to the page."""

import pytest

from chainrule.cli import bench


def test_without_a_checkout_it_says_where_the_benchmarks_are(chainrule, monkeypatch, tmp_path):
    monkeypatch.setattr(bench, "CHECKOUT", tmp_path)
    ended = chainrule("bench")
    assert ended.code == 2
    assert ended.err == (
        "the benchmarks are not installed with the package: they belong to a checkout.\n"
        "Clone the repository, and in it: pip install -e .[app]\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--peers", "jax,tensorflow"), "tensorflow"),
        (("--only", "speed"), "speed"),
        (("--out", "benchmarks.html"), "Markdown"),
    ],
)
def test_names_that_nobody_knows_are_refused_before_anything_runs(chainrule, words, said):
    ended = chainrule("bench", *words)
    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""


def test_a_section_is_shown_and_written(chainrule, tmp_path):
    words = ("--quick", "--only", "predict", "--peers", "numpy", "--out", "docs/speed.md")
    ended = chainrule("bench", *words)
    assert ended.code == 0, ended.err
    assert "Predictions" in ended.out
    text = (tmp_path / "docs" / "speed.md").read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks")
    assert "## Predictions" in text
    assert str(tmp_path) not in text
