"""`chainrule train TABLE`: an estimator, what it is worth, and the run that it leaves."""

import json
import os
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.estimators import TabularClassifier, TabularRegressor

FILES = ["config.toml", "metrics.json", "model.npz", "report.html"]
FAST = ("--preset", "fast")
RNG = np.random.default_rng(0)
ROWS = 120


def people() -> str:
    """A table with ids, names, dates, gaps, decimal commas, and one row without an answer."""
    lines = ["PassengerId;Name;Age;Sex;Joined;Fare;Survived"]
    for row in range(1, ROWS + 1):
        sex = ("male", "female")[row % 2]
        said = "" if row == 50 else ("yes" if (sex == "female") ^ (row % 10 == 0) else "no")
        day = f"{1 + row % 28:02d}.{1 + row % 12:02d}.2023"
        age = "NA" if row % 9 == 0 else row * 7 % 60
        lines.append(f"{row};Person {row};{age};{sex};{day};{row % 50},{row % 10};{said}")
    return "\n".join(lines) + "\n"


def houses() -> str:
    size = RNG.integers(30, 150, ROWS)
    price = 3.5 * size + RNG.normal(0, 20, ROWS)
    shops = [f"shop {row % 11}" for row in range(ROWS)]
    table = zip(range(1000, 1000 + ROWS), size, shops, price, strict=True)
    return "id,size,shop,price\n" + "".join(f"{i},{s},{c},{p:.2f}\n" for i, s, c, p in table)


@pytest.fixture
def tables(chainrule) -> None:
    Path("people.csv").write_text(people())
    Path("houses.csv").write_text(houses())


@pytest.fixture
def survived(chainrule, tables):
    return chainrule("train", "people.csv", "--target", "Survived", *FAST)


@pytest.fixture
def priced(chainrule, tables):
    return chainrule("train", "houses.csv", "--target", "price", *FAST)


def lines_of(said: str) -> dict[str, list[str]]:
    """The lines of the table at the end, by their first words."""
    return {
        cells[0]: cells[1:]
        for cells in (re.split(r"\s{2,}", line.strip()) for line in said.splitlines())
    }


def metrics(run: str = "people") -> dict:
    return json.loads(Path("runs", run, "metrics.json").read_text(encoding="utf-8"))


def test_a_table_trains_the_estimator_and_the_end_says_what_it_is_worth(survived):
    assert survived.code == 0, survived.err
    assert sorted(os.listdir("runs/people")) == FILES
    said, figures = lines_of(survived.out), metrics()
    assert said["part"] == ["rows", "accuracy", "balanced", "log loss", "ROC AUC", "F1"]
    assert list(figures) == ["training", "validation", "test", "constant"]
    for line, part in (("test", "test"), ("most frequent", "constant")):
        assert said[line][:2] == [str(figures[part]["rows"]), f"{figures[part]['accuracy']:.2%}"]
    assert figures["training"]["rows"] + figures["test"]["rows"] == ROWS - 1
    assert figures["test"]["accuracy"] > figures["constant"]["accuracy"]
    assert [each["class"] for each in figures["test"]["classes"]] == ["no", "yes"]
    assert sum(each["rows"] for each in figures["test"]["calibration"]) == figures["test"]["rows"]
    assert re.search(r"^net 1/1  validation accuracy \d+\.\d\d%  0 s left$", survived.err, re.M)


def test_a_number_has_an_interval_and_its_coverage(priced):
    assert priced.code == 0, priced.err
    said, figures = lines_of(priced.out), metrics("houses")
    assert said["part"] == ["rows", "RMSE (price)", "MAE (price)", "R^2", "in interval"]
    assert said["always the mean"][-1] == "–"
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


@pytest.mark.parametrize("words", [("--hidden", "8", "--epochs", "1"), ("--patience", "1")])
def test_an_option_of_a_plain_net_trains_one(chainrule, tables, words):
    ended = chainrule("train", "people.csv", "--target", "Survived", *words)
    assert ended.code == 0, ended.err
    assert "net           " in ended.out
    assert "model.safetensors" in os.listdir("runs/people")


def test_strong_is_what_nobody_has_to_ask_for(chainrule, tables):
    ended = chainrule("train", "people.csv", "--target", "Survived", "--time-limit", "0.5")
    assert ended.code == 0, ended.err
    assert "strong: eight nets, each leaves out another eighth of the rows; 0.5 s" in ended.out


def test_folds_judge_every_row_and_keep_what_learned_from_all(chainrule, tables):
    words = ("--folds", "3", "--baseline", *FAST)
    ended = chainrule("train", "people.csv", "--target", "Survived", *words)
    assert ended.code == 0, ended.err
    figures, said = metrics(), lines_of(ended.out)
    assert list(figures) == [
        "training", "validation", "test", "fold 1", "fold 2", "fold 3", "constant",
        "HistGradientBoosting",
    ]  # fmt: skip
    rows = {name: each["rows"] for name, each in figures.items()}
    assert rows["training"] == rows["test"] == rows["HistGradientBoosting"] == ROWS - 1
    assert rows["fold 1"] + rows["fold 2"] + rows["fold 3"] == ROWS - 1
    assert "fold 3" in said
    assert "training 4/4  net 1/1" in ended.err


def test_the_latest_rows_or_whole_groups_are_tested(chainrule, tables):
    words = ("--target", "price", *FAST, "--out", "mine", "--overwrite")
    ended = chainrule("train", "houses.csv", *words, "--split", "time:id")
    assert ended.code == 0, ended.err
    assert "chainrule train houses.csv --target price --split time:id --folds 5" in ended.out
    ended = chainrule("train", "houses.csv", *words, "--split", "group:shop", "--folds", "2")
    assert ended.code == 0, ended.err
    assert "name-like: the split keeps its rows together" in ended.out


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
