"""CSV files that cannot be used: each says what, where and what to do."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ArgumentError, ChainruleError, DataError, UnknownNameError
from chainrule.train.data import load

pytestmark = pytest.mark.usefixtures("one_engine")

ROWS = "".join(f"{row},{row + 0.5}\n" for row in range(6))
MEDIAN = "(with the column's median, for example)"
NAMES = "".join(f"name{row},{row + 0.5}\n" for row in range(30))
MOSTLY = "".join(f"{'many' if row == 7 else row},{row + 0.5}\n" for row in range(30))

MALFORMED = {
    "empty file": ("", "houses.csv is empty.\nA CSV starts with a row of column names."),
    "only blanks": (
        "\n \n\n",
        "houses.csv is empty.\nA CSV starts with a row of column names.",
    ),
    "no rows": ("x,y\n", "houses.csv has a header but no rows.\nWrite the rows below the header."),
    "few rows": (
        "x,y\n1,2\n",
        "houses.csv has 1 row; a data set needs at least 5.\nAdd rows.",
    ),
    "only the target": (
        "y\n1\n2\n",
        "houses.csv has only the column 'y': there is nothing to predict it from.\n"
        "Add columns, separated by commas, semicolons or tabs.",
    ),
    "a name twice": (
        "x,y,x\n1,2,3\n",
        "houses.csv has the column 'x' 2 times.\n"
        "    columns 1, 3 of 3, split at commas\n"
        "Give every column a name of its own. If the file has no header row, write one.",
    ),
    "a column without a name": (
        f",y\n{ROWS}",
        "column 1 of houses.csv has no name.\n"
        "Name every column in the first row "
        "(pandas leaves the first one empty unless you write index=False).",
    ),
    "a row too long": (
        "x;y\n1;2\n\n1;2;3\n",
        "line 4 of houses.csv has 3 fields; the header has 2.\n"
        "    split at semicolons\n"
        "Give the row a field per column; a cell that holds the delimiter is quoted.",
    ),
    "a row too short": (
        'x\ty\n"a\nb"\t2\n1\n',
        "line 4 of houses.csv has 1 field; the header has 2.\n"
        "    split at tabs\n"
        "Give the row a field per column; a cell that holds the delimiter is quoted.",
    ),
    "an open quote": (
        f'x,y\n1,2\n"3,4\n{ROWS}',
        "houses.csv is malformed in the row that starts in line 3: unexpected end of data.\n"
        'Close every quote, and write a quote inside a quoted cell twice: "".',
    ),
    "not a number": (
        f"x,y\n{ROWS}inf,1\n-inf,2\n",
        "2 numbers cannot be used: a net computes with finite float32 numbers.\n"
        "    first   inf in column 'x', line 8\n"
        "    source  houses.csv\n"
        f"Remove such rows, or fill them in {MEDIAN}.",
    ),
    "a target that is not a number": (
        f"x,y\n{ROWS}1,inf\n",
        "1 number cannot be used: a net computes with finite float32 numbers.\n"
        "    first   inf in column 'y', line 8\n"
        "    source  houses\n"
        f"Remove such rows, or fill them in {MEDIAN}.",
    ),
    "a target that hardly a row has": (
        "x,y\n1,2\n2,NA\n3,\n4,?\n5,-\n6,null\n",
        "the target 'y' of houses.csv is missing in all but 1 row; a data set needs at least 5.\n"
        "Add rows that have it, or name another column.",
    ),
    "names of rows": (
        f"x,y\n{NAMES}",
        "houses.csv has nothing to predict 'y' from: every other column is left out.\n"
        "    x  name-like: 30 different texts in 30 rows\n"
        "Add columns; or take one nevertheless: categorical=... or numeric=... "
        "(on the command line: --categorical, --numeric).",
    ),
    "a mistyped number": (
        f"x,y\n{MOSTLY}",
        "column 'x' of houses.csv holds 'many' in line 9 where a number belongs.\n"
        "Correct the cell; or tell what it means: missing=... if it is a gap, "
        "categorical=... if the column holds categories\n"
        "(on the command line: --missing 'many', --categorical 'x').",
    ),
    "names for a target": (
        "y,x\n" + NAMES,
        "the target 'y' of houses.csv holds 30 different texts in 30 rows: too many for classes.\n"
        "    first text   'name0', line 2\n"
        "Name another column, or put the texts into groups.",
    ),
    "one class": (
        "x,y\n" + "1,yes\n" * 6,
        "the target 'y' is the same in every row: 'yes'.\n"
        "A net needs at least two classes, or numbers that differ.",
    ),
    "one number": (
        "x,y\n" + "1,0.5\n" * 6,
        "the target 'y' is the same in every row: '0.5'.\n"
        "A net needs at least two classes, or numbers that differ.",
    ),
    "no alphabet at all": (
        b"x,y\n1,2\n1,\x81\n",
        'houses.csv is not UTF-8 text: byte 0x81 in line 3.\nSave it as "CSV UTF-8".',
    ),
    "not text": (
        b"x,y\n1,\0\n",
        'houses.csv is not text: it has a zero byte in line 2.\nSave it as "CSV UTF-8".',
    ),
}


@pytest.mark.parametrize(("content", "message"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_file_says_where_and_what_to_do(write, content, message):
    with pytest.raises(DataError) as caught:
        load(write(content), target="y")
    assert caught.value.short() == message


def test_a_field_without_end_is_malformed_not_a_crash(write):
    with pytest.raises(
        DataError, match="malformed in the row that starts in line 1: field larger"
    ):
        load(write("x" * 200_000), target="y")


def test_a_file_that_cannot_be_read_says_why(write, monkeypatch):
    path = write("x,y\n")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(DataError) as caught:
        load(path, target="y")
    assert caught.value.short() == (
        "houses.csv cannot be read: Permission denied.\nCheck the file's permissions."
    )


def test_a_csv_needs_a_target(write):
    with pytest.raises(ArgumentError) as caught:
        load(write(f"x,y\n{ROWS}"))
    assert caught.value.short() == (
        "houses.csv needs a target: the name of the column to predict.\n"
        "    columns x, y\n"
        "Pass target=NAME (on the command line: --target NAME)."
    )


def test_an_unknown_target_suggests_the_nearest_column(write):
    with pytest.raises(UnknownNameError) as caught:
        load(write(f"size,price\n{ROWS}"), target="prize")
    assert caught.value.short() == (
        "there is no column named 'prize'; did you mean 'price'?\nKnown: size, price."
    )


def test_a_wide_file_lists_the_nearest_columns_only(write):
    header = ",".join(f"c{column}" for column in range(500))
    with pytest.raises(UnknownNameError) as caught:
        load(write(f"{header}\n{header}\n"), target="c_499")
    message = caught.value.short()
    assert "did you mean 'c499'?" in message
    assert message.endswith("And 488 more columns.")
    assert len(message) < 200
    with pytest.raises(ArgumentError, match=r"columns c0, c1, .* c11 and 488 more"):
        load(write(f"{header}\n{header}\n"))


def test_every_refusal_is_a_chainrule_error_and_no_traceback_from_below(write):
    for content, _ in MALFORMED.values():
        with pytest.raises(ChainruleError) as caught:
            load(write(content), target="y")
        assert caught.value.__cause__ is None


@given(st.text(alphabet=',;\t"\r\n 01.eya\u0661\u2028_-', max_size=80) | st.binary(max_size=40))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content if isinstance(content, bytes) else f"x,y\n{content}".encode())
    with contextlib.suppress(ChainruleError):
        load(path, target="y")
