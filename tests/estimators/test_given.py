"""Whatever is given as rows is read, or refused in our form with what to pass."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
from numpy.testing import assert_array_equal
from sklearn.exceptions import NotFittedError

from chainrule.errors import ChainruleError, DataError, DTypeError, ShapeError
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor

SHORT = Recipe(members=1, parts=2, epochs=2, batch=64, widths=(8,))
FRAME = pd.DataFrame({"size": np.arange(20.0), "town": ["Bern", "Graz"] * 10})
MATRIX = np.random.default_rng(0).normal(size=(20, 2))
Y = np.arange(20) % 2

ODD = {
    "an empty frame": FRAME.iloc[:0],
    "a frame without columns": pd.DataFrame(),
    "an empty frame of polars": pl.from_pandas(FRAME)[:0],
    "columns without rows": {"size": [], "town": []},
    "no columns": {},
    "a path": Path("table.csv"),
    "a text": "table.csv",
    "bytes": b"table.csv",
    "a row of pandas": FRAME.iloc[0],
    "a column of pandas": FRAME["size"],
    "a series of polars": pl.Series([1.0, 2.0]),
    "None": None,
    "a vector": np.arange(20.0),
    "a list of numbers": [1.0, 2.0],
    "a list of texts": ["Bern", "Graz"],
    "an empty list": [],
    "a number": 3.0,
    "a NumPy number": np.float64(3),
    "three axes": np.zeros((20, 2, 2)),
    "columns that are alike": pd.DataFrame(MATRIX, columns=["size", "size"]),
    "a generator": (row for row in [[1.0, 2.0]]),
    "a set": {1, 2},
    "a function": print,
    "a class": pd.DataFrame,
    "ragged lists": [[1.0, 2.0], [3.0]],
    "a matrix of anything": np.array([[1.0, "Bern"]] * 20, object),
    "complex numbers": MATRIX + 1j,
    "a sparse matrix": scipy.sparse.csr_matrix(MATRIX),
    "an old matrix": np.asmatrix(MATRIX),
    "infinite numbers": np.full((20, 2), np.inf),
    "a dict of dicts": {"size": {0: 1.0}, "town": {0: "Bern"}},
    "groups": FRAME.groupby("town"),
}


@pytest.fixture(scope="module")
def trained():
    return [TabularClassifier(SHORT).fit(x, Y) for x in (FRAME, MATRIX)]


@pytest.mark.parametrize("what", ODD)
@pytest.mark.filterwarnings("ignore:X has feature names")
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_what_is_no_table_is_refused_and_it_is_said_what_to_pass(what, trained):
    calls = [model.predict for model in trained]
    for call in [*calls, lambda x: TabularRegressor(SHORT).fit(x, Y)]:
        with pytest.raises(ChainruleError) as caught:
            call(ODD[what])
        assert caught.value.do


def test_the_form_of_what_is_refused(trained):
    with pytest.raises(DTypeError, match=r"(?s)this is a text\..*'a\.csv'\nRead it first, as by"):
        trained[0].predict("a.csv")
    with pytest.raises(DTypeError, match=r"(?s)this is one Series\..*series\.to_dict\(\)"):
        trained[0].predict(FRAME.iloc[0])
    with pytest.raises(
        ShapeError, match=r"(?s)two axes, \(N, D\), but this has one axis.*Reshape"
    ):
        trained[1].predict(MATRIX[0])
    with pytest.raises(DataError, match="there are no rows to answer"):
        trained[0].predict(FRAME.iloc[:0])
    with pytest.raises(NotFittedError):
        TabularClassifier().predict(FRAME)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"y": None}, "the target y is None"),
        ({"y": Y[:5]}, "inconsistent numbers of samples"),
        ({"y": np.stack([Y, Y], 1)}, "1d array"),
        ({"sample_weight": [1.0]}, "sample_weight"),
        ({"sample_weight": -np.ones(20)}, "(?i)negative values"),
        ({"sample_weight": "many"}, "sample_weight"),
    ],
)
def test_answers_and_weights_that_do_not_fit_are_refused_alike(given, told):
    for x in (FRAME, MATRIX):
        with pytest.raises(ChainruleError, match=told) as caught:
            TabularClassifier(SHORT).fit(**{"X": x, "y": Y, **given})
        assert caught.value.do


SETTINGS = {
    "preset": ["strongest", 3, None],
    "class_weight": ["fair", {"other": 2}],
    "random_state": ["x", -1, 0.5],
    "time_limit": ["5", 0, -1, float("nan"), True],
    "n_jobs": ["2", 0, 1.5],
    "drop": ["other", 7, True, {"x0": 1}, [["x0"]], ["x0", "x1", "x2", "x3"]],
    "categorical": ["other", [None]],
    "numeric": [["x0", "other"]],
    "missing": [True, {"x0": -1}, [["-9"]]],
    "decimal": [";", "point", 0, [","]],
}


def test_every_setting_that_means_nothing_is_refused_in_our_form():
    assert set(SETTINGS) == set(TabularClassifier().get_params()) - {"verbose"}
    for name, values in SETTINGS.items():
        for value in values:
            model = TabularClassifier(SHORT).set_params(**{name: value})
            with pytest.raises(ChainruleError) as caught:
                model.fit(MATRIX, Y)
            assert caught.value.do, name


def test_a_column_is_not_passed_by_its_name():
    with pytest.raises(DTypeError, match=r"(?s)one text: 'town'.*frame\['town'\]\)\."):
        TabularClassifier(SHORT).fit(FRAME, "town")


def test_other_columns_are_told_with_a_way_to_those_of_training(trained):
    for frame in (FRAME.assign(more=1), FRAME[["town"]], FRAME[["town", "size"]]):
        with pytest.raises(DataError, match=r"frame\[model\.feature_names_in_\]"):
            trained[0].predict(frame)
    model = trained[0]
    wide = FRAME.assign(more=1)[["more", "town", "size"]]
    assert_array_equal(model.predict(wide[model.feature_names_in_]), model.predict(FRAME))


def test_records_and_lazy_frames_are_tables(trained):
    model = trained[0]
    expected = model.predict_proba(FRAME)
    records = FRAME.to_dict("records")
    for rows in (records, tuple(records), pl.from_pandas(FRAME).lazy()):
        assert_array_equal(model.predict_proba(rows), expected)
    again = TabularClassifier(SHORT, random_state=0).fit(records, Y)
    assert again.feature_names_in_.tolist() == ["size", "town"]
    assert np.allclose(model.predict_proba(records[:1]), expected[:1], atol=1e-6)
    gaps = model.predict_proba([{"size": 1.0}, {"town": "Graz", "more": 1}])
    assert np.allclose(gaps, model.predict_proba({"size": [1.0, None], "town": [None, "Graz"]}))
