"""The estimators keep scikit-learn's contract, whole, and work with its tools."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes, load_iris
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    parametrize_with_checks,
)

from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor
from tests.thorough import parametrize

SHORT = Recipe(members=2, parts=2, epochs=6, batch=64, widths=(8, 8))
IRIS = load_iris(return_X_y=True, as_frame=True)
DIABETES = load_diabetes(return_X_y=True, as_frame=True)


CONTRACT = parametrize_with_checks([TabularClassifier("fast"), TabularRegressor("fast")]).mark
CHECKS = list(CONTRACT.args[1])


def first_of_their_kind():
    """Where a check comes for the first time: most are asked of both."""
    names = [check.func.__name__ for _, check in CHECKS]
    return {names.index(name) for name in names}


@pytest.mark.filterwarnings("ignore")  # scikit-learn's own, about arrays that it makes
@parametrize("estimator, check", CHECKS, few=first_of_their_kind(), ids=CONTRACT.kwargs["ids"])
def test_the_contract_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_names_of_columns_are_checked_as_scikit_learn_wants_it(kind):
    check_dataframe_column_names_consistency(kind.__name__, kind("fast"))


def test_the_tools_of_scikit_learn_take_it():
    x, y = IRIS
    model = TabularClassifier(SHORT, random_state=0).fit(x, y)
    importance = permutation_importance(model, x, y, n_repeats=2, random_state=0)
    assert importance.importances_mean.shape == (4,)
    assert partial_dependence(model, x, [2])["average"].shape[0] == 3
    assert cross_val_score(model, x, y, cv=2).shape == (2,)
    search = GridSearchCV(TabularClassifier(SHORT, random_state=0), {"class_weight": [None]}, cv=2)
    assert search.fit(x, y).best_score_ > 0.3
    calibrated = CalibratedClassifierCV(clone(model), cv=2).fit(x, y)
    assert_allclose(calibrated.predict_proba(x).sum(1), 1)
    piped = make_pipeline(StandardScaler(), TabularRegressor(SHORT, random_state=0))
    assert piped.fit(*DIABETES).predict(DIABETES[0]).shape == (442,)


@pytest.mark.parametrize(
    ("kind", "data"), [(TabularClassifier, IRIS), (TabularRegressor, DIABETES)]
)
def test_one_random_state_makes_one_estimator_and_copies_answer_alike(kind, data):
    x, y = data
    one, other = (kind(SHORT, random_state=3).fit(x, y) for _ in range(2))
    assert_array_equal(one.predict(x), other.predict(x))
    assert one.validation_score_ == other.validation_score_
    again = pickle.loads(pickle.dumps(one))
    assert_array_equal(one.predict(x), again.predict(x))


def test_arrays_and_frames_of_numbers_are_one_table():
    x, y = IRIS
    framed = TabularClassifier(SHORT, random_state=0).fit(x, y)
    plain = TabularClassifier(SHORT, random_state=0).fit(x.to_numpy(), y.to_numpy())
    assert_array_equal(framed.predict_proba(x), plain.predict_proba(x.to_numpy()))
    assert list(framed.feature_names_in_) == list(x.columns)


def test_a_row_of_weight_2_is_two_rows():
    x, y = (part.to_numpy() for part in IRIS)
    weights = np.arange(len(x)) % 3
    weighted = TabularClassifier(SHORT, random_state=0).fit(x, y, sample_weight=weights)
    repeated = TabularClassifier(SHORT, random_state=0).fit(
        np.repeat(x, weights, 0), np.repeat(y, weights)
    )
    assert_array_equal(weighted.predict_proba(x), repeated.predict_proba(x))


def test_n_jobs_leaves_the_setting_as_it_was():
    from chainrule.settings import threads

    before = threads()
    TabularClassifier(SHORT, n_jobs=1, random_state=0).fit(*IRIS)
    assert threads() == before


def test_series_of_targets_and_names_of_classes():
    x, y = IRIS
    names = pd.Series(np.array(["a", "b", "c"])[y])
    model = TabularClassifier(SHORT, random_state=0).fit(x, names)
    assert set(model.predict(x)) <= {"a", "b", "c"}
    assert list(model.classes_) == ["a", "b", "c"]
