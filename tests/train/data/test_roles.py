"""What each column is taken for, and why; and what a user may say instead."""

import numpy as np
import pytest

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data import Preprocessing, fit_table, load, open_rows, read_rows
from chainrule.train.data.columns import Categorical, Moment, Numeric, Role
from chainrule.train.data.marks import MARKS

ROWS = 100
COLUMNS = {
    "PassengerId": range(1, ROWS + 1),
    "customer_id": [row * row % 7 for row in range(ROWS)],
    "age": [row * 7 % 83 for row in range(ROWS)],
    "member": [("yes", "no")[row % 2] for row in range(ROWS)],
    "flag": [row % 2 for row in range(ROWS)],
    "town": [("Bern", "Graz", "Kiel")[row % 3] for row in range(ROWS)],
    "name": [f"Person {row}" for row in range(ROWS)],
    "country": ["CH"] * ROWS,
    "nothing": [None] * ROWS,
    "joined": [f"{1 + row % 28}.{1 + row % 12}.2023" for row in range(ROWS)],
    "clock": [f"2023-01-{1 + row % 9:02d}T{row % 24:02d}:30:00Z" for row in range(ROWS)],
    "nested": [[row] for row in range(ROWS)],
    "y": [row * 31 % 17 + 0.5 for row in range(ROWS)],
}
ROLES = {
    "PassengerId": ("left out", "row-number-like: 100 whole numbers in 100 rows"),
    "customer_id": ("categorical", "identifiers, no quantities: 4 categories"),
    "age": ("numeric", "numbers"),
    "member": ("boolean", "no and yes"),
    "flag": ("boolean", "0 and 1"),
    "town": ("categorical", "3 categories"),
    "name": ("left out", "name-like: 100 different texts in 100 rows"),
    "country": ("left out", "constant: always 'CH'"),
    "nothing": ("left out", "no cell holds anything"),
    "joined": ("date and time", "dates, the day first: 2023-01-01 to 2023-12-28"),
    "clock": ("date and time", "dates: 2023-01-01 to 2023-01-09"),
    "nested": ("left out", "each cell holds a list or a record"),
    "y": ("target", "numbers"),
}


def roles(fitted):
    return {role.name: (role.kind, role.reason) for role in fitted.preprocessing.roles}


def test_every_column_has_a_part_and_a_reason():
    assert roles(fit_table(COLUMNS, "y")) == ROLES


def test_roles_are_kept_with_the_model_and_given_back_exactly():
    known = fit_table(COLUMNS, "y", missing=["", "?"]).preprocessing
    again = Preprocessing.from_json(known.to_json())
    assert again == known
    assert again.roles[0] == Role("PassengerId", *ROLES["PassengerId"])
    assert again.marks == ("", "?")
    assert {type(column) for column in again.columns} == {Numeric, Categorical, Moment}


def test_a_record_of_the_first_format_is_still_read():
    text = (
        '{"format": 1, "columns": [{"kind": "numeric", "name": "a", "mean": 1.0, "std": 2.0}, '
        '{"kind": "categorical", "name": "b", "categories": ["x"]}], '
        '"target": {"kind": "classes", "name": "y", "classes": ["n", "p"]}}'
    )
    known = Preprocessing.from_json(text)
    assert known.columns == (Numeric("a", 1.0, 2.0), Categorical("b", ("x",)))
    assert known.apply({"a": [3.0], "b": ["x"]}).tolist() == [[1.0, 1.0]]
    with pytest.raises(DataError, match="'green' in row 1, which no training row had"):
        known.apply({"a": [3.0], "b": ["green"]})
    with pytest.raises(DataError, match="has no value in row 1, and the net was trained without"):
        known.apply({"a": [3.0], "b": [None]})


def test_a_user_overrides_every_rule():
    options = {"drop": ["town"], "categorical": ["age", "name"], "numeric": ["customer_id"]}
    found = roles(fit_table(COLUMNS, "y", **options))
    assert found["town"] == ("left out", "as was asked")
    assert found["age"] == ("categorical", "as was asked: 83 categories")
    assert found["name"] == ("categorical", "as was asked: 100 categories")
    assert found["customer_id"] == ("numeric", "as was asked: numbers")


