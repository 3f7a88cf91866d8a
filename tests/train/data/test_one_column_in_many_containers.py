"""The same cells mean the same, whatever holds them, whole or row by row."""

import numpy as np
import pytest

from chainrule.estimators import TabularClassifier, TabularRegressor
from chainrule.estimators.table_reading import Reading
from chainrule.train.data import fit_table

RNG = np.random.default_rng(0)
ROWS = 40
SIZES = RNG.normal(size=ROWS)
HIDDEN = RNG.random(ROWS) < 0.3
SECONDS = RNG.integers(1, 10**6, ROWS)
TRUTH = RNG.random(ROWS) < 0.5
ANSWERS = ["no", "yes"] * (ROWS // 2)


def lasting(unit, per_second):
    return (SECONDS * per_second).astype(f"m8[{unit}]")


COLUMNS = {
    "numbers": SIZES,
    "gaps": np.where(HIDDEN, np.nan, SIZES),
    "hidden numbers": np.ma.masked_array(np.where(HIDDEN, 1e6, SIZES), HIDDEN),
    "hidden whole numbers": np.ma.masked_array(SECONDS, HIDDEN),
    "hidden truth": np.ma.masked_array(TRUTH, HIDDEN),
    "hidden texts": np.ma.masked_array(np.array(["a", "b"])[TRUTH.astype(int)], HIDDEN),
    "hidden dates": np.ma.masked_array(
        np.datetime64("2020-01-01") + SECONDS.astype("m8[s]"), HIDDEN
    ),
    "durations": lasting("s", 1),
    "durations, finer": lasting("ns", 10**9),
    "hidden durations": np.ma.masked_array(lasting("ms", 1000), HIDDEN),
    "truth": TRUTH,
}


def ways_to_hold(column, rows):
    part = column[rows]
    yield part
    yield list(part)
    cells = np.empty(len(part), object)
    cells[:] = list(part)
    yield cells
    yield part.tolist() if part.dtype.kind != "m" else list(part.astype("m8[ns]"))


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_is_read_alike_from_arrays_lists_and_single_rows(kind):
    column = COLUMNS[kind]
    reading = Reading.of(fit_table({"c": column, "size": SIZES, "y": ANSWERS}, "y").preprocessing)
    whole = reading.read({"c": column, "size": SIZES})
    for rows in (slice(None), *(slice(row, row + 1) for row in range(8))):
        for held in ways_to_hold(column, rows):
            for found, wanted in zip(
                reading.read({"c": held, "size": SIZES[rows]}), whole, strict=True
            ):
                np.testing.assert_array_equal(found, wanted[rows])


def test_durations_are_seconds_whatever_their_unit():
    found = [
        fit_table({"c": held, "y": ANSWERS}, "y").prepared.numbers
        for column in (lasting("s", 1), lasting("ms", 1000), lasting("ns", 10**9))
        for held in ways_to_hold(column, slice(None))
    ]
    for each in found:
        np.testing.assert_array_equal(each[:, 0], SECONDS)


@pytest.mark.parametrize("words", [("False", "True"), ("FALSE", "TRUE"), ("false", "true")])
def test_a_truth_value_is_found_however_training_wrote_it(words):
    texts = np.array(words)[TRUTH.astype(int)]
    preparing = fit_table({"c": texts, "size": SIZES, "y": ANSWERS}, "y").preprocessing
    wanted = preparing.prepare({"c": texts, "size": SIZES}).codes
    for given in (TRUTH, TRUTH.tolist(), np.char.lower(texts), np.char.title(texts)):
        np.testing.assert_array_equal(preparing.prepare({"c": given, "size": SIZES}).codes, wanted)


def test_what_a_mask_hides_is_a_gap_for_the_estimators():
    rows, mask = RNG.normal(size=(ROWS, 3)), RNG.random((ROWS, 3)) < 0.2
    hidden = np.ma.masked_array(np.where(mask, 1e6, rows), mask)
    shown = np.where(mask, np.nan, rows)
    one, other = (TabularRegressor("fast", random_state=0).fit(x, SIZES) for x in (hidden, shown))
    for some in (slice(None), slice(1)):
        np.testing.assert_array_equal(one.predict(hidden[some]), other.predict(shown[some]))


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
@pytest.mark.parametrize("answers", [TRUTH, TRUTH.astype(int), SIZES, np.array(ANSWERS)])
def test_an_answer_that_a_mask_hides_is_none(kind, answers):
    with pytest.raises((ValueError, TypeError)):
        kind("fast").fit(SIZES[:, None], np.ma.masked_array(answers, HIDDEN))


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_a_weight_that_a_mask_hides_is_none(kind):
    answers = TRUTH.astype(int)
    with pytest.raises(ValueError, match="sample_weight contains NaN"):
        kind("fast").fit(SIZES[:, None], answers, np.ma.masked_array(np.ones(ROWS), HIDDEN))
