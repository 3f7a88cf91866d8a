"""Splits by a column: the latest rows, or whole groups; and folds of each kind."""

import numpy as np
import pytest

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data import load
from chainrule.train.data.split import fold_rows, split_groups, split_latest

DAYS = [f"{1 + row % 28:02d}.{1 + row // 28:02d}.2023" for row in range(100)]
TABLE = {
    "day": DAYS,
    "shop": [f"shop {row % 17}" for row in range(100)],
    "x": np.arange(100) % 13,
    "y": np.arange(100) / 7,
}


@pytest.mark.parametrize("seed", range(5))
def test_the_latest_rows_are_tested_and_rows_of_one_time_stay_together(seed):
    times = np.random.default_rng(seed).integers(0, 12, 100).astype(float)
    parts = split_latest(times, 0.1, 0.2)
    assert np.sort(np.concatenate([parts.train, parts.validation, parts.test])).tolist() == [
        *range(100)
    ]
    assert times[parts.train].max() < times[parts.validation].min()
    assert times[parts.validation].max() < times[parts.test].min()
    assert 20 <= len(parts.test) <= 40


def test_something_is_left_to_learn_from_where_nearly_all_rows_have_one_time():
    times = np.array([0.0] + [1.0] * 9)
    assert split_latest(times, 0, 0.2).train.tolist() == [0]
    assert split_latest(times[::-1], 0, 0).test.tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_no_group_stands_in_two_parts(seed):
    groups = np.random.default_rng(seed).integers(0, 9, 200)
    parts = split_groups(groups, 0.2, 0.2, seed)
    held = [set(groups[part]) for part in (parts.train, parts.validation, parts.test)]
    assert all(held)
    assert sum(map(len, held)) == len(set(groups))
    assert 10 <= len(parts.test) <= 70
    two = np.array([0] * 50 + [1] * 50)
    assert {len(split_groups(two, 0, share, seed).test) for share in (0.01, 0.9)} == {50}


@pytest.mark.parametrize("kind", ["rows", "groups", "times"])
def test_every_row_is_tested_in_one_fold_and_never_trained_on_in_it(kind):
    rng = np.random.default_rng(0)
    strata = rng.integers(0, 3, 100)
    keys = {"rows": None, "groups": rng.integers(0, 20, 100), "times": rng.random(100).round(1)}
    folds = fold_rows(strata, 5, 0, keys[kind])
    tested = np.concatenate([fold.test for fold in folds])
    assert len(set(tested)) == len(tested)
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        if kind == "groups":
            assert not set(keys[kind][fold.train]) & set(keys[kind][fold.test])
        if kind == "times":
            assert keys[kind][fold.train].max() < keys[kind][fold.test].min()
    if kind == "times":
        assert len(tested) == 100 - len(folds[0].train)
    else:
        assert len(tested) == 100
        counts = np.array([np.bincount(strata[fold.test]) for fold in folds])
        assert kind == "groups" or np.ptp(counts, axis=0).max() <= 1


def test_more_folds_than_there_is_to_divide_are_refused():
    for keys, what in ((None, "rows"), (np.arange(3), "groups"), (np.arange(3.0), "times")):
        with pytest.raises(DataError, match=f"need . {what} at least; the table has 3"):
            fold_rows(np.zeros(3, int), 4, 0, keys)


def test_a_table_is_split_by_a_column_of_dates_or_of_groups():
    data = load(TABLE, target="y", split="time:day")
    first, last = (data.preprocessing.original(y) for y in (data.y_train, data.y_test))
    assert first.max() < last.min()
    data = load(TABLE, target="y", split="group:shop")
    roles = {role.name: role.reason for role in data.preprocessing.roles}
    assert roles["shop"] == "name-like: the split keeps its rows together"
    assert "shop=shop 0" not in data.features
    again = load(TABLE, target="y", split="group:shop", categorical="shop")
    assert "shop=shop 0" in again.features or "shop=shop 1" in again.features


REFUSED = {
    "time:when": (UnknownNameError, "there is no column named 'when'"),
    "time:shop": (DataError, "texts that are no dates and no numbers"),
    "group:gap": (DataError, "holds nothing in row 5, but the rows are split by it"),
    "time:gap": (DataError, "holds nothing in row 5"),
    "group:same": (DataError, "holds the same in every row"),
    "days": (ArgumentError, "split is random, time:COLUMN or group:COLUMN; found 'days'"),
    "group:": (ArgumentError, "found 'group:'"),
}


@pytest.mark.parametrize("split", REFUSED)
def test_a_split_that_cannot_be_made_is_refused(split):
    kind, said = REFUSED[split]
    gap = np.where(np.arange(100) == 4, np.nan, np.arange(100) % 9)
    with pytest.raises(kind, match=said):
        load({**TABLE, "gap": gap, "same": ["a"] * 100}, target="y", split=split)


def test_a_named_set_has_no_column_to_split_by():
    with pytest.raises(ArgumentError, match="the columns of the data set 'iris' are known; split"):
        load("iris", split="time:day")
