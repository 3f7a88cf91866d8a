"""The same rows from any kind of file give the same inputs, bit for bit."""

import io
import json
import sqlite3
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest

from chainrule.errors import ArgumentError, DataError
from chainrule.train.data import load
from tests.train.data.houses import HEADER, PLAIN, records, same


def test_the_plain_table_has_all_kinds_of_columns(plain):
    assert plain.features == (
        *("size", "size=missing", "town=Bern", "town=Graz", "town=Kiel", "town==missing"),
        *("day.month", "day.weekday", "day.elapsed"),
    )
    assert [role.kind for role in plain.preprocessing.roles] == [
        *("numeric", "categorical", "date and time", "target"),
    ]


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
