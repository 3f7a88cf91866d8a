"""Preprocessing: learned from the training rows alone, exact in JSON, clear when it refuses."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import DataError, ShapeError
from chainrule.train.data import Preprocessing
from chainrule.train.data.columns import Categorical, Classes, Numeric, Quantity
from chainrule.train.data.learning import learn
from chainrule.train.data.tables import Places, RawData, Table, Text

HOUSES = Preprocessing(
    (Numeric("area", 100.0, 50.0), Categorical("colour", ("blue", "red"))),
    Quantity("price", 10.0, 4.0),
)
SPECIES = Preprocessing((Numeric("x", 0.0, 1.0),), Classes("species", ("setosa", "virginica")))
DIGITS = Preprocessing((Numeric("x", 0.0, 1.0),), Classes("digit", ("0", "3")))


def houses(areas, colours):
    table = Table.of_numbers("houses", ["area"], np.array(areas, float)[:, None])
    texts = {"colour": Text.of(colours)}
    return Table("houses", ("colour", "area"), ("area",), table.numbers, texts, table.places)


def raw_numbers(numbers, target=None, **options):
    numbers = np.asarray(numbers)
    names = [f"c{column}" for column in range(numbers.shape[1])]
    target = np.arange(len(numbers), dtype=float) if target is None else target
    return RawData("toy", Table.of_numbers("toy", names, numbers), "y", target, **options)


# ------------------------------------------------------------------------------------ learning


def test_means_and_scales_come_from_the_training_rows_only(rng):
    numbers, target = rng.normal(3, 2, (50, 4)), rng.normal(size=50)
    train = np.arange(30)
    known = learn(raw_numbers(numbers, target), train)
    changed, changed_target = numbers.copy(), target.copy()
    changed[30:], changed_target[30:] = 1e6, -1e6
    assert learn(raw_numbers(changed, changed_target), train) == known


def test_training_rows_end_with_mean_0_and_std_1(rng):
    raw = raw_numbers(rng.normal(3, 2, (5000, 4)))  # more rows than one block
    train = rng.permutation(5000)
    x = learn(raw, train).apply(raw.table)
    np.testing.assert_allclose(x.mean(axis=0, dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(x.std(axis=0, dtype=float), 1, atol=1e-6)


def test_a_constant_column_becomes_exactly_0():
    raw = raw_numbers(np.full((100, 1), 0.1))  # whose computed std is 1.4e-17, not 0
    known = learn(raw, np.arange(100))
    assert known.columns == (Numeric("c0", 0.1, 1.0),)
    assert not known.apply(raw.table).any()


def test_a_target_that_is_constant_in_training_keeps_its_unit():
    raw = raw_numbers(np.zeros((100, 1)), np.array([0.1] * 99 + [2.1]))
    assert learn(raw, np.arange(99)).target == Quantity("y", 0.1, 1.0)


def test_a_target_is_standardised_and_given_back():
    raw = raw_numbers(np.zeros((4, 1)), np.array([1.0, 3.0, 1.0, 3.0]))
    known = learn(raw, np.arange(4))
    y = known.labels(raw.target)
    assert y.dtype == np.float32
    assert y.tolist() == [[-1.0], [1.0], [-1.0], [1.0]]
    assert known.original(y).tolist() == raw.target.tolist()


def test_pixels_have_a_mean_each_and_one_shared_std():
    pixels = np.array([[0, 0, 10, 200], [0, 0, 20, 100]], np.uint8)
    known = learn(raw_numbers(pixels, image_shape=(2, 2)), np.arange(2))
    shared = np.sqrt((5**2 + 50**2) / 4)
    assert [column.mean for column in known.columns] == [0, 0, 15, 150]
    assert [column.std for column in known.columns] == pytest.approx([shared] * 4)


def test_blank_pictures_have_std_1():
    known = learn(raw_numbers(np.zeros((3, 4), np.uint8), image_shape=(2, 2)), np.arange(3))
    assert [column.std for column in known.columns] == [1, 1, 1, 1]


def test_categories_come_from_the_training_rows_only():
    table = houses([1, 2, 3], ["red", "blue", "green"])
    known = learn(RawData("houses", table, "y", np.arange(3.0)), np.arange(2))
    assert known.features == ("colour=blue", "colour=red", "area")


# ------------------------------------------------------------------------------------ applying


def test_columns_are_found_by_name():
    x = HOUSES.apply(houses([150, 50], ["red", "blue"]))
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    assert x.tolist() == [[1, 0, 1], [-1, 1, 0]]
    assert HOUSES.features == ("area", "colour=blue", "colour=red")


def test_no_rows_give_an_empty_matrix():
    assert HOUSES.apply(houses([1], ["red"]).take(np.array([], int))).shape == (0, 3)


def test_an_unknown_category_is_named():
    with pytest.raises(DataError) as caught:
        HOUSES.apply(houses([1, 2, 3], ["red", "green", "green"]))
    assert caught.value.short() == (
        "column 'colour' holds 'green' in row 2, which no training row had.\n"
        "    known   blue, red\n"
        "Correct the value, or train again on data that has it."
    )


@pytest.mark.parametrize(("bad", "shown"), [(np.nan, "nan"), (-np.inf, "-inf"), (1e39, "1e+39")])
def test_numbers_that_are_not_finite_are_counted_and_the_first_is_named(bad, shown):
    with pytest.raises(DataError) as caught:
        HOUSES.apply(houses([1, bad, np.nan], ["red"] * 3))
    assert caught.value.short() == (
        "2 numbers cannot be used: a net computes with finite float32 numbers.\n"
        f"    first   {shown} in column 'area', row 2\n"
        "    source  houses\n"
        "Remove such rows, or fill them in (with the column's median, for example)."
    )


def test_a_bad_number_in_any_part_is_named_by_its_row_in_the_source():
    numbers = np.ones((6, 2))
    numbers[5, 1] = np.nan
    with pytest.raises(DataError, match="first   nan in column 'c1', row 6"):
        learn(raw_numbers(numbers), np.arange(3))


def test_a_bad_number_past_the_first_block_is_named_by_its_row():
    areas = np.ones(5000)
    areas[4999] = np.inf
    with pytest.raises(DataError, match="first   inf in column 'area', row 5000"):
        HOUSES.apply(houses(areas, ["red"] * 5000))


def test_a_number_too_far_from_training_is_refused():
    known = Preprocessing((Numeric("area", 0.0, 1e-10),), HOUSES.target)
    with pytest.raises(DataError) as caught:
        known.apply(houses([1, 1e30], ["red"] * 2))
    assert caught.value.short() == (
        "column 'area' holds a number in row 2 that lies beyond float32 once it is standardised.\n"
        "Correct the number: it is more than 1e38 standard deviations from the training rows."
    )


def test_a_target_too_far_from_training_is_refused():
    known = Preprocessing(HOUSES.columns, Quantity("price", 0.0, 1e-10))
    with pytest.raises(DataError, match="column 'price' holds a number in row 2 that lies beyond"):
        known.labels([1, 1e30])


def test_missing_columns_are_named():
    table = Table.of_numbers("flats", ["rooms"], np.ones((2, 1)))
    with pytest.raises(DataError) as caught:
        HOUSES.apply(table)
    assert caught.value.short() == (
        "flats lacks 2 columns that the net reads: area, colour.\n"
        "    columns of flats: rooms\n"
        "Give the columns the names they had in the training data; their order is free."
    )


def test_text_where_numbers_were_learned_is_refused_and_the_reverse():
    numbers = Table.of_numbers("flats", ["area", "colour"], np.ones((2, 2)))
    with pytest.raises(DataError) as caught:
        HOUSES.apply(numbers)
    assert caught.value.short() == (
        "column 'colour' of flats holds numbers; the net learned it as text.\n"
        "Write the column as it was in the training data."
    )
    texts = {name: Text.of(["red"]) for name in ("area", "colour")}
    table = Table("flats", ("area", "colour"), (), np.empty((1, 0)), texts, Places.rows(1))
    with pytest.raises(DataError, match="'area' of flats holds text; the net learned it as num"):
        HOUSES.apply(table)


# -------------------------------------------------------------------------------------- labels


def test_class_names_become_indices():
    labels = SPECIES.labels(["virginica", "setosa", "virginica"])
    assert labels.dtype == np.int64
    assert labels.tolist() == [1, 0, 1]


@pytest.mark.parametrize("values", [[3, 0], [3.0, -0.0], ["3", "0"], ["3.0", "-0"]])
def test_numbers_stand_for_classes_named_by_digits(values):
    assert DIGITS.labels(values).tolist() == [1, 0]


@pytest.mark.parametrize("bad", ["rose", "nan", "inf", "1e999"])
def test_an_unknown_class_is_named(bad):
    with pytest.raises(DataError) as caught:
        SPECIES.labels(["setosa", bad])
    assert caught.value.short() == (
        f"the target 'species' holds '{bad}' in row 2, which is none of the classes.\n"
        "    classes setosa, virginica\n"
        "Correct the value, or train again on data that has this class."
    )


def test_a_target_that_is_no_number_is_refused():
    for values in (["1", "many"], Text.of(["many", "1"]), [{}, 1]):
        with pytest.raises(DataError, match="the target 'price' must be numbers"):
            HOUSES.labels(values)


def test_numbers_written_as_text_are_a_regression_target():
    assert HOUSES.labels(Text.of(["14", "6"])).tolist() == [[1.0], [-1.0]]


def test_a_target_that_is_not_finite_is_refused():
    with pytest.raises(DataError, match="first   nan in column 'price', row 2"):
        HOUSES.labels([1.0, np.nan])


def test_labels_have_one_axis():
    with pytest.raises(ShapeError) as caught:
        HOUSES.labels(np.ones((3, 1)))
    assert caught.value.short() == (
        "labels are one value per row, but these have 2 axes.\n"
        "    values    (3, 1)      float64\n"
        "Pass them with shape (N,)."
    )


def test_a_class_has_no_unit():
    with pytest.raises(DataError) as caught:
        SPECIES.original([0.5])
    assert caught.value.short() == (
        "the target 'species' is a class and has no unit.\n"
        "Take classes[scores.argmax(axis=1)] for a classification."
    )


# ---------------------------------------------------------------------------------------- JSON

finite = st.floats(allow_nan=False, allow_infinity=False)
positive = st.floats(0, exclude_min=True, allow_infinity=False)
categories = st.lists(st.text(), min_size=1, unique=True).map(tuple)


@given(st.text(), st.text(), finite, positive, categories)
def test_json_gives_back_every_bit(name, other, mean, std, classes):
    columns = (Numeric(f"n{name}", mean, std), Categorical(f"c{other}", classes))
    for target in (Quantity(name, mean, std), Classes(other, classes)):
        known = Preprocessing(columns, target)
        again = Preprocessing.from_json(known.to_json())
        assert again == known
        assert repr(again) == repr(known)  # -0.0 too


def test_json_keeps_the_inputs_bit_for_bit(rng):
    raw = raw_numbers(rng.normal(size=(60, 5)))
    known = learn(raw, np.arange(40))
    again = Preprocessing.from_json(known.to_json())
    assert again.apply(raw.table).tobytes() == known.apply(raw.table).tobytes()


def damaged(**changes):
    return json.dumps(json.loads(HOUSES.to_json()) | changes)


NUMERIC = {"kind": "numeric", "name": "a", "mean": 0, "std": 1}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it cannot be read, Expecting value: line 1 column 1 (char 0)"),
        ("[]", "it is not an object"),
        ("{}", "it lacks format"),
        (damaged(format=3), "format is not one of 1, 2"),
        (damaged(columns=None), "columns is not a list of objects"),
        (damaged(columns=[]), "columns is not a list of objects"),
        (damaged(columns=[NUMERIC, NUMERIC]), "it has the column 'a' twice"),
        (damaged(columns=[{"kind": "date"}]), "there is no kind named 'date'"),
        (damaged(columns=[{"kind": "numeric"}]), "it lacks columns[0].name"),
        (damaged(columns=[NUMERIC | {"mean": "1"}]), "columns[0].mean is not a finite number"),
        (damaged(columns=[NUMERIC | {"mean": np.nan}]), "it holds NaN, which is no number"),
        (damaged(columns=[NUMERIC | {"std": True}]), "columns[0].std is not a finite number"),
        (damaged(columns=[NUMERIC | {"std": 0}]), "columns[0].std is not a finite number above 0"),
        (damaged(columns=[NUMERIC | {"mean": 10**400}]), "columns[0].mean is not a finite number"),
        (damaged(columns=[NUMERIC | {"scale": "m"}]), "it has an entry columns[0].scale"),
        (damaged(target=None), "target is not an object"),
        (damaged(target={"kind": "date"}), "there is no kind named 'date'"),
        (
            damaged(target={"kind": "classes", "name": "y", "classes": ["a", "a"]}),
            "target.classes is not a list of texts, each once",
        ),
    ],
)
def test_anything_else_than_a_record_is_refused(text, reason):
    with pytest.raises(DataError) as caught:
        Preprocessing.from_json(text)
    first, *found, do = caught.value.short().splitlines()
    assert first.startswith("this is not a preprocessing record of chainrule: ")
    assert reason in first
    assert all("found" in line or "expected" in line or "field" in line for line in found)
    assert do.startswith("Use the text as Preprocessing.to_json() wrote it")


def test_a_record_nested_without_end_is_refused():
    with pytest.raises(DataError, match="not a preprocessing record"):
        Preprocessing.from_json("[" * 100_000)
