"""A word among numbers or dates is a gap if it repeats, and is named with its way out if not."""

import numpy as np
import pandas as pd
import pytest

import chainrule as cr
from chainrule.errors import DataError
from chainrule.train.data import Preprocessing, fit_table, open_rows, stream

pytestmark = pytest.mark.usefixtures("one_engine")

ROWS = 200
NUMBERS = [str(row * 37 % 151) for row in range(ROWS)]
DAYS = [f"{1 + row % 28}.{1 + row % 12}.2023" for row in range(ROWS)]
ANSWERS = [row * 31 % 17 + 0.5 for row in range(ROWS)]
WORDS = ["k.A.", "unbekannt", "missing", "tbd", "keine Angabe", "n.v.", "inconnu", "x"]


def with_words(cells, *words, every=20):
    """A column in which every so many cells holds one of the words, in turn."""
    found = list(cells)
    for turn, row in enumerate(range(3, len(found), every)):
        found[row] = words[turn % len(words)]
    return found


def role(fitted, name="a"):
    (found,) = [role for role in fitted.preprocessing.roles if role.name == name]
    return found.kind, found.reason


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize(("cells", "kind"), [(NUMBERS, "numeric"), (DAYS, "date and time")])
def test_a_word_that_repeats_is_a_gap_and_is_told(word, cells, kind):
    fitted = fit_table({"a": with_words(cells, word), "b": range(ROWS)}, ANSWERS)
    assert role(fitted)[0] == kind
    assert role(fitted)[1].endswith(", 10 gaps")
    assert fitted.notes == (
        f"'a': {word!r} in 10 cells is read as a gap; if it says more, take the column for "
        "categories (--categorical 'a')",
    )
    known = fitted.preprocessing
    assert known.columns[0].words == (word.lower(),)
    assert Preprocessing.from_json(known.to_json()) == known
    assert known.features[:2][-1] == "a=missing" or "a=missing" in known.features
    later = known.prepare({"a": [word, cells[0], word.upper()], "b": [1, 2, 3]})
    assert later.gaps[:, 0].tolist() == [True, False, True]
    with pytest.raises(DataError, match="holds 'other' in row 1 where a"):
        known.prepare({"a": ["other"], "b": [1]})


@pytest.mark.parametrize("source", ["file", "stream", "pandas"])
def test_words_are_gaps_from_any_source(write, source):
    cells = with_words(NUMBERS, "k.A.", "tbd")
    text = "a,b,y\n" + "".join(
        f"{a},{b},{y}\n" for a, b, y in zip(cells, range(ROWS), ANSWERS, strict=True)
    )
    if source == "pandas":
        known = fit_table(pd.DataFrame({"a": cells, "b": range(ROWS)}), ANSWERS).preprocessing
    elif source == "stream":
        known = stream(write(text), "y", validation=0, test=0).preprocessing
    else:
        known = fit_table(write(text), "y").preprocessing
    assert known.columns[0].words == ("k.a.", "tbd")
    assert known.columns[0].has_gaps
    rows = open_rows(write("a,b\nk.A.,1\n5,2\n", "later.csv"), known)
    assert rows.notes == ("1 gap filled in as in training: 'a' 1",)


def test_rows_whose_target_is_a_word_are_left_out():
    fitted = fit_table({"a": range(ROWS), "y": with_words(NUMBERS, "k.A.")}, "y")
    assert len(fitted.rows) == ROWS - 10
    assert "10 rows without a value of 'y' are left out" in fitted.notes
    assert any(
        note.startswith("'y': 'k.A.' in 10 cells is read as a gap") for note in fitted.notes
    )


HINTS = {
    "three words": (
        with_words(NUMBERS, "k.A.", "tbd", "offen", every=10),
        "'k.A.' in 7 cells, 'tbd' in 7, 'offen' in 6 among 180 numbers; "
        "if it is a gap: --missing 'k.A.' 'tbd' 'offen'",
    ),
    "a word in a third of the cells": (
        with_words(NUMBERS, "k.A.", every=3),
        "'k.A.' in 66 cells among 134 numbers; if it is a gap: --missing 'k.A.'",
    ),
    "ranges": (
        with_words(NUMBERS, "10-20", "100+"),
        "'10-20' in 5 cells, '100+' in 5 among 190 numbers, first in row 4",
    ),
    "a date that no calendar has": (
        [*DAYS[:-1], "31.2.2023"],
        "'31.2.2023' in 1 cell among 199 dates, first in row 200",
    ),
}


@pytest.mark.parametrize(("cells", "told"), HINTS.values(), ids=HINTS.keys())
def test_what_keeps_a_column_from_being_numbers_or_dates_stands_in_its_reason(cells, told):
    fitted = fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)
    kind, reason = role(fitted)
    assert kind in ("left out", "categorical")
    assert reason.endswith(f"; {told}"), reason


def test_the_options_that_a_reason_names_make_numbers_of_the_column():
    cells = with_words(NUMBERS, "k.A.", "tbd", "offen", every=10)
    table = {"a": cells, "b": range(ROWS)}
    for options in ({"missing": ["k.A.", "tbd", "offen"]}, {"numeric": ["a"]}):
        fitted = fit_table(table, ANSWERS, **options)
        assert role(fitted)[0] == "numeric"
        assert role(fitted)[1].endswith("numbers, 20 gaps")
    with pytest.raises(DataError, match="holds '10-20' in row 4 where a number belongs"):
        fit_table({"a": with_words(NUMBERS, "10-20"), "b": range(ROWS)}, ANSWERS, numeric=["a"])


