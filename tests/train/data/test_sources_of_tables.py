"""The same rows from any kind of file or frame give the same inputs, bit for bit."""

import gc
import gzip
import io
import json
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from chainrule.errors import (
    ArgumentError,
    DataError,
    DTypeError,
    MissingLibraryError,
    ShapeError,
)
from chainrule.train.data import Dataset, fit_table, load

ROWS = 60
SIZES = [round(10 + 1.7 * row, 2) if row % 13 else None for row in range(ROWS)]
TOWNS = [("Kiel", "Graz", None, "Bern")[row * 7 % 4] for row in range(ROWS)]
DAYS = [f"2024-{1 + row % 12:02d}-{1 + row % 28:02d}" for row in range(ROWS)]
PRICES = [round(100.5 + (row * 37 % 61) * 0.25, 2) for row in range(ROWS)]
HEADER = ("size", "town", "day", "price")


def records():
    return list(zip(SIZES, TOWNS, DAYS, PRICES, strict=True))


def text(delimiter=",", decimal=".", end="\n", gap="", quote="", head=""):
    def cell(value):
        word = gap if value is None else str(value)
        return quote + (word.replace(".", decimal) if isinstance(value, float) else word) + quote

    lines = [delimiter.join(HEADER), *(delimiter.join(map(cell, row)) for row in records())]
    return head + end.join(lines) + end


PLAIN = text()


def same(found: Dataset, expected: Dataset) -> bool:
    return (
        found.features == expected.features
        and found.preprocessing.columns == expected.preprocessing.columns
        and found.preprocessing.target == expected.preprocessing.target
        and found.x_train.tobytes() == expected.x_train.tobytes()
        and found.y_test.tobytes() == expected.y_test.tobytes()
    )


@pytest.fixture
def plain(write):
    return load(write(PLAIN, "plain.csv"), target="price")


def test_the_plain_table_has_all_kinds_of_columns(plain):
    assert plain.features == (
        *("size", "size=missing", "town=Bern", "town=Graz", "town=Kiel", "town==missing"),
        *("day.month", "day.weekday", "day.elapsed"),
    )
    assert [role.kind for role in plain.preprocessing.roles] == [
        *("numeric", "categorical", "date and time", "target"),
    ]


WRITTEN = {
    "tabs": text("\t"),
    "semicolons and decimal commas": text(";", decimal=","),
    "bars": text("|"),
    "a line that names the delimiter": text(";", head="sep=;\n"),
    "carriage returns": text(end="\r\n"),
    "a byte order mark": "\ufeff" + PLAIN,
    "quotes": text(quote='"'),
    "quoted decimal commas": text(quote='"', decimal=","),
    "comments": "# from the office\n#\n" + PLAIN,
    "comments, blank lines and a delimiter": "\n# one\n\nsep=,\n# two\n\n" + PLAIN + "# end\n",
    "rows taken out by a comment": "# one\n" + PLAIN.replace("\n11.7", "\n#1,2,3,4\n11.7"),
    **{f"gaps called {mark}": text(gap=mark) for mark in ("NA", "n/a", "NULL", "None", "?", "-")},
    **{f"gaps called {mark}": text(gap=mark) for mark in ("NaN", "#N/A", "#DIV/0!", " NA ")},
    "UTF-16": PLAIN.encode("utf-16"),
    "gzip": gzip.compress(PLAIN.encode()),
    "gzip of decimal commas": gzip.compress(text(";", decimal=",").encode()),
}


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN.keys())
def test_text_is_read_however_it_is_written(write, plain, content):
    assert same(load(write(content, "table.csv"), target="price"), plain)


def test_thousands_are_read_in_both_alphabets(write):
    numbers = [1234.5 + 1000 * row for row in range(30)]
    english = "".join(
        f'"{number:,.1f}",{row * row % 29}.5\n' for row, number in enumerate(numbers)
    )
    german = english.replace(",", "_").replace(".", ",").replace('"_', '";').replace("_", ".")
    one = load(write("x,y\n" + english, "english.csv"), target="y")
    other = load(write("x;y\n" + german, "german.csv"), target="y")
    assert same(other, one)
    assert one.preprocessing.columns[0].median == pytest.approx(np.median(numbers), abs=5000)


def test_another_alphabet_is_decoded_and_told(write):
    content = "größe,y\n" + "".join(
        f"{'süß' if row % 2 else 'groß'},{row / 7}\n" for row in range(40)
    )
    dataset = load(write(content.encode("cp1252")), target="y")
    assert dataset.features == ("größe=groß", "größe=süß")
    assert dataset.notes[0].startswith("houses.csv is not UTF-8 (byte 0xf6 in line 1)")


def frame():
    return pd.DataFrame(
        {
            "size": np.array(SIZES, float),
            "town": TOWNS,
            "day": pd.to_datetime(DAYS),
            "price": PRICES,
        }
    )