def test_a_small_table_has_names_too():
    names = [f"Ann {row}" for row in range(12)]
    towns = ["Bern", "Basel", "Genf"] * 4
    found = roles(fit_table({"name": names, "town": towns, "y": list(range(12))}, "y"))
    assert found["name"] == ("left out", "name-like: 12 different texts in 12 rows")
    assert found["town"] == ("categorical", "3 categories")


def test_the_task_may_be_chosen():
    table = {"x": np.arange(60) % 13, "y": [row % 4 for row in range(60)]}
    assert fit_table(table, "y").preprocessing.task == "classification"
    assert fit_table(table, "y", task="numbers").preprocessing.task == "regression"
    halves = {"x": table["x"], "y": [row % 4 / 2 for row in range(60)]}
    assert fit_table(halves, "y", task="classes").preprocessing.classes == ("0", "0.5", "1", "1.5")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"drop": ["agee"]}, UnknownNameError, "no column named 'agee'; did you mean 'age'"),
        ({"drop": ["y"]}, ArgumentError, "'y' is the target: drop speaks of the columns"),
        ({"drop": ["age"], "numeric": ["age"]}, ArgumentError, "named by drop and by numeric"),
        ({"numeric": ["town"]}, DataError, "holds 'Bern' in row 1 where a number belongs"),
    ],
)
def test_wishes_that_cannot_be_met_say_why(options, error, said):
    with pytest.raises(error, match=said):
        fit_table(COLUMNS, "y", **options)


def test_a_named_set_knows_its_columns():
    with pytest.raises(ArgumentError) as caught:
        load("iris", drop="petal")
    assert caught.value.short() == (
        "the columns of the data set 'iris' are known; drop has no meaning here.\n"
        "Leave drop out, or give the path of a table."
    )


@pytest.mark.parametrize("mark", [*MARKS, " NA ", "Null", "N/A"])
def test_every_mark_is_a_gap_in_numbers_texts_and_targets(mark):
    gap = mark if mark else None
    table = {
        "x": [gap, *map(str, range(30))],
        "t": ["b", gap, *["a", "b"] * 14, "a"],
        "y": [*map(str, range(30)), gap],
    }
    fitted = fit_table(table, "y")
    known = fitted.preprocessing
    assert known.columns[0].has_gaps
    assert known.columns[0].median == 14
    assert known.features == ("x", "x=missing", "t=a", "t=b", "t==missing")
    assert fitted.rows.tolist() == list(range(30))
    assert fitted.notes[0] == "1 row without a value of 'y' is left out"
    assert known.apply(table)[:2].tolist()[1][2:] == [0, 0, 1]


def test_marks_are_named_besides_the_usual_ones_or_in_their_place():
    table = {"x": ["none", "x", "-9", "y"] * 10, "y": np.arange(40) / 3}
    known = fit_table(table, "y", missing=["-9"]).preprocessing
    assert known.features == ("x=x", "x=y", "x==missing")
    assert known.prepare({"x": ["-9", "none"]}).codes.ravel().tolist() == [2, 2]
    alone = fit_table(table, "y", missing=["", "-9"]).preprocessing
    assert alone.features == ("x=none", "x=x", "x=y", "x==missing")
    assert alone.prepare({"x": ["-9", "?"]}).codes.ravel().tolist() == [3, 3]


def test_one_cell_far_from_all_others_leaves_the_column_as_it_is():
    numbers = np.arange(300.0)
    numbers[17] = 1e9
    known = fit_table({"x": numbers}, np.arange(300) / 7).preprocessing
    assert known.columns[0].std < 500
    later = known.apply({"x": [1.0, -1e12, 1e12]})
    assert np.abs(later).max() < 30
    plain = fit_table({"x": np.arange(300.0)}, np.arange(300) / 7).preprocessing
    assert plain.columns[0].high is None


