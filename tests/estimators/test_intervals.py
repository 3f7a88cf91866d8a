"""Intervals of numbers hold the share of later rows that their level says."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule.errors import ArgumentError
from chainrule.estimators import Recipe, TabularRegressor, load
from chainrule.train.judgement import MOST_MISSES, margin_of, sorted_misses

SHORT = Recipe(members=4, parts=4, epochs=12, batch=64, widths=(16,), activation="mish")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(2400, 3))
# The noise has long tails: no level follows from another by the quantiles of a bell.
Y = X[:, 0] - 0.5 * X[:, 1] + 0.3 * RNG.standard_t(3, size=2400)
MODEL = TabularRegressor(SHORT, random_state=0).fit(X[:1200], Y[:1200])


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.99])
def test_the_coverage_of_rows_kept_away_is_the_level(level, tmp_path):
    ends = MODEL.predict_interval(X[1200:], level)
    inside = (ends[:, 0] <= Y[1200:]) & (Y[1200:] <= ends[:, 1])
    assert inside.mean() == pytest.approx(
        level, abs=3 * np.sqrt(level * (1 - level) / 1200) + 0.01
    )
    MODEL.save(tmp_path / "model.npz")
    assert_allclose(load(tmp_path / "model.npz").predict_interval(X[1200:], level), ends)


def test_nine_of_ten_is_the_usual_level_and_others_are_refused():
    ends = MODEL.predict_interval(X[:5])
    assert_allclose(ends, MODEL.predict_interval(X[:5], 0.9))
    assert_allclose(ends[:, 1] - ends[:, 0], 2 * MODEL.margin_)
    for level in (0, 1, 90, -0.5, float("nan"), "0.9", None):
        with pytest.raises(ArgumentError, match="level is a share of the rows between 0 and 1"):
            MODEL.predict_interval(X[:5], level)


def test_some_misses_of_very_many_give_the_same_margins():
    misses = RNG.normal(size=12 * MOST_MISSES)
    some = sorted_misses(misses)
    assert len(some) == MOST_MISSES
    whole = np.sort(np.abs(misses))
    for level in (0.05, 0.5, 0.9, 0.999):
        assert margin_of(some, level) == pytest.approx(margin_of(whole, level), rel=0.01)
    assert some[-1] == whole[-1]
