"""A table with a target becomes raw data: each column gets its part, each row its answer.

Imports roles.py, remarks.py and tables.py. sources.py infers; later.py knows the parts already.
"""

import difflib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data.amounts import Amounts, amounts_in, as_numbers, counts_of
from chainrule.train.data.columns import Role, Written
from chainrule.train.data.marks import MARKS, without_marks
from chainrule.train.data.objects import as_text
from chainrule.train.data.objects import written as as_written
from chainrule.train.data.remarks import remarks, told_thousands
from chainrule.train.data.roles import (
    FEW_CATEGORIES,
    MOST_CATEGORIES,
    cast,
    tells_rows_apart,
    why_no_numbers,
)
from chainrule.train.data.split_keys import are_dates, keys_of
from chainrule.train.data.tables import Columns, RawData, Text, Values, table_of
from chainrule.train.data.texts import order_of, spread, times_in
from chainrule.train.data.wanted import Wanted
from chainrule.train.data.wording import LISTED_AT_MOST, counted, listing

FEWEST_ROWS = 5  # below this, no part of a split says anything
UNANSWERED = " without a value of "
MANY_UNANSWERED = 0.1  # of all rows: gaps are mostly rarer than classes
MAY_BE_A_CLASS = (
    "; if a word such as none or NA is a class of it, let only empty cells be gaps (--missing=)"
)
MOST_LOOKED_AT = 4096  # cells of a column of numbers: does one have decimals?
MOST_NUMBERED_CLASSES = 20  # more different whole numbers are an amount, not names


def infer(columns: Columns, name: str, target: str | None, wanted: Wanted) -> RawData:
    """Raw data of a table, with the part of each column and the reason.

    Raises
    ------
    DataError
        Too few rows, a target that cannot be learned, nothing to learn it from.
    """
    target = _checked_target(columns, target)
    wanted.refuse_unknown(columns.names, target)
    columns = replace(columns, said=wanted.decimal)
    if len(columns) < FEWEST_ROWS:
        raise DataError(
            f"{columns.source} has {counted(len(columns), 'row')}; "
            f"a data set needs at least {FEWEST_ROWS}.",
            do="Add rows.",
        )
    values, has_answer, found = _target_values(columns, target, wanted)
    answered = int(np.count_nonzero(has_answer))
    if answered < FEWEST_ROWS:
        raise DataError(
            f"the target {target!r} of {columns.source} is missing in all but "
            f"{counted(answered, 'row')}; a data set needs at least {FEWEST_ROWS}.",
            do="Add rows that have it, or name another column.",
        )
    notes = columns.notes
    if answered < len(columns):
        columns = replace(columns, proven=columns.shown)  # by the other rows as well
        columns, values = _taken(columns, has_answer), _rows(values, has_answer)
        left = len(has_answer) - answered
        is_named = isinstance(values, Text) and not wanted.missing
        notes += (told_unanswered(left, len(has_answer), repr(target), is_named),)
    answers = _answers(columns, target, values, wanted.task)
    raw = _cast(columns, name, target, answers, wanted, notes, found)
    return (
        raw if answered == len(has_answer) else replace(raw, answered=np.flatnonzero(has_answer))
    )


def told_unanswered(left: int, rows: int, target: str, is_named: bool) -> str:
    """The note on rows without an answer; where they are many, a word for a gap may be a class."""
    verb = "is" if left == 1 else "are"
    note = f"{counted(left, 'row')}{UNANSWERED}{target} {verb} left out"
    return note + (MAY_BE_A_CLASS if is_named and left > MANY_UNANSWERED * rows else "")


