"""Targets as users have them: texts are read as a target column is, and numbers of any size."""

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import DataError
from chainrule.estimators import Recipe, TabularClassifier, TabularRegressor
from chainrule.train.data import fit_table
from tests.thorough import crossed

ROWS = np.arange(60)
SHORT = Recipe(members=2, parts=2, epochs=8, batch=64, widths=(16, 16))
WAYS = {
    "German prices": ([f"{40 + row}.000,50 EUR" for row in ROWS], 40000.5 + 1000 * ROWS),
    "English prices": ([f"${40 + row},000.50" for row in ROWS], 40000.5 + 1000 * ROWS),
    "shares": ([f"{row},5 %" for row in ROWS], ROWS + 0.5),
    "plain": ([f"{row}.5" for row in ROWS], ROWS + 0.5),
}


@crossed("way, make", WAYS, [list, np.array, pd.Series])
def test_texts_are_numbers(way, make):
    texts, numbers = WAYS[way]
    for rows in ({"a": ROWS % 7}, np.c_[ROWS, ROWS % 7]):
        model = TabularRegressor("fast", random_state=0, time_limit=0.1).fit(rows, make(texts))
        assert model.range_ == (numbers.min(), numbers.max())


def test_inputs_and_targets_tell_of_each_other_how_decimals_are_written():
    area, share = [f"{row + 1}.097" for row in ROWS], [f"{row},5 %" for row in ROWS]
    model = TabularRegressor("fast", time_limit=0.1)
    model.fit({"area": area}, [f"{row},50 €" for row in ROWS])
    table = fit_table({"area": area, "y": share}, "y").preprocessing
    assert model.table_.preprocessing.columns[0].mean == table.columns[0].mean > 1000
    assert not any("no cell tells" in note for note in model.table_.notes)
    assert model.fit({"share": share}, area).range_ == (1097.0, 60097.0)
    model.fit({"a": ROWS % 7}, area)
    assert model.range_ == (1.097, 60.097)
    assert "1.097 is read as 1.097, not as 1097" in model.table_.notes[-1]


BAD = {
    "words": (["a", "b"] * 30, "the targets are none"),
    "two units": (["12 €", "12 $"] * 30, r"holds '12 .' in row \d where a number belongs"),
    "a typing error": ([*WAYS["plain"][0][:-1], "zwölf"], "holds 'zwölf' in row 60"),
    "a gap": ([*WAYS["plain"][0][:-1], "n/a"], "a target is NaN"),
}


@pytest.mark.parametrize(("texts", "told"), BAD.values(), ids=BAD.keys())
def test_what_is_no_number_is_refused(texts, told):
    with pytest.raises(DataError, match=told):
        TabularRegressor("fast").fit({"a": ROWS}, texts)


@pytest.mark.parametrize("unit", [1e-300, 1e-160, 1e-3, 1e160, 1e300])
def test_numbers_of_any_size_are_learned_alike(unit):
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = x @ [1.0, 2.0, 3.0]
    one, other = (TabularRegressor(SHORT, random_state=0).fit(x, y * s) for s in (1.0, unit))
    np.testing.assert_allclose(other.predict(x) / unit, one.predict(x), rtol=1e-4, atol=1e-5)
    assert other.validation_score_ == pytest.approx(one.validation_score_, abs=1e-4)
    assert np.isfinite(other.predict_interval(x)).all()


@pytest.mark.filterwarnings("ignore:The number of unique classes:UserWarning")
def test_classes_of_one_row_each_are_learned_without_a_word():
    x = np.arange(12.0)[:, None]
    model = TabularClassifier(SHORT, random_state=0).fit(x, [f"c{i}" for i in range(12)])
    assert len(model.classes_) == 12
    assert np.isnan(model.validation_score_)
