"""What is printed, metrics.json and config.toml call one figure and one part by one name."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli.figure_table import NAMES
from chainrule.train.judgement import judge_classes, judge_numbers

CHANCES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]])


def key_of(printed: str) -> str:
    """The key of a printed name: without its unit, in small letters."""
    return re.sub(r"\W+", "_", printed.split(" (")[0].lower().replace("^", ""))


def test_every_figure_is_printed_as_its_key_says():
    assert {key: key_of(name) for key, name in NAMES.items()} == {key: key for key in NAMES}
    of_classes = judge_classes(CHANCES, np.array([0, 1, 1]), ["no", "yes"])
    of_numbers = judge_numbers(np.arange(3.0), np.array([0.0, 1.0, 3.0]), margin=1.0)
    single = {key for key, x in (of_classes | of_numbers).items() if isinstance(x, int | float)}
    assert single - {"rows"} == set(NAMES)


@pytest.mark.parametrize(
    "words",
    [
        ("t.csv", "--target", "c", "--preset", "fast", "--baseline"),
        ("t.csv", "--target", "b", "--preset", "fast", "--baseline"),
        ("t.csv", "--target", "b", "--epochs", "2"),
        ("t.csv", "--target", "c", "--epochs", "2"),
    ],
    ids=" ".join,
)
def test_the_table_at_the_end_and_the_files_agree(chainrule, words):
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'xy'[int(a > 0)]}" for a, b in rng.normal(size=(90, 2))]
    Path("t.csv").write_text("\n".join(["a,b,c", *rows]))
    ended = chainrule("train", *words, "--out", "run")
    assert ended.code == 0, ended.err
    figures = json.loads(Path("run/metrics.json").read_text())
    settled = tomllib.loads(Path("run/config.toml").read_text())["result"]
    lines = [re.split(r"\s{2,}", line.strip()) for line in ended.out.splitlines()]
    heading = next(line for line in lines if line[0] == "part")
    for line in lines[lines.index(heading) + 2 :]:
        if line[0] not in figures:
            break
        own = figures[line[0]]
        for name, shown in zip(heading[1:], line[1:], strict=True):
            value = own.get(key_of(name))
            if shown == "–":
                assert value is None
                continue
            number = float(shown.rstrip("%").replace(",", "")) / (100 if "%" in shown else 1)
            assert value == pytest.approx(number, rel=1e-3, abs=5e-5)
            if line[0] in settled:
                assert settled[line[0]][key_of(name)] == value
    assert {"training", "test", "constant"} <= set(figures)