def files(folder: Path) -> dict[str, Path]:
    """The same table in each kind of file."""
    made = {name: folder / f"table.{name}" for name in ("parquet", "jsonl", "json", "xlsx")}
    made |= {name: folder / f"table.{name}" for name in ("db", "duckdb", "csv.zst")}
    plain = folder / "for_duckdb.csv"
    plain.write_text(PLAIN)
    read = f"read_csv('{plain}')"
    for name, options in (("parquet", "parquet"), ("csv.zst", "csv, COMPRESSION zstd")):
        duckdb.sql(f"COPY (SELECT * FROM {read}) TO '{made[name]}' (FORMAT {options})")
    with duckdb.connect(str(made["duckdb"])) as connection:
        connection.execute(f"CREATE TABLE sales AS SELECT * FROM {read}")
    objects = [dict(zip(HEADER, row, strict=True)) for row in records()]
    made["jsonl"].write_text("\n".join(map(json.dumps, objects)))
    made["json"].write_text(json.dumps(objects))
    book = openpyxl.Workbook()
    for row in (HEADER, *records()):
        book.active.append(row)
    book.save(made["xlsx"])
    connection = sqlite3.connect(made["db"])
    connection.execute("CREATE TABLE sales (size REAL, town TEXT, day TEXT, price REAL)")
    connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", records())
    connection.commit()
    connection.close()
    return made


@pytest.mark.parametrize("kind", ["parquet", "jsonl", "json", "xlsx", "db", "duckdb", "csv.zst"])
def test_every_kind_of_file_gives_the_same_inputs(tmp_path, plain, kind):
    assert same(load(files(tmp_path)[kind], target="price"), plain)


@pytest.mark.parametrize("kind", ["db", "duckdb"])
def test_a_query_asks_a_database(tmp_path, plain, kind):
    path = files(tmp_path)[kind]
    found = load(path, target="price", query="SELECT price, day, town, size FROM sales;")
    assert set(found.features) == set(plain.features)
    with pytest.raises(DataError, match="nothing"):
        load(path, target="price", query="SELECT nothing FROM sales")
    with pytest.raises(DataError):
        load(path, target="price", query="SELEC")
    with pytest.raises(ArgumentError, match="a query asks a database, which"):
        load(path.with_suffix(".jsonl"), target="price", query="SELECT 1")


@pytest.mark.parametrize("kind", ["db", "duckdb"])
def test_a_database_of_several_tables_asks_which(tmp_path, kind):
    path = files(tmp_path)[kind]
    opened = sqlite3.connect(path) if kind == "db" else duckdb.connect(str(path))
    opened.execute("CREATE TABLE others (a INTEGER)")
    opened.commit() if kind == "db" else None
    opened.close()
    with pytest.raises(ArgumentError) as caught:
        load(path, target="price")
    assert caught.value.short() == (
        f"table.{kind} holds 2 tables: which rows are meant?\n"
        "    tables others, sales\n"
        'Pass query= (on the command line: --query): "SELECT * FROM others"'
    )


FRAMES = {
    "pandas": frame,
    "pandas with its own types": lambda: frame().convert_dtypes(),
    "pandas categories": lambda: frame().astype({"town": "category"}),
    "polars": lambda: pl.DataFrame(
        {"size": SIZES, "town": TOWNS, "day": DAYS, "price": PRICES}
    ).with_columns(pl.col("day").str.to_date()),
    "Arrow": lambda: pa.table({"size": SIZES, "town": TOWNS, "day": DAYS, "price": PRICES}),
    "lists": lambda: {"size": SIZES, "town": TOWNS, "day": DAYS, "price": PRICES},
    "arrays": lambda: {
        "size": np.array(SIZES, float),
        "town": np.array(TOWNS, object),
        "day": np.array(DAYS, "M8[D]"),
        "price": np.array(PRICES),
    },
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES.keys())
def test_every_kind_of_frame_gives_the_same_inputs(plain, make):
    assert same(load(make(), target="price"), plain)


def test_several_files_are_read_one_after_the_other(write, plain, tmp_path):
    header, *lines = PLAIN.splitlines()
    for number, part in enumerate((lines[:20], lines[20:])):
        write("\n".join([header, *part]), f"part-{number}.csv")
    assert same(load(tmp_path / "part-*.csv", target="price"), plain)
    write(header + "\n" + lines[0].replace("10.0", "ten").replace(",,", ",ten,"), "part-2.csv")
    write("a,b\n1,2\n", "part-3.csv")
    with pytest.raises(
        DataError, match=r"part-3\.csv has other columns than part-0\.csv: a, b, day"
    ):
        load(tmp_path / "part-*.csv", target="price")


def test_a_row_of_several_files_is_named_by_its_file(write, tmp_path):
    for number in range(2):
        rows = "".join(f"{row},{row / 7}\n" for row in range(20))
        write("x,y\n" + rows + ("many,1\n" if number else ""), f"part-{number}.csv")
    with pytest.raises(DataError, match=r"holds 'many' in line 22 of part-1\.csv where a number"):
        load(tmp_path / "part-*.csv", target="y")


