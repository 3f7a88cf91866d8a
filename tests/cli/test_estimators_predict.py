"""`chainrule predict` with a run of an estimator: names, thresholds, intervals, refusals."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

from .conftest import ROWS, people

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
    assert ended.err.startswith(
        "--interval is for the numbers of tables' nets (--preset), but this run ans"
    )
    assert chainrule("train", "diabetes", "--epochs", "1", "--out", "one").code == 0
    ended = chainrule("predict", "one", "diabetes", "--interval", "0.5")
    assert "but this run is one plain net" in ended.err
