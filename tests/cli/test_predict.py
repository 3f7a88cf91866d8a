"""`chainrule predict`: what a saved net says about rows, on the screen and as CSV."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli.answers import answers
from chainrule.train.architecture import Architecture
from chainrule.train.data import load


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_figures_are_those_of_the_table_that_training_showed(chainrule, digits):
    ended = chainrule("predict", str(digits.folder), "digits")
    parts = [digits.config["result"][part] for part in ("training", "validation", "test")]
    right = sum(round(part["accuracy"] * part["rows"]) for part in parts)
    assert ended.code == 0, ended.err
    assert (
        f"figures       accuracy {right / 1797:.2%} over 1,797 rows, "
        "those it was trained on among them\n" in ended.out
    )


def test_the_table_shows_the_first_rows(chainrule, digits):
    ended = chainrule("predict", str(digits.folder), "digits", "--rows", "3")
    lines = [line.split() for line in ended.out.splitlines()]
    assert ["row", "prediction", "truth", "probability"] in lines
    assert [line[:3] for line in lines if line and line[0] in "1234"] == [
        ["1", "0", "0"],
        ["2", "1", "1"],
        ["3", "2", "2"],
    ]
    assert "all rows      1,797 rows; to write them: --out predictions.csv\n" in ended.out


def test_the_csv_holds_every_row_with_its_probabilities(chainrule, digits):
    ended = chainrule("predict", str(digits.folder), "digits", "--out", "predictions.csv")
    assert ended.code == 0, ended.err
    assert "written       predictions.csv, 1,797 rows\n" in ended.out
    rows = rows_of(Path("predictions.csv").read_text(encoding="utf-8"))
    assert [row["row"] for row in rows] == [str(1 + number) for number in range(1797)]
    assert list(rows[0]) == ["row", "prediction", "truth"] + [
        f"probability {c}" for c in range(10)
    ]
    for row in rows:
        shares = [float(row[f"probability {c}"]) for c in range(10)]
        assert sum(shares) == pytest.approx(1, abs=1e-4)
        assert int(row["prediction"]) == np.argmax(shares)


def test_rows_of_a_csv_are_found_by_name_and_standardised_like_the_training_rows(
    chainrule, digits
):
    dataset = load("digits", validation=0)
    numeric = dataset.preprocessing.columns
    raw = dataset.x_test * [c.std for c in numeric] + [c.mean for c in numeric]
    order = np.random.default_rng(0).permutation(64)
    lines = [",".join(["id", *(numeric[i].name for i in order)])]
    lines += [f"row {n}," + ",".join(f"{v:.6f}" for v in r[order]) for n, r in enumerate(raw)]
    Path("new.csv").write_text("\n".join(lines))
    ended = chainrule("predict", str(digits.folder), "new.csv", "--out", "out.csv")
    assert ended.code == 0, ended.err
    assert "figures" not in ended.out
    said = [row["prediction"] for row in rows_of(Path("out.csv").read_text())]
    accuracy = np.mean(np.array(said) == dataset.y_test.astype(str))
    assert accuracy == digits.config["result"]["test"]["accuracy"]


def test_a_regression_answers_in_its_own_unit(chainrule, diabetes):
    ended = chainrule("predict", str(diabetes.folder), "diabetes", "--out", "out.csv")
    assert ended.code == 0, ended.err
    rows = rows_of(Path("out.csv").read_text())
    assert list(rows[0]) == ["row", "prediction", "truth"]
    said, truth = (np.array([float(r[k]) for r in rows]) for k in ("prediction", "truth"))
    assert truth[:2].tolist() == [151, 75]
    rmse = np.sqrt(np.mean((said - truth) ** 2))
    assert f"figures       RMSE (progression) {rmse:#.4g}, R^2 0.5" in ended.out


def test_a_hinge_loss_gives_scores_and_no_probabilities(chainrule):
    assert chainrule("train", "iris", "--loss", "hinge", "--epochs", "5").code == 0
    ended = chainrule("predict", "runs/iris", "iris", "--out", "-")
    rows = rows_of(ended.out)
    assert list(rows[0])[3:] == ["score setosa", "score versicolor", "score virginica"]
    assert "probability" not in ended.out + ended.err


def test_a_dash_writes_the_csv_to_standard_output_and_the_rest_to_standard_error(
    chainrule, digits
):
    ended = chainrule("predict", str(digits.folder), "digits", "--out", "-")
    assert len(rows_of(ended.out)) == 1797
    assert ended.out.startswith("row,prediction,truth,probability 0,")
    assert "accuracy" in ended.err


def test_the_model_file_itself_may_be_named(chainrule, digits):
    model = str(digits.folder / "model.safetensors")
    assert chainrule("predict", model, "digits", "--rows", "0").code == 0


def test_an_existing_file_is_replaced_only_when_asked(chainrule, digits):
    Path("out.csv").write_text("mine")
    ended = chainrule("predict", str(digits.folder), "digits", "--out", "out.csv")
    assert ended.code == 2
    assert ended.err == (
        "out.csv exists already.\nChoose another name, or replace it: --overwrite\n"
    )
    assert Path("out.csv").read_text() == "mine"
    words = ("predict", str(digits.folder), "digits", "--out", "out.csv", "--overwrite")
    assert chainrule(*words).code == 0
    assert Path("out.csv").read_text().startswith("row,prediction")


def test_the_rows_that_are_read_are_never_replaced(chainrule, digits):
    Path("rows.csv").write_text("pixel_0_0\n1\n")
    words = ("predict", str(digits.folder), "rows.csv", "--out", "./rows.csv", "--overwrite")
    ended = chainrule(*words)
    assert ended.code == 2
    assert ended.err == (
        "--out rows.csv is the file that the rows are read from.\nChoose another name.\n"
    )
    assert Path("rows.csv").read_text() == "pixel_0_0\n1\n"


def test_outputs_are_read_through_the_link_of_the_loss():
    dataset = load("diabetes")
    outputs = np.array([[-1.0], [0.0], [0.5]], np.float32)
    for loss, linked in (("poisson", np.exp(outputs.astype(float))), ("huber", outputs)):
        net = Architecture((dataset.inputs, 1), loss=loss)
        found = answers(net, dataset.preprocessing, outputs, None)
        expected = dataset.preprocessing.original(linked)
        assert [float(said) for said in found.said] == pytest.approx(expected, rel=1e-5)


def test_a_threshold_moves_the_answers_of_a_plain_net_and_their_figures(chainrule):
    assert chainrule("train", "moons", "--epochs", "1").code == 0
    ended = chainrule(
        "predict", "runs/moons", "moons", "--threshold", "0.999999", "--out", "a.csv"
    )
    rows = rows_of(Path("a.csv").read_text())
    assert len({row["prediction"] for row in rows}) == 1
    share = np.mean([row["prediction"] == row["truth"] for row in rows])
    assert f"figures       accuracy {share:.2%} over 1,000 rows" in ended.out
