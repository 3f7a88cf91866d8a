"""A query with an error is refused in our form: the reason, the place, and what may be meant."""

import sqlite3

import duckdb
import pytest

from chainrule.errors import ArgumentError, DataError
from chainrule.train.data import load, stream

SCHEMA = "CREATE TABLE sales (age INTEGER, price DOUBLE, y DOUBLE)"
WRONG = {
    "a column": ("SELECT agee, y FROM sales", "agee", "age"),
    "a table": ("SELECT * FROM salez", "salez", "sales"),
    "a column of a named table": ("SELECT s.pric FROM sales s", "pric", "price"),
    "a function": ("SELECT summ(age) FROM sales", "summ", "sum"),
    "the first word": ("selec * FROM sales", "selec", "SELECT"),
    "a word in the middle": ("SELECT * form sales", "sales", "FROM"),
    "a word further on": ("SELECT *\nFROM sales wher age > 3", "age", "WHERE"),
}
OF_SQLITE = {"a column", "a table", "a column of a named table", "the first word"}


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(SCHEMA)
        connection.execute("INSERT INTO sales SELECT range, range * 2.5, range / 7 FROM range(40)")
    return path


@pytest.fixture
def lite(tmp_path):
    path = tmp_path / "shop.db"
    connection = sqlite3.connect(path)
    connection.execute(SCHEMA)
    rows = [(row, row * 2.5, row / 7) for row in range(40)]
    connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize("read", [load, stream])
@pytest.mark.parametrize(("query", "found", "meant"), WRONG.values(), ids=WRONG.keys())
def test_a_word_that_is_misspelt_is_told_with_the_one_that_may_be_meant(
    shop, read, query, found, meant
):
    with pytest.raises(DataError) as caught:
        read(shop, "y", query=query)
    first, *others = caught.value.short().splitlines()
    assert first.startswith("the query fails on shop.duckdb: ")
    assert found in first
    assert "DESCRIBE" not in caught.value.short()
    assert others[0].startswith("    query  ")
    assert others[-1].startswith(f"Did you mean {meant}")
    assert others[-1].endswith("? Correct the SQL.")


def test_the_place_of_the_error_is_shown(shop):
    with pytest.raises(DataError) as caught:
        load(shop, "y", query="SELECT age,\nprize FROM sales")
    assert caught.value.short() == (
        'the query fails on shop.duckdb: referenced column "prize" not found in FROM clause.\n'
        "    query  prize FROM sales\n"
        "           ^^^^^\n"
        "Did you mean price? Correct the SQL."
    )


@pytest.mark.parametrize("case", sorted(OF_SQLITE))
def test_sqlite_tells_what_may_be_meant_as_well(lite, case):
    query, _, meant = WRONG[case]
    with pytest.raises(DataError) as caught:
        load(lite, "y", query=query)
    assert f"Did you mean {meant}? Correct the query" in caught.value.short()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("INSERT INTO sales VALUES (1, 2, 3)", "the statement INSERT"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("", "0 statements"),
        ("DROP TABLE sales", "the statement DROP"),
    ],
)
def test_what_asks_for_no_rows_is_refused(shop, query, found):
    with pytest.raises(DataError, match=f"asks for rows by one SELECT; found {found}"):
        load(shop, "y", query=query)
    assert len(load(shop, "y", query="SELECT * FROM sales;", test=0, validation=0).x_train) == 40


@pytest.mark.parametrize("kind", ["duckdb", "db"])
def test_a_database_without_a_table_is_refused(tmp_path, kind):
    path = tmp_path / f"empty.{kind}"
    opened = sqlite3.connect(path) if kind == "db" else duckdb.connect(str(path))
    if kind == "db":
        opened.execute("CREATE TABLE a (b INTEGER)")
        opened.execute("DROP TABLE a")
        opened.commit()
    opened.close()
    with pytest.raises(DataError) as caught:
        load(path, "y")
    assert caught.value.short() == (
        f"empty.{kind} holds no table.\nGive a database that holds rows."
    )
    with pytest.raises(DataError, match="sales"):
        load(path, "y", query="SELECT * FROM sales")


def test_a_query_of_what_is_no_database_is_refused(write):
    with pytest.raises(ArgumentError, match="a query asks a database, which"):
        load(write("a,y\n1,2\n"), "y", query="SELECT 1")
