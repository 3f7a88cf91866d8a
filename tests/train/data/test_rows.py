"""read_rows: later rows are read as the training rows were."""

import numpy as np
import pytest

from chainrule.errors import DataError, MissingDataError, UnknownNameError
from chainrule.train.data import fit_table, load, open_rows, read_rows

TRAINING = "area,colour,code,kind\n" + "".join(
    f"{row},{('red', 'blue')[row % 2]},{(1, 2, 'x')[row % 3]},{row % 3}\n" for row in range(30)
)


@pytest.fixture
def known(write):
    return load(write(TRAINING), target="kind").preprocessing


def test_all_rows_of_the_training_file(write, known):
    x, y = read_rows(write(TRAINING), known)
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert x.shape == (30, 6)
    assert y is not None
    assert y.tolist() == [row % 3 for row in range(30)]


def test_without_the_target_column_there_are_no_labels(write, known):
    x, y = read_rows(write("area,colour,code\n3,red,x\n"), known)
    assert x[0, 1:].tolist() == [0, 1, 0, 0, 1]
    assert y is None


def test_columns_are_found_by_name_and_extra_ones_are_ignored(write, known):
    plain, _ = read_rows(write("area,colour,code\n3,red,x\n"), known)
    moved, _ = read_rows(write("note;code;colour;area\n;x;red;3\n"), known)
    assert moved.tobytes() == plain.tobytes()


def test_a_column_keeps_the_type_it_was_learned_with(write, known):
    x, y = read_rows(write("area,colour,code,kind\n3,red,1,2.0\n4,blue,2,0\n"), known)
    assert x[:, 3:].tolist() == [[1, 0, 0], [0, 1, 0]]
    assert y is not None
    assert y.tolist() == [2, 0]


def test_a_regression_target_is_standardised_as_in_training(write):
    text = "x,y\n" + "".join(f"{row},{row / 7}\n" for row in range(30))
    known = load(write(text), target="y").preprocessing
    _, y = read_rows(write(text), known)
    assert y is not None
    assert y.shape == (30, 1)
    np.testing.assert_allclose(known.original(y), np.arange(30) / 7, atol=1e-6)


@pytest.mark.parametrize("name", ["digits", "diabetes", "spiral"])
def test_a_named_set_gives_all_its_rows(name):
    dataset = load(name)
    x, y = read_rows(name, dataset.preprocessing)
    assert y is not None
    rows = {row.tobytes() for row in x}
    assert (
        len(x)
        == len(y)
        == sum(len(part) for part in (dataset.x_train, dataset.x_validation, dataset.x_test))
    )
    assert all(row.tobytes() in rows for row in dataset.x_test)


def test_a_named_set_with_another_target_has_no_labels(write):
    header = "x,y,arm\n"
    text = header + "".join(f"{row},{row % 7},{row % 2}\n" for row in range(30))
    x, y = read_rows("moons", load(write(text), target="arm").preprocessing)
    assert x.shape == (1000, 2)
    assert y is None


MALFORMED = {
    "missing columns": (
        "area,color\n1,red\n",
        "later.csv lacks 2 columns that the net reads: colour, code.\n"
        "    'colour': did you mean 'color'?\n"
        "    columns of later.csv: area, color\n"
        "Give the columns the names they had in the training data; their order is free.",
    ),
    "text for a number": (
        "area,colour,code\n1,red,x\nmany,red,x\n",
        "column 'area' of later.csv holds 'many' in line 3 where a number belongs.\n"
        "Correct the cell: numbers are written like 12, -0.5 or 1e-3.",
    ),
    "an unknown class": (
        "area,colour,code,kind\n1,red,x,7\n",
        "the target 'kind' holds '7' in line 2, which is none of the classes.\n"
        "    classes 0, 1, 2\n"
        "Correct the value, or train again on data that has this class.",
    ),
    "infinity": (
        "area,colour,code\n1,red,x\ninf,red,x\n",
        "1 number cannot be used: a net computes with finite float32 numbers.\n"
        "    first   inf in column 'area', line 3\n"
        "    source  later.csv\n"
        "Remove such rows, or fill them in (with the column's median, for example).",
    ),
}


@pytest.mark.parametrize(("content", "message"), MALFORMED.values(), ids=MALFORMED.keys())
def test_rows_that_do_not_fit_say_where_and_what_to_do(write, known, content, message):
    with pytest.raises(DataError) as caught:
        read_rows(write(content, "later.csv"), known)
    assert caught.value.short() == message


def test_new_categories_and_gaps_are_taken_as_trained_for_and_counted(write, known):
    text = "area,colour,code\n3,red,x\n\nNA,green,?\n4,,2\n"
    rows = open_rows(write(text, "later.csv"), known)
    plain, _ = read_rows(write("area,colour,code\n14.5,red,x\n", "plain.csv"), known)
    assert rows.x[1, 1:].tolist() == [0, 0, 0, 0, 0]
    assert rows.x[2, 1:].tolist() == [0, 0, 0, 1, 0]
    assert abs(rows.x[1, 0] - plain[0, 0]) < 1  # the median, not far from the mean
    assert rows.notes == (
        "3 gaps filled in as in training: 'area' 1, 'colour' 1, 'code' 1",
        "1 cell with a category that training never had: 'colour' 1",
    )


def test_rows_without_a_target_are_predicted_and_not_judged(write, known):
    text = "area,colour,code,kind\n1,red,x,1\n1,red,x,\n2,red,x,NA\n2,red,x,0\n"
    rows = open_rows(write(text, "later.csv"), known)
    assert len(rows.x) == 4
    assert rows.answered.tolist() == [0, 3]
    assert rows.y is not None
    assert rows.y.tolist() == [1, 0]
    assert read_rows(write(text, "later.csv"), known)[1] is None


def test_a_named_set_of_other_columns_is_refused(known):
    with pytest.raises(DataError) as caught:
        read_rows("moons", known)
    assert caught.value.short() == (
        "moons lacks 3 columns that the net reads: area, colour, code.\n"
        "    columns of moons: x, y\n"
        "Give the columns the names they had in the training data; their order is free."
    )


def test_sources_are_looked_up_as_by_load(known):
    with pytest.raises(UnknownNameError, match="did you mean 'moons'"):
        read_rows("moon", known)
    with pytest.raises(MissingDataError, match=r"there is no file 'later.csv'"):
        read_rows("later.csv", known)


@pytest.mark.parametrize("other", ["FLÄCHE", "Flaeche", "flache", "Fläche ", "Flächen"])
@pytest.mark.parametrize("more", [0, 40])
def test_a_column_that_was_renamed_is_named(other, more):
    rows = {"Fläche": range(9), "Zimmer": [1, 2, 3] * 3}
    learned = fit_table(rows, [0.5 * i for i in range(9)]).preprocessing
    later = {f"more {i}": [1] for i in range(more)} | {"Zimmer": [2], other: [4]}
    with pytest.raises(DataError, match="lacks 1 column that the net reads: Fläche") as error:
        open_rows(later, learned)
    assert f"'Fläche': did you mean {other!r}?" in error.value.found
    with pytest.raises(DataError) as error:
        open_rows({"Zimmer": [2], "Preis": [4]}, learned)
    assert error.value.found == ("columns of the table: Zimmer, Preis",)
