"""A column that holds nothing of what training knew has another coding: a warning, not a note."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from chainrule.errors import UnfamiliarWarning
from chainrule.estimators import TabularClassifier
from chainrule.train.data import fit_table, open_rows

ROWS = 60
TABLE = {"sex": ["male", "female"] * 30, "age": [row * 7 % 53 for row in range(ROWS)]}
ANSWERS = [("yes", "no")[row % 3 == 0] for row in range(ROWS)]
WARNING = (
    "'sex': training had none of the categories in 20 of 20 cells, 'f', 'm' here and 'female', "
    "'male' in training; its coding has probably changed, and these cells count as gaps"
)


@pytest.fixture(scope="module")
def known():
    return fit_table(TABLE, ANSWERS).preprocessing


def later(*words):
    return {"sex": [words[row % len(words)] for row in range(20)], "age": [float(30)] * 20}


def test_a_changed_coding_is_a_warning_that_shows_both(known, write):
    cells = "sex,age\n" + "m,30\nf,30\n" * 10
    for source in (write(cells), later("m", "f"), pd.DataFrame(later("m", "f"))):
        rows = open_rows(source, known)
        assert rows.warnings == (WARNING,)
        assert rows.notes == ("20 cells with a category that training never had: 'sex' 20",)


@pytest.mark.parametrize(
    "words", [("male", "m"), ("male",), (None,), ("male", "female", "other"), ("male", None)]
)
def test_some_new_categories_are_a_note(known, words):
    assert open_rows(later(*words), known).warnings == ()


def test_one_row_with_a_new_category_is_a_note(known):
    assert open_rows({"sex": ["m"], "age": [30]}, known).warnings == ()


def test_an_estimator_warns_whoever_asks_it():
    model = TabularClassifier(preset="fast", random_state=0).fit(pd.DataFrame(TABLE), ANSWERS)
    for make in (pd.DataFrame, pl.DataFrame, dict):
        with pytest.warns(UnfamiliarWarning, match="its coding has probably changed") as caught:
            model.predict(make(later("m", "f")))
        assert caught[0].filename == __file__
    model.predict(pd.DataFrame(later("male", "female")))


def test_an_estimator_takes_a_code_for_a_gap_in_a_single_row():
    table = {
        **TABLE,
        "age": [-999.0 if row % 5 == 0 else age for row, age in enumerate(TABLE["age"])],
    }
    fitted = fit_table(table, ANSWERS, missing=["-999"])
    model = TabularClassifier(preset="fast", random_state=0).fit_table(fitted)
    one = model.predict_proba({"sex": "male", "age": -999.0})
    gap = model.predict_proba({"sex": "male", "age": np.nan})
    assert one.tolist() == gap.tolist()
