"""A setting that is changed after a fit changes the next fit, and nothing of what was trained."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor, load

X = np.random.default_rng(0).normal(size=(60, 3))
TARGETS = {TabularClassifier: np.where(X[:, 0] > 0, "p", "q"), TabularRegressor: X[:, 0]}
SHORT = Recipe(members=2, parts=2, epochs=4, batch=32, widths=(8, 8))
CHANGES = {
    "activation": {"preset": replace(SHORT, activation="relu")},
    "widths": {"preset": replace(SHORT, widths=(8, 9))},
    "members": {"preset": replace(SHORT, members=3)},
    "a name": {"preset": "fast"},
    "another kind": {"preset": "realmlp"},
    "no preset": {"preset": "unheard of"},
    "columns": {"drop": ["x0"], "categorical": ["x1"], "decimal": ","},
    "the rest": {"time_limit": 1e-9, "n_jobs": 2, "random_state": 5},
}


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("change", CHANGES)
def test_a_trained_estimator_answers_and_is_stored_as_it_was_trained(change, kind, tmp_path):
    model = kind(SHORT, random_state=0).fit(X, TARGETS[kind])
    outputs = model.outputs(X)
    model.set_params(**CHANGES[change])
    assert_array_equal(model.outputs(X), outputs)
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert_array_equal(again.outputs(X), outputs)
    assert again.recipe_ == SHORT
