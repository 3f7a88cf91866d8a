"""The commands that are proposed at the end say again what the run was told."""

import re
import shlex
from dataclasses import fields, replace
from pathlib import Path

import pytest

from chainrule.cli.app import app
from chainrule.cli.options import OF_ONE_RUN, UNTOLD, TrainSettings, refuse_impossible

SAMPLES = {
    "preset": "fast", "time_limit": 2.5, "folds": 3, "baseline": True, "hidden": (8, 4),
    "activation": "tanh", "dropout": 0.25, "normalization": "batch", "loss": "hinge",
    "optimizer": "sgd", "learning_rate": 1e-5, "schedule": "step", "l2": 0.0, "clip": 1.0,
    "epochs": 2, "batch_size": 16, "patience": 0, "target": "a column's name", "task": "classes",
    "drop": ("a b", "-c"), "categorical": ("d",), "numeric": ("e", "f"), "missing": ("-", "?"),
    "query": "select * from t", "stream": True, "split": "time:day", "validation": 0.3,
    "test": 0.5, "seed": 7, "folder": Path("pictures"), "out": Path("there"), "overwrite": True,
    "debug": True,
}  # fmt: skip


def parsed(words: list[str]) -> TrainSettings:
    bound = app.parse_args(["train", "t.csv", *words], exit_on_error=False, print_error=False)[1]
    return bound.arguments.get("settings", UNTOLD)


@pytest.mark.parametrize("name", [each.name for each in fields(TrainSettings)])
def test_every_option_is_said_again_as_it_was_given(name):
    given = replace(UNTOLD, **{name: SAMPLES[name]})
    again = parsed(shlex.split(shlex.join(given.words())))
    assert again == (UNTOLD if name in OF_ONE_RUN else given)


def test_all_options_are_said_again_together():
    kept = {name: value for name, value in SAMPLES.items() if name not in OF_ONE_RUN}
    given = replace(UNTOLD, **kept)
    assert parsed(given.words()) == given
    assert UNTOLD.words() == []


def test_the_commands_that_are_proposed_run_with_the_same_options(chainrule):
    rows = [f"{i},{i % 7},{'ab'[i % 2]},{2023 + i % 2}-01-{1 + i % 28:02d}" for i in range(80)]
    Path("t.csv").write_text("\n".join(["a,b,c,day", *rows]))
    told = (
        "--target c --drop=b --split time:day --test 0.4 --seed 3 --preset fast --time-limit 9.0 "
        "--baseline"
    )
    ended = chainrule("train", "t.csv", *told.split(), "--out", "one")
    assert ended.code == 0, ended.err
    proposed = re.findall(r"chainrule (train t\.csv .*)\n", ended.out)
    assert proposed == [f"train t.csv {told.replace(' --baseline', '')} --folds 5 --baseline"]
    refuse_impossible(parsed(proposed[0].split()[2:]))

    told = "--target c --stream --seed 3 --hidden 8 4 --epochs 1 --batch-size 16"
    ended = chainrule("train", "t.csv", *told.split(), "--out", "two")
    assert ended.code == 0, ended.err
    assert f"train t.csv {told.replace('8 4', '16 8')}\n" in ended.out
    assert chainrule("predict", "two", "t.csv").code == 0