def _cast(
    columns: Columns,
    name: str,
    target: str,
    answers: Values,
    wanted: Wanted,
    notes: tuple[str, ...],
    amounts: Amounts | None,
) -> RawData:
    parts = {each: cast(columns, each, wanted) for each in columns.names if each != target}
    used = {each: part.values for each, part in parts.items() if part.values is not None}
    if not used:
        reasons = [f"{each}  {part.role.reason}" for each, part in parts.items()]
        raise DataError(
            f"{columns.source} has nothing to predict {target!r} from: every other column is "
            "left out.",
            found=reasons[:LISTED_AT_MOST],
            do="Add columns; or take one nevertheless: categorical=... or numeric=... "
            "(on the command line: --categorical, --numeric).",
        )
    written = {each: part.written for each, part in parts.items() if part.written != Written()}
    told = "numbers"
    if isinstance(answers, Text):
        words, note = _why_classes(columns, target, wanted)
        told = f"{len(answers.values)} classes" + (f"; {words}" if words else "")
        is_number = not isinstance(columns.values[target], Text)
        if is_number and wanted.task == "auto" and _may_count(answers):
            told += "; --task numbers learns them as numbers"
        notes += (note,) if note else ()
    if amounts is not None:
        notes, written[target] = (*notes, *amounts.notes), amounts.written
        told += f" in {amounts.written.unit}" if amounts.written.unit else ""
    if not isinstance(answers, Text):
        notes += told_thousands(columns, target, written.get(target, Written()).unit)
    roles = tuple(
        Role(each, "target", told) if each == target else parts[each].role
        for each in columns.names
    )
    of_numbers = [each for each, values in used.items() if _is_numeric(values)]
    if not isinstance(answers, Text):
        of_numbers.append(target)
    for each in of_numbers:
        if _showed_decimals(columns, each):
            written[each] = Written(decimal=columns.decimal)
    return RawData(
        name,
        table_of(columns, used),
        target,
        answers,
        roles=roles,
        marks=wanted.marks if wanted.missing else (),
        orders={each: part.order for each, part in parts.items() if part.order},
        keys=keys_of(columns, wanted.split),
        are_dates=are_dates(columns, wanted.split),
        decimal=wanted.decimal,
        written=written,
        named={role.name: columns.values[role.name] for role in roles if tells_rows_apart(role)},
        notes=(
            *(*notes, *_of_classes(target, answers)),
            *remarks(columns, parts, target, answers),
        ),
    )


def _why_classes(columns: Columns, target: str, wanted: Wanted) -> tuple[str, str]:
    """What keeps a target from being numbers, where it holds them for the most part."""
    values = columns.values[target]
    if not isinstance(values, Text) or wanted.task == "classes":
        return "", ""
    return why_no_numbers(columns, target, values, counts_of(values))


def _may_count(answers: Text) -> bool:
    """Whether classes that are whole numbers might be an amount; 1, 2 and 3 hardly are."""
    numbers = sorted(map(float, answers.values))
    return len(numbers) > 4 or numbers[-1] - numbers[0] >= len(numbers) > 2


def _is_numeric(values: Values) -> bool:
    return not isinstance(values, Text) and values.dtype.kind == "f"


