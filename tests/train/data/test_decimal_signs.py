"""The same table gives the same numbers from every source, in training and row by row later."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule.errors import DataError
from chainrule.train.data import Preprocessing, fit_table, open_rows, stream
from tests.thorough import crossed

pytestmark = pytest.mark.usefixtures("one_engine")

ROWS = 60
THOUSANDS = [1000 + 97 * row for row in range(ROWS)]
PEOPLE = [300 + 97 * row for row in range(ROWS)]
AMOUNTS = [round(1.25 + 17.5 * row * row % 997, 2) for row in range(ROWS)]
LITTLE = [1.125 + row / 1000 for row in range(ROWS)]
ANSWERS = [row * 31 % 17 + 0.5 for row in range(ROWS)]


def english(numbers, digits=0, unit=""):
    return [f"{number:,.{digits}f}{unit}" for number in numbers]


def german(numbers, digits=0, unit=""):
    turned = str.maketrans(",.", ".,")
    return [f"{number:,.{digits}f}".translate(turned) + unit for number in numbers]


# Columns of a table, its target last.
MIXES = {
    "German thousands and decimals": {"a": german(THOUSANDS), "b": german(AMOUNTS, 2)},
    "German thousands and a share": {"a": german(THOUSANDS), "b": german(AMOUNTS, 2, " %")},
    "English thousands and decimals": {"a": english(THOUSANDS), "b": english(AMOUNTS, 2)},
    "English thousands and German decimals": {"a": english(THOUSANDS), "b": german(AMOUNTS, 2)},
    "German thousands and English decimals": {"a": german(THOUSANDS), "b": english(AMOUNTS, 2)},
    "both decimals": {
        "a": german(THOUSANDS),
        "b": german(AMOUNTS, 2, " EUR"),
        "c": english(AMOUNTS, 1),
    },
    "three decimals beside German prices": {
        "a": english(LITTLE, 3),
        "b": german(AMOUNTS, 2, " €"),
    },
    "three German decimals": {"a": german(LITTLE, 3), "b": english(AMOUNTS, 2)},
    "thousands with a unit": {"a": german(THOUSANDS, 0, " kg"), "b": german(AMOUNTS, 2, "€")},
    "all with a point": {"a": german(THOUSANDS)},
    "some with a point": {"a": german(PEOPLE)},
    "all with a comma": {"a": english(THOUSANDS)},
    "some with a comma": {"a": english(PEOPLE)},
    "points and commas that tell nothing": {"a": german(PEOPLE), "b": english(PEOPLE)},
    "apostrophes": {
        "a": [each.replace(",", "'") for each in english(THOUSANDS)],
        "b": german(AMOUNTS, 2),
    },
    "a price of a late row": {
        "a": german(THOUSANDS),
        "b": [*(f"{row} €" for row in range(ROWS - 1)), "7,50 €"],
    },
    "two groups": {"a": ["1.234.567", *german(THOUSANDS)[1:]], "b": german(PEOPLE)},
    "a minus of typesetters": {"a": [f"\u2212{x}" for x in german(AMOUNTS, 2)]},
}


def as_csv(columns):
    columns = {"row": range(len(columns["a"])), **columns}
    lines = [";".join(columns)]
    lines += [";".join(map(str, cells)) for cells in zip(*columns.values(), strict=True)]
    return "\n".join(lines) + "\n"


def as_json(columns):
    rows = zip(*columns.values(), strict=True)
    return "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)


def roles(preprocessing):
    return [(role.name, role.kind, role.reason) for role in preprocessing.roles]


@crossed("name, way", MIXES, [german, english])
def test_every_source_reads_the_same_numbers_and_keeps_how(name, way, write):
    mix = MIXES[name]
    table = {**mix, "y": way(ANSWERS, 1)}
    sources = {
        "dict": {"row": range(ROWS), **table},
        "pandas": pd.DataFrame({"row": range(ROWS), **table}),
        "polars": pl.DataFrame({"row": range(ROWS), **table}),
        "file": write(as_csv(table), "t.csv"),
        "JSON lines": write(as_json({"row": range(ROWS), **table}), "t.jsonl"),
    }
    fitted = {name: fit_table(source, "y", task="numbers") for name, source in sources.items()}
    expected = fitted["dict"]
    numbers = expected.prepared.numbers
    for name, found in fitted.items():
        assert np.array_equal(found.prepared.numbers, numbers), name
        assert found.answers.tolist() == pytest.approx(ANSWERS), name
        assert roles(found.preprocessing) == roles(expected.preprocessing), name
        assert found.notes == expected.notes, name
    for name in ("t.csv", "t.jsonl"):
        streamed = stream(sources["file"].parent / name, "y", task="numbers", validation=0, test=0)
        means = [column.mean for column in streamed.preprocessing.columns]
        assert means == pytest.approx([column.mean for column in expected.preprocessing.columns])
    for name, found in fitted.items():
        known = Preprocessing.from_json(found.preprocessing.to_json())
        assert known.decimals == found.preprocessing.decimals
        for source in (mix, *list(sources.values())[:3]):
            assert np.array_equal(known.prepare(source).numbers, numbers), name
        for row in range(0, ROWS, 25):
            one = {column: [cells[row]] for column, cells in mix.items()}
            assert known.prepare(one).numbers.tolist() == [numbers[row].tolist()], name
    path = write(as_csv(mix), "without.csv")
    for name in ("dict", "file"):
        known = fitted[name].preprocessing
        for source in (sources["file"], sources["JSON lines"], path):
            assert np.array_equal(open_rows(source, known).prepared.numbers, numbers), name
        last = write(as_csv({column: cells[-1:] for column, cells in mix.items()}), "last.csv")
        assert open_rows(last, known).prepared.numbers.tolist() == [numbers[-1].tolist()], name


@pytest.mark.parametrize("make", [dict, pd.DataFrame])
def test_the_note_is_there_wherever_no_cell_tells(make, write):
    for mix, told in (
        ("all with a point", ["a"]),
        ("some with a point", ["a"]),
        ("all with a comma", ["a"]),
        ("some with a comma", ["a"]),
        ("points and commas that tell nothing", ["a", "b"]),
        ("both decimals", ["a"]),
        ("German thousands and decimals", []),
        ("English thousands and German decimals", []),
    ):
        table = {**MIXES[mix], "y": [row % 7 for row in range(ROWS)]}
        for source in (make(table), write(as_csv(table))):
            notes = fit_table(source, "y").notes
            doubts = [note.split("'")[1] for note in notes if "no cell tells" in note]
            assert doubts == told, mix


def test_a_later_cell_that_can_only_be_read_the_other_way_proves_itself():
    table = {"a": english(AMOUNTS, 2), "b": german(AMOUNTS, 2)}
    known = fit_table(table, ANSWERS).preprocessing
    assert known.decimals == {"a": ".", "b": ","}
    later = {"a": ["1.234,5", "4,48"], "b": ["1,234.5", "4.48"]}
    assert known.prepare(later).numbers.tolist() == [[1234.5, 1234.5], [4.48, 4.48]]
    with pytest.raises(DataError, match=r"holds '1\.23\.4' in row 1 where a number"):
        known.prepare({"a": ["1.23.4"], "b": ["1"]})


def test_a_column_with_both_signs_is_refused_where_a_cell_may_be_a_thousand():
    cells = [*english(AMOUNTS, 2)[:-2], "4,48", "1.234"]
    with pytest.raises(DataError) as caught:
        fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)
    assert "so '1.234' in row 60 may be a thousand or not" in str(caught.value)
    assert "'4,48' in row 59" in str(caught.value)
    fitted = fit_table({"a": cells, "b": range(ROWS)}, ANSWERS, decimal=".")
    assert fitted.prepared.numbers[-2:, 0].tolist() == [4.48, 1.234]


def test_older_records_that_know_commas_of_the_whole_table_are_read():
    table = {"a": german(THOUSANDS), "b": german(AMOUNTS, 2)}
    record = json.loads(fit_table(table, ANSWERS).preprocessing.to_json())
    for part in (*record["columns"], record["target"]):
        del part["decimal"]
    record["has_decimal_commas"] = True
    known = Preprocessing.from_json(json.dumps(record))
    assert known.prepare({"a": ["1.500"], "b": ["1"]}).numbers[0].tolist() == [1500, 1]
