"""Overview: what preprocessing must know of a table that stays on the disk, from all its rows.

Imports learning.py and row_spans.py. A sample says what each column is for; numbers are then
counted by one SQL query over all rows, categories by one for each column.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Moment,
    Numeric,
    Quantity,
    Role,
    Target,
)
from chainrule.train.data.door import Door, columns_of, is_number, quoted, refusing
from chainrule.train.data.inference import MOST_NUMBERED_CLASSES, UNANSWERED, infer
from chainrule.train.data.later import answers_of
from chainrule.train.data.learning import learn
from chainrule.train.data.marks import numbers_among, without_words
from chainrule.train.data.objects import as_text
from chainrule.train.data.outliers import held_at, lies_far, middle_of, told_held
from chainrule.train.data.preprocessing import Preprocessing
from chainrule.train.data.roles import MOST_CATEGORIES
from chainrule.train.data.row_spans import CELLS, ROW_NUMBER, OnDisk
from chainrule.train.data.tables import Columns, RawData, Text
from chainrule.train.data.wanted import Wanted

SAMPLE_ROWS, FEWEST = 1 << 17, 64  # of a sample, which tells what the columns are for


@dataclass(frozen=True, eq=False)
class Overview:
    """What was learned.

    Parameters
    ----------
    answered : ndarray, int64, (spans,)
        How many rows of each span have a target.
    """

    preprocessing: Preprocessing
    answered: NDArray[np.int64]
    notes: tuple[str, ...]


def overview(door: Door, table: OnDisk, name: str, target: str | None, wanted: Wanted) -> Overview:
    """Look at a sample, then at all rows.

    Raises
    ------
    DataError
        As `infer`.
    """
    sample = _sample(door, table)
    raw = infer(sample, name, target, wanted)
    learned = learn(raw, np.arange(len(raw.table)))
    counts = [
        _answers(table.read(door, span, [raw.target_name]), learned, wanted)
        for span in table.spans
    ]
    answered = np.array([count.rows for count in counts], np.int64)
    known: Target
    if isinstance(learned.target, Classes):
        classes = sum((count.classes for count in counts), start=Counter[str]())
        of_numbers = _are_numbers(sample, raw.target_name) and wanted.task == "auto"
        if of_numbers and len(classes) > MOST_NUMBERED_CLASSES:
            # An amount, as the sample did not show.
            return overview(door, table, name, target, replace(wanted, task="numbers"))
        known = Classes(raw.target_name, _classes(table, raw, classes))
    else:
        known = _with_moments(learned.target, counts)
    columns, roles = _columns(door, table, learned, raw)
    whole = Preprocessing(columns, known, roles, learned.marks, learned.decimal)
    notes = [note for note in raw.notes if UNANSWERED not in note]  # of the sample: all are known
    return Overview(whole, answered, (*notes, *_held(columns, notes)))


def _held(columns: Sequence[Column], notes: Sequence[str]) -> list[str]:
    """What the sample does not show of cells far from all others."""
    return [
        told_held(column.name, column.low, column.high)
        for column in columns
        if isinstance(column, Numeric) and column.low is not None and column.high is not None
        if not any(note.startswith(f"{column.name!r}: ") and " held at " in note for note in notes)
    ]


def _sample(door: Door, table: OnDisk) -> Columns:
    """Rows from everywhere, the same whenever it is asked: by a hash of their numbers."""
    names = tuple(table.types)
    rows = max(min(SAMPLE_ROWS, CELLS // len(names)), FEWEST)
    one_of = max(table.rows // rows, 1)
    return table.read_some(door, names, f"hash({ROW_NUMBER}) % {one_of} = 0")


@dataclass(frozen=True, eq=False)
class _Answers:
    """Of one span: rows that have one; how often each class; mean and squares around it."""

    rows: int
    classes: Counter[str]
    mean: float = 0.0
    squares: float = 0.0


def _answers(columns: Columns, learned: Preprocessing, wanted: Wanted) -> _Answers:
    values = answers_of(learned.as_written(columns), learned.target, wanted.marks)
    if isinstance(values, Text):
        codes = values.codes[values.codes >= 0]
        often = np.bincount(codes, minlength=len(values.values)).tolist()
        held = {name: count for name, count in zip(values.values, often, strict=True) if count}
        return _Answers(len(codes), Counter(held))
    known = values[np.isfinite(values)]
    if not known.size:
        return _Answers(0, Counter())
    mean = float(known.mean())
    return _Answers(known.size, Counter(), mean, float(np.square(known - mean).sum()))


def _with_moments(target: Quantity, counts: list[_Answers]) -> Quantity:
    """Mean and std of all, joined as Chan, Golub and LeVeque (1983) do."""
    rows, mean, squares = 0, 0.0, 0.0
    for each in counts:
        if each.rows:
            apart, total = each.mean - mean, rows + each.rows
            squares += each.squares + apart * apart * rows * each.rows / total
            mean, rows = mean + apart * each.rows / total, total
    return replace(target, mean=mean, std=float(np.sqrt(squares / rows)) or 1.0)


def _classes(table: OnDisk, raw: RawData, classes: Counter[str]) -> tuple[str, ...]:
    if len(classes) > MOST_CATEGORIES:
        raise DataError(
            f"the target {raw.target_name!r} of {table.source} has {len(classes):,} classes: "
            f"more than {MOST_CATEGORIES:,}.",
            do="Name another column, or put the classes into groups.",
        )
    own = raw.target.values if isinstance(raw.target, Text) else ()
    return own if set(own) == set(classes) else _sorted(classes)


def _sorted(classes: Counter[str]) -> tuple[str, ...]:
    """Numbers by their sizes, texts by the alphabet."""
    try:
        return tuple(sorted(classes, key=float))
    except ValueError:
        return tuple(sorted(classes))


def _are_numbers(columns: Columns, name: str) -> bool:
    return not isinstance(columns.values[name], Text)


def _columns(
    door: Door, table: OnDisk, learned: Preprocessing, raw: RawData
) -> tuple[tuple[Column, ...], tuple[Role, ...]]:
    """What all rows say of each column that is used; one with too many categories is not."""
    counted = _counted(door, table, learned, raw)
    columns, left_out = list[Column](), dict[str, Role]()
    for column in learned.columns:
        found: Column | None
        if isinstance(column, Categorical):
            found = _categories(door, table, column, learned.marks or raw.marks)
        elif isinstance(column, Moment):
            found = replace(column, has_gaps=column.has_gaps or counted[column.name].has_gaps)
        else:
            found = counted[column.name].of(column)
        if found is None:
            reason = f"text with more than {MOST_CATEGORIES:,} different values"
            left_out[column.name] = Role(column.name, "left out", reason)
        else:
            columns.append(found)
    roles = tuple(left_out.get(role.name, role) for role in learned.roles)
    return tuple(columns), roles


@dataclass(frozen=True)
class _Counted:
    """Of a column over all rows; statistics are None where only the sample knows them."""

    has_gaps: bool
    of: Callable[[Numeric], Numeric]


def _counted(
    door: Door, table: OnDisk, learned: Preprocessing, raw: RawData
) -> dict[str, _Counted]:
    """One query for all columns that are no categories."""
    asked = [column for column in learned.columns if not isinstance(column, Categorical)]
    if not asked:
        return {}
    parts, codes = ["count(*)"], numbers_among(raw.marks)
    for column in asked:
        parts += _asked(column, table.types[column.name], _middle(raw, column), codes)
    with refusing(f"{table.source} cannot be counted.", "Check the file."):
        ((rows, *answers),) = door.all(f"SELECT {', '.join(parts)} FROM {table.relation}")
    found, answer = dict[str, _Counted](), iter(answers)
    for column in asked:
        known = next(answer)
        if isinstance(column, Numeric) and is_number(table.types[column.name]):
            figures = [next(answer) for _ in range(6)]
            found[column.name] = _of_figures(known < rows, figures, _middle(raw, column))
        else:
            found[column.name] = _Counted(known < rows, _as_in_the_sample(known < rows))
    return found


def _as_in_the_sample(has_gaps: bool) -> Callable[[Numeric], Numeric]:
    return lambda column: replace(column, has_gaps=column.has_gaps or has_gaps)


def _middle(raw: RawData, column: Column) -> tuple[float, float]:
    """Median and spread of a column in the sample."""
    table = raw.table
    if column.name not in table.numeric:
        return 0.0, 0.0
    numbers = table.numbers[:, table.numeric.index(column.name)]
    known = numbers[~np.isnan(numbers)]
    return middle_of(known) if known.size else (0.0, 0.0)


def _asked(
    column: Column, kind: str, middle: tuple[float, float], codes: Sequence[float]
) -> list[str]:
    """How many cells are there; and of numbers their range, mean and std, held or not.

    Parameters
    ----------
    codes : sequence of float
        Numbers that stand for a gap.
    """
    name = quoted(column.name)
    if not (isinstance(column, Numeric) and is_number(kind)):
        return [f"count({name})"]
    number = f"CAST({name} AS DOUBLE)"
    for code in codes:
        number = f"nullif({number}, {code!r})"
    known = f"CASE WHEN isfinite({number}) THEN {number} END"
    there = f"count(CASE WHEN NOT isnan({number}) THEN 1 END)"
    median, (low, high) = repr(middle[0]), map(repr, held_at(*middle))
    filled = f"coalesce({known}, {median})"
    held = f"least(greatest({filled}, {low}), {high})"
    return [
        there,
        f"min({known})",
        f"max({known})",
        *(f"{of}({x})" for x in (filled, held) for of in ("avg", "stddev_pop")),
    ]


def _of_figures(has_gaps: bool, figures: list[Any], middle: tuple[float, float]) -> _Counted:
    least, most, mean, std, held_mean, held_std = (float(x or 0.0) for x in figures)
    median, spread = middle
    low, high = held_at(median, spread)
    far = lies_far(least, most, median, spread)

    def of(column: Numeric) -> Numeric:
        if least == most and not has_gaps:
            return replace(
                column,
                mean=least,
                std=1.0,
                has_gaps=False,
                low=None,
                high=None,
                least=least,
                most=most,
            )
        own = replace(column, median=median, has_gaps=has_gaps, least=least, most=most)
        if far:
            return replace(own, mean=held_mean, std=held_std or 1.0, low=low, high=high)
        return replace(own, mean=mean, std=std or 1.0, low=None, high=None)

    return _Counted(has_gaps, of)


def _categories(
    door: Door, table: OnDisk, column: Categorical, marks: tuple[str, ...]
) -> Categorical | None:
    """All categories; None if there are too many."""
    name = quoted(column.name)
    query = f"SELECT DISTINCT {name} FROM {table.relation}"
    values, _ = columns_of(door, f"{query} LIMIT {4 * MOST_CATEGORIES}", table.wish.as_text)
    text = values[column.name]
    text = text if isinstance(text, Text) else as_text(text)
    known = without_words(text, marks or table.wish.marks)
    if len(known.values) > MOST_CATEGORIES and column.name not in table.wish.as_text:
        return None
    gaps = bool((known.codes < 0).any())
    return replace(column, categories=known.used().values, has_gaps=gaps)
