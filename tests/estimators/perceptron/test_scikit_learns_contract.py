"""scikit-learn's own checks, and its tools: pipelines, searches, callbacks, parallel runs."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_iris
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule.estimators import MLPClassifier, MLPRegressor
from tests.thorough import parametrize

X, Y = load_iris(return_X_y=True)
CHECKS = """
import warnings
from sklearn.utils.estimator_checks import check_estimator
from chainrule.estimators import MLPClassifier, MLPRegressor
warnings.simplefilter("ignore")
for found in check_estimator({name}(max_iter=20), on_skip=None):
    print(found["check_name"], found["status"])
"""
QUICK = {"max_iter": 3, "tol": 10.0, "n_iter_no_change": 1, "random_state": 0}


@parametrize("name", ["MLPClassifier", "MLPRegressor"], few=1)
def test_every_check_of_scikit_learn_passes(name):
    """In a process of its own: the switch for its checks of array libraries is read once."""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    run = subprocess.run(
        [sys.executable, "-c", CHECKS.format(name=name)],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-3000:]
    found = [line.split() for line in run.stdout.splitlines()]
    assert len(found) > 55
    # There is no decision_function for what has chances, as in scikit-learn's own.
    skipped = ["check_classifiers_multilabel_output_format_decision_function"]
    left = [check for check, status in found if status != "passed"]
    assert left == (skipped if name == "MLPClassifier" else [])


def test_the_tools_of_scikit_learn_take_them():
    model = MLPClassifier(**QUICK)
    piped = make_pipeline(StandardScaler(), model)
    assert cross_val_score(piped, X, Y, cv=2).shape == (2,)
    assert cross_val_predict(piped, X, Y, cv=2, method="predict_proba").shape == (150, 3)
    calibrated = CalibratedClassifierCV(model, cv=2).fit(X, Y)
    np.testing.assert_allclose(calibrated.predict_proba(X).sum(1), 1)
    fitted = MLPRegressor(**QUICK).fit(X, X[:, 0])
    found = permutation_importance(fitted, X, X[:, 0], n_repeats=2)
    assert found.importances_mean.shape == (4,)


@parametrize("jobs", [1, 2], few=1)
def test_a_search_finds_the_same_in_one_process_and_in_two(jobs):
    grid = {"hidden_layer_sizes": [(4,), (8, 4)], "alpha": [1e-4, 1.0], "activation": ["tanh"]}
    search = GridSearchCV(MLPClassifier(**QUICK), grid, cv=2, n_jobs=jobs).fit(X, Y)
    alone = [
        cross_val_score(MLPClassifier(**QUICK, **setting), X, Y, cv=2).mean()
        for setting in search.cv_results_["params"]
    ]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], alone)


def test_a_monitor_of_scores_sees_the_net_after_each_epoch():
    monitor = ScoringMonitor(scoring="accuracy")
    model = MLPClassifier(
        (8,), max_iter=6, n_iter_no_change=6, random_state=0, learning_rate_init=0.05
    )
    with pytest.warns(match="Maximum iterations"):
        model.set_callbacks(monitor).fit(X, Y)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 6
    assert scores[-1] == model.score(X, Y)
    assert len(set(scores)) > 1


def test_a_monitor_sees_each_iteration_of_lbfgs():
    monitor = ScoringMonitor(scoring="r2")
    model = MLPRegressor(hidden_layer_sizes=(4,), solver="lbfgs", random_state=0, alpha=1.0)
    model.set_callbacks(monitor).fit(X, X[:, 0])
    scores = [row["r2"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert model.n_iter_ <= len(scores) <= model.n_iter_ + 1
    assert scores[0] < scores[-1]


def test_progress_bars_stand_inside_a_search(capsys):
    search = GridSearchCV(MLPClassifier(**QUICK), {"alpha": [0.1, 1.0]}, cv=2)
    search.set_callbacks(ProgressBar()).fit(X, Y)
    assert "MLPClassifier - fit" in capsys.readouterr().out


def test_a_callback_may_end_the_training():
    class Enough:
        def setup(self, estimator, context):
            self.seen = 0

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context):
            self.seen += 1
            return self.seen == 2

    model = MLPClassifier((4,), max_iter=50, random_state=0).set_callbacks(Enough()).fit(X, Y)
    assert model.n_iter_ == 2


def test_one_row_is_answered_as_many_are():
    model = MLPClassifier(**QUICK).fit(X, Y)
    whole = model.predict_proba(X)
    np.testing.assert_allclose([model.predict_proba(X[i : i + 1])[0] for i in range(5)], whole[:5])
    assert_array_equal(model.predict(X.tolist()), model.predict(X))
