"""Targets that came as texts are read as a target column of a table is, or their cell is named."""

import numpy as np
import pandas as pd
import pytest

from chainrule.errors import DataError
from chainrule.estimators import TabularRegressor
from chainrule.train.data import fit_table
from tests.thorough import crossed

ROWS = np.arange(60)
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
