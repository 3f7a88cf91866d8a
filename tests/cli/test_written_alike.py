"""Numbers of one unit are written alike; rows that are answered right are no misses."""

import re
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli.answers import Answers
from chainrule.cli.figure_table import shown, written_alike


@pytest.mark.parametrize("largest", [3e-4, 0.02, 1.0, 9.99, 720.0, 131998.0, 83282.5, 1e9, 1e14])
def test_numbers_of_one_unit_have_as_many_decimals_each_and_no_exponent(largest):
    numbers = [largest, -largest / 3, largest / 1000, 0.0]
    told = written_alike(numbers)
    assert not [text for text in told if "e" in text or text.startswith("-0.0 ")]
    assert len({len(text.partition(".")[2]) for text in told}) == 1
    for text, number in zip(told, numbers, strict=True):
        assert abs(float(text) - number) <= max(1e-5 * largest, 0.5)
    assert written_alike([131998.0, 83282.0, -5.0], "+") == ["+131998", "+83282", "-5"]


def test_odd_numbers_are_written_too():
    assert written_alike([]) == []
    assert written_alike([0.0, -0.0]) == ["0", "0"]
    assert written_alike([1e300, 1.0]) == ["1e+300", "1"]
    assert written_alike([np.nan, 2.5]) == ["nan", "2.50000"]


def test_an_r2_of_nothing_has_no_exponent():
    assert shown("r2", -4.935e-05) == "0.0000"
    assert shown("r2", 0.00071) == "0.0007"
    assert shown("rmse", 4.935e-05) == "4.935e-05"


def test_the_first_answers_on_the_screen_have_as_many_decimals_each():
    ends = np.array([[52799.3, 103777.0], [1.25, 9.5]])
    given = Answers(["78288.27", "5.5"], ["80000", ""], ends, "interval", ())
    headings, rows = given.preview(2)
    assert headings == ["row", "prediction", "truth", "lowest", "highest"]
    assert rows == [["1", "78288", "80000", "52799", "103777"], ["2", "6", "", "1", "10"]]
    assert given.to_csv().splitlines()[1] == "1,78288.27,80000,52799.3,103777"


@pytest.fixture
def apart(tmp_path, monkeypatch):
    """A table whose classes lie far apart, and where days follow one another."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 2 * 9 + i % 7 / 10},{i},{'ab'[i % 2]},shop {i % 20}" for i in range(160)]
    Path("apart.csv").write_text("\n".join(["x,day,kind,shop", *rows]))


@pytest.mark.parametrize(
    ("split", "told"),
    [
        ("random", "fast: one net, which leaves out a fifth of the rows"),
        ("time:day", "fast: one net, which leaves out two eighths of the time"),
        ("group:shop", "fast: one net, which leaves out groups, about a fifth"),
    ],
)
def test_what_a_net_leaves_out_is_told_and_no_right_answer_is_a_miss(
    chainrule, apart, split, told
):
    words = ("train", "apart.csv", "--target", "kind", "--preset", "fast", "--split", split)
    ended = chainrule(*words, "--out", "run")
    assert ended.code == 0, ended.err
    assert told in ended.out
    assert re.search(r"test +\d+ +100\.00%", ended.out)
    assert "The rows it misses most" not in Path("run/report.html").read_text()


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (lambda i: f"{np.datetime64('2024-01-01') + i}", "from 2024-05-08 on by 'day'"),
        (lambda i: f"{i % 28 + 1}.{i // 28 + 1}.2024", "from 2024-05-17 on by 'day'"),
        (lambda i: f"2024-01-01 {i // 60:02}:{i % 60:02}", "from 2024-01-01T02:08:00 on by 'day'"),
        (lambda i: str(2 * i), "from 256 on by 'day'"),
    ],
)
def test_it_is_told_from_when_on_rows_are_tested(chainrule, tmp_path, monkeypatch, day, told):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 2 * 9 + i % 7 / 10},{day(i)},{'ab'[i % 2]}" for i in range(160)]
    Path("days.csv").write_text("\n".join(["x,day,kind", *rows]))
    words = ("--target", "kind", "--preset", "fast", "--split", "time:day", "--drop", "day")
    ended = chainrule("train", "days.csv", *words, "--out", "run")
    assert ended.code == 0, ended.err
    assert f"128 training + 32 test, {told}\n" in ended.out
    start = told.split()[1]
    assert f'tested_from = "{start}"' in Path("run/config.toml").read_text()
    assert re.search(rf"tested_from.{{,40}}{start}", Path("run/report.html").read_text(), re.S)


def test_an_interval_that_few_rows_cannot_tell_is_told(chainrule, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 13},{i % 13 + i * 31 % 17 / 10}" for i in range(100)]
    Path("few.csv").write_text("\n".join(["x,y", *rows]))
    words = ("--target", "y", "--preset", "fast", "--test", "0", "--out", "run")
    assert chainrule("train", "few.csv", *words).code == 0
    said = chainrule("predict", "run", "few.csv", "--interval", "0.999").out
    assert re.search(r"largest miss of the \d+ rows left out in training, which tell of", said)
    assert "not of 0.999" in said
    assert "0.8 of such numbers lie" in chainrule(
        "predict", "run", "few.csv", "--interval", "0.8"
    ).out  # fmt: skip
