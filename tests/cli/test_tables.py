"""`chainrule train` and `predict` on tables as people have them."""

import io
import sqlite3
import sys
from pathlib import Path

import pytest

QUICK = ("--epochs", "2", "--hidden", "4")
PEOPLE = "PassengerId;Name;Age;Sex;Joined;Fare;Survived\n" + "".join(
    f"{row};Person {row};{row * 7 % 60 if row % 9 else 'NA'};{('male', 'female')[row % 2]};"
    f"{1 + row % 28:02d}.{1 + row % 12:02d}.2023;{row},{row % 10};"
    f"{('yes', 'no', '')[row % 2 if row != 50 else 2]}\n"
    for row in range(1, 121)
)


@pytest.fixture
def people(chainrule) -> str:
    Path("people.csv").write_text(PEOPLE)
    return "people.csv"


def lines_of(text: str) -> dict[str, list[str]]:
    """The lines of a table by their first word."""
    return {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.split()}


def test_a_table_is_trained_on_as_it_is_and_its_columns_are_told_first(chainrule, people):
    ended = chainrule("train", people, "--target", "Survived", *QUICK)
    assert ended.code == 0, ended.err
    said = lines_of(ended.out)
    assert " ".join(said["PassengerId"]) == (
        "left out row-number-like: 119 whole numbers in 119 rows"
    )
    assert " ".join(said["Name"]) == "left out name-like: 119 different texts in 119 rows"
    assert said["Age"] == ["numeric", "numbers,", "13", "gaps"]
    assert said["Joined"][:3] == ["date", "and", "time"]
    assert said["Fare"] == ["numeric", "numbers"]
    assert "note          1 row without a value of 'Survived' is left out\n" in ended.out
    assert ended.out.index("taken as") < ended.out.index("learning")


def test_a_run_predicts_other_columns_gaps_and_new_categories_and_counts_them(chainrule, people):
    assert chainrule("train", people, "--target", "Survived", *QUICK).code == 0
    Path("later.csv").write_text("Sex,note,Fare,Joined,Age\nother,x,1.5,1.2.2024,\nmale,,,?,7\n")
    ended = chainrule("predict", "runs/people", "later.csv", "--out", "-")
    assert ended.code == 0, ended.err
    assert ended.out.count("\n") == 3
    assert "3 gaps filled in as in training: 'Age' 1, 'Joined' 1, 'Fare' 1" in ended.err
    assert "1 cell with a category that training never had: 'Sex' 1" in ended.err


def test_columns_are_chosen_on_the_command_line(chainrule, people):
    words = ("--drop", "Joined", "Fare", "--categorical", "Age", "--missing=-", "--missing", "NA")
    ended = chainrule("train", people, "--target", "Survived", *words, *QUICK)
    assert ended.code == 0, ended.err
    said = lines_of(ended.out)
    assert said["Joined"] == said["Fare"] == ["left", "out", "as", "was", "asked"]
    assert said["Age"][:4] == ["categorical", "as", "was", "asked:"]
    again = next(line for line in ended.out.splitlines() if "--hidden 8" in line)
    assert (
        "--drop=Joined --drop=Fare --categorical=Age --missing=- --missing=NA --hidden 8" in again
    )


def test_standard_input_is_a_dash(chainrule, people, monkeypatch):
    for words in (("train", "-", "--target", "Survived", *QUICK), ("predict", "runs/stdin", "-")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PEOPLE.encode())))
        ended = chainrule(*words)
        assert ended.code == 0, ended.err


