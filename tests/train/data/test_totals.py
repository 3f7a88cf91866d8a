"""A line of totals below a table is told as such, and makes no leak of the other columns."""

import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.train.data import fit_table

ROWS = 120
ROW = np.arange(ROWS)
DAYS = np.datetime64("2024-01-01") + ROW * 37 % 200
TABLE = {"size": 20 + ROW * 31 % 61, "weight": 3000.0 + ROW * 17 % 997, "day": DAYS}


def with_total(**gone):
    """The table with the sum of each column below; or with what stands in its place."""
    sums = {name: gone.get(name, cells.sum() if name != "day" else None) for name, cells in
            TABLE.items()}  # fmt: skip
    return {name: [*cells.tolist(), sums[name]] for name, cells in TABLE.items()}


@pytest.mark.parametrize("gone", [{}, {"size": None}, {"size": "Total"}])
def test_a_total_makes_no_leak_of_the_other_columns(gone):
    notes = fit_table(with_total(**gone), "weight", missing=["Total"]).notes
    assert not [note for note in notes if "nearly perfectly" in note]
    assert any(note.startswith("'weight': 1 of 121 rows outweighs") for note in notes)


def test_a_leak_is_told_beside_a_total():
    table = with_total()
    table["copy"] = [2.0 * cell for cell in table["weight"]]
    notes = fit_table(table, "weight").notes
    assert [note[:6] for note in notes if "nearly perfectly" in note] == ["'copy'"]


def test_a_word_in_the_last_line_may_name_a_total():
    table = with_total(size="Total")
    with pytest.raises(DataError, match="holds 'Total' in row 121") as error:
        fit_table(table, "weight")
    assert error.value.do.startswith("Delete the line if it is a total of the others. Else corr")
    table = {name: cells[::-1] for name, cells in table.items()}
    with pytest.raises(DataError) as error:
        fit_table(table, "weight")
    assert error.value.do.startswith("Correct the cell; or tell")
