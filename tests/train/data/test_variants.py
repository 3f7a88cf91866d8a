"""The same word or date written in several ways in one column is told, with where it stands."""

import pytest

from chainrule.train.data import fit_table, stream

ROWS = 90
ANSWERS = [row * 31 % 17 + 0.5 for row in range(ROWS)]


def repeated(*cells):
    return [cells[row % len(cells)] for row in range(ROWS)]


def test_words_that_differ_only_in_capitals_or_blanks_are_named_and_stay_apart():
    fitted = fit_table(
        {"a": repeated("ja", "Ja", "nein", "JA  ", "new  york", "New York")}, ANSWERS
    )
    assert fitted.notes == (
        "'a' writes the same in several ways, 'JA' (15) and 'Ja' (15) and 'ja' (15); "
        "'New York' (15) and 'new  york' (15): each counts for itself until they are written "
        "alike",
    )
    assert fitted.preprocessing.columns[0].categories == (
        *("JA", "Ja", "New York", "ja", "nein", "new  york"),
    )


def test_classes_that_differ_only_in_capitals_are_named():
    fitted = fit_table({"a": range(ROWS), "y": repeated("yes", "no", "Yes")}, "y")
    assert fitted.notes[0].startswith("'y' writes the same in several ways, 'Yes' (30) and 'yes'")
    assert fitted.preprocessing.classes == ("Yes", "no", "yes")


def test_words_that_differ_are_not_named():
    assert fit_table({"a": repeated("ja", "nein", "na ja")}, ANSWERS).notes == ()


@pytest.mark.parametrize("how", ["file", "several files", "stream"])
def test_dates_in_two_orders_are_told_with_a_witness_of_each(write, tmp_path, how):
    cells = repeated("31/12/2024", "1/2/2024", "12/30/2024")
    lines = [f"{day},{y}\n" for day, y in zip(cells, ANSWERS, strict=True)]
    write("day,y\n" + "".join(lines[:2] if how == "several files" else lines), "a.csv")
    if how == "several files":
        write("day,y\n" + "".join(lines[2:]), "b.csv")
    options = {"categorical": []}
    if how == "stream":
        found = stream(tmp_path / "a.csv", "y", **options)
        roles, places = found.preprocessing.roles, ("row 1", "row 3")
    else:
        found = fit_table(str(tmp_path / "?.csv"), "y", **options)
        roles = found.preprocessing.roles
        places = ("line 2", "line 4")
        if how == "several files":
            places = ("line 2 of a.csv", "line 2 of b.csv")
    assert (roles[0].kind, roles[0].reason) == (
        "categorical",
        "3 categories; dates in two orders",
    )
    (note,) = found.notes
    assert f"'31/12/2024' in {places[0]} starts with the day" in note
    assert f"'12/30/2024' in {places[1]} with the month" in note