def _showed_decimals(columns: Columns, name: str) -> bool:
    """Whether the file's decimal sign stood in the cells of a column, as far as numbers tell."""
    values = columns.values[name]
    if isinstance(values, Text) or not columns.decimal or values.dtype.kind != "f":
        return False
    some = values[:: max(1, len(values) // MOST_LOOKED_AT)]
    return name in columns.doubts or bool((np.isfinite(some) & (some != np.rint(some))).any())


def _checked_target(columns: Columns, target: str | None) -> str:
    names = columns.names
    if target is None:
        raise ArgumentError(
            f"{columns.source} needs a target: the name of the column to predict.",
            found=[f"columns {listing(names)}"],
            do="Pass target=NAME (on the command line: --target NAME).",
        )
    if target not in names:
        nearest = difflib.get_close_matches(target, names, n=LISTED_AT_MOST, cutoff=0)
        more = len(names) - len(nearest)
        do = f"And {counted(more, 'more column')}." if more else ""
        raise UnknownNameError("column", target, nearest if more else names, do=do)
    if len(names) == 1:
        raise DataError(
            f"{columns.source} has only the column {target!r}: "
            "there is nothing to predict it from.",
            do="Add columns, separated by commas, semicolons or tabs.",
        )
    return target


def _target_values(
    columns: Columns, name: str, wanted: Wanted
) -> tuple[Values, NDArray[np.bool_], Amounts | None]:
    """The target's values, which rows have one, and how its numbers are written in texts."""
    values = columns.values[name]
    if name in columns.nested:
        raise DataError(
            f"the target {name!r} of {columns.source} holds lists or records.",
            do="Predict one number or one word of them.",
        )
    values, found = (
        without_marks(values, MARKS if wanted.are_answers_apart else wanted.marks),
        None,
    )
    if _holds_dates(values) and wanted.task != "classes":
        raise DataError(
            f"the target {name!r} of {columns.source} holds dates.",
            do="Predict a number instead, such as the days from one date to another.",
        )
    if isinstance(values, Text) and wanted.task != "classes":
        found = amounts_in(columns, name, values, is_asked=wanted.task == "numbers")
        if found is not None and wanted.task == "auto" and _are_names(found):
            found = None
        if found is not None:
            values = spread(values, found.of_values)
    if wanted.task == "numbers":
        values = as_numbers(columns, name, values)
    has = values.codes >= 0 if isinstance(values, Text) else ~np.isnan(values)
    return values, has, found


def _are_names(found: Amounts) -> bool:
    """Whether numbers with a unit are so few and whole that they name classes: 2D and 3D."""
    if not found.written.unit:
        return False
    different = np.unique(found.of_values[~np.isnan(found.of_values)])
    return len(different) <= MOST_NUMBERED_CLASSES and bool(
        (different == np.rint(different)).all()
    )


def _holds_dates(values: Values) -> bool:
    if not isinstance(values, Text):
        return values.dtype.kind == "M"
    times = times_in(values.values, order_of(values.values))
    return bool(values.values) and times is not None and not np.isnat(times).any()


def _taken(columns: Columns, has: NDArray[np.bool_]) -> Columns:
    values = {name: _rows(each, has) for name, each in columns.values.items()}
    places = replace(columns.places, numbers=columns.places.numbers[has])
    return replace(columns, values=values, places=places)


def _rows(values: Values, has: NDArray[np.bool_]) -> Values:
    return values.take(np.flatnonzero(has)).used() if isinstance(values, Text) else values[has]


def _answers(columns: Columns, name: str, values: Values, task: str) -> Values:
    """Text for a classification, float64 for a regression."""
    if isinstance(values, Text):
        _refuse_constant(name, len(values.values), lambda: values.values[0])
        _refuse_names(columns, name, values)
        return values
    different = np.unique(values)
    _refuse_constant(name, len(different), lambda: as_written(float(different[0])))
    are_whole = bool((np.isfinite(different) & (different == np.rint(different))).all())
    if task == "classes":
        _refuse_many_classes(columns, name, len(different))
    elif task == "numbers" or not are_whole or len(different) > MOST_NUMBERED_CLASSES:
        return values
    return as_text(values + 0.0)  # no "-0"


def _refuse_many_classes(columns: Columns, name: str, different: int) -> None:
    """A class that one row has cannot be learned: half of the rows must repeat another."""
    rows = len(columns)
    if different <= MOST_CATEGORIES and 2 * different <= rows:
        return
    raise DataError(
        f"the target {name!r} of {columns.source} has {different} different numbers in {rows} "
        "rows: too many for classes.",
        do="Predict it as a number: task=numbers (on the command line: --task numbers).",
    )


def _refuse_names(columns: Columns, name: str, text: Text) -> None:
    different, rows = len(text.values), len(text)
    if different <= FEW_CATEGORIES or (different <= MOST_CATEGORIES and 2 * different <= rows):
        return
    why, _ = why_no_numbers(columns, name, text, counts_of(text))
    raise DataError(
        f"the target {name!r} of {columns.source} holds {different} different texts in {rows} "
        "rows: too many for classes.",
        found=[
            f"first text   {text.values[text.codes[0]]!r}, {columns.places[0]}",
            *([f"reason       {why}"] if why else []),
        ],
        do="Name another column, or put the texts into groups.",
    )


def _refuse_constant(name: str, different: int, value: Callable[[], str]) -> None:
    if different == 1:
        raise DataError(
            f"the target {name!r} is the same in every row: {value()!r}.",
            do="A net needs at least two classes, or numbers that differ.",
        )


def _of_classes(target: str, answers: Values) -> tuple[str, ...]:
    """What is to be said of classes that hardly a row has."""
    if not isinstance(answers, Text):
        return ()
    counts = np.bincount(answers.codes, minlength=len(answers.values))
    alone = [answers.values[place] for place in np.flatnonzero(counts == 1)]
    if not alone:
        return ()
    if len(alone) == 1:
        return (f"the class {alone[0]!r} of {target!r} has a single row",)
    return (f"{len(alone)} classes of {target!r} have a single row each: {listing(alone)}",)
