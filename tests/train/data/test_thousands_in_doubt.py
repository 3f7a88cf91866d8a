"""2.111 beside 361 may be a thousand: told where no cell proves it, and decided by hand."""

import gzip

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.train.data import Preprocessing, fit_table, load, open_rows, stream
from tests.thorough import crossed

pytestmark = pytest.mark.usefixtures("one_engine")

ROWS = 60
PEOPLE = [100 + row * 997 % 5000 for row in range(ROWS)]
ANSWERS = [row % 7 for row in range(ROWS)]


def grouped(number, sign="."):
    return f"{number:,}".replace(",", sign)


def text(delimiter, sign, **more):
    """People with thousands; further columns by their cells."""
    lines = [delimiter.join(["people", *more, "y"])]
    for row in range(ROWS):
        cells = [grouped(PEOPLE[row], sign), *(cells[row] for cells in more.values())]
        lines.append(delimiter.join([*cells, str(ANSWERS[row])]))
    return "\n".join(lines) + "\n"


def people(fitted):
    return fitted.prepared.numbers[:, 0].tolist()


def doubts(notes):
    return [note for note in notes if "no cell tells" in note]


IN_DOUBT = {
    "points and commas": (",", "."),
    "points and semicolons": (";", "."),
    "points and tabs": ("\t", "."),
    "commas and semicolons": (";", ","),
    "commas and tabs": ("\t", ","),
}


@crossed("name, how", IN_DOUBT, ["read", "streamed", "gzip"])
def test_thousands_that_no_cell_proves_are_told_and_decided_by_hand(write, name, how):
    delimiter, sign = IN_DOUBT[name]
    content = text(delimiter, sign)
    if how == "gzip":
        path = write(gzip.compress(content.encode()), "people.csv.gz")
    else:
        path = write(content, "people.csv")

    def notes_and_mean(**options):
        if how == "streamed":
            found = stream(path, "y", validation=0, test=0, **options)
            return found.notes, found.preprocessing
        found = fit_table(path, "y", **options)
        return found.notes, found.preprocessing

    other = "," if sign == "." else "."
    notes, known = notes_and_mean()
    first = next(grouped(number, sign) for number in PEOPLE if number > 999)
    (note,) = doubts(notes)
    assert note.startswith(f"'people': {first} is read as {first.replace(',', '.')}, not as 1097")
    assert f"(--decimal {other})" in note
    notes, known = notes_and_mean(decimal=other)
    assert doubts(notes) == []
    assert known.columns[0].mean == pytest.approx(np.mean(PEOPLE))
    assert known.decimal == other
    assert Preprocessing.from_json(known.to_json()) == known
    notes, known = notes_and_mean(decimal=sign)
    assert doubts(notes) == []
    assert known.columns[0].mean < 1000


PROVEN = {
    "a decimal point": (";", ".", ["1.5", *["2.25"] * (ROWS - 1)], False),
    "a decimal comma": (";", ".", ["1,5", *["2,25"] * (ROWS - 1)], True),
    "a decimal comma of a later row": (";", ".", [*["7"] * (ROWS - 1), "1,5"], True),
    "two groups": (";", ".", ["1.234.567", *["7"] * (ROWS - 1)], True),
    "a number below one": (",", ".", ["0.125", *["7"] * (ROWS - 1)], False),
    "two groups of the other sign": ("\t", ",", ["1,234,567", *["7"] * (ROWS - 1)], True),
    "decimals of the other sign": ("\t", ",", ["1,234.5", *["7"] * (ROWS - 1)], True),
    "a price": (";", ".", ["1,50 €", *["2,25 €"] * (ROWS - 1)], True),
}


@pytest.mark.parametrize(
    ("delimiter", "sign", "cells", "are_thousands"), PROVEN.values(), ids=PROVEN.keys()
)
def test_a_cell_that_proves_the_sign_leaves_no_doubt(write, delimiter, sign, cells, are_thousands):
    fitted = fit_table(write(text(delimiter, sign, other=cells)), "y")
    assert doubts(fitted.notes) == []
    assert (people(fitted) == PEOPLE) is are_thousands


def test_proof_far_below_the_first_rows_counts(write):
    rows = "".join(f"{grouped(100 + row % 3000)};{row % 90}\n" for row in range(3000))
    fitted = fit_table(write("people;y\n" + rows + "7;0,5\n"), "y")
    assert fitted.prepared.numbers[:, 0].max() == 3099
    assert doubts(fitted.notes) == []


@pytest.mark.parametrize("make", [dict, pd.DataFrame])
def test_texts_of_a_frame_are_in_doubt_as_well(make):
    table = make({"people": [grouped(number) for number in PEOPLE], "y": ANSWERS})
    assert len(doubts(fit_table(table, "y").notes)) == 1
    fitted = fit_table(table, "y", decimal=",")
    assert people(fitted) == PEOPLE
    assert doubts(fitted.notes) == []
    later = {"people": ["1.500", "907"]}
    assert fitted.preprocessing.prepare(later).numbers[:, 0].tolist() == [1500, 907]


def test_the_target_is_in_doubt_as_well(write):
    path = write("a;y\n" + "".join(f"{n % 13};{grouped(n)}\n" for n in PEOPLE))
    assert len(doubts(fit_table(path, "y").notes)) == 1
    assert fit_table(path, "y", decimal=",").answers.tolist() == PEOPLE


def test_decimals_of_three_digits_are_not_doubted_where_every_number_has_them(write):
    rows = "".join(f"{row + 0.125:.3f},{row % 7}\n" for row in range(1, 60))
    assert doubts(fit_table(write("a,y\n" + rows), "y").notes) == []


@pytest.mark.parametrize("decimal", [",", "."])
def test_later_files_are_read_with_the_sign_that_was_said(write, decimal):
    known = fit_table(write(text(";", ".")), "y", decimal=decimal).preprocessing
    expected = [1500, 907] if decimal == "," else [1.5, 907]
    for name, delimiter in (("later.csv", ";"), ("commas.csv", ",")):
        later = write(f"people{delimiter}b\n1.500{delimiter}3.5\n907{delimiter}4\n", name)
        assert open_rows(later, known).prepared.numbers[:, 0].tolist() == expected
    assert known.prepare({"people": ["1.500", "907"]}).numbers[:, 0].tolist() == expected


def test_quoted_cells_between_commas_obey_the_sign(write):
    path = write(text(",", "."))
    assert people(fit_table(path, "y", decimal=",")) == PEOPLE
    assert people(fit_table(path, "y", decimal="."))[1] == 1.097


def test_zero_is_no_thousand():
    fitted = fit_table({"a": [f"0,{row:03d}" for row in range(100, 160)]}, np.arange(60) / 7)
    assert fitted.prepared.numbers[:2, 0].tolist() == [0.1, 0.101]


def test_a_sign_that_is_none_is_refused():
    with pytest.raises(ArgumentError, match="decimal is the sign before the decimals"):
        fit_table({"a": [1, 2]}, [1, 2], decimal=";")
    with pytest.raises(ArgumentError, match="decimal has no meaning here"):
        load("iris", decimal=",")
    with pytest.raises(UnknownNameError):
        fit_table({"a": [1, 2]}, [1, 2], task="guess")
