"""Columns as people write them, on the command line: units, thousands, words, changed codings."""

import tomllib
from pathlib import Path

import duckdb
import pytest

from chainrule.cli import failures
from chainrule.cli.figure_table import shown

QUICK = ("--epochs", "2", "--hidden", "4")
ROWS = 90
HEAD = "price;people;stock;paid;y\n"


def line(row, paid=("ja", "nein")):
    people = f"{100 + row * 997 % 5000:,}".replace(",", ".")
    stock = "k.A." if row % 15 == 3 else row * 37 % 89
    return f"{row * 7 % 83} €;{people};{stock};{paid[row % 2]};{('on', 'off')[row % 3 == 0]}\n"


@pytest.fixture
def shop(chainrule):
    Path("shop.csv").write_text(HEAD + "".join(map(line, range(ROWS))), encoding="utf-8")
    return "shop.csv"


def test_what_is_read_and_what_is_in_doubt_is_told_before_training(chainrule, shop):
    ended = chainrule("train", shop, "--target", "y", *QUICK)
    assert ended.code == 0, ended.err
    assert "numbers in €" in ended.out
    assert "note          'people': 1.097 is read as 1.097, not as 1097, and no cell" in ended.out
    assert "note          'stock': 'k.A.' in 6 cells is read as a gap; if it says" in ended.out
    assert ended.out.index("--decimal ,") < ended.out.index("learning")


@pytest.mark.parametrize("words", [QUICK, ("--preset", "fast"), (*QUICK, "--stream")])
def test_the_decimal_sign_is_said_once_and_kept(chainrule, shop, words):
    ended = chainrule("train", shop, "--target", "y", "--decimal", ",", "--out", "run", *words)
    assert ended.code == 0, ended.err
    assert "no cell tells" not in ended.out
    config = tomllib.loads(Path("run/config.toml").read_text(encoding="utf-8"))
    assert config["data"]["decimal"] == ","
    again = [each for each in ended.out.splitlines() if " train " in each]
    assert all("--decimal=," in each or "--decimal ," in each for each in again)
    assert again
    ended = chainrule("predict", "run", shop)
    assert ended.code == 0, ended.err
    ended = chainrule("train", shop, "--target", "y", "--decimal", ";")
    assert ended.code == 2
    assert "--decimal" in ended.err


def test_a_changed_coding_is_a_warning_of_a_prediction(chainrule, shop):
    assert chainrule("train", shop, "--target", "y", "--out", "run", *QUICK).code == 0
    later = HEAD + "".join(line(row, ("yes", "no")) for row in range(20))
    Path("later.csv").write_text(later, encoding="utf-8")
    ended = chainrule("predict", "run", "later.csv")
    assert ended.code == 0, ended.err
    assert (
        "warning       'paid': training had none of the categories in 20 of 20 cells, 'no', "
        "'yes' here and 'ja', 'nein' in training; its coding has probably changed"
    ) in ended.err


@pytest.mark.parametrize("words", [QUICK, ("--preset", "fast")])
def test_a_target_that_outweighs_is_told_before_and_after(chainrule, words):
    rows = "".join(f"{row};{row * 31 % 17}.5\n" for row in range(ROWS))
    Path("t.csv").write_text("a;y\n" + rows + "7;1000000\n")
    ended = chainrule("train", "t.csv", "--target", "y", *words)
    assert ended.code == 0, ended.err
    assert "note          'y': 1 of 91 rows outweighs all others, 1000000 in line 92" in ended.out
    assert "worth a look  1 row outweighs all others by a target far from theirs" in ended.out
    assert ended.out.count("worth a look") == 1
    assert "outweighs all others" in Path("runs/t/report.html").read_text(encoding="utf-8")


def test_a_query_that_is_misspelt_is_told_in_a_few_lines(chainrule):
    with duckdb.connect("shop.duckdb") as connection:
        connection.execute("CREATE TABLE sales AS SELECT range age, range / 7 y FROM range(40)")
    query = ("--query", "SELECT agee, y FROM sales")
    for words in ((), ("--stream",)):
        ended = chainrule("train", "shop.duckdb", "--target", "y", *query, *words)
        assert ended.code == 2
        assert ended.err == (
            'the query fails on shop.duckdb: referenced column "agee" not found in FROM clause.\n'
            "    query  SELECT agee, y FROM sales\n"
            "                  ^^^^\n"
            "Did you mean age? Correct the SQL.\n"
        )


def test_memory_that_ends_is_no_failure_of_ours(capsys):
    def ends():
        raise MemoryError("Unable to allocate 3 GiB")

    assert failures.answered(ends, debug=False) == failures.FAILED
    assert capsys.readouterr().err == (
        "There is too little memory: Unable to allocate 3 GiB.\n"
        "Read the table block by block: --stream; or take fewer rows or columns.\n"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1637.2, "1637"), (-0.0, "0.000"), (9999.7, "10,000"), (12345.6, "12,346"),
        (0.5, "0.5000"), (163.72, "163.7"), (-1637.0, "-1637"), (1e-7, "1.000e-07"),
    ],
)  # fmt: skip
def test_a_figure_has_no_idle_signs(value, said):
    assert shown("rmse", value) == said
