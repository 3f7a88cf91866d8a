"""`chainrule train TABLE`: an estimator, what it is worth, and the run that it leaves."""

import io
import json
import os
import re
import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.cli import member_bar
from chainrule.cli.member_bar import MemberBar
from chainrule.cli.options import TrainSettings
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor
from chainrule.estimators.member_training import Stand
from chainrule.estimators.presets import PRESETS
from chainrule.train.choices import Choices

from .conftest import FAST, FILES, ROWS, lines_of, metrics


def test_a_table_trains_the_estimator_and_the_end_says_what_it_is_worth(survived):
    assert survived.code == 0, survived.err
    assert sorted(os.listdir("runs/people")) == FILES
    said, figures = lines_of(survived.out), metrics()
    assert said["part"] == ["rows", "accuracy", "balanced accuracy", "log loss", "ROC AUC", "F1"]
    assert list(figures) == ["training", "validation", "test", "constant"]
    for line, part in (("test", "test"), ("constant", "constant")):
        assert said[line][:2] == [str(figures[part]["rows"]), f"{figures[part]['accuracy']:.2%}"]
    assert figures["training"]["rows"] + figures["test"]["rows"] == ROWS - 1
    assert figures["test"]["accuracy"] > figures["constant"]["accuracy"]
    assert [each["class"] for each in figures["test"]["classes"]] == ["no", "yes"]
    assert sum(each["rows"] for each in figures["test"]["calibration"]) == figures["test"]["rows"]
    assert re.search(r"^net 1/1  validation accuracy \d+\.\d\d%  0 s left$", survived.err, re.M)


def test_a_number_has_an_interval_and_its_coverage(priced):
    assert priced.code == 0, priced.err
    said, figures = lines_of(priced.out), metrics("houses")
    assert said["part"] == ["rows", "RMSE (price)", "MAE (price)", "R^2", "coverage"]
    assert said["constant"][-1] == "–"
    assert 0.5 < figures["test"]["coverage"] <= 1
    model = cr.load_run("runs/houses")
    assert isinstance(model, TabularRegressor)
    later = {"size": [50, 100], "shop": ["shop 1", "none"]}
    ends = model.predict_interval(later)
    np.testing.assert_allclose(ends[:, 1] - ends[:, 0], 2 * model.margin_)


def test_a_run_opens_in_python_as_the_estimator_that_was_judged(survived):
    from chainrule.train.data import load

    model = cr.load_run("runs/people")
    assert isinstance(model, TabularClassifier)
    assert model.classes_.tolist() == ["no", "yes"]
    assert "PassengerId  left out" in str(model.table_)
    assert model.predict_proba(
        {"Age": [3], "Sex": ["male"], "Joined": [""], "Fare": ["1,5"]}
    ).shape
    with pytest.raises(cr.errors.DataError, match="lacks 3 columns"):
        model.predict({"Age": [3]})
    assert load("people.csv", target="Survived").classes == ("no", "yes")


def test_the_configuration_holds_the_settings_and_the_result(survived):
    config = tomllib.loads(Path("runs/people/config.toml").read_text())
    assert config["learning"] == {"preset": "fast", "baseline": False, "seed": 0}
    assert config["data"]["source"] == "people.csv"
    assert config["result"]["test"]["accuracy"] == metrics()["test"]["accuracy"]


def test_an_option_of_a_plain_net_trains_one(chainrule, tables):
    ended = chainrule(
        "train", "people.csv", "--target", "Survived", "--hidden", "8", "--epochs", "1"
    )
    assert ended.code == 0, ended.err
    assert "net           " in ended.out
    assert "model.safetensors" in os.listdir("runs/people")


@pytest.mark.parametrize("each", fields(TrainSettings), ids=lambda each: each.name)
def test_every_option_speaks_of_a_plain_net_of_a_table_or_of_both(each):
    given = TrainSettings(**{each.name: 1})
    option = f"--{each.name.replace('_', '-')}"
    of_a_net = each.name in {own.name for own in fields(Choices)} - {"seed"} | {"validation"}
    assert given.of_a_net == ([option] if of_a_net else [])
    is_table = each.name in ("preset", "time_limit", "folds", "baseline")
    assert given.of_an_estimator == ([option] if is_table else [])


def test_folds_judge_every_row_and_keep_what_learned_from_all(chainrule, tables):
    words = ("--folds", "3", "--baseline", *FAST)
    ended = chainrule("train", "people.csv", "--target", "Survived", *words)
    assert ended.code == 0, ended.err
    figures, said = metrics(), lines_of(ended.out)
    assert list(figures) == [
        "training", "validation", "test", "fold 1", "fold 2", "fold 3", "constant",
        "baseline",
    ]  # fmt: skip
    rows = {name: each["rows"] for name, each in figures.items()}
    assert rows["training"] == rows["test"] == rows["baseline"] == ROWS - 1
    assert rows["fold 1"] + rows["fold 2"] + rows["fold 3"] == ROWS - 1
    assert {"fold 3", "baseline"} <= set(said)
    assert "baseline      boosted trees: scikit-learn's HistGradientBoosting, " in ended.out
    assert "training 4/4  net 1/1" in ended.err


