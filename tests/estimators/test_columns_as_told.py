"""What a user says of columns means the same to an estimator as to fit_table."""

import inspect
import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor, load
from chainrule.train.data import fit_table
from chainrule.train.data.wanted import Wanted

SHORT = Recipe(members=2, parts=2, epochs=2, batch=64, widths=(4,))
ROWS = 120
ROW = np.arange(ROWS)
FRAME = pd.DataFrame({
    "age": np.where(ROW % 11 == 3, -999, 20 + ROW * 7 % 61),
    "kids": ["k.A." if i % 9 == 4 else str(i % 4) for i in ROW],
    "zip": 100 + ROW % 7,
    "area": [f"{3000 + 97 * i:,}".replace(",", ".") for i in ROW],
    "stock": ["k.A." if i % 5 == 3 else "tbd" if i % 7 == 1 else str(i * 31 % 59) for i in ROW],
})  # fmt: skip
CLASSES, NUMBERS = np.where(ROW % 4 > 1, "yes", "no"), ROW % 4 * 1.5
TOLD = (
    {"missing": ["-999", "k.A."]},
    {"missing": -999},
    {"drop": "age"},
    {"drop": ("age", "zip"), "categorical": np.array(["kids"])},
    {"categorical": ["zip"], "decimal": ","},
    {"decimal": "."},
    {"numeric": pd.Index(["stock"]), "missing": ["tbd"]},
    {"missing": ["", "k.A."]},
    {"drop": None},
)
BOTH = pytest.mark.parametrize(
    ("kind", "y"), [(TabularClassifier, CLASSES), (TabularRegressor, NUMBERS)]
)


def test_an_estimator_has_an_option_for_whatever_can_be_said_of_columns():
    """But for the target's, which y says, and for how rows are split."""
    wanted = set(inspect.signature(Wanted).parameters) - {"task", "split", "are_answers_apart"}
    for kind in (TabularClassifier, TabularRegressor):
        assert wanted <= set(inspect.signature(kind).parameters)


@pytest.mark.parametrize("place", range(len(TOLD)))
def test_columns_are_read_as_fit_table_reads_them(place, tmp_path):
    told, (kind, y) = TOLD[place], BOTH.args[1][place % 2]
    read = fit_table(FRAME, y, **told).preprocessing
    model = kind(SHORT, random_state=0, **told).fit(FRAME, y)
    assert model.table_.preprocessing.columns == read.columns
    kept = [role.kind for role in read.roles if role.kind != "target"]
    assert [role.kind for role in model.table_.roles] == kept
    said = model.predict(FRAME)
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert str(again.table_) == str(model.table_)
    assert_array_equal(again.predict(FRAME), said)
    assert_array_equal(pickle.loads(pickle.dumps(model)).predict(FRAME), said)
    assert_array_equal(clone(again).set_params(random_state=0).fit(FRAME, y).predict(FRAME), said)


@BOTH
def test_the_tools_of_scikit_learn_take_and_vary_them(kind, y):
    model = kind(SHORT, random_state=0, missing=["-999", "k.A."], numeric=["stock"])
    assert np.isfinite(cross_val_score(model, FRAME, y, cv=2)).all()
    given = {"drop": [(), ["age"]], "decimal": [None, ","]}
    search = GridSearchCV(model, given, cv=2).fit(FRAME, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.missing == ["-999", "k.A."]


@BOTH
@pytest.mark.parametrize("option", ["drop", "categorical", "numeric"])
def test_columns_that_are_not_there_are_refused(kind, y, option):
    with pytest.raises(UnknownNameError, match="no column named 'kid'; did you mean 'kids'"):
        kind(SHORT, **{option: ["kid"]}).fit(FRAME, y)
    with pytest.raises(UnknownNameError, match="no column named 'target'") as error:
        kind(SHORT, **{option: ["target"]}).fit(FRAME, y)  # what ours is called meanwhile
    assert "stock, target" not in str(error.value)
    with pytest.raises(UnknownNameError, match="no column named 'x9'"):
        kind(SHORT, **{option: "x9"}).fit(FRAME[["age", "zip"]].to_numpy(), y)
    with pytest.raises(ArgumentError, match="the sign before the decimals"):
        kind(SHORT, decimal=";").fit(FRAME, y)


@BOTH
def test_columns_of_an_array_are_called_x0_and_so_on(kind, y):
    x = FRAME[["age", "zip"]].to_numpy(float)
    model = kind(SHORT, random_state=0, missing=[-999], categorical=["x1"]).fit(x, y)
    assert [role.reason for role in model.table_.roles] == [
        "numbers, 11 gaps", "as was asked: 7 categories",
    ]  # fmt: skip
    assert_array_equal(model.predict(x[:1]), model.predict(x)[:1])
    assert_array_equal(model.predict([[-999, 102]]), model.predict([[np.nan, 102]]))


def test_marks_of_gaps_speak_of_columns_and_not_of_the_answers():
    x, y = FRAME[["age", "area"]], ROW % 3
    model = TabularClassifier(SHORT, missing=[0, 1, "2"], random_state=0).fit(x, y)
    assert list(model.classes_) == [0, 1, 2]
    assert not np.isnan(model.held_out_).any()
    model = TabularRegressor(SHORT, missing=[0, 1], random_state=0).fit(x, y)
    assert model.range_ == (0, 2)


def test_a_table_that_was_read_before_is_not_read_in_another_way():
    table = fit_table(FRAME, NUMBERS)
    with pytest.raises(ArgumentError, match=r"missing='k.A.' says how a table is read") as error:
        TabularRegressor(SHORT, missing="k.A.").fit_table(table)
    assert "fit_table(table, target, missing=...)" in str(error.value)


def test_what_a_note_advises_is_written_as_an_argument():
    table = TabularRegressor(SHORT, random_state=0).fit(FRAME.assign(y=NUMBERS), NUMBERS).table_
    assert "it stands for a gap, name it (missing=-999)" in str(table)
    assert "if it is a gap: missing=['k.A.', 'tbd']" in str(table)
    assert "leave it out (drop='y')" in str(table)
    assert "--" not in str(table)
    gappy = FRAME.assign(y=np.where(ROW % 4 == 1, None, CLASSES))
    table = TabularClassifier(SHORT, random_state=0).fit_table(fit_table(gappy, "y")).table_
    assert "let only empty cells be gaps (missing='')" in str(table)
    assert "--" not in str(table)


@BOTH
def test_a_table_read_before_names_its_columns_and_takes_later_ones_in_any_order(
    kind, y, tmp_path
):
    model = kind(SHORT, random_state=0).fit(FRAME[["age", "zip"]], y)  # another, before
    model.fit_table(fit_table(FRAME.assign(y=y), "y", drop=["stock"]))
    model.save(tmp_path / "model.npz")
    for each in (model, load(tmp_path / "model.npz")):
        assert each.feature_names_in_.tolist() == list(FRAME.columns)
        assert each.n_features_in_ == 5
        later = FRAME[["area", "zip", "kids", "age"]].assign(more=1)
        assert_array_equal(each.predict(later), model.predict(FRAME))
    again = load(tmp_path / "model.npz").fit(FRAME[["age", "zip"]], y)
    assert again.feature_names_in_.tolist() == ["age", "zip"]
    with pytest.raises(DataError, match="feature names should match"):
        again.predict(FRAME[["zip", "age"]])