def test_a_code_with_a_word_among_it_stays_a_category():
    grades = with_words([str(1 + row % 6) for row in range(ROWS)], "absent")
    fitted = fit_table({"a": grades, "b": range(ROWS)}, ANSWERS)
    assert role(fitted) == ("categorical", "7 categories")
    answers = [("1", "2", "unknown")[row % 3] for row in range(ROWS)]
    assert fit_table({"a": NUMBERS}, answers).preprocessing.classes == ("1", "2", "unknown")


def test_a_word_among_few_numbers_is_told_with_the_option_that_makes_numbers_of_them():
    counts = with_words([str(row % 4) for row in range(ROWS)], "k.A.")
    table = {"a": counts, "b": range(ROWS)}
    fitted = fit_table(table, ANSWERS)
    assert role(fitted) == ("categorical", "5 categories")
    assert fitted.notes == (
        "'a': 'k.A.' in 10 cells among few different numbers makes categories of them all; if it "
        "is a gap, name it (--missing 'k.A.')",
    )
    assert role(fit_table(table, ANSWERS, missing=["k.A."])) == ("numeric", "numbers, 10 gaps")


def test_one_word_alone_is_still_a_typing_error():
    cells = [*NUMBERS[:-1], "k.A."]
    with pytest.raises(DataError, match=r"holds 'k\.A\.' in row 200 where a number belongs"):
        fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)


def test_a_number_may_stand_for_a_gap_in_columns_of_numbers(write):
    numbers = [float(cell) for cell in NUMBERS]
    numbers[::10] = [-999.0] * len(numbers[::10])
    table = {"a": numbers, "b": [float(row) for row in range(ROWS)]}
    known = fit_table(table, ANSWERS, missing=["-999"]).preprocessing
    assert known.columns[0].has_gaps
    assert known.columns[0].mean > 0
    assert known.prepare({"a": [-999, 1], "b": [1, 2]}).gaps.ravel().tolist() == [True, False]
    path = write("placeholder", "t.parquet")
    pd.DataFrame({**table, "y": ANSWERS}).to_parquet(path)
    streamed = stream(path, "y", validation=0, test=0, missing=["-999"])
    (column, _) = streamed.preprocessing.columns
    assert column.has_gaps
    assert column.mean == pytest.approx(known.columns[0].mean)
    assert column.std == pytest.approx(known.columns[0].std)
    assert np.isfinite(streamed.x_train).all()
    assert streamed.x_train[:, 1].sum() == 20


def test_many_other_cells_are_counted_rather_than_listed():
    cells = [cell if row % 5 else f"PC {row}" for row, cell in enumerate(NUMBERS)]
    kind, reason = role(fit_table({"a": cells, "b": range(ROWS)}, ANSWERS))
    assert kind == "left out"
    assert reason.endswith(
        "; 'PC 0' in 1 cell, 'PC 10' in 1, 'PC 100' in 1, 'PC 105' in 1 and 36 more among 160 "
        "numbers, first in row 1"
    )


def test_a_word_far_below_the_first_rows_is_a_gap_in_a_file_and_in_a_stream(write):
    rows = 40_000
    head = "".join(f"{row * 37 % 997},{row % 13}\n" for row in range(rows))
    path = write("a,y\n" + head + "k.A.,1\n" * 50)
    known = fit_table(path, "y", task="numbers").preprocessing
    streamed = stream(path, "y", task="numbers", validation=0, test=0).preprocessing
    for found in (known, streamed):
        assert found.columns[0].words == ("k.a.",)
        assert found.columns[0].has_gaps
    assert streamed.columns[0].mean == pytest.approx(known.columns[0].mean)


@pytest.mark.parametrize(("cells", "row"), [(NUMBERS, "row 3"), (DAYS, "row 3")])
def test_the_first_cell_that_is_none_is_named_however_many_follow(cells, row):
    known = fit_table({"a": cells, "b": range(ROWS)}, ANSWERS).preprocessing
    later = [cells[0], cells[1], *(f"word {number}" for number in range(8))]
    with pytest.raises(DataError, match=f"holds 'word 0' in {row} where a"):
        known.prepare({"a": later, "b": range(10)})


@pytest.mark.parametrize("read", [cr.train.data.load, stream])
def test_many_rows_whose_class_is_a_word_for_a_gap_are_told_with_the_option(read, tmp_path):
    path = tmp_path / "severity.csv"
    cells = ["none", "mild", "bad", "none"] * 10
    rows = "".join(f"{i * i % 17},{cell}\n" for i, cell in enumerate(cells))
    path.write_text("a,severity\n" + rows)
    (note,) = [note for note in read(path, "severity").notes if "without a value" in note]
    assert note.startswith("20 rows without a value of ")
    assert "if a word such as none or NA is a class of it" in note
    assert "--missing=" in note
    again = read(path, "severity", missing=[""])
    assert not [note for note in again.notes if "without a value" in note]
    assert again.preprocessing.classes == ("bad", "mild", "none")
