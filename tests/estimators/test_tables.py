"""Tables as they come: gaps, categories, dates, odd cells; and what is refused."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
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
    kinds = {role.name: role.kind for role in model.table_.roles}
    assert kinds == {
        "size": "numeric", "colour": "categorical", "day": "date and time", "count": "numeric",
        "known": "boolean", "same": "left out", "name": "left out",
    }  # fmt: skip
    assert "name    left out       name-like: 240 different texts in 240 rows" in str(model.table_)
    assert "target" not in str(model.table_)
    new = frame.iloc[:3].copy()
    new["colour"] = ["violet", None, "red"]
    new["size"] = [np.nan, 1e30, -1e30]
    new = new if library == "pandas" else pl.from_pandas(new)
    assert np.isfinite(model.predict_proba(new)).all()


def written(rows=120):
    """A table as files have it: marks for gaps, dates with the day first, numbers of rows."""
    rng = np.random.default_rng(2)
    size = np.round(rng.normal(size=rows), 2)
    town = rng.choice(["Bern", "Graz", "Kiel"], rows)
    frame = pd.DataFrame({
        "id": range(rows),
        "size": [["n/a", "?"][i % 2] if i % 9 == 0 else str(x) for i, x in enumerate(size)],
        "town": ["NULL" if i % 10 == 0 else x for i, x in enumerate(town)],
        "built": [f"{1 + i % 28}.{1 + i % 12}.{1990 + i % 20}" for i in range(rows)],
        "whole": pd.array([None if i % 7 == 0 else i % 5 for i in range(rows)], "Int64"),
        "kind": pd.Categorical(rng.choice(["a", "b"], rows)),
    })  # fmt: skip
    return frame, np.where(size > 0, "up", "down")


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_a_frame_is_prepared_as_every_table_of_the_library(kind):
    frame, y = written()
    y = y if kind is TabularClassifier else np.arange(len(y)) / 3
    model = kind(SHORT, random_state=0).fit(frame, y)
    fitted = cr.train.data.fit_table(frame, y)
    assert model.table_.preprocessing.columns == fitted.preprocessing.columns
    assert model.table_.roles == fitted.preprocessing.roles[:-1]  # the target's is the last
    reasons = {role.name: role.reason for role in model.table_.roles}
    assert reasons["id"].startswith("row-number-like")
    assert reasons["size"] == "numbers, 14 gaps"
    assert reasons["town"] == "3 categories, 12 gaps"
    assert reasons["built"].startswith("dates, the day first")
    lines = [line.split() for line in str(model.table_).splitlines()]
    assert [line[0] for line in lines if line[0] != "note:"] == list(frame.columns)


def test_frames_of_pandas_and_polars_give_the_same_chances():
    frame, y = written()
    other = pl.from_pandas(frame)
    one = TabularClassifier(SHORT, random_state=0).fit(frame, y)
    two = TabularClassifier(SHORT, random_state=0).fit(other, y)
    assert str(one.table_) == str(two.table_)
    assert_array_equal(one.predict_proba(frame), two.predict_proba(other))
    assert_array_equal(one.predict_proba(other), two.predict_proba(frame))


def test_new_categories_and_every_mark_of_a_gap_are_read_as_gaps():
    frame, y = written()
    model = TabularClassifier(SHORT, random_state=0).fit(frame, y)
    chances = [
        model.predict_proba(frame[1:4].assign(town=town, size=size, built=built))
        for town, size, built in [
            (None, None, None), ("Oslo", "n/a", "?"), ("NULL", "", "none"), ("-", "NaN", "N/A"),
        ]
    ]  # fmt: skip
    for each in chances[1:]:
        assert_array_equal(each, chances[0])


def test_gaps_where_training_had_none_are_answered():
    frame, y = table()
    whole = frame.assign(size=frame["size"].fillna(0.5))
    model = TabularClassifier(SHORT, random_state=0).fit(whole, y)
    gap = whole.assign(size=np.nan)
    median = whole.assign(size=np.quantile(whole["size"], 0.5, method="inverted_cdf"))
    assert_array_equal(model.predict_proba(gap), model.predict_proba(median))


def test_a_row_of_weight_2_is_two_rows_of_a_frame_and_one_of_weight_0_is_none():
    frame, y = written()
    frame = frame.drop(columns="id").assign(count=np.arange(len(y)) ** 2 % 50)
    weights = np.arange(len(y)) % 3
    spoilt = frame.copy()
    spoilt.loc[weights == 0, "town"] = "nowhere"
    spoilt.loc[weights == 0, "count"] = 10**6
    many = frame.loc[np.repeat(frame.index, weights)].reset_index(drop=True)
    weighted = TabularClassifier(SHORT, random_state=0).fit(spoilt, y, sample_weight=weights)
    repeated = TabularClassifier(SHORT, random_state=0).fit(many, np.repeat(y, weights))
    assert_array_equal(weighted.predict_proba(frame), repeated.predict_proba(frame))


def test_the_rarest_of_many_categories_share_an_input():
    rng = np.random.default_rng(3)
    codes = np.concatenate([rng.integers(0, 50, 2000), np.arange(50, 350)])
    frame = pd.DataFrame({"code": [f"c{i}" for i in codes], "size": rng.normal(size=2300)})
    model = TabularClassifier(SHORT, random_state=0).fit(frame, codes % 2)
    assert len(model.features_.centre) == 1 + 61
    rows = pd.DataFrame({"code": ["c0", "c1", "c340", "c345", "new"], "size": 0.0})
    chances = model.predict_proba(rows)
    assert_array_equal(chances[2], chances[3])
    assert len(np.unique(chances[:, 0])) == 4


def test_an_estimator_of_a_frame_of_numbers_reads_arrays_too():
    frame = pd.DataFrame(RNG.normal(size=(80, 3)), columns=["a", "b", "c"]).assign(same=1.0)
    model = TabularRegressor(SHORT, random_state=0).fit(frame, frame["a"])
    with pytest.warns(UserWarning, match="feature names"):
        found = model.predict(frame.to_numpy())
    assert_array_equal(found, model.predict(frame))


def test_columns_may_be_called_by_numbers():
    frame, y = table()
    frame.columns = range(len(frame.columns))
    model = TabularClassifier(SHORT, random_state=0).fit(frame, y)
    assert model.predict(frame).shape == y.shape


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
    assert again.table_ == model.table_
    assert again.table_.preprocessing.columns
    assert list(again.feature_names_in_) == list(frame.columns)


def test_a_saved_estimator_of_an_array_answers_alike(tmp_path):
    x = RNG.normal(size=(60, 2))
    model = TabularRegressor(SHORT, random_state=0).fit(x, x[:, 0])
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz")
    assert_array_equal(again.predict(x), model.predict(x))
    assert str(again.table_) == str(model.table_) != ""


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
        (lambda f: f.assign(size="much"), "holds 'much' in row 1 where a number belongs"),
        (
            lambda f: f.assign(size=np.inf),
            "numbers cannot be used(.*\n)+.*inf in column 'size', row 1",
        ),
        (lambda f: f.assign(day="soon"), "holds 'soon' in row 1 where a date belongs"),
        (lambda f: f.assign(colour=1.5), "holds numbers; the net learned it as text"),
        (lambda f: f.rename(columns={"size": "length"}), "feature names"),
        (lambda f: f.drop(columns="size"), "size"),
        (lambda f: f[f.columns[::-1]], "Feature names must be in the same"),
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
        (pd.DataFrame({"a": [1] * 6}), [0, 1] * 3, "nothing to predict .* every other column"),
        (pd.DataFrame({"a": [1, 2, 3, 4]}), [0, 1] * 2, "needs at least 5"),
        (pd.DataFrame([[1, 2]] * 6, columns=["a", "a"]), [0, 1] * 3, "has the column 'a' 2 times"),
        (pd.DataFrame({"a": range(9)}), [1] * 9, "one class"),
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
