"""Numbers far from all others: a code for a gap, a cell that is held, a target that outweighs."""

import numpy as np
import pandas as pd
import pytest

from chainrule.inspection.table_result import read_table
from chainrule.train.data import fit_table, open_rows, stream
from chainrule.train.data.outliers import outweighing

ROWS = 400
AGES = [float(20 + row * 37 % 61) for row in range(ROWS)]
ANSWERS = [row * 31 % 17 + 0.5 for row in range(ROWS)]


def with_numbers(cells, number, every=20):
    return [number if row % every == 3 else cell for row, cell in enumerate(cells)]


def notes_of(cells, answers=ANSWERS):
    return fit_table({"a": cells}, answers).notes


@pytest.mark.parametrize("code", [-999, 999, 9999, -9, -1, 99999, 999.9, -99, 1e6, -1e9, 888])
def test_a_number_that_repeats_apart_from_all_others_may_be_a_code(code):
    (note,) = notes_of(with_numbers(AGES, float(code)))
    shown = f"{code:.7g}"
    assert note == (
        f"'a': {shown} in 20 cells lies apart from all others, 20 to 80; "
        f"if it stands for a gap, name it (--missing {shown})"
    )
    fitted = fit_table({"a": with_numbers(AGES, float(code))}, ANSWERS, missing=[shown])
    assert fitted.notes == ()
    assert fitted.preprocessing.columns[0].has_gaps


FREE = {
    "nothing odd": AGES,
    "a largest number that repeats": [min(age, 60.0) for age in AGES],
    "zeros beside numbers": with_numbers(AGES, 0.0),
    "zeros for the most part": [age if row % 9 == 0 else 0.0 for row, age in enumerate(AGES)],
    "two values": [float(row % 2 * 999) for row in range(ROWS)],
    "differences": [float(row % 3 - 1) for row in range(ROWS)],
    "a few counts": [float(min(row % 11, row % 7)) for row in range(ROWS)],
    "a long tail": np.exp(np.random.default_rng(0).normal(size=ROWS) * 1.5).tolist(),
    "bell-shaped": np.random.default_rng(0).normal(size=ROWS).tolist(),
    "gaps": [np.nan if row % 3 else age for row, age in enumerate(AGES)],
}


@pytest.mark.parametrize("cells", FREE.values(), ids=FREE.keys())
def test_usual_columns_and_targets_are_free_of_remarks(cells):
    assert notes_of(cells) == ()
    known = [0.0 if np.isnan(cell) else cell for cell in cells]
    assert len(outweighing(np.array(known))) == 0
    other = [row * 7 % 13 for row in range(ROWS)]
    assert fit_table({"a": other}, known, task="numbers").notes == ()


def test_a_cell_that_is_held_is_told_with_its_place(write):
    cells = [*AGES[:-1], 1e9]
    (note,) = notes_of(cells)
    assert note == (
        "'a': 1 cell lies far from all others, such as 1e+09 in row 400 beside a median of 50; "
        "it is held at 350"
    )
    column = fit_table({"a": cells}, ANSWERS).preprocessing.columns[0]
    assert column.high == 350
    path = write("a,y\n" + "".join(f"{a:g},{y}\n" for a, y in zip(cells, ANSWERS, strict=True)))
    assert "1e+09 in line 401" in fit_table(path, "y").notes[0]


def test_a_stream_tells_what_is_held_though_its_sample_may_not_show_it(tmp_path):
    rows = 200_000
    numbers = np.arange(rows) % 97 + 0.5
    numbers[123_457] = 1e9
    table = pd.DataFrame({"a": numbers, "y": np.arange(rows) % 13 + 0.5})
    table.to_parquet(tmp_path / "t.parquet")
    found = stream(tmp_path / "t.parquet", "y", validation=0, test=0)
    (note,) = found.notes
    assert note.startswith("'a': ")
    assert "held" in note
    assert found.preprocessing.columns[0].high is not None


@pytest.mark.parametrize("far", [1e6, -1e5])
def test_a_target_that_outweighs_all_others_is_told(far):
    answers = [*ANSWERS[:-1], far]
    (note,) = notes_of(AGES, answers)
    assert note.startswith(
        f"'target': 1 of 400 rows outweighs all others, {far:.7g} in row 400 beside a median of "
    )
    assert "correct it, or leave the row out" in note


def test_the_advice_afterwards_speaks_of_the_rows_that_outweigh():
    lines = {
        "validation": {"r2": 0.9, "rows": 500},
        "test": {"r2": -0.5, "rows": 200},
        "constant": {"r2": 0.0, "rows": 200},
    }
    plain = read_table(lines, "test", np.ones(3))
    assert any("these columns do not tell the target" in sentence for sentence in plain)
    (sentence,) = read_table(lines, "test", np.ones(3), outweighing=2)
    assert sentence.startswith("2 rows outweigh all others by a target far from theirs: R² and")


def test_numbers_are_written_without_idle_signs():
    (role, _) = fit_table({"a": [-0.0] * 9, "b": range(9)}, range(9)).preprocessing.roles[:2]
    assert role.reason == "constant: always 0"
    (role, _) = fit_table({"a": [1637.0] * 9, "b": range(9)}, range(9)).preprocessing.roles[:2]
    assert role.reason == "constant: always 1637"


@pytest.mark.parametrize("has_held", [False, True])
def test_later_numbers_far_from_those_of_training_are_told(has_held):
    cells = [*AGES[:-1], 1e9 if has_held else 50.0]
    known = fit_table({"a": cells, "b": AGES}, ANSWERS).preprocessing
    later = {"a": [30.0, 45000.0, 52000.0, np.nan], "b": [20.0, 80.0, 150.0, 50.0]}
    (filled, far) = open_rows(later, known).notes
    assert filled.startswith("1 gap filled in as in training")
    held = known.columns[0].high
    shown = (
        "45000; in training 20 to 80" if held is None else f"{held:.0f}; in training 20 to 1e+09"
    )
    assert far == f"numbers far from those of training: 'a' 2 (such as {shown})"
    assert open_rows({"a": cells[:-1], "b": AGES[:-1]}, known).notes == ()


def test_a_column_that_lies_beside_training_for_the_most_part_is_told():
    """Such as thousands that are read as decimals: none of them is far away."""
    known = fit_table({"a": [1000 * age for age in AGES], "b": AGES}, ANSWERS).preprocessing
    (far,) = open_rows({"a": AGES[:20], "b": AGES[:20]}, known).notes
    assert far == (
        "numbers far from those of training: 'a' 20 (such as 20; in training 20000 to 80000)"
    )
    assert open_rows({"a": [*AGES[:4], 30000.0] * 2, "b": AGES[:10]}, known).notes != ()
    assert open_rows({"a": AGES[:3], "b": AGES[:3]}, known).notes == ()


def test_of_a_long_tail_no_more_than_a_hundredth_is_held():
    numbers = np.exp(np.random.default_rng(0).normal(size=4000) * 4)
    numbers[7] = 1e12
    column = fit_table(
        {"a": numbers, "b": range(4000)}, np.arange(4000) / 7
    ).preprocessing.columns[0]
    assert column.high is not None
    assert (numbers > column.high).mean() < 0.01


@pytest.mark.parametrize("code", [-999, 9999])
def test_a_number_in_the_target_that_may_stand_for_a_gap_is_told(code):
    answers = with_numbers(ANSWERS, float(code))
    note = next(note for note in notes_of(AGES, answers) if "lies apart" in note)
    assert note == (
        f"'target': {code} in 20 cells lies apart from all others, 0.5 to 16.5; "
        f"if it stands for a gap, name it (--missing {code})"
    )
