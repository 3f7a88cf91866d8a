"""Ties share: an extreme splits its gradient evenly, a sort is stable, a median is NumPy's."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import chainrule as cr
from tests.numerics.everywhere import everywhere
from tests.numerics.rows import Row, row

TIED = [[3.0, 3.0, 1.0], [3.0, 0.0, 1.0]]
THIRD = 1 / 3


@row(Row.TIES)
@pytest.mark.parametrize("sign", [1, -1])
def test_tied_entries_share_the_gradient_of_an_extreme(sign):
    extreme = cr.max if sign > 0 else cr.min
    numpys = np.max if sign > 0 else np.amin
    x = sign * np.array(TIED)
    whole = [[THIRD, THIRD, 0], [THIRD, 0, 0]]
    everywhere(extreme, x, whole, 0.0)
    everywhere(numpys, x, whole, 0.0)
    everywhere(lambda x: extreme(x, axis=0), x, [[0.5, 1, 0.5], [0.5, 0, 0.5]], 0.0)
    everywhere(lambda x: extreme(x, axis=1), x, [[0.5, 0.5, 0], [1, 0, 0]], 0.0)


@row(Row.TIES)
def test_amax_and_amin_are_the_same_ops():
    everywhere(np.amax, [1.0, 2.0, 2.0], [0, 0.5, 0.5], 0.0)
    everywhere(np.amin, [1.0, 1.0, 2.0], [0.5, 0.5, 0], 0.0)


@row(Row.TIES)
@pytest.mark.parametrize("pair", [cr.maximum, cr.minimum, np.maximum, np.minimum])
def test_a_tie_of_two_gives_half_to_each(pair):
    other = np.array([1.0, 1.0])
    everywhere(lambda x: pair(x, other), [1.0, 1.0], 0.5, 0.0)
    everywhere(lambda x: pair(other, x), [1.0, 1.0], 0.5, 0.0)
    everywhere(lambda x: pair(x, x), [1.0, -2.0], 1.0, 0.0)


@row(Row.TIES)
def test_the_shares_add_up_to_the_upstream_gradient():
    everywhere(lambda x: 6 * cr.max(x), np.full((2, 3), -1.5), 1.0, 0.0)
    everywhere(lambda x: cr.max(x) ** 2, [2.0, 2.0], 2.0, [1.0, 1.0])


@row(Row.SORTED_TIES)
def test_a_sort_is_stable_and_gives_each_entry_its_place():
    weights = np.array([1.0, 10.0, 100.0, 1000.0])
    x = [2.0, 1.0, 2.0, 1.0]
    everywhere(lambda x: cr.sort(x) * weights, x, [100, 1, 1000, 10], 0.0)
    everywhere(lambda x: np.sort(x) ** 2 * weights, x, [400, 2, 4000, 20], [200, 2, 2000, 20])
    assert_array_equal(np.asarray(cr.sort(np.array(x))), [1, 1, 2, 2])


@row(Row.SORTED_TIES)
def test_a_sort_of_equal_entries_along_any_axis_keeps_their_order():
    x = np.zeros((2, 3))
    weights = np.arange(6.0).reshape(2, 3)
    everywhere(lambda x: cr.sort(x, axis=0) * weights, x, weights, 0.0)
    everywhere(lambda x: cr.sort(x, axis=1) * weights, x, weights, 0.0)


@row(Row.SORTED_TIES)
def test_a_median_is_the_mean_of_the_middle_two():
    everywhere(cr.median, [4.0, 1.0, 3.0, 2.0], [0, 0, 0.5, 0.5], 0.0)
    everywhere(cr.median, [4.0, 1.0, 3.0], [0, 0, 1], 0.0)
    everywhere(
        lambda x: np.median(x) ** 2,
        [3.0, 1.0, 3.0, 9.0],
        [3, 0, 3, 0],
        [0.5, 0, 0.5, 0],
        along=[1, 0, 0, 0],
    )


@row(Row.SORTED_TIES)
@pytest.mark.parametrize("x", [[2.0, 2.0], [2.0, 2.0, 2.0], [1.0, 2.0, 2.0, 3.0]])
def test_a_tied_median_pays_its_upstream_once(x):
    found = cr.grad(cr.median)(np.array(x))
    assert found.sum() == 1
    assert np.all(found >= 0)
    everywhere(cr.median, x, found, 0.0)


@row(Row.SORTED_TIES)
def test_a_quantile_divides_its_gradient_between_its_two_neighbours():
    everywhere(lambda x: np.quantile(x, 0.25), [4.0, 1.0, 3.0, 2.0], [0, 0.25, 0, 0.75], 0.0)
    everywhere(lambda x: np.quantile(x, 0.5), [1.0, 1.0, 5.0, 0.0], [0.5, 0.5, 0, 0], 0.0)
