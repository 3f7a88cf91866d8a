"""A number is read in later rows as it was written in the training table: 1.500 is not 1,5."""

import gzip

import numpy as np
import pytest

from chainrule.train.data import Preprocessing, fit_table, open_rows, stream

ROWS = [(2.0 * i * i + 7, 0.5 * i, 3.5 * i) for i in range(1, 61)]


def european(number):
    return f"{number:,}".translate(str.maketrans(",.", ".,")).removesuffix(",0")


@pytest.fixture
def table(tmp_path):
    """Thousands in one column; only the target has a decimal comma."""
    lines = ["amount;b;y"]
    lines += [f"{european(a)};{int(2 * b)};{european(y + 0.5)}" for a, b, y in ROWS]
    file = tmp_path / "a.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def amounts(preprocessing, source):
    rows = open_rows(source, preprocessing)
    (column,) = [c for c in preprocessing.columns if c.name == "amount"]
    place = preprocessing.features.index("amount")
    return np.rint(rows.x[:, place].astype(float) * column.std + column.mean).tolist()


def test_a_later_file_without_a_decimal_comma_is_read_alike(table, tmp_path):
    learned = fit_table(table, "y").preprocessing
    assert learned.has_decimal_commas
    assert Preprocessing.from_json(learned.to_json()) == learned
    later = "amount;b\n1.500;3\n2.057;4\n907;5\n"
    (tmp_path / "later.csv").write_text(later)
    (tmp_path / "later.csv.gz").write_bytes(gzip.compress(later.encode()))
    (tmp_path / "one.csv").write_text("amount;b\n1.500;3\n")
    for name in ("later.csv", "later.csv.gz"):
        assert amounts(learned, tmp_path / name) == [1500, 2057, 907]
    assert amounts(learned, tmp_path / "one.csv") == [1500]
    assert (
        amounts(learned, {"amount": ["1.500", "1.500,00", "1500"], "b": [3, 3, 3]}) == [1500] * 3
    )
    assert amounts(learned, {"amount": [1500.0], "b": [3]}) == [1500]


def test_a_later_file_that_shows_decimal_points_has_them(table, tmp_path):
    learned = fit_table(table, "y").preprocessing
    (tmp_path / "points.csv").write_text("amount;b\n1500.0;3.5\n907.0;4.5\n")
    assert amounts(learned, tmp_path / "points.csv") == [1500, 907]


def test_files_that_are_read_together_are_written_alike(table, tmp_path):
    (tmp_path / "b.csv").write_text("amount;b;y\n1.170;3;4\n2.616;4;5\n1.780;4;6\n")
    fitted = fit_table(str(tmp_path / "?.csv"), "y")
    assert fitted.prepared.numbers[-3:, 0].tolist() == [1170, 2616, 1780]
    streamed = stream(str(tmp_path / "?.csv"), "y", validation=0, test=0)
    (column,) = [c for c in streamed.preprocessing.columns if c.name == "amount"]
    assert column.mean == pytest.approx(fitted.prepared.numbers[:, 0].mean(), rel=1e-6)


def test_texts_of_a_frame_say_how_numbers_are_written():
    frame = {"amount": [european(a + 0.25) for a, _, _ in ROWS], "b": [b for _, b, _ in ROWS]}
    fitted = fit_table(frame, [y for _, _, y in ROWS])
    assert fitted.preprocessing.prepare({"amount": ["1.500"], "b": [1.0]}).numbers[0, 0] == 1500
