"""`chainrule train TABLE`: an estimator, what it is worth, and the run that it leaves."""

import contextlib
import csv
import io
import json
import os
import re
import shutil
import tomllib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.cli import main, member_bar
from chainrule.cli.member_bar import MemberBar
from chainrule.cli.options import TrainSettings
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor
from chainrule.estimators.member_training import Stand
from chainrule.estimators.presets import PRESETS
from chainrule.train.choices import Choices

from .conftest import Ended

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


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Path, dict[str, Ended]]:
    """Both tables trained once, in a folder that tests copy."""
    folder, said = tmp_path_factory.mktemp("trained"), {}
    (folder / "people.csv").write_text(people())
    (folder / "houses.csv").write_text(houses())
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "200")
        for name, target in (("people", "Survived"), ("houses", "price")):
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main(["train", f"{name}.csv", "--target", target, *FAST])
            said[name] = Ended(code, out.getvalue(), err.getvalue())
    return folder, said


@pytest.fixture
def survived(tables, trained):
    shutil.copytree(trained[0] / "runs" / "people", "runs/people")
    return trained[1]["people"]


@pytest.fixture
def priced(tables, trained):
    shutil.copytree(trained[0] / "runs" / "houses", "runs/houses")
    shutil.copy(trained[0] / "houses.csv", "houses.csv")
    return trained[1]["houses"]


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


LATER = """note,Fare,Sex,Name,PassengerId,Joined,Age
x,1.5,female,Zoe,007,1.2.2024,
x,,other,Ann,008,,7
"""


def test_a_prediction_keeps_the_names_of_the_rows_and_counts_what_is_new(chainrule, survived):
    Path("later.csv").write_text(LATER)
    ended = chainrule("predict", "runs/people", "later.csv", "--out", "-")
    assert ended.code == 0, ended.err
    rows = list(csv.DictReader(io.StringIO(ended.out)))
    assert list(rows[0]) == [
        "row", "PassengerId", "Name", "prediction", "probability no", "probability yes",
    ]  # fmt: skip
    assert [row["PassengerId"] for row in rows] == ["007", "008"]
    assert [row["Name"] for row in rows] == ["Zoe", "Ann"]
    for row in rows:
        shares = {name: float(row[f"probability {name}"]) for name in ("no", "yes")}
        assert row["prediction"] == max(shares, key=shares.__getitem__)
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
    assert ended.err.count("3 gaps filled in as in training: 'Age' 1, 'Joined' 1, 'Fare' 1") == 1
    assert ended.err.count("1 cell with a category that training never had: 'Sex' 1") == 1


def test_a_threshold_moves_the_answer_between_two_classes(chainrule, survived):
    Path("later.csv").write_text(LATER)
    for threshold, said in (("0.001", "yes"), ("0.999", "no")):
        ended = chainrule("predict", "runs/people", "later.csv", "--threshold", threshold)
        lines = [line.split() for line in ended.out.splitlines()]
        assert [line[3] for line in lines if line and line[0] in "12"] == [said, said]
    ended = chainrule("predict", "runs/people", "people.csv", "--threshold", "0.999")
    known = [line.split(";")[-1] for line in people().splitlines()[1:]]
    share = known.count("no") / (ROWS - 1)  # nobody is said to have survived
    assert f"figures       accuracy {share:.2%}, balanced accuracy 50.00%, " in ended.out
    ended = chainrule("predict", "runs/people", "later.csv", "--threshold", "1")
    assert ended.err == "--threshold is a chance between 0 and 1; found 1.\n"


