"""One row, and every number of rows, is answered without a graph, as the ensemble answers."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal

from chainrule.estimators import TabularClassifier, TabularRegressor
from chainrule.estimators.answering import ROWS
from chainrule.estimators.features import MOST_CATEGORIES
from chainrule.estimators.presets import PRESETS

RNG = np.random.default_rng(0)
KINDS = {"classes": TabularClassifier, "numbers": TabularRegressor}


def table(rows=90):
    frame = pd.DataFrame({
        "size": np.where(RNG.random(rows) < 0.1, np.nan, RNG.normal(size=rows)),
        "town": RNG.choice([*"abcdefghijkl"], rows),
        "count": RNG.integers(0, 50, rows),
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 90, rows), unit="D"),
    })  # fmt: skip
    return frame, RNG.integers(0, 3, rows)


@pytest.mark.parametrize(("task", "preset"), [(t, p) for t, each in PRESETS.items() for p in each])
def test_answers_are_those_of_the_ensemble_and_of_its_copies(task, preset):
    frame, y = table()
    model = KINDS[task](preset, random_state=0, time_limit=0.1).fit(frame, y)
    outputs = model.outputs(frame)
    assert type(outputs) is np.ndarray
    # Of scores, the mean of what the members say; of classes, the logarithm of the mean chance.
    whole = model.ensemble_(model.inputs(frame)).data
    if task == "numbers":
        assert np.allclose(outputs.mean(0), whole, atol=1e-5)
    else:
        assert np.allclose(np.log(model.predict_proba(frame)), whole, atol=1e-4)
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert_array_equal(other.outputs(frame), outputs)
        for p in other.ensemble_.parameters().values():
            p.write(0 * p.value)
        assert not other.outputs(frame).any()  # its own net answers
    assert_array_equal(model.outputs(frame), outputs)


@pytest.mark.parametrize("library", ["pandas", "polars", "dict"])
def test_one_row_is_answered_as_it_is_among_others(library):
    frame, y = table()
    model = TabularRegressor("fast", random_state=0, time_limit=0.1).fit(frame, y)
    expected = model.predict(frame.iloc[:9])
    for place in range(9):
        row = frame.iloc[[place]]
        given = {"pandas": row, "polars": pl.from_pandas(row), "dict": row.iloc[0].to_dict()}
        assert np.allclose(model.predict(given[library]), expected[place], atol=1e-5)


def test_rows_of_several_batches_stand_in_their_order():
    x = RNG.normal(size=(ROWS + 3, 2))
    model = TabularRegressor("fast", random_state=0, time_limit=0.1).fit(x[:80], x[:80, 0])
    some = [0, 1, ROWS - 1, ROWS, ROWS + 2]
    assert np.allclose(model.predict(x)[some], model.predict(x[some]), atol=1e-5)


def test_the_rarest_of_many_categories_share_an_input():
    towns = np.array([f"t{min(each, 70)}" for each in range(200)])
    x = pd.DataFrame(
        {"town": towns, "size": np.where(np.arange(200) % 9, 1.0 + towns.size, np.nan)}
    )
    model = TabularRegressor("fast", random_state=0, time_limit=0.1).fit(
        x, np.arange(200), sample_weight=1 + np.arange(200)
    )
    assert model.features_.layout().categories[0] <= MOST_CATEGORIES + 1
    inputs = model.inputs(x)
    assert inputs.shape[1] == model.features_.layout().inputs
    assert np.isfinite(inputs).all()
