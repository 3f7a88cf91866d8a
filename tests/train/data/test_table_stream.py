"""A table on the disk that is read while it is trained on."""

import gzip
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest
from numpy.testing import assert_allclose

import chainrule as cr
from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data import load, row_spans, stream

pytestmark = pytest.mark.usefixtures("one_engine")

ROWS = 4000


@pytest.fixture
def small_spans(monkeypatch):
    """Spans of a few hundred rows."""
    monkeypatch.setattr(row_spans, "FEWEST_ROWS", 400)
    monkeypatch.setattr(row_spans, "CELLS", 1)


def rows(count=ROWS, seed=0):
    """A table as people have it: gaps, dates, words, an outlier, a number without a value."""
    rng = np.random.default_rng(seed)
    days = [date(2020, 1, 1) + timedelta(int(d)) for d in rng.integers(0, 900, count)]
    table = {
        "number": np.arange(count, dtype=float),
        "size": rng.normal(50, 9, count).round(2),
        "rooms": rng.integers(1, 7, count),
        "town": np.array(["Aa", "Bb", "Cc"])[rng.integers(0, 3, count)],
        "day": [str(d) for d in days],
        "gas": np.array(["false", "true"])[rng.integers(0, 2, count)],
    }
    table["size"][7] = 1e9
    table["price"] = (table["rooms"] * 10 + rng.normal(size=count)).round(3)
    cells = {name: [str(x) for x in column] for name, column in table.items()}
    for name in ("size", "town", "day", "price"):
        for i in rng.integers(count // 40, count, 30):
            cells[name][i] = ""
    return cells


def csv_of(cells, path, delimiter=","):
    lines = [delimiter.join(cells)]
    lines += [delimiter.join(row) for row in zip(*cells.values(), strict=True)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def parquet_of(path, groups=500, query="SELECT * FROM read_csv('{}', all_varchar=false)"):
    to = path.with_suffix(".parquet")
    duckdb.sql(f"COPY ({query.format(path)}) TO '{to}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    return to


def whole(table, epoch=0):
    parts = list(table.blocks(np.random.default_rng(epoch)))
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_all_rows_are_learned_from_as_load_learns_from_them(tmp_path, small_spans, form):
    file = csv_of(rows(), tmp_path / "houses.csv")
    file = parquet_of(file) if form == "parquet" else file
    table = stream(file, "price", validation=0, test=0)
    expected = load(file, "price", validation=0, test=0)
    assert table.features == expected.features
    assert len(table.table.spans) > 4
    for found, right in zip(
        table.preprocessing.columns, expected.preprocessing.columns, strict=True
    ):
        if hasattr(right, "std"):
            assert_allclose(
                [found.mean, found.std, found.median], [right.mean, right.std, right.median],
                rtol=2e-2,
            )  # fmt: skip
            assert (found.low is None) == (right.low is None)
            assert found.has_gaps == right.has_gaps
        elif hasattr(right, "categories"):
            assert found == right
    target, right = table.preprocessing.target, expected.preprocessing.target
    assert_allclose([target.mean, target.std], [right.mean, right.std], rtol=1e-9)
    assert table.rows == len(expected.x_train)


def test_the_parts_are_every_row_once_and_an_epoch_has_an_order_of_its_own(tmp_path, small_spans):
    cells = rows() | {"other": rows(seed=1)["size"]}
    file = parquet_of(csv_of(cells, tmp_path / "houses.csv"))
    table = stream(file, "price", numeric=["number"], seed=3)
    number = table.preprocessing.columns[0]
    assert number.name == "number"

    def numbers(x):
        return np.rint(x[:, 0] * number.std + number.mean).astype(int)

    training = numbers(whole(table)[0])
    held = [numbers(table.x_validation), numbers(table.x_test)]
    has_price = [i for i, cell in enumerate(cells["price"]) if cell]
    assert sorted(np.concatenate([training, *held])) == has_price
    assert len(training) == table.rows
    assert abs(len(held[1]) - 0.2 * len(has_price)) < 2
    assert abs(len(held[0]) - 0.08 * len(has_price)) < 2
    assert (numbers(whole(table, 1)[0]) != training).any()
    again = stream(file, "price", numeric=["number"], seed=3)
    assert (numbers(whole(again)[0]) == training).all()


def test_what_only_late_rows_hold_is_known(tmp_path, small_spans):
    cells = rows()
    cells["town"][-3:] = ["Late"] * 3
    cells["rooms"][-1] = ""
    cells["kind"] = ["yes" if float(r or 3) > 3 else "no" for r in cells["rooms"]]
    cells["kind"][-2] = "perhaps"
    file = parquet_of(csv_of(cells, tmp_path / "houses.csv"))
    table = stream(file, "kind", validation=0, test=0)
    town = next(c for c in table.preprocessing.columns if c.name == "town")
    rooms = next(c for c in table.preprocessing.columns if c.name == "rooms")
    assert "Late" in town.categories
    assert rooms.has_gaps
    assert table.classes == ("no", "perhaps", "yes")
    assert set(whole(table)[1]) == {0, 1, 2}


def test_a_target_that_has_few_numbers_in_the_sample_alone_is_an_amount(
    tmp_path, small_spans, monkeypatch
):
    monkeypatch.setattr("chainrule.train.data.overview.SAMPLE_ROWS", 64)
    cells = rows()
    cells["price"] = ["5"] * ROWS
    for i in range(100):
        cells["price"][40 * i] = str(i)
    file = parquet_of(csv_of(cells, tmp_path / "houses.csv"))
    assert stream(file, "price").task == "regression"
    assert stream(file, "price", task="classes").task == "classification"


@pytest.mark.parametrize("kind", ["gz", "jsonl", "duckdb", "pattern", "semicolons"])
def test_other_files_are_copied_and_read_alike(tmp_path, small_spans, kind):
    file, query = csv_of(rows(), tmp_path / "houses.csv"), None
    expected = stream(file, "price", validation=0, test=0)
    if kind == "gz":
        source = tmp_path / "packed.csv.gz"
        source.write_bytes(gzip.compress(file.read_bytes()))
    elif kind == "jsonl":
        source = tmp_path / "houses.jsonl"
        duckdb.sql(f"COPY (SELECT * FROM read_csv('{file}')) TO '{source}' (FORMAT json)")
    elif kind == "duckdb":
        source, query = tmp_path / "houses.duckdb", "select * from houses"
        with duckdb.connect(str(source)) as base:
            base.sql(f"CREATE TABLE houses AS SELECT * FROM read_csv('{file}')")
            base.sql("CREATE TABLE other AS SELECT 1 AS x")
    elif kind == "pattern":
        lines = file.read_text().splitlines()
        for part in range(2):
            some = lines[1 + part * 2000 : 1 + (part + 1) * 2000]
            (tmp_path / f"part-{part}.csv").write_text("\n".join([lines[0], *some]) + "\n")
        source = tmp_path / "part-*.csv"
    else:
        text = file.read_text().replace(",", ";").replace(".", ",")
        source = tmp_path / "european.csv"
        source.write_text(text)
    found = stream(str(source), "price", validation=0, test=0, query=query)
    assert found.rows == expected.rows
    assert found.features == expected.features
    assert_allclose(np.sort(whole(found)[1], 0), np.sort(whole(expected)[1], 0), rtol=1e-5)


def test_a_stream_trains_natively_and_predicts_held_out_rows(tmp_path, small_spans):
    table = stream(parquet_of(csv_of(rows(), tmp_path / "houses.csv")), "price")
    model = cr.nn.MLP([table.inputs, 16, 1], seed=0)
    history = cr.fit(
        model, table, loss=cr.squared_error, optimizer=cr.optim.Adam(0.01), epochs=12,
        batch_size=64, validation=(table.x_validation, table.y_validation),
    )  # fmt: skip
    assert history.compiled
    assert history["validation_r2"][-1] > 0.95
    assert cr.train.evaluate(model, (table.x_test, table.y_test), cr.squared_error)[1] > 0.95


def test_a_file_that_changes_is_told(tmp_path, small_spans):
    file = parquet_of(csv_of(rows(), tmp_path / "houses.csv"))
    table = stream(file, "price")
    parquet_of(csv_of(rows(seed=5), tmp_path / "houses.csv"))
    with pytest.raises(DataError, match="changed while it was trained on"):
        whole(table)


def test_a_text_table_of_another_encoding_is_brought_into_plain_form(tmp_path, small_spans):
    cells = rows()
    cells["town"] = ["Köln" if town == "Aa" else town for town in cells["town"]]
    file = csv_of(cells, tmp_path / "houses.csv")
    expected = stream(file, "price", validation=0, test=0)
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1252"))
    found = stream(file, "price", validation=0, test=0)
    assert found.features == expected.features
    assert "town=Köln" in found.features


def test_a_workbook_is_not_read_row_by_row(tmp_path):
    file = tmp_path / "sheet.xlsx"
    file.write_bytes(b"PK\x03\x04" + bytes(60))
    with pytest.raises(DataError, match="is a workbook"):
        stream(file, "y")


def test_a_wrong_cell_names_its_row(tmp_path, small_spans, monkeypatch):
    monkeypatch.setattr("chainrule.train.data.overview.SAMPLE_ROWS", 100)
    cells = rows()
    cells["size"][3332] = "fifty"
    file = parquet_of(
        csv_of(cells, tmp_path / "h.csv"), query="SELECT * FROM read_csv('{}', all_varchar=true)"
    )
    with pytest.raises(DataError, match="'fifty' in row 3333"):
        whole(stream(file, "price"))


def test_what_cannot_be_streamed_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="no table in files"):
        stream("digits")
    with pytest.raises(ArgumentError, match="no table in files"):
        stream("-", "y")
    file = csv_of(rows(50), tmp_path / "a.csv")
    with pytest.raises(UnknownNameError, match="prize"):
        stream(file, "prize")
    (tmp_path / "b.csv").write_text("x,y\n1,2\n")
    with pytest.raises(DataError, match="other columns"):
        stream(str(tmp_path / "?.csv"), "price")
    (tmp_path / "c.csv").write_text("x,y\n")
    with pytest.raises(DataError):
        stream(tmp_path / "c.csv", "y")