def test_a_number_is_predicted_with_its_interval_and_judged(chainrule, priced):
    ended = chainrule("predict", "runs/houses", "houses.csv", "--out", "out.csv", "--rows", "2")
    assert ended.code == 0, ended.err
    rows = list(csv.DictReader(io.StringIO(Path("out.csv").read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["row", "id", "prediction", "truth", "lowest", "highest"]
    inside = [float(r["lowest"]) <= float(r["truth"]) <= float(r["highest"]) for r in rows]
    told = re.search(r"coverage ([\d.]+)% over 120 rows, those it was trained on", ended.out)
    assert float(told[1]) / 100 == pytest.approx(np.mean(inside), abs=1.1 / ROWS)  # one lies on it
    assert re.search(r"figures +RMSE \(price\) [\d.]+, MAE \(price\) [\d.]+, R\^2 0\.9", ended.out)
    ended = chainrule("predict", "runs/houses", "houses.csv", "--threshold", "0.5")
    assert ended.err == (
        "--threshold chooses between two classes, but this run answers numbers.\nLeave it out.\n"
    )


REFUSED_ROWS = {
    "Fare,Sex,Joined\n1,male,\n": "later.csv lacks 1 column that the net reads: Age.\n",
    "Fare,Sex,Joined,Age\nmuch,male,,3\n": "column 'Fare' of later.csv holds 'much' in line 2 ",
    "Fare,Sex,Joined,Age\n1,male,soon,3\n": "column 'Joined' of later.csv holds 'soon' in line 2 ",
    "Fare,Sex,Joined,Age,Survived\n1,male,,3,maybe\n": "the target 'Survived' holds 'maybe' in ",
}


def test_rows_that_cannot_be_predicted_are_refused_by_name(chainrule, survived):
    for content, said in REFUSED_ROWS.items():
        Path("later.csv").write_text(content)
        ended = chainrule("predict", "runs/people", "later.csv")
        assert ended.code == 2
        assert ended.err.startswith(said), ended.err


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


def test_a_threshold_names_its_class_and_says_so(chainrule, survived):
    Path("later.csv").write_text(LATER)
    for given, said, told in (
        ("0.001", "yes", "'yes' is said where its chance is 0.001 or more, else 'no'"),
        ("yes=0.999", "no", "'yes' is said where its chance is 0.999 or more, else 'no'"),
        ("no=0.001", "no", "'no' is said where its chance is 0.001 or more, else 'yes'"),
    ):
        words = ("--threshold", given, "--out", "-")
        ended = chainrule("predict", "runs/people", "later.csv", *words)
        assert ended.code == 0, ended.err
        rows = csv.DictReader(io.StringIO(ended.out))
        assert {row["prediction"] for row in rows} == {said}
        assert f"threshold     {told}\n" in ended.err
    for given, told in (
        (
            "maybe=0.3",
            "names the class 'maybe', which this run does not know.\nName 'no' or 'yes'",
        ),
        ("often", "is a chance, or CLASS=CHANCE; found often.\n"),
        ("yes=1.5", "is a chance between 0 and 1; found 1.5.\n"),
    ):
        ended = chainrule("predict", "runs/people", "later.csv", "--threshold", given)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"--threshold {told}")


def test_a_threshold_is_refused_where_there_is_nothing_to_choose_by(chainrule):
    words = ("--epochs", "1", "--hidden", "0", "--out")
    assert chainrule("train", "wine", *words, "wine").code == 0
    assert chainrule("train", "moons", "--loss", "hinge", *words, "moons").code == 0
    ended = chainrule("predict", "wine", "wine", "--threshold", "class_0=0.3")
    assert ended.err.startswith("--threshold chooses between two classes, but this run answers 3")
    ended = chainrule("predict", "moons", "moons", "--threshold", "0.3")
    assert ended.err.startswith("--threshold is a chance, but the loss of this net gives scores.")


def test_the_level_of_the_intervals_can_be_chosen_and_is_said(chainrule, priced):
    ends = {}
    for level in ("0.5", "0.9"):
        words = ("--interval", level, "--out", "-")
        ended = chainrule("predict", "runs/houses", "houses.csv", *words)
        assert ended.code == 0, ended.err
        assert (
            f"interval      {level} of such numbers lie between lowest and highest\n" in ended.err
        )
        rows = list(csv.DictReader(io.StringIO(ended.out)))
        ends[level] = float(rows[0]["highest"]) - float(rows[0]["lowest"])
        share = float(re.search(r"coverage ([\d.]+)%", ended.err)[1]) / 100
        assert share == pytest.approx(float(level), abs=0.15)
    assert ends["0.5"] < ends["0.9"]
    ended = chainrule("predict", "runs/houses", "houses.csv", "--interval", "90")
    assert ended.err.startswith("--interval is a share of the rows between 0 and 1; found 90.")
    assert "interval      0.9 of" in chainrule("predict", "runs/houses", "houses.csv").out


def test_intervals_are_refused_where_there_are_none(chainrule, survived):
    ended = chainrule("predict", "runs/people", "people.csv", "--interval", "0.5")
    assert ended.err.startswith("--interval is that of numbers from estimators, but this run ans")
    assert chainrule("train", "diabetes", "--epochs", "1", "--out", "one").code == 0
    ended = chainrule("predict", "one", "diabetes", "--interval", "0.5")
    assert "but this run is one plain net" in ended.err
