"""The commands that are proposed at the end say again what the run was told."""

import re
import shlex
from dataclasses import fields, replace
from pathlib import Path

import pytest

from chainrule.cli.app import app
from chainrule.cli.options import OF_ONE_RUN, UNTOLD, TrainSettings, refuse_impossible
from chainrule.train.data import sources

SAMPLES = {
    "preset": "fast", "time_limit": 2.5, "folds": 3, "baseline": True, "hidden": (8, 4),
    "activation": "tanh", "dropout": 0.25, "normalization": "batch", "loss": "hinge",
    "optimizer": "sgd", "learning_rate": 1e-5, "schedule": "step", "l2": 0.0, "clip": 1.0,
    "epochs": 2, "batch_size": 16, "patience": 0, "target": "a column's name", "task": "classes",
    "drop": ("a b", "-c"), "categorical": ("d",), "numeric": ("e", "f"), "missing": ("-", "?"),
    "decimal": ",", "query": "select * from t", "stream": True, "split": "time:day",
    "validation": 0.3, "test": 0.5, "seed": 7, "folder": Path("pictures"), "out": Path("there"),
    "overwrite": True, "debug": True,
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
    names = {each.name for each in fields(TrainSettings)} - set(OF_ONE_RUN)
    kept = {name: SAMPLES[name] for name in names}
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


@pytest.mark.parametrize("words", [("--preset", "fast"), ("--epochs", "1")])
def test_a_folder_that_cannot_be_used_is_told_before_anything_is_read(
    chainrule, words, monkeypatch
):
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the table was read")

    monkeypatch.setattr(sources, "open_files", fail)
    Path("t.csv").write_text("a,c\n1,2\n")
    Path("mine").mkdir()
    Path("mine/metrics.json").write_text("{}")
    for out, told in (
        ("mine", "mine already holds metrics.json.\n"),
        ("t.csv", "the folder t.csv cannot be written: t.csv is a file.\n"),
    ):
        ended = chainrule("train", "t.csv", "--target", "c", "--out", out, *words)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(told)
    ended = chainrule("train", "t.csv", "--target", "c", *words)
    assert "the table was read" in ended.err
    assert not Path("runs").exists()


def test_a_missing_run_is_told_those_there_are_or_how_to_train_one(chainrule):
    Path("my rows.csv").write_text("a\n1\n")
    ended = chainrule("predict", "runs/rows", "my rows.csv")
    assert (ended.code, ended.err) == (
        2,
        "there is no run runs/rows.\n"
        "Train one first: chainrule train 'my rows.csv' --target COLUMN --out runs/rows\n",
    )
    ended = chainrule("predict", "other", "moons")
    assert ended.err.endswith("chainrule train moons --out other\n")
    for name in ("runs/moons", "here"):
        assert chainrule("train", "moons", "--epochs", "1", "--out", name).code == 0
    for missing, told in (
        ("runs/mons", "Did you mean runs/moons?\nFinished runs: runs/moons.\n"),
        ("mons", "Did you mean runs/moons?\nFinished runs: here, runs/moons.\n"),
        ("runs", "Finished runs: runs/moons.\n"),
    ):
        ended = chainrule("predict", missing, "moons")
        assert ended.err.endswith(f".\n{told}"), ended.err
