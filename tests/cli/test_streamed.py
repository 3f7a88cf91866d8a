"""`chainrule train --stream`: tables that stay on the disk while a net learns from them."""

import json

import numpy as np
import pytest

from chainrule.cli import reading_data
from chainrule.train.data import free_memory, row_spans


@pytest.fixture
def points(tmp_path, monkeypatch):
    """A table of several spans."""
    monkeypatch.setattr(row_spans, "FEWEST_ROWS", 400)
    monkeypatch.setattr(row_spans, "CELLS", 1)
    x = np.random.default_rng(0).normal(size=(3000, 3)).round(3)
    lines = [f"{a},{b},{c},{'above' if a > b else 'below'}" for a, b, c in x.tolist()]
    file = tmp_path / "points.csv"
    file.write_text("\n".join(["a,b,c,side", *lines]) + "\n")
    return file


TRAIN = ("--target", "side", "--epochs", "8", "--learning-rate", "0.01")


def test_a_streamed_run_is_a_run_like_others(chainrule, points, tmp_path):
    folder = tmp_path / "run"
    ended = chainrule("train", str(points), *TRAIN, "--stream", "--out", str(folder))
    assert ended.code == 0, ended.err
    assert "block by block" in ended.out
    assert "2,160 training + 240 validation + 600 test" in ended.out
    figures = json.loads((folder / "metrics.json").read_text())
    assert figures["test"]["rows"] == 600
    assert figures["test"]["accuracy"] > 0.95
    ended = chainrule("predict", str(folder), str(points))
    assert ended.code == 0, ended.err


def test_a_table_that_does_not_fit_is_streamed_without_being_asked(
    chainrule, points, tmp_path, monkeypatch
):
    monkeypatch.setattr(reading_data, "SMALL", 0)
    monkeypatch.setattr(free_memory, "free", lambda: 1000)
    ended = chainrule("train", str(points), *TRAIN, "--out", str(tmp_path / "run"))
    assert ended.code == 0, ended.err
    assert "block by block" in ended.out
    ended = chainrule("train", str(points), "--target", "side", "--preset", "fast")
    assert ended.code == 2
    assert "--preset needs all rows of a table in memory" in ended.err


@pytest.mark.parametrize(
    "more", [("--folds", "3"), ("--split", "time:a"), ("--preset", "strong"), ("--baseline",)]
)
def test_what_needs_all_rows_is_refused(chainrule, points, more):
    ended = chainrule("train", str(points), "--target", "side", "--stream", *more)
    assert ended.code == 2
    assert f"{more[0]}" in ended.err
    assert "block by block" in ended.err


def test_names_and_standard_input_cannot_be_streamed(chainrule):
    for source in ("digits", "-"):
        ended = chainrule("train", source, "--stream")
        assert ended.code == 2
        assert "no table in files" in ended.err


def test_memory_is_told_in_bytes(points, tmp_path):
    assert free_memory.free() > 1 << 20
    assert free_memory.bytes_of(points) == points.stat().st_size * free_memory.PER_BYTE
    packed = tmp_path / "points.parquet"
    with row_spans.opened() as door:
        door.run(f"COPY (SELECT * FROM read_csv('{points}')) TO '{packed}' (FORMAT parquet)")
    assert free_memory.bytes_of(packed) == 3000 * 4 * free_memory.CELL
    assert free_memory.fits([points, packed])
