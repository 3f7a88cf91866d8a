"""`chainrule train`: what it says, what it writes, and how well the nets do."""

import csv
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from chainrule.train.data import load
from chainrule.train.saving import load_model
from chainrule.train.waiting import COMPILING
from tests.thorough import parametrize

FILES = ["config.toml", "history.csv", "metrics.json", "model.safetensors", "report.html"]
QUICK = ("--epochs", "3")


def table(text: str) -> dict[str, list[str]]:
    """The figures at the end, by part."""
    words = [line.split() for line in text.splitlines()]
    return {w[0]: w[1:] for w in words if w and w[0] in ("training", "validation", "test")}


def test_digits_reach_97_percent_with_the_defaults(digits):
    assert digits.ended.code == 0, digits.ended.err
    assert digits.config["result"]["test"]["accuracy"] >= 0.97


def test_a_run_leaves_its_files_and_nothing_else(digits):
    assert sorted(os.listdir(digits.folder)) == FILES
    assert os.listdir(digits.folder.parent) == ["digits"]


def test_the_table_at_the_end_holds_what_was_measured(digits):
    figures = table(digits.ended.out)
    result = digits.config["result"]
    assert list(figures) == ["training", "validation", "test"]
    for part, (rows, loss, accuracy) in figures.items():
        assert rows.replace(",", "") == str(result[part]["rows"])
        assert loss == f"{result[part]['loss']:.4f}"
        assert accuracy == f"{result[part]['accuracy']:.2%}"


def test_the_saved_model_is_as_good_as_the_table_says(digits):
    model, saved = load_model(digits.folder / "model.safetensors")
    dataset = load("digits")
    accuracy = np.mean(model(dataset.x_test).data.argmax(axis=1) == dataset.y_test)
    assert accuracy == digits.config["result"]["test"]["accuracy"]
    assert saved.preprocessing == dataset.preprocessing


def test_what_is_said_names_the_data_the_net_the_files_and_the_next_command(digits):
    said = digits.ended.out
    assert "data          digits: 64 inputs -> digit, one of 10 classes\n" in said
    assert "rows          1,294 training + 144 validation + 359 test\n" in said
    assert "net           64-64-10, relu; 4,810 parameters; softmax_cross_entropy\n" in said
    assert (
        "learning      adam at 0.003, cosine; l2 0.001; 61 epochs of batches of 32 rows\n" in said
    )
    assert re.search(r"trained       \d+\.\d s, \d+ epochs?; the weights are those of epoch", said)
    for label, name in (("report", "report.html"), ("model", "model.safetensors")):
        assert f"{label:<14}runs/digits/{name}\n" in said
    for label, name in (("history", "history.csv"), ("settings", "config.toml")):
        assert f"{label:<14}runs/digits/{name}\n" in said
    assert re.search(
        "next          .*chainrule predict runs/digits digits --out predictions.csv\n", said
    )
    assert re.search("\n              .*chainrule train digits --hidden 128\n", said)


def test_progress_is_plain_lines_where_there_is_no_terminal(digits):
    lines = [line for line in digits.ended.err.splitlines() if line != COMPILING]
    assert len(lines) <= 23
    assert re.fullmatch(
        r"epoch  1/61  loss \d\.\d{4}  accuracy \d\.\d{4}"
        r"  validation loss \d\.\d{4}  accuracy \d\.\d{4}  [\d,]+ rows/s  \d+ s left",
        lines[0],
    )
    assert "\x1b" not in digits.ended.out + digits.ended.err


