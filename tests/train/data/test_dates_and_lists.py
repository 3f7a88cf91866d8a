"""Dates that are unambiguous are read in any table; dates and lists are no targets."""

import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.train.data import fit_table, load

DAYS = [f"{1 + i % 28}.{1 + i % 12}.20{10 + i % 9}" for i in range(60)]
TABLE = {"x": [float(i % 7) for i in range(60)], "day": DAYS, "y": [0.5 * i for i in range(60)]}


def test_a_date_that_begins_with_its_year_is_read_whatever_the_order_of_others():
    learned = fit_table(TABLE, "y").preprocessing
    written, iso = ({"x": [1.0], "day": [day]} for day in ("3.4.2015", "2015-04-03"))
    assert np.array_equal(learned.prepare(written).numbers, learned.prepare(iso).numbers)


@pytest.mark.parametrize("days", [DAYS, [f"2020-01-{1 + i % 28:02}" for i in range(60)]])
def test_a_target_of_dates_that_came_as_text_is_refused(days):
    with pytest.raises(DataError, match="holds dates"):
        load({**TABLE, "due": days}, "due")
    some = [days[i % 4] for i in range(60)]
    assert len(load({**TABLE, "due": some}, "due", task="classes").classes) == 4


def test_a_target_of_lists_is_refused():
    with pytest.raises(DataError, match="holds lists or records"):
        load({**TABLE, "tags": [[1], [2], [3]] * 20}, "tags")
