"""The split: every row once, classes in proportion, the same from the same seed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chainrule.train.data.split import keep_categories_known, split_rows

strata = st.lists(st.integers(0, 5), min_size=1, max_size=200).map(np.array)
shares = st.floats(0, 1, exclude_max=True)
seeds = st.integers(0, 2**40)


@given(strata, shares, shares, seeds)
def test_every_row_is_in_exactly_one_part(strata, validation, test, seed):
    split = split_rows(strata, validation, test, seed)
    rows = np.concatenate([split.train, split.validation, split.test])
    assert sorted(rows.tolist()) == list(range(len(strata)))


@given(strata, shares, shares, seeds)
def test_every_class_keeps_a_training_row(strata, validation, test, seed):
    split = split_rows(strata, validation, test, seed)
    assert set(strata[split.train]) == set(strata)


@given(strata, shares, seeds)
def test_each_class_is_held_out_in_proportion_to_less_than_a_row(strata, share, seed):
    held = strata[split_rows(strata, 0, share, seed).test]
    for stratum in set(strata.tolist()):
        count = np.count_nonzero(strata == stratum)
        error = abs(np.count_nonzero(held == stratum) - min(share * count, count - 1))
        assert error < 1 + 1e-9


@given(st.integers(2, 500), shares, seeds)
def test_without_classes_the_share_is_met_to_a_rounding(rows, share, seed):
    split = split_rows(np.zeros(rows, int), 0, share, seed)
    assert len(split.test) == min(round(share * rows), rows - 1)


@given(strata, shares, shares, seeds)
def test_the_same_seed_gives_the_same_split(strata, validation, test, seed):
    first, second = (split_rows(strata, validation, test, seed) for _ in range(2))
    assert first.train.tolist() == second.train.tolist()
    assert first.validation.tolist() == second.validation.tolist()
    assert first.test.tolist() == second.test.tolist()


@given(strata, shares, shares, seeds)
def test_the_test_part_does_not_hang_on_the_validation_share(strata, validation, test, seed):
    with_validation = split_rows(strata, validation, test, seed)
    without = split_rows(strata, 0, test, seed)
    assert with_validation.test.tolist() == without.test.tolist()


def test_another_seed_gives_another_split():
    strata = np.zeros(100, int)
    assert set(split_rows(strata, 0, 0.2, 0).test) != set(split_rows(strata, 0, 0.2, 1).test)


def test_training_rows_are_shuffled():
    train = split_rows(np.repeat([0, 1], 50), 0.1, 0.2, seed=0).train
    assert sorted(train.tolist()) != train.tolist()


def test_a_test_part_of_its_own_stays_whole():
    split = split_rows(np.repeat([0, 1], 10), 0.25, 0.5, seed=0, own_test_rows=4)
    assert split.test.tolist() == [16, 17, 18, 19]
    assert len(split.validation) == 4


@given(strata, strata, seeds)
def test_every_category_is_known_to_the_training_part(strata, other, seed):
    rows = min(len(strata), len(other))
    columns = [strata[:rows], other[:rows]]
    split = keep_categories_known(split_rows(np.zeros(rows, int), 0.3, 0.4, seed), columns)
    for codes in columns:
        assert set(codes[split.train]) == set(codes)
    all_rows = np.concatenate([split.train, split.validation, split.test])
    assert sorted(all_rows.tolist()) == list(range(rows))


def test_a_category_that_training_knows_moves_no_row():
    split = split_rows(np.zeros(40, int), 0.1, 0.2, seed=0)
    same = keep_categories_known(split, [np.zeros(40, int)])
    assert same.train.tolist() == split.train.tolist()
    assert same.test.tolist() == split.test.tolist()
