"""History: columns, tables and files; and the figures that fit puts in."""

import csv
import os
import subprocess
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import nn, optim
from chainrule.errors import MissingLibraryError, OutputError, UnknownNameError
from chainrule.train import Epoch, History, fit
from chainrule.train.files import write_atomically


def trained(epochs=3, validation=True, **options):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 2))
    y = (x[:, 0] > 0).astype(int)
    settings = {
        "loss": cr.softmax_cross_entropy,
        "optimizer": optim.SGD(0.1),
        "epochs": epochs,
        "validation": (x[:10], y[:10]) if validation else None,
        "regularization": nn.L2(1e-3),
    } | options
    return fit(nn.MLP([2, 4, 2]), (x, y), **settings)


def filled(rows=2):
    history = History("accuracy", validated=True)
    for i in range(1, rows + 1):
        history.epochs.append(
            Epoch(
                i, 0.5 / i, 0.4 / i, 0.1 / i, 0.9, 0.6, float("nan"), 0.1, 0.25, 4000.0,
                {"w": 2.0}, {"w": 0.001},
            )
        )  # fmt: skip
    history.stopped = "epochs"
    return history


COLUMNS = (
    "epoch", "loss", "data_loss", "regularization_loss", "accuracy", "validation_loss",
    "validation_accuracy", "rate", "seconds", "rows_per_second", "gradient_norm/w",
    "update_ratio/w",
)  # fmt: skip


def test_columns_and_rows():
    history = filled()
    assert history.columns == COLUMNS
    assert history["loss"] == [0.5, 0.25]
    assert history["update_ratio/w"] == [0.001, 0.001]
    assert [row.epoch for row in history] == [1, 2]
    assert tuple(history.to_dict()) == COLUMNS
    with pytest.raises(UnknownNameError, match="did you mean 'loss'"):
        history["los"]


def test_columns_without_metric_and_validation_are_left_out():
    history = History()
    assert history.columns == (
        "epoch", "loss", "data_loss", "regularization_loss", "rate", "seconds", "rows_per_second",
    )  # fmt: skip
    assert len(history) == 0


def test_the_table():
    assert str(filled()) == (
        "epoch  loss  accuracy  validation loss  validation accuracy  rate  seconds"
        "  rows per second\n"
        "    1   0.5       0.9              0.6                  nan   0.1     0.25"
        "            4,000\n"
        "    2  0.25       0.9              0.6                  nan   0.1     0.25"
        "            4,000\n"
        "stopped: epochs"
    )
    assert repr(filled()) == str(filled())


def test_a_long_table_leaves_out_its_middle():
    lines = str(filled(50)).splitlines()
    assert len(lines) == 1 + 20 + 1 + 1
    assert set(lines[11].split()) == {"..."}
    assert lines[-2].split()[0] == "50"


def test_the_csv_file_holds_every_column(tmp_path):
    filled().write_csv(tmp_path / "history.csv")
    with open(tmp_path / "history.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == COLUMNS
    assert rows[1][:2] == ["1", "0.5"]
    assert rows[1][6] == ""  # NaN
    assert os.listdir(tmp_path) == ["history.csv"]


def test_writing_replaces_the_old_file_as_a_whole(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("old")
    filled().write_csv(path)
    assert path.read_text().startswith("epoch,")


def test_a_place_that_cannot_be_written_keeps_what_stood_there(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: No such file or directory"):
        filled().write_csv(tmp_path / "nowhere" / "history.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot be written"):
        filled().write_csv(tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_new_file_is_readable_like_any_other(tmp_path):
    write_atomically(tmp_path / "a", b"text")
    (tmp_path / "b").write_bytes(b"text")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = filled().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.index.tolist() == [1, 2]
    assert tuple(frame.columns) == COLUMNS[1:]


def test_without_pandas_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingLibraryError, match="pip install pandas"):
        filled().to_pandas()


def test_training_imports_no_optional_library():
    code = (
        "import sys, chainrule.train;"
        "print({'pandas', 'sklearn', 'rich', 'torch', 'matplotlib'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "set()\n"


def test_fit_fills_every_column():
    table = trained().to_dict()
    assert {len(column) for column in table.values()} == {3}
    assert table["epoch"] == [1, 2, 3]
    for name, column in table.items():
        if name != "update_ratio/layers.0.bias" and name != "update_ratio/layers.2.bias":
            assert np.isfinite(column).all(), name
    assert all(seconds > 0 for seconds in table["seconds"])
    assert all(rows > 0 for rows in table["rows_per_second"])
    np.testing.assert_allclose(
        np.add(table["data_loss"], table["regularization_loss"]), table["loss"]
    )


def test_the_update_ratio_is_rate_times_gradient_over_weight():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 2)), rng.integers(0, 2, 40)
    model = nn.Linear(2, 2)
    before = model.weight.data.copy()
    history = fit(
        model,
        (x, y),
        loss=cr.softmax_cross_entropy,
        optimizer=optim.SGD(0.1),
        epochs=1,
        batch_size=40,
    )
    norm = history["gradient_norm/weight"][0]
    ratio = history["update_ratio/weight"][0]
    assert ratio == pytest.approx(0.1 * norm / np.linalg.norm(before), rel=1e-5)
    assert np.isnan(history["update_ratio/bias"][0])  # it was 0


def test_metrics_have_their_names():
    assert trained().metric == "accuracy"
    assert trained(metric=None).metric == ""
    assert "accuracy" not in trained(metric=None).columns

    def hits(out, y):
        return np.mean(out.argmax(1) == y)

    history, usual = trained(metric=hits), trained()
    assert history.metric == "hits"
    np.testing.assert_allclose(history["validation_hits"], usual["validation_accuracy"])
    np.testing.assert_allclose(history["hits"], usual["accuracy"])


def test_progress_writes_a_line_per_epoch(capsys):
    trained(epochs=2, progress=True)
    out = capsys.readouterr()
    lines = out.err.splitlines()
    assert out.out == ""
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  loss 0.")
    for part in ("accuracy 0.", "validation loss 0.", " rows/s", " s left"):
        assert part in lines[0]
    assert lines[1].endswith("  0 s left")