def test_a_dash_is_standard_input(monkeypatch, plain):
    stream = io.TextIOWrapper(io.BytesIO(PLAIN.encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    found = load("-", target="price")
    assert same(found, plain)
    assert found.name == "stdin"


def test_nothing_is_fetched_from_a_network(tmp_path):
    from chainrule.train.data.door import opened

    with opened() as door:
        settings = dict(door.all("SELECT name, value FROM duckdb_settings()"))
        assert settings["autoinstall_known_extensions"] == "false"
        assert settings["autoload_known_extensions"] == "false"


# ------------------------------------------------------------------------------- without a split


def test_a_table_with_its_answers_beside_it_is_prepared_whole():
    inputs = frame().drop(columns="price")
    fitted = fit_table(inputs, [None, *PRICES[1:]])
    assert fitted.rows.tolist() == list(range(1, ROWS))
    assert fitted.prepared.numbers.shape == (ROWS - 1, 4)
    assert [column.name for column in fitted.prepared.columns] == [
        *("size", "month", "weekday", "elapsed"),
    ]
    assert fitted.prepared.gap_names == ("size",)
    assert fitted.prepared.categorical[0].size == 4
    again = fitted.preprocessing.prepare(inputs.iloc[1:])
    assert again.numbers.tobytes() == fitted.prepared.numbers.tobytes()
    assert again.codes.tobytes() == fitted.prepared.codes.tobytes()
    moved = inputs.iloc[1:, ::-1].assign(more=1)
    assert fitted.preprocessing.prepare(moved).codes.tobytes() == again.codes.tobytes()


def test_a_matrix_has_numbered_columns(rng):
    x, y = rng.normal(size=(40, 3)), np.arange(40) % 2
    fitted = fit_table(x, y)
    assert [column.name for column in fitted.preprocessing.columns] == ["x0", "x1", "x2"]
    assert fitted.prepared.numbers.tobytes() == np.asfortranarray(x).tobytes()
    assert fitted.preprocessing.classes == ("0", "1")


def test_what_is_no_table_is_refused():
    with pytest.raises(DTypeError, match="a table is a frame, a dict of arrays or a matrix"):
        fit_table(3, [1])
    with pytest.raises(ShapeError, match="the columns of a table are equally long"):
        fit_table({"a": [1, 2], "b": [1]}, [1, 2])
    with pytest.raises(ShapeError, match="found 2 answers for 3 rows"):
        fit_table({"a": [1, 2, 3]}, [1, 2])
    with pytest.raises(ArgumentError, match="'iris' is the name of a data set"):
        fit_table("iris", "species")


# ------------------------------------------------------------------------------- bad surroundings


def test_a_file_that_changes_while_it_is_read_is_refused(write, monkeypatch):
    from chainrule.train.data import opening

    path = write(PLAIN)
    opened = opening._opened

    def and_then_somebody_writes(*given):
        found = opened(*given)
        path.write_text(PLAIN + PLAIN.splitlines()[-1])
        return found

    monkeypatch.setattr(opening, "_opened", and_then_somebody_writes)
    with pytest.raises(DataError) as caught:
        load(path, target="price")
    assert caught.value.short() == (
        "houses.csv changed while it was read.\nRun it again when it is whole."
    )


def test_without_the_libraries_the_install_line_is_given(write, monkeypatch):
    for name, source in (
        ("duckdb", write(PLAIN)),
        ("narwhals.stable.v2", frame()),
        ("python_calamine", write(b"PK\x03\x04", "table.xlsx")),
    ):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(MissingLibraryError, match=r'pip install "chainrule\[app\]"'):
            load(source, target="price")


def test_no_library_of_tables_is_imported_before_a_table_is_read():
    code = (
        "import sys, chainrule, chainrule.train.data as data; data.load('spiral');"
        "sys.exit(any(name in sys.modules for name in ("
        "'duckdb', 'narwhals', 'python_calamine', 'pandas', 'polars', 'pyarrow')))"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_unpacked_files_are_gone_when_nobody_needs_them(write, monkeypatch, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    load(write(gzip.compress(PLAIN.encode()), "table.csv.gz"), target="price")
    gc.collect()
    assert list(scratch.iterdir()) == []


def test_progress_is_told_while_a_file_is_read(write):
    shares = list[float]()
    rows = "".join(f"{row % 89},{row % 97},{row / 7}\n" for row in range(200_000))
    load(write("a,b,y\n" + rows), target="y", progress=shares.append)
    assert shares
    assert all(0 <= share <= 1 for share in shares)


def test_infinite_numbers_in_a_frame_are_refused():
    table = {"x": [1.0, 2.0, np.inf, 4.0, 5.0, 6.0], "y": [1, 2, 3, 4, 5, 6.5]}
    with pytest.raises(DataError, match="first   inf in column 'x', row 3"):
        load(table, target="y")