def test_a_database_is_asked_by_a_query(chainrule):
    connection = sqlite3.connect("shop.db")
    connection.execute("CREATE TABLE sales (a REAL, b REAL, y REAL)")
    rows = [(row * 7 % 31, row * 3 % 11, row / 7) for row in range(60)]
    connection.executemany("INSERT INTO sales VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()
    query = ("--query", "SELECT a, b, y FROM sales WHERE a < 100")
    ended = chainrule("train", "shop.db", *query, "--target", "y", *QUICK)
    assert ended.code == 0, ended.err
    assert "--query 'SELECT a, b, y FROM sales WHERE a < 100'" in ended.out
    assert chainrule("predict", "runs/shop", "shop.db", *query).code == 0
    ended = chainrule("train", "shop.db", "--query", "SELECT z FROM sales", "--target", "y")
    assert ended.code == 2
    assert ended.err == (
        "shop.db does not answer as an SQLite file: no such column: z.\n"
        "    query  SELECT z FROM sales\n"
        "Correct the query, or check the file.\n"
    )


REFUSED = {
    "a header only": ("a,b,y\n", "t.csv has a header but no rows.\n"),
    "a name twice": ("a,a,y\n1,2,3\n", "t.csv has the column 'a' 2 times.\n"),
    "no name": ("a,,y\n1,2,3\n", "column 2 of t.csv has no name.\n"),
    "a ragged row": ("a,y\n" + "1,2\n" * 9 + "1\n", "line 11 of t.csv has 1 field; the header"),
    "a target all missing": (
        "a,y\n" + "1,NA\n" * 9,
        "the target 'y' of t.csv is missing in all but 0 rows; ",
    ),
    "one class": ("a,y\n" + "1,no\n" * 9, "the target 'y' is the same in every row: 'no'.\n"),
    "only constants": (
        "a,y\n" + "1,0.5\n1,1.5\n" * 9,
        "t.csv has nothing to predict 'y' from: every other column is left out.\n"
        "    a  constant: always 1\n",
    ),
    "an infinite cell": (
        "a,y\n" + "".join(f"{row},{row}\n" for row in range(30)) + "-inf,3\n",
        "1 number cannot be used: a net computes with finite float32 numbers.\n"
        "    first   -inf in column 'a', line 32\n",
    ),
    "a typing error": (
        "a,y\n" + "".join(f"{row},{row}\n" for row in range(30)) + "3o,3\n",
        "column 'a' of t.csv holds '3o' in line 32 where a number belongs.\n",
    ),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_a_table_that_cannot_be_learned_says_why(chainrule, content, said):
    Path("t.csv").write_text(content)
    ended = chainrule("train", "t.csv", "--target", "y")
    assert ended.code == 2
    assert ended.err.startswith(said), ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


BROKEN = {
    "t.parquet": (b"PAR1 and nothing else", "t.parquet cannot be read as Parquet.\n"),
    "t.xlsx": (b"PK\x03\x04 and nothing else", "t.xlsx cannot be read as a workbook: "),
    "t.jsonl": (b'{"a": 1, "y":', "t.jsonl cannot be read as JSON.\n"),
    "t.duckdb": (b"12345678DUCK and nothing else", "t.duckdb cannot be opened as a DuckDB file."),
    "t.db": (b"SQLite format 3\0 and nothing else", "t.db does not answer as an SQLite file: "),
    "t.csv.gz": (b"\x1f\x8b\x08 and nothing else", "t.csv.gz does not unpack: "),
    "t.csv.zst": (b"\x28\xb5\x2f\xfd and nothing else", "t.csv.zst does not unpack.\n"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_says_what_it_is_not(chainrule, name):
    content, said = BROKEN[name]
    Path(name).write_bytes(content)
    ended = chainrule("train", name, "--target", "y")
    assert ended.code == 2, ended.err
    assert ended.err.startswith(said), ended.err
    assert len(ended.err.splitlines()) <= 5


def test_a_renamed_column_is_named(chainrule, people):
    assert chainrule("train", people, "--target", "Survived", *QUICK).code == 0
    Path("later.csv").write_text(PEOPLE.replace("Age", "age"))
    ended = chainrule("predict", "runs/people", "later.csv")
    assert ended.code == 2
    assert ended.err.startswith("later.csv lacks 1 column that the net reads: Age.\n")