@pytest.mark.parametrize(
    ("written", "order", "days"),
    [
        (["3.4.2021", "5.4.2021"], "dmy", ["2021-04-03", "2021-04-05"]),
        (["3/4/2021", "5/25/2021"], "mdy", ["2021-03-04", "2021-05-25"]),
        (["13/4/2021", "5/4/2021"], "dmy", ["2021-04-13", "2021-04-05"]),
        (["2021/04/03", "2021-04-05"], "ymd", ["2021-04-03", "2021-04-05"]),
        (["2021-04-03 00:00:00+02:00", "2021-04-05T00:00Z"], "ymd", ["2021-04-02", "2021-04-05"]),
    ],
)
def test_dates_are_read_in_one_order_and_later_ones_in_the_same(written, order, days):
    table = {"when": written * 20, "y": np.arange(40) * 7 % 11}
    known = fit_table(table, "y").preprocessing
    moment = known.columns[0]
    assert isinstance(moment, Moment)
    assert moment.order == order
    elapsed = known.prepare({"when": written}).numbers[:, -1]
    assert np.floor(elapsed).tolist() == np.array(days, "M8[D]").astype(int).tolist()
    with pytest.raises(DataError, match="holds '31 April' in row 1 where a date belongs"):
        known.prepare({"when": ["31 April"]})


def test_parts_of_a_time_are_those_of_the_calendar():
    times = np.array(["2024-02-29T17:45", "1969-12-31T23:00", "NaT"], "M8[us]")
    from chainrule.train.data.times import parts_of

    found = {part: numbers.tolist()[:2] for part, numbers in parts_of(times).items()}
    assert found == {
        "year": [2024, 1969],
        "month": [2, 12],
        "weekday": [3, 2],  # a Thursday, and a Wednesday
        "hour": [17, 23],
        "elapsed": [19782 + 17.75 / 24, -1 / 24],
    }
    assert all(np.isnan(numbers[2]) for numbers in parts_of(times).values())


def test_five_thousand_categories_are_left_out_unless_asked_for():
    table = {"sku": [f"sku {row % 5000}" for row in range(11000)], "x": np.arange(11000) % 97}
    answers = np.arange(11000) / 7
    assert roles(fit_table(table, answers))["sku"] == (
        "left out",
        "text with 5,000 different values",
    )
    asked = fit_table(table, answers, categorical=["sku"])
    assert asked.prepared.categorical[0].size == 5000


LEAKS = {
    "a copy in other words": (lambda y: ["won" if each else "lost" for each in y], True),
    "a number that tells the class": (lambda y: y * 5.0 + np.arange(len(y)) / len(y), True),
    "noise": (lambda y: np.arange(len(y)) * 37 % 101, False),
}


@pytest.mark.parametrize(("make", "tells"), LEAKS.values(), ids=LEAKS.keys())
def test_a_column_that_gives_the_answer_away_is_named(make, tells):
    y = np.arange(400) * 7 % 13 % 2
    fitted = fit_table({"x": make(y), "other": np.arange(400) % 29}, y)
    said = [note for note in fitted.notes if "alone predicts" in note]
    assert said == (
        [
            "'x' alone predicts 'target' nearly perfectly: if it is known only afterwards, "
            "leave it out (--drop)"
        ]
        if tells
        else []
    )


def test_a_class_with_one_row_is_told():
    y = ["a", "b"] * 20 + ["c"]
    fitted = fit_table({"x": np.arange(41) % 7}, y)
    assert fitted.notes == ("the class 'c' of 'target' has a single row",)


def test_a_column_of_another_type_is_named():
    known = fit_table(COLUMNS, "y").preprocessing
    later = {name: list(values)[:3] for name, values in COLUMNS.items()}
    for name, values, said in (
        (
            "age",
            ["old", "7", "8"],
            "column 'age' of the table holds 'old' in row 1 where a number",
        ),
        ("town", [1.5, 2.5, 3.5], "holds numbers; the net learned it as text"),
        ("joined", [1, 2, 3], "holds numbers; the net learned it as dates"),
    ):
        with pytest.raises(DataError, match=said):
            known.apply(later | {name: values})
    with pytest.raises(DataError, match="the table lacks 1 column that the net reads: age"):
        known.apply({name: values for name, values in later.items() if name != "age"})


