"""One row and dicts of columns; what is told of a table; weights of classes, and what is saved."""

import re

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.calibration import CalibratedClassifierCV
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score

from chainrule.errors import ChainruleError, DataError
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor, load
from chainrule.estimators.presets import PRESETS
from chainrule.estimators.published import RealMLP

SHORT = Recipe(members=2, parts=2, epochs=8, batch=64, widths=(16, 16))


def table(rows=240):
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "green", "blue", None], rows)
    frame = pd.DataFrame({
        "size": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
        "colour": colour, "count": rng.integers(0, 9, rows), "known": rng.random(rows) > 0.5,
        "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 90, rows), unit="D"),
    })  # fmt: skip
    return frame, np.where(pd.isna(colour), "none", colour)


def test_a_column_that_gives_the_answers_away_is_told(tmp_path, capsys):
    frame, y = table()
    frame = frame.assign(outcome=np.unique(y, return_inverse=True)[1] * 2.5)
    model = TabularClassifier(SHORT, random_state=0, verbose=True).fit(frame, y)
    note = "note: 'outcome' alone predicts the answers nearly perfectly: if it is known only"
    assert note in capsys.readouterr().out
    assert note in str(model.table_).splitlines()[-1]
    model.save(tmp_path / "model.npz")
    assert str(load(tmp_path / "model.npz").table_) == str(model.table_)


@pytest.mark.parametrize("given", ["balanced", {np.int64(1): 9.0}])
def test_class_weights_by_word_and_by_number_are_saved(given, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 1))
    y = (x[:, 0] + rng.normal(size=400) > 1.8).astype(int)
    plain = TabularClassifier(SHORT, random_state=0).fit(x, y)
    model = TabularClassifier(SHORT, class_weight=given, random_state=0).fit(x, y)
    assert model.predict(x).mean() > plain.predict(x).mean() + 0.1
    model.save(tmp_path / "model.npz")
    assert load(tmp_path / "model.npz").class_weight == given


def one_row_each(frame, place):
    """One row as users hold it; the last two are of pandas and polars."""
    row = frame[place : place + 1].reset_index(drop=True)
    cells = {name: row[name].iloc[0] for name in row}
    lists = {name: [cell] for name, cell in cells.items()}
    backwards = dict(reversed(cells.items()))
    return [cells, lists, backwards, cells | {"more": "ignored"}, row, pl.from_pandas(row)]


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_one_row_is_answered_as_among_others_however_it_is_held(kind):
    """Also cells that need a second look: gaps, marks, new categories, numbers as texts."""
    frame, y = table()
    y = y if kind is TabularClassifier else frame["count"] * 1.5
    spread = np.linspace(-1, 1, len(frame))
    spread[4] = 1e9  # so that training holds numbers within bounds
    frame = frame.assign(far=spread)
    model = kind(SHORT, random_state=0).fit(frame, y)
    answer = model.predict_proba if kind is TabularClassifier else model.predict
    odd = frame.iloc[:4].copy()
    odd["far"] = [1e20, -1e20, np.nan, 0.0]
    odd["colour"] = [None, "violet", "n/a", "red"]
    frame = pd.concat([frame.iloc[:20], odd], ignore_index=True)
    whole = answer(frame)
    for place in range(len(frame)):
        for row in one_row_each(frame, place):
            assert_allclose(answer(row)[0], whole[place], rtol=1e-5, atol=1e-6)


def test_tables_may_be_dicts_of_columns():
    frame, y = table()
    columns = {name: frame[name].to_numpy() for name in frame}
    framed = TabularClassifier(SHORT, random_state=0).fit(frame, y)
    model = TabularClassifier(SHORT, random_state=0).fit(columns, y)
    assert_array_equal(model.predict_proba(columns), framed.predict_proba(frame))
    assert list(model.feature_names_in_) == list(frame.columns)
    columns.pop("size")
    with pytest.raises(DataError, match="lacks 1 column that the net reads: size"):
        model.predict(columns)
    with pytest.raises(DataError, match=r"holds 'much' in row 1 where a number belongs"):
        model.predict(dict(frame.iloc[0]) | {"size": "much"})
    with pytest.raises(DataError, match="reads no names"):
        TabularClassifier(SHORT).fit(frame[["count"]].to_numpy(), y).predict(columns)
    with pytest.raises(ChainruleError, match="119 answers for 240 rows"):
        TabularClassifier(SHORT).fit(columns, y[:119])


