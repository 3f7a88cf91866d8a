"""load: data sets by name, what a Dataset promises, and bad arguments."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import (
    ArgumentError,
    DataError,
    MissingDataError,
    MissingLibraryError,
    UnknownNameError,
)
from chainrule.train.data import bundled, load, names
from chainrule.train.data.tables import Text

SMALL = [name for name in names() if name != "fashion-mnist"]
PARTS = ("train", "validation", "test")
KNOWN = "digits, iris, wine, breast_cancer, diabetes, moons, circles, spiral, fashion-mnist"


def arrays(dataset):
    return [getattr(dataset, f"{letter}_{part}") for part in PARTS for letter in "xy"]


def test_the_names():
    assert ", ".join(names()) == KNOWN


@pytest.mark.parametrize("name", SMALL)
def test_every_set_keeps_the_promises_of_a_dataset(name):
    dataset = load(name)
    assert dataset.name == name
    assert dataset.inputs == len(dataset.features) == dataset.x_train.shape[1]
    for part in PARTS:
        x, y = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}")
        assert x.dtype == np.float32
        assert x.flags.c_contiguous
        assert len(x) == len(y) > 0
        if dataset.task == "classification":
            assert (y.dtype, y.ndim) == (np.int64, 1)
            assert set(y.tolist()) == set(range(dataset.outputs))
        else:
            assert (y.dtype, y.shape) == (np.float32, (len(x), 1))
            assert dataset.outputs == 1
    np.testing.assert_allclose(dataset.x_train.mean(axis=0, dtype=float), 0, atol=1e-6)
    assert dataset.x_train.std(dtype=float) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "rows", "inputs", "classes"),
    [
        ("digits", 1797, 64, tuple("0123456789")),
        ("iris", 150, 4, ("setosa", "versicolor", "virginica")),
        ("wine", 178, 13, ("class_0", "class_1", "class_2")),
        ("breast_cancer", 569, 30, ("malignant", "benign")),
        ("diabetes", 442, 10, ()),
        ("moons", 1000, 2, ("upper", "lower")),
        ("circles", 1000, 2, ("outer", "inner")),
        ("spiral", 300, 2, ("arm 0", "arm 1", "arm 2")),
    ],
)
def test_sizes_and_classes(name, rows, inputs, classes):
    dataset = load(name)
    assert sum(len(x) for x in arrays(dataset)[::2]) == rows
    assert (dataset.inputs, dataset.classes) == (inputs, classes)
    assert dataset.image_shape == ((8, 8) if name == "digits" else None)


def test_the_split_is_stratified_and_of_the_shares_asked_for():
    dataset = load("iris", validation=0.25, test=0.2)
    assert [np.bincount(y).tolist() for y in arrays(dataset)[1::2]] == [
        [30, 30, 30],
        [10, 10, 10],
        [10, 10, 10],
    ]


@pytest.mark.parametrize("name", ["digits", "diabetes", "moons"])
def test_the_same_seed_gives_the_same_bits(name):
    first, again, other = load(name, seed=3), load(name, seed=3), load(name, seed=4)
    assert [each.tobytes() for each in arrays(first)] == [each.tobytes() for each in arrays(again)]
    assert first.x_train.tobytes() != other.x_train.tobytes()


def test_held_out_rows_do_not_change_what_training_sees():
    small, large = load("diabetes", validation=0), load("diabetes", validation=0.5)
    assert small.preprocessing != large.preprocessing  # learned from fewer rows
    as_raw = [each.preprocessing.original(each.y_test) for each in (small, large)]
    np.testing.assert_allclose(*as_raw, rtol=1e-5)  # and yet the same test rows


def test_a_share_of_0_gives_empty_parts():
    dataset = load("iris", validation=0, test=0)
    assert len(dataset.x_train) == 150
    for part in ("validation", "test"):
        assert getattr(dataset, f"x_{part}").shape == (0, 4)
        assert getattr(dataset, f"y_{part}").shape == (0,)
    assert load("diabetes", validation=0).y_validation.shape == (0, 1)


def test_a_dataset_is_shown_in_one_short_line():
    assert repr(load("digits")) == (
        "Dataset('digits', classification: 64 inputs -> 10 classes, 1294 + 144 + 359 rows)"
    )
    assert repr(load("diabetes")) == (
        "Dataset('diabetes', regression: 10 inputs -> 1 number, 319 + 35 + 88 rows)"
    )


def test_the_spiral_is_that_of_the_lecture():
    dataset = load("spiral", validation=0, test=0)
    raw = [column.mean + column.std * dataset.x_train[:, index].astype(float)
           for index, column in enumerate(dataset.preprocessing.columns)]  # fmt: skip
    radius = np.hypot(*raw)
    for arm in range(3):
        expected = np.linspace(0, 1, 100)
        np.testing.assert_allclose(np.sort(radius[dataset.y_train == arm]), expected, atol=1e-6)


def test_a_numpy_seed_and_share_are_as_good_as_python_ones():
    theirs = load("iris", seed=np.int64(1), validation=np.float32(0.5), test=np.float64(0.2))
    assert arrays(theirs)[0].tobytes() == load("iris", seed=1, validation=0.5).x_train.tobytes()


# ------------------------------------------------------------------------------- bad arguments


@pytest.mark.parametrize("share", ["validation", "test"])
@pytest.mark.parametrize("value", [-0.1, 1, 1.5, float("nan"), "0.1", True, None])
def test_a_bad_share_is_refused(share, value):
    with pytest.raises(ArgumentError) as caught:
        load("iris", **{share: value})
    assert caught.value.short() == (
        f"{share} is a share of the rows, from 0 up to but not including 1; found {value!r}.\n"
        f"Pass for example {share}=0.1 for a tenth of the rows, or 0 for none."
    )


@pytest.mark.parametrize("seed", [-1, 0.5, "0", None, True])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ArgumentError) as caught:
        load("iris", seed=seed)
    assert caught.value.short() == (
        f"seed is a whole number from 0 upwards; found {seed!r}.\nPass for example seed=0."
    )


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError) as caught:
        load("digit")
    assert caught.value.short() == (
        "there is no data set named 'digit'; did you mean 'digits'?\n"
        f"Known: {KNOWN}. A CSV file is given by its path."
    )


@pytest.mark.parametrize("name", ["", "zzzz"])
def test_an_unknown_name_with_nothing_near_lists_the_names(name):
    with pytest.raises(UnknownNameError) as caught:
        load(name)
    assert caught.value.short() == (
        f"there is no data set named '{name}'.\nKnown: {KNOWN}. A CSV file is given by its path."
    )


def test_a_missing_file_suggests_a_file_beside_it_and_a_data_set(write):
    path = write("a,b\n", name="house.csv").with_name("houses.csv")
    with pytest.raises(MissingDataError) as caught:
        load(path)
    assert caught.value.short() == (
        f"there is no file {str(path)!r}.\n"
        f"Did you mean {str(path.with_name('house.csv'))!r}?\n"
        f"Give the path of a CSV file, or one of: {KNOWN}."
    )
    with pytest.raises(MissingDataError) as caught:
        load("nowhere/iris.csv")
    assert caught.value.short() == (
        "there is no file 'nowhere/iris.csv'.\n"
        "Did you mean the data set 'iris'?\n"
        f"Give the path of a CSV file, or one of: {KNOWN}."
    )


def test_the_message_points_at_the_users_line():
    with pytest.raises(MissingDataError) as caught:
        load("nowhere.csv")
    assert 'load("nowhere.csv")' in str(caught.value)
    assert "test_loading.py:" in str(caught.value)


@pytest.mark.parametrize("source", ["x" * 5000, "a\nb,c\0d"])
def test_a_source_that_no_path_can_be_is_an_unknown_name(source):
    with pytest.raises((UnknownNameError, MissingDataError)):
        load(source)


def test_a_folder_is_not_a_csv(tmp_path):
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert caught.value.short() == (
        f"{tmp_path} is a folder, not a CSV file.\nGive the path of one file inside it."
    )


def test_arrays_are_not_a_source():
    with pytest.raises(ArgumentError) as caught:
        load(np.ones((3, 2)))
    assert caught.value.short() == (
        "a data set is named by a text or a path; found ndarray.\n"
        "Pass a name or the path of a CSV file. Arrays of your own go straight to fit()."
    )


def test_a_named_set_takes_no_target():
    with pytest.raises(ArgumentError) as caught:
        load("iris", target="species")
    assert caught.value.short() == (
        "the data set 'iris' has its own target; target='species' has no meaning here.\n"
        "Leave target out, or give the path of a CSV file."
    )


def test_only_fashion_mnist_takes_a_folder():
    with pytest.raises(ArgumentError) as caught:
        load("iris", folder="somewhere")
    assert caught.value.short() == (
        "folder= tells where fashion-mnist is; 'iris' does not need it.\n"
        "Leave folder out, or give the whole path of a CSV file."
    )


# -------------------------------------------------------------------------------- scikit-learn


def test_without_scikit_learn_the_install_line_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingLibraryError) as caught:
        load("iris")
    assert caught.value.short() == (
        "this data set comes with scikit-learn, which cannot be imported.\n"
        "    import of sklearn.datasets halted; None in sys.modules\n"
        'Install it: pip install "chainrule[app]"'
    )
    load("moons")  # which needs no scikit-learn


def test_the_digits_are_read_without_importing_scikit_learn(monkeypatch):
    quick = bundled.bundled("digits")
    monkeypatch.setattr(bundled, "DIGITS_FILE", ("datasets", "data", "gone.csv.gz"))
    slow = bundled.bundled("digits")
    assert quick.table.numbers.tobytes() == slow.table.numbers.tobytes()
    assert (quick.table.order, quick.image_shape) == (slow.table.order, slow.image_shape)
    assert isinstance(quick.target, Text)
    assert isinstance(slow.target, Text)
    assert quick.target.values == slow.target.values
    assert quick.target.codes.tolist() == slow.target.codes.tolist()


@pytest.mark.parametrize("other", ["iris.csv", "diabetes_target.csv.gz"])
def test_a_file_that_holds_no_digits_is_left_to_scikit_learn(monkeypatch, other):
    monkeypatch.setattr(bundled, "DIGITS_FILE", ("datasets", "data", other))
    assert load("digits").inputs == 64


def test_scikit_learn_is_imported_only_when_a_set_of_its_own_is_asked_for():
    code = (
        "import sys; from chainrule.train.data import load; load('spiral');"
        "sys.exit('sklearn' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
