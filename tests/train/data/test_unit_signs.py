"""A number with a sign beside it is a number: prices, shares, lengths; several units are none."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule.errors import DataError
from chainrule.train.data import Preprocessing, fit_table, open_rows, stream
from chainrule.train.data.unit_signs import CODES, KNOWN, SYMBOLS, WORDS, parted

pytestmark = pytest.mark.usefixtures("one_engine")

ROWS = 80
AMOUNTS = [round(1.25 + 17.5 * row * row % 997, 2) for row in range(ROWS)]
ANSWERS = [row * 31 % 17 + 0.5 for row in range(ROWS)]
MONEY = [*SYMBOLS, *CODES.split(), *WORDS.split(), "US$", "R$"]
NUMBERS = ["12", "-5", "3.5", "1,234.50", "1.234,50", "1'234", "0,75"]
# How a column of prices, shares or lengths is written; and its unit.
WAYS = {
    "12.50 €": "€",
    "12.50€": "€",
    "€12.50": "€",
    "€ 12.50": "€",
    "$12.50": "$",
    "CHF 12.50": "CHF",
    "12.50 EUR": "EUR",
    "12.50 %": "%",
    "12.50kg": "kg",
    "12.50 km/h": "km/h",
    "12.50 m²": "m²",
    "12.50 °C": "°C",
    "12.50 pcs": "pcs",
}


def column(way, amounts=AMOUNTS):
    return [way.replace("12.50", f"{amount:.2f}") for amount in amounts]


def roles(fitted):
    return {role.name: (role.kind, role.reason) for role in fitted.preprocessing.roles}


@pytest.mark.parametrize("number", NUMBERS)
def test_every_unit_is_told_from_its_number(number):
    for unit in (*MONEY, *KNOWN):
        cells = [f"{number} {unit}", f"{number}{unit}", f"{number}\u00a0{unit}"]
        cells += [f"{unit} {number}", f"{unit}{number}"] if unit in MONEY else []
        assert [parted(cell) for cell in cells] == [(number, unit)] * len(cells)


@pytest.mark.parametrize(
    "cell",
    ["12", "A12", "12.5.2020", "10-20", "2x4", "1e5", "12 apples and pears", "kg", "", "€"],
)
def test_what_is_no_number_with_a_unit_has_none(cell):
    assert parted(cell) is None


@pytest.mark.parametrize(("way", "unit"), WAYS.items())
@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame])
def test_numbers_with_a_unit_are_numbers_in_inputs_and_targets(way, unit, make):
    table = make({"a": column(way), "y": column(way, ANSWERS)})
    fitted = fit_table(table, "y")
    assert roles(fitted) == {
        "a": ("numeric", f"numbers in {unit}"),
        "y": ("target", f"numbers in {unit}"),
    }
    assert fitted.prepared.numbers[:, 0].tolist() == AMOUNTS
    assert fitted.answers.tolist() == ANSWERS
    assert fitted.notes == ()


@pytest.mark.parametrize("way", WAYS)
def test_a_file_and_a_stream_read_units_alike_and_later_rows_may_leave_them_out(write, way):
    cells = zip(column(way), column(way, ANSWERS), strict=True)
    text = "a;y\n" + "".join(f"{a};{y}\n" for a, y in cells)
    path = write(text)
    known = fit_table(path, "y").preprocessing
    assert Preprocessing.from_json(known.to_json()) == known
    streamed = stream(path, "y", validation=0, test=0).preprocessing
    assert streamed.columns[0].unit == known.columns[0].unit == WAYS[way]
    assert streamed.target.unit == WAYS[way]
    assert streamed.columns[0].mean == pytest.approx(known.columns[0].mean)
    assert streamed.target.mean == pytest.approx(known.target.mean)
    for later in (column(way, AMOUNTS[:6]), [f"{x:.2f}" for x in AMOUNTS[:6]]):
        rows = open_rows(write("a\n" + "\n".join(later) + "\n", "later.csv"), known)
        assert rows.prepared.numbers[:, 0].tolist() == AMOUNTS[:6]
    truth = "a;y\n" + f"{way.replace('12.50', '1')};{way.replace('12.50', '7.5')}\n"
    assert known.original(open_rows(write(truth, "truth.csv"), known).y) == pytest.approx([7.5])


def test_units_stand_beside_numbers_of_any_alphabet():
    for amount, unit in (("1.234,50 €", "€"), ("$1,234.50", "$"), ("1'234.50 CHF", "CHF")):
        cells = [amount, *(amount.replace("234", str(number)) for number in range(100, 160))]
        fitted = fit_table({"a": cells, "b": range(61)}, np.arange(61) / 7)
        assert fitted.prepared.numbers[:2, 0].tolist() == [1234.5, 1100.5]
        assert fitted.preprocessing.columns[0].unit == unit


MIXED = {
    "currencies": ("12 €", "12 $"),
    "weights": ("12 kg", "12 g"),
    "shares": ("12 %", "12 ‰"),
    "lengths": ("12 km", "12 mi"),
}


@pytest.mark.parametrize(("one", "other"), MIXED.values(), ids=MIXED.keys())
def test_a_mixture_of_units_is_told_and_is_no_number(one, other):
    cells = [(one, other)[row % 7 == 3].replace("12", str(row % 30)) for row in range(ROWS)]
    fitted = fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)
    kind, reason = roles(fitted)["a"]
    first, second = one.split()[1], other.split()[1]
    assert kind in ("categorical", "left out")
    assert reason.endswith((f"({first}, {second})", f"({second}, {first})"))
    (note,) = fitted.notes
    assert note.startswith("'a' holds numbers in several units: ")
    assert f"{other.replace('12', '3')!r} in row 4" in note
    with pytest.raises(DataError) as caught:
        fit_table({"a": cells, "b": range(ROWS)}, ANSWERS, numeric=["a"])
    assert f"holds {other.replace('12', '3')!r} in row 4 where a number" in str(caught.value)
    assert f"The others are in {first}" in str(caught.value)


def test_one_cell_in_another_unit_is_an_error_with_its_place():
    cells = column("12.50 €")
    cells[17] = "12 $"
    with pytest.raises(DataError) as caught:
        fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)
    assert "column 'a' of the table holds '12 $' in row 18 where a number belongs." in str(
        caught.value
    )
    known = fit_table({"a": column("12.50 €")}, ANSWERS).preprocessing
    with pytest.raises(DataError, match=r"holds '12 \$' in row 1"):
        known.prepare({"a": ["12 $"]})


def test_cells_without_the_unit_are_told_and_refused_where_they_may_mean_another_number():
    cells = column("12.50 kg")
    cells[::9] = [f"{amount}" for amount in AMOUNTS[::9]]
    fitted = fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)
    assert fitted.notes == ("'a': 9 cells without 'kg' are taken for numbers in it",)
    assert fitted.prepared.numbers[:, 0].tolist() == AMOUNTS
    shares = column("12.50 %")
    shares[5] = "0.5"
    with pytest.raises(DataError, match=r"holds '0\.5' in row 6 where a number belongs"):
        fit_table({"a": shares, "b": range(ROWS)}, ANSWERS)


def test_a_user_says_that_few_cells_with_a_unit_are_numbers():
    cells = [
        f"{amount} kg" if row % 10 == 0 else f"{amount}" for row, amount in enumerate(AMOUNTS)
    ]
    table = {"a": cells, "b": range(ROWS)}
    assert roles(fit_table(table, ANSWERS))["a"][0] != "numeric"
    fitted = fit_table(table, ANSWERS, numeric=["a"])
    assert roles(fitted)["a"] == ("numeric", "as was asked: numbers in kg")
    assert fitted.prepared.numbers[:, 0].tolist() == AMOUNTS


def test_a_few_whole_numbers_with_a_sign_name_classes():
    answers = [("2D", "3D")[row % 3 == 0] for row in range(ROWS)]
    fitted = fit_table({"a": AMOUNTS, "y": answers}, "y")
    assert fitted.preprocessing.classes == ("2D", "3D")
    numbers = fit_table({"a": AMOUNTS, "y": answers}, "y", task="numbers")
    assert set(numbers.answers.tolist()) == {2.0, 3.0}


def test_house_numbers_and_ordinals_are_no_mixture():
    for endings in (("a", "b"), ("st", "nd")):
        cells = [f"{row % 15}{endings[row % 2]}" for row in range(ROWS)]
        fitted = fit_table({"a": cells, "b": range(ROWS)}, ANSWERS)
        assert roles(fitted)["a"][0] == "categorical"
        assert fitted.notes == ()


def test_a_target_in_several_units_says_so():
    few = [("12 kg", "7 g", "3 kg")[row % 3] for row in range(ROWS)]
    fitted = fit_table({"a": AMOUNTS, "y": few}, "y")
    assert roles(fitted)["y"] == ("target", "3 classes; numbers in several units (kg, g)")
    assert "'12 kg' in row 1, '7 g' in row 2" in fitted.notes[0]
    many = [f"{amount} {('kg', 'g')[row % 3 == 0]}" for row, amount in enumerate(AMOUNTS)]
    with pytest.raises(DataError, match="reason       numbers in several units") as caught:
        fit_table({"a": AMOUNTS, "y": many}, "y")
    assert "too many for classes" in caught.value.short()