def test_numbers_that_came_as_numbers_are_found_among_categories_that_were_text(write):
    text = "code,y\n" + "".join(f"{(1, 2, 'x')[row % 3]},{row / 7}\n" for row in range(60))
    known = load(write(text), target="y").preprocessing
    assert known.prepare({"code": [1, 2.0]}).codes.ravel().tolist() == [0, 1]
    x, _ = read_rows(write("code\n1\n2\n", "later.csv"), known)
    assert x.tolist() == [[1, 0, 0], [0, 1, 0]]


def test_a_late_cell_makes_a_column_text_and_leaves_the_others_numbers(write):
    head = "".join(f"{row % 7},{row / 3},{row % 5}\n" for row in range(30_000))
    late = "".join(f"{'abcdefg'[row % 7]},NA,{row % 5}\n" for row in range(30_000))
    dataset = load(write("x,z,y\n" + head + late), target="y")
    assert [role.kind for role in dataset.preprocessing.roles] == [
        *("categorical", "numeric", "target"),
    ]
    assert dataset.preprocessing.columns[1].has_gaps


def test_identifying_columns_may_be_anything_later(write):
    known = fit_table(COLUMNS, "y").preprocessing
    used = {column.name for column in known.columns}
    later = {name: list(values)[:3] for name, values in COLUMNS.items() if name in used}
    assert known.apply(later | {"name": [1, 2, 3]}).shape[0] == 3
    rows = open_rows(later, known)
    assert rows.y is None


PLACES = ["01067", "80331", "10115", "04109"]


@pytest.mark.parametrize("as_file", [False, True])
def test_whole_numbers_with_zeros_in_front_are_codes(write, as_file):
    rows = range(40)
    table = {
        "plz": [PLACES[row % 4] for row in rows],
        "price": [f"{row * 7 % 31}.5" for row in rows],
        "share": ["0" if row % 2 else "0.25" for row in rows],
        "y": [row * 3 % 17 / 2 for row in rows],
    }
    lines = [
        ",".join(table),
        *(",".join(map(str, cells)) for cells in zip(*table.values(), strict=True)),
    ]
    if as_file:
        known = load(write("\n".join(lines), "t.csv"), "y").preprocessing
    else:
        known = fit_table(table, "y").preprocessing
    assert {role.name: role.kind for role in known.roles} == {
        "plz": "categorical", "price": "numeric", "share": "numeric", "y": "target",
    }  # fmt: skip
    assert known.roles[0].reason == "4 categories; zeros in front make it a code"
    assert set(known.columns[0].categories) == set(PLACES)
    later = {**table, "plz": ["01067"] * 40}
    assert known.apply(later)[0, : len(PLACES)].sum() == 1
    asked = fit_table(table, "y", numeric=["plz"]).preprocessing
    assert asked.columns[0].mean > 1000


NUMBERED = {
    "order no": "left out", "lfd. Nr.": "left out", "Kundennummer": "left out", "No.": "left out",
    "case_number": "left out", "__index_level_0__": "left out", "day": "numeric",
    "piano": "numeric", "denumerator": "numeric",
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERED)
def test_numbers_one_after_the_other_are_left_out_by_name_and_told(name):
    answers = np.arange(40) * 7 % 31 / 3
    known = fit_table({name: 7001 + np.arange(40), "x": answers + 1}, answers).preprocessing
    role = known.roles[0]
    assert role.kind == NUMBERED[name]
    assert ("row-number-like" in role.reason) == (role.kind == "left out")
    assert "one after the other" in role.reason or name == "__index_level_0__"
    jumps = 7001 + np.arange(40) * 3 % 47
    known = fit_table({name: jumps, "x": answers + 1}, answers).preprocessing
    assert known.roles[0].kind == ("numeric" if name != "__index_level_0__" else "left out")


def test_whole_numbers_that_are_classes_say_how_they_would_be_numbers():
    def told(answers):
        role = fit_table({"x": np.arange(60) * 7 % 31}, answers).preprocessing.roles[-1]
        return role.reason

    rows = np.arange(60)
    hint = "; --task numbers learns them as numbers"
    assert told(1 + rows % 5) == f"5 classes{hint}"
    assert told(np.array([0, 1, 7])[rows % 3]) == f"3 classes{hint}"
    assert told(rows % 3) == "3 classes"
    assert told(rows % 2) == "2 classes"
