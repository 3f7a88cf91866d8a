"""Tables as they come: gaps, categories, dates, odd cells; and what is refused."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule.errors import ArgumentError, ChainruleError, DataError, MissingDataError
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor, load

SHORT = Recipe(members=2, parts=2, epochs=8, batch=64, widths=(16, 16))
RNG = np.random.default_rng(0)


def table(rows=240):
    colour = RNG.choice(["red", "green", "blue", None], rows)
    size = np.where(RNG.random(rows) < 0.1, np.nan, RNG.normal(size=rows))
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 90, rows), unit="D")
    frame = pd.DataFrame({
        "size": size, "colour": colour, "day": day, "count": RNG.integers(0, 9, rows),
        "known": RNG.random(rows) > 0.5, "same": 1, "name": [f"n{i}" for i in range(rows)],
    })  # fmt: skip
    return frame, np.where(pd.isna(colour), "none", colour)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_is_read_as_it_is_and_says_how(library):
    frame, y = table()
    given = frame if library == "pandas" else pl.from_pandas(frame)
    recipe = Recipe(members=2, parts=2, epochs=40, batch=64, widths=(16, 16))
    model = TabularClassifier(recipe, random_state=0).fit(given, y)
    assert model.score(given, y) > 0.95
    kinds = {column.name: column.kind for column in model.table_.columns}
    assert kinds == {
        "size": "number", "colour": "category", "day": "number", "count": "number",
        "known": "number", "same": "left out", "name": "left out",
    }  # fmt: skip
    assert "nearly every row has a value of its own" in str(model.table_)
    new = frame.iloc[:3].copy()
    new["colour"] = ["violet", None, "red"]
    new["size"] = [np.nan, 1e30, -1e30]
    new = new if library == "pandas" else pl.from_pandas(new)
    assert np.isfinite(model.predict_proba(new)).all()


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_a_saved_estimator_answers_alike(kind, tmp_path):
    frame, y = table()
    y = y if kind is TabularClassifier else frame["count"] * 2.0
    model = kind(SHORT, random_state=0).fit(frame, y)
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert type(again) is kind
    assert_array_equal(again.predict(frame), model.predict(frame))
    assert again.validation_score_ == model.validation_score_
    assert str(again.table_) == str(model.table_)
    assert list(again.feature_names_in_) == list(frame.columns)


def test_a_damaged_file_is_refused(tmp_path):
    frame, y = table(60)
    place = tmp_path / "model.npz"
    TabularClassifier(SHORT, random_state=0).fit(frame, y).save(place)
    whole = place.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(60):
        broken = bytearray(whole[: int(rng.integers(1, len(whole)))])
        broken[int(rng.integers(len(broken)))] ^= 255
        place.write_bytes(bytes(broken))
        with pytest.raises(DataError, match="damaged"):
            load(place)
    with pytest.raises(MissingDataError):
        load(tmp_path / "nothing.npz")


def test_one_huge_cell_does_not_ruin_the_net():
    x = RNG.normal(size=(300, 3))
    y = (x[:, 0] > 0).astype(int)
    x[5, 1] = 1e200
    recipe = Recipe(members=2, parts=2, epochs=30, batch=64, widths=(16, 16))
    assert TabularClassifier(recipe, random_state=0).fit(x, y).score(x, y) > 0.93


def test_rows_with_gaps_in_arrays_are_learned_from():
    x = RNG.normal(size=(300, 3))
    y = x[:, 0] * 2
    x[::5, 1] = np.nan
    model = TabularRegressor(SHORT, random_state=0).fit(x, y)
    assert np.isfinite(model.predict(np.full((2, 3), np.nan))).all()
    assert y.min() <= model.predict(x * 100).min() <= model.predict(x * 100).max() <= y.max()


def test_a_class_with_one_row_is_learned():
    x, y = RNG.normal(size=(50, 2)), np.zeros(50, int)
    y[:20], y[7] = 1, 2
    model = TabularClassifier(SHORT, random_state=0).fit(x, y)
    assert model.predict_proba(x).shape == (50, 3)


def test_class_weights_move_the_answer():
    x = RNG.normal(size=(400, 1))
    y = (x[:, 0] + RNG.normal(size=400) > 1.8).astype(int)
    plain, balanced = (
        TabularClassifier(SHORT, class_weight=given, random_state=0).fit(x, y).predict(x).mean()
        for given in (None, "balanced")
    )
    assert balanced > plain + 0.1


def test_the_held_out_score_is_about_that_of_new_rows():
    x = RNG.normal(size=(600, 4))
    y = (x[:, 0] + 0.8 * RNG.normal(size=600) > 0).astype(int)
    model = TabularClassifier(SHORT, random_state=0).fit(x[:300], y[:300])
    assert_allclose(model.validation_score_, model.score(x[300:], y[300:]), atol=0.12)


def test_a_time_limit_shortens_the_training():
    x, y = RNG.normal(size=(3000, 10)), RNG.integers(0, 3, 3000)
    said = []
    long = Recipe(members=8, parts=8, epochs=100_000, batch=64, widths=(32,))
    model = TabularClassifier(long, time_limit=2.0, random_state=0)
    began = datetime.datetime.now()
    model.fit(x, y)
    said.append(model.epochs_)
    assert max(model.epochs_) < 100_000
    assert (datetime.datetime.now() - began).total_seconds() < 60
    with pytest.raises(ArgumentError, match="above 0"):
        TabularClassifier(SHORT, time_limit=0).fit(x, y)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.assign(size="much"), "holds numbers in training, but here 'much'"),
        (lambda f: f.assign(size=np.inf), "holds an infinite number"),
        (lambda f: f.rename(columns={"size": "length"}), "feature names"),
        (lambda f: f.drop(columns="size"), "size"),
        (lambda f: f.to_numpy()[:, :3].astype(str), "could not convert|features|frame"),
    ],
)
def test_rows_that_do_not_fit_are_refused(change, message):
    frame, y = table(80)
    model = TabularClassifier(SHORT, random_state=0).fit(frame, y)
    with pytest.raises(ValueError, match=message):
        model.predict(change(frame))


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (pd.DataFrame({"a": [1, 1, 1]}), [0, 1, 0], "no column can be learned from"),
        (pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]), [0, 1], "two columns are called 'a'"),
        (np.ones((4, 2)), [1, 1, 1, 1], "one class"),
    ],
)
def test_tables_that_nothing_can_be_learned_from_are_refused(x, y, message):
    with pytest.raises(ChainruleError, match=message):
        TabularClassifier(SHORT).fit(x, y)


def test_targets_that_are_no_numbers_and_presets_that_nobody_knows_are_refused():
    x = RNG.normal(size=(20, 2))
    with pytest.raises(DataError, match="learns numbers"):
        TabularRegressor(SHORT).fit(x, ["a"] * 20)
    with pytest.raises(LookupError, match="no preset named 'stong'"):
        TabularRegressor("stong").fit(x, x[:, 0])


def test_the_front_door_does_not_load_scikit_learn():
    import subprocess
    import sys

    code = "import chainrule, sys; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