def test_whole_groups_are_tested(chainrule, tables):
    words = ("--target", "price", *FAST, "--split", "group:shop")
    ended = chainrule("train", "houses.csv", *words)
    assert ended.code == 0, ended.err
    assert "name-like: the split keeps its rows together" in ended.out
    assert (
        "chainrule train houses.csv --target price --split group:shop --preset fast --folds 5"
        in ended.out
    )


def test_a_run_of_another_kind_leaves_nothing_behind(chainrule, tables):
    words = ("train", "people.csv", "--target", "Survived", "--out", "mine", "--overwrite")
    assert chainrule(*words, *FAST).code == 0
    assert chainrule(*words, "--epochs", "1").code == 0
    assert sorted(os.listdir("mine")) == [
        "config.toml", "history.csv", "metrics.json", "model.safetensors", "report.html",
    ]  # fmt: skip
    assert chainrule(*words, *FAST).code == 0
    assert sorted(os.listdir("mine")) == FILES
    assert chainrule(*words[:-1], *FAST).err.startswith(
        "mine already holds model.npz, config.toml"
    )


def test_ctrl_c_keeps_the_nets_that_are_done(chainrule, tables, monkeypatch):
    watch = MemberBar.watch

    def interrupted(bar, stand):
        bar._interruption.requested = stand.member == 3
        return watch(bar, stand)

    monkeypatch.setattr(MemberBar, "watch", interrupted)
    ended = chainrule("train", "people.csv", "--target", "Survived")
    assert ended.code == 130, ended.err
    assert "strong: eight nets, each leaves out another eighth of the rows\n" in ended.out
    assert re.search(
        r"trained .* s, 2 nets, .*; interrupted: what was learned is kept\n", ended.out
    )
    assert sorted(os.listdir("runs/people")) == FILES
    assert metrics()["validation"]["rows"] < metrics()["training"]["rows"]

    monkeypatch.setattr(MemberBar, "watch", lambda *_: True)
    ended = chainrule("train", "people.csv", "--target", "Survived", "--out", "none")
    assert (ended.code, ended.err) == (130, "Interrupted. Nothing more was written.\n")
    assert not Path("none").exists()


def test_a_terminal_gets_a_bar_with_the_score_and_the_time_left(monkeypatch):
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(member_bar, "console", lambda **_: screen)
    with member_bar.following(2, 60.0, "accuracy") as bar:
        bar.training = 1
        for epoch in (1, 2):
            bar.watch(Stand(8, 8, epoch, 2, 0.5))
    drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.file.getvalue())
    assert re.search(r"training 2/2  net 8/8 ━+ validation accuracy 50\.00%  0 s left", drawn)


@pytest.mark.parametrize(
    ("training", "told", "lines"),
    [
        (0, "interrupted: 1 of 3 folds done; kept is fold 1", ["fold 1"]),
        (2, "interrupted: 2 of 3 folds done; kept is fold 2", ["fold 1", "fold 2"]),
        (3, "interrupted: 3 of 3 folds done; kept is what was learned", ["fold 3"]),
    ],
)
def test_ctrl_c_keeps_the_folds_that_are_done(
    chainrule, tables, monkeypatch, training, told, lines
):
    watch = MemberBar.watch

    def interrupted(bar, stand):
        bar._interruption.requested |= bar.training == training and stand.member == 2
        return watch(bar, stand)

    monkeypatch.setattr(MemberBar, "watch", interrupted)
    two = Recipe(members=2, parts=2, epochs=2, batch=64, widths=(8,))
    monkeypatch.setitem(PRESETS["classes"], "strong", two)
    words = ("--folds", "3", "--baseline", "--out", "run")
    ended = chainrule("train", "people.csv", "--target", "Survived", *words)
    assert ended.code == 130, ended.err
    assert f"; {told}\n" in ended.out
    assert set(lines) <= set(lines_of(ended.out))
    figures = json.loads(Path("run/metrics.json").read_text())
    folds = [figures[name]["rows"] for name in figures if name.startswith("fold")]
    assert sum(folds) == figures["test"]["rows"]
    own = figures["training"]["rows"]
    assert own == ROWS - 1 if training == 3 else own == ROWS - 1 - folds[-1]
    assert tomllib.loads(Path("run/config.toml").read_text())["result"]["stopped"] == told
    assert chainrule("predict", "run", "people.csv").code == 0


def test_ctrl_c_before_a_fold_is_done_writes_nothing(chainrule, tables, monkeypatch):
    monkeypatch.setattr(MemberBar, "watch", lambda *_: True)
    words = ("--target", "Survived", "--folds", "3", "--out", "none")
    ended = chainrule("train", "people.csv", *words)
    assert (ended.code, ended.err) == (130, "Interrupted. Nothing more was written.\n")
    assert not Path("none").exists()


def test_a_time_limit_leaves_out_folds_and_trains_on_all_rows(chainrule, tables, monkeypatch):
    seconds = property(lambda bar: 50.0 if bar.training == 0 else 12.0)  # that are left
    monkeypatch.setattr(MemberBar, "left", seconds)
    words = ("--folds", "4", "--time-limit", "50", *FAST)
    ended = chainrule("train", "people.csv", "--target", "Survived", *words)
    assert ended.code == 0, ended.err
    assert "; the time limit ended the folds after 2 of 4\n" in ended.out
    figures = metrics()
    assert figures["training"]["rows"] == ROWS - 1
    assert figures["test"]["rows"] == figures["fold 1"]["rows"] + figures["fold 2"]["rows"]
