"""A fit that fails or is interrupted leaves the estimator for tables as it stood."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from chainrule.errors import ChainruleError, DataError
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor
from chainrule.estimators.member_training import Unfinished
from chainrule.train.data import fit_table

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
TEXTS = np.where(X[:, 0] > 0, "p", "q")
TARGETS = {TabularClassifier: TEXTS, TabularRegressor: X[:, 0]}
OTHERS = {TabularClassifier: np.where(X[:, 1] > 0, "u", "v"), TabularRegressor: 5000 + X[:, 1]}
SHORT = Recipe(members=2, parts=2, epochs=4, batch=32, widths=(8, 8))


class Stop(BaseException):
    """Somebody interrupts."""


def interrupts(stand):
    raise Stop


def wants_no_more(stand):
    return True


def table_of(y):
    return fit_table({"x": 100 * X[:, 0], "other": X[:, 1], "y": y}, "y")


BREAKS = {
    "a stop in training": lambda model, y: model.fit_table(table_of(y), interrupts),
    "nobody waits": lambda model, y: model.fit_table(table_of(y), wants_no_more),
    "fewer answers": lambda model, y: model.fit(FRAME[["c", "b"]], y[1:]),
    "other columns, no recipe": lambda model, y: model.set_params(preset="no").fit(X[:, :2], y),
    "no weight": lambda model, y: model.fit(X[:, :2], y, sample_weight=np.zeros(60)),
    "no threads": lambda model, y: model.set_params(n_jobs=0).fit(100 * X, y),
}


@pytest.mark.parametrize("rows", [X, FRAME], ids=["array", "frame"])
@pytest.mark.parametrize("way", BREAKS)
@pytest.mark.parametrize("kind", TARGETS)
def test_the_net_that_stands_goes_on_reading_its_own_columns(kind, way, rows):
    model = kind(SHORT, random_state=0).fit(rows, TARGETS[kind])
    answers, facts = model.predict(rows), set(vars(model))
    with pytest.raises((Stop, Unfinished, ChainruleError)):
        BREAKS[way](model, OTHERS[kind])
    assert set(vars(model)) == facts
    assert_array_equal(model.predict(rows), answers)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, None])
def test_a_weight_that_no_class_can_have_is_refused(weight):
    with pytest.raises(DataError, match="class_weight gives the class p the weight"):
        TabularClassifier(SHORT, class_weight={"p": weight}).fit(X, TEXTS)
    with pytest.raises(DataError, match="class_weight gives the class p the weight"):
        TabularClassifier(SHORT, class_weight={"p": weight}).fit_table(table_of(TEXTS))