def test_the_history_has_a_row_per_epoch(digits):
    with (digits.folder / "history.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == digits.config["result"]["epochs"]
    assert [row["epoch"] for row in rows] == [str(1 + number) for number in range(len(rows))]
    for name in ("loss", "accuracy", "validation_loss", "validation_accuracy", "rate", "seconds"):
        assert all(np.isfinite(float(row[name])) for row in rows)
    assert "update_ratio/layers.0.weight" in rows[0]


def test_the_configuration_holds_every_setting_with_its_default(digits):
    config = digits.config
    assert list(config) == ["versions", "data", "net", "learning", "result"]
    assert config["data"] == {
        "source": "digits",
        "name": "digits",
        "task": "classification",
        "target": "digit",
        "validation": 0.1,
        "test": 0.2,
        "seed": 0,
    }
    assert config["net"] == {
        "kind": "mlp",
        "sizes": [64, 64, 10],
        "activation": "relu",
        "dropout": 0.0,
        "dtype": "float32",
    }
    assert config["learning"] == {
        "loss": "softmax_cross_entropy",
        "optimizer": "adam",
        "learning_rate": 0.003,
        "schedule": "cosine",
        "l2": 0.001,
        "epochs": 61,
        "batch_size": 32,
        "patience": 20,
        "seed": 0,
    }


def test_a_regression_is_measured_in_the_unit_of_its_target(diabetes):
    assert diabetes.ended.code == 0, diabetes.ended.err
    heading = next(line for line in diabetes.ended.out.splitlines() if "part" in line)
    assert re.split(r"\s{2,}", heading.strip()) == [
        "part", "rows", "loss", "RMSE (progression)", "R^2",
    ]  # fmt: skip
    test = diabetes.config["result"]["test"]
    assert 40 < test["rmse"] < 65  # the target's own standard deviation is 77
    assert test["r2"] > 0.3
    assert table(diabetes.ended.out)["test"][2:] == [f"{test['rmse']:#.4g}", f"{test['r2']:#.4g}"]


ENOUGH = {
    "iris": 0.86,
    "wine": 0.94,
    "breast_cancer": 0.95,
    "moons": 0.97,
    "circles": 0.98,
    "spiral": 0.92,
}


FASHION = "fashion-mnist --hidden 128 --epochs 3"


@parametrize("words", (*ENOUGH, FASHION), few=len(ENOUGH))
def test_every_named_set_is_learned(chainrule, words):
    is_missing = not Path("/usr/share/datasets/fashion-mnist").is_dir()
    if words == FASHION and is_missing and os.environ.get("CI") != "true":
        pytest.skip("apt-get install dataset-fashion-mnist")
    ended = chainrule("train", *words.split())
    assert ended.code == 0, ended.err
    enough = {**ENOUGH, FASHION: 0.84}
    assert float(table(ended.out)["test"][2].rstrip("%")) / 100 >= enough[words]


def test_the_same_command_gives_the_same_model_to_the_bit(chainrule):
    assert chainrule("train", "moons", *QUICK, "--out", "a").code == 0
    assert chainrule("train", "moons", *QUICK, "--out", "b").code == 0
    models = [Path(run, "model.safetensors").read_bytes() for run in "ab"]
    assert models[0] == models[1]
    assert chainrule("train", "moons", *QUICK, "--out", "c", "--seed", "1").code == 0
    assert Path("c", "model.safetensors").read_bytes() != models[0]


@pytest.mark.parametrize(
    "options",
    [
        ("--hidden", "32", "16"),
        ("--activation", "tanh"),
        ("--dropout", "0.2"),
        ("--normalization", "batch"),
        ("--normalization", "layer"),
        ("--loss", "hinge"),
        ("--optimizer", "sgd", "--learning-rate", "0.1"),
        ("--schedule", "step"),
        ("--schedule", "inverse_sqrt"),
        ("--schedule", "linear"),
        ("--schedule", "constant"),
        ("--l2", "0"),
        ("--clip", "1"),
        ("--batch-size", "10000"),
        ("--test", "0"),
        ("--patience", "0"),
    ],
    ids=" ".join,
)
def test_every_option_trains_and_predicts(chainrule, options):
    trains_and_predicts(chainrule, options)


CHARTED = [
    ("--hidden", "0"),
    ("--optimizer", "lbfgs"),
    ("--validation", "0"),
    ("--test", "0", "--validation", "0"),
]


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("options", CHARTED, ids=" ".join)
def test_options_that_change_what_is_drawn(chainrule, options):
    trains_and_predicts(chainrule, options)


def trains_and_predicts(chainrule, options):
    ended = chainrule("train", "iris", *QUICK, *options)
    assert ended.code == 0, ended.err
    assert sorted(os.listdir("runs/iris")) == FILES
    assert chainrule("predict", "runs/iris", "iris").code == 0


@pytest.mark.parametrize("loss", ["absolute_error", "huber", "quantile"])
def test_every_loss_of_numbers_trains(chainrule, loss):
    assert chainrule("train", "diabetes", *QUICK, "--loss", loss).code == 0


def test_a_part_without_rows_is_not_in_the_table(chainrule):
    ended = chainrule("train", "iris", *QUICK, "--validation", "0", "--test", "0")
    assert list(table(ended.out)) == ["training"]
    assert "validation" not in ended.out.replace("--validation 0", "")  # in the next command


def test_a_taken_name_gets_a_number(chainrule):
    for _ in range(3):
        assert chainrule("train", "moons", *QUICK).code == 0
    assert sorted(os.listdir("runs")) == ["moons", "moons-2", "moons-3"]


def test_a_finished_run_is_not_replaced_unasked(chainrule):
    assert chainrule("train", "moons", *QUICK, "--out", "mine").code == 0
    before = {name: Path("mine", name).read_bytes() for name in FILES}
    ended = chainrule("train", "iris", *QUICK, "--out", "mine")
    assert ended.code == 2
    assert ended.err == (
        "mine already holds model.safetensors, history.csv, config.toml, metrics.json, "
        "report.html.\n"
        "Choose another folder, or replace them: --overwrite\n"
    )
    assert {name: Path("mine", name).read_bytes() for name in FILES} == before
    assert chainrule("train", "iris", *QUICK, "--out", "mine", "--overwrite").code == 0
    assert all(Path("mine", name).read_bytes() != before[name] for name in FILES)
    assert sorted(os.listdir("mine")) == FILES


def test_a_file_of_the_users_own_is_not_replaced(chainrule):
    Path("history.csv").write_text("mine")
    ended = chainrule("train", "moons", *QUICK, "--out", ".")
    assert ended.code == 2
    assert ended.err.startswith(". already holds history.csv.\n")
    assert Path("history.csv").read_text() == "mine"


def test_a_csv_names_the_run_after_its_file(chainrule):
    rows = "".join(f"{i},{i % 7},{'yes' if i % 2 else 'no'}\n" for i in range(60))
    Path("my data.csv").write_text("a,b,answer\n" + rows)
    ended = chainrule("train", "my data.csv", "--target", "answer", *QUICK)
    assert ended.code == 0, ended.err
    assert sorted(os.listdir("runs/my-data")) == FILES
    assert "chainrule predict runs/my-data 'my data.csv' --out predictions.csv\n" in ended.out
    assert "chainrule train 'my data.csv' --target answer --hidden 128 --epochs 3\n" in ended.out


def test_names_that_look_like_markup_are_shown_as_they_are(chainrule):
    rows = "".join(f"{i},{i * 1.5}\n" for i in range(60))
    Path("t.csv").write_text("a,[red]price[/red]\n" + rows)
    ended = chainrule("train", "t.csv", "--target", "[red]price[/red]", *QUICK)
    assert ended.code == 0, ended.err
    assert "RMSE ([red]price[/red])" in ended.out


def test_a_report_that_fails_does_not_take_the_model_with_it(chainrule, monkeypatch):
    from chainrule.cli import train_job as training
    from chainrule.errors import MissingLibraryError

    def fail(*_: object) -> str:
        raise MissingLibraryError("jinja2 is missing.", do="Install it.")

    monkeypatch.setattr(training, "report_page", fail)
    ended = chainrule("train", "moons", *QUICK)
    assert ended.code == 1
    assert "The report was not written: jinja2 is missing.\nInstall it.\n" in ended.err
    assert "report        not written\n" in ended.out
    assert sorted(os.listdir("runs/moons")) == [name for name in FILES if name != "report.html"]


def test_a_full_disk_keeps_the_old_run(chainrule, monkeypatch):
    from chainrule.train import files

    assert chainrule("train", "moons", *QUICK, "--out", "mine").code == 0
    before = Path("mine/model.safetensors").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    ended = chainrule("train", "iris", *QUICK, "--out", "mine", "--overwrite")
    assert ended.code == 2
    assert "mine/model.safetensors cannot be written: No space left on device.\n" in ended.err
    assert Path("mine/model.safetensors").read_bytes() == before
    assert sorted(os.listdir("mine")) == FILES


def test_a_run_can_be_moved(chainrule, digits, tmp_path):
    shutil.copytree(digits.folder, tmp_path / "elsewhere")
    assert chainrule("predict", "elsewhere", "digits").code == 0


@pytest.mark.parametrize("name", ["digits", "diabetes"])
def test_metrics_json_tells_what_the_table_says_and_more(name, request):
    run = request.getfixturevalue(name)
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    assert list(metrics) == ["training", "validation", "test", "constant"]
    for part, told in run.config["result"].items():
        if isinstance(told, dict):
            found = metrics[part]
            assert {"rows", "loss"} < set(told) <= set(found)
            assert told == {key: found[key] for key in told}
    assert metrics["constant"].get("accuracy", 0.1) < 0.2
    if name == "digits":
        assert len(metrics["test"]["classes"]) == 10
        assert metrics["test"]["roc_auc"] > 0.99