def test_the_published_recipe_embeds_numbers_and_many_categories_and_is_saved(tmp_path):
    frame, y = table()
    rng = np.random.default_rng(1)
    frame = frame.assign(town=rng.choice([f"town {i}" for i in range(12)], len(frame)))
    recipe = RealMLP(epochs=12, batch=64, widths=(16, 16), rate=0.04)
    model = TabularClassifier(recipe, random_state=0).fit(frame, y)
    front = model.ensemble_.nets[0][0]
    assert [each.features for each in front.tables] == [12]
    assert front.periodic.features == model.features_.layout().numbers
    assert model.score(frame, y) > 0.9
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert_array_equal(again.predict_proba(frame), model.predict_proba(frame))
    texts = frame[["colour", "town"]]  # no column of numbers
    found = TabularRegressor(recipe, random_state=0).fit(texts, y == "red").predict(texts)
    assert np.isfinite(found).all()


def test_small_tables_are_trained_in_small_steps():
    recipe = PRESETS["classes"]["strong"]
    found = [recipe.rows_of_a_step(rows) for rows in (5, 300, 1000, 2000, 5000, 10**6)]
    assert found == [5, 64, 64, 128, 256, 256]
    assert PRESETS["classes"]["realmlp"].rows_of_a_step(300) == 256


def test_the_tools_of_scikit_learn_take_frames_with_gaps_texts_and_dates():
    frame, y = table()
    frame = frame.astype({"count": float})  # which partial dependence wants
    model = TabularClassifier(SHORT, random_state=0).fit(frame, y)
    importance = permutation_importance(model, frame, y, n_repeats=2, random_state=0)
    assert frame.columns[importance.importances_mean.argmax()] == "colour"
    average = partial_dependence(model, frame.dropna(), ["count"])["average"]
    assert average.shape == (4, frame["count"].nunique())
    scores = cross_val_score(TabularRegressor(SHORT), frame, frame["count"] * 2.0, cv=2)
    assert np.isfinite(scores).all()
    search = GridSearchCV(model, {"preset": [SHORT], "class_weight": [None, "balanced"]}, cv=2)
    assert search.fit(frame, y).best_estimator_.table_ == model.table_
    calibrated = CalibratedClassifierCV(model, cv=2).fit(frame, y)
    assert_allclose(calibrated.predict_proba(frame).sum(1), 1)


@pytest.mark.parametrize(("exposures", "passes"), [(None, 32), (8_000, 20), (100, 8)])
def test_of_a_large_table_a_member_needs_fewer_passes(capsys, exposures, passes):
    """Each of two learns from 400 of 800 rows."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(800, 4))
    recipe = Recipe(2, 2, 32, 64, widths=(16,), exposures=exposures)
    TabularClassifier(recipe, random_state=0, verbose=True).fit(X, X[:, 0] > X[:, 1])
    assert passes_of(capsys) == [passes, passes]


def passes_of(capsys):
    """Of each member, as it is told."""
    told = re.findall(r"member \d of \d: (\d+) epochs", capsys.readouterr().out)
    return [int(number) for number in told]


@pytest.mark.parametrize("is_noise", [True, False])
def test_later_members_see_no_wave_that_only_learns_noise(capsys, is_noise):
    """Waves of 1, 3, 7 and 15 passes; the first three members go through all of them."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(800, 6))
    y = rng.integers(0, 2, 800) if is_noise else (X[:, 0] * X[:, 1] * X[:, 2] > 0).astype(int)
    recipe = Recipe(members=5, parts=5, epochs=15, batch=64, widths=(64, 64))
    TabularClassifier(recipe, random_state=0, verbose=True).fit(X, y)
    assert passes_of(capsys) == [15, 15, 15, *([1, 1] if is_noise else [15, 15])]
