"""Types for a CSV's columns: numbers or text, and what kind of target.

Imports sheet.py and tables.py. sources.py infers; rows.py knows the types and only converts.
"""

import difflib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.train.data.sheet import Sheet
from chainrule.train.data.tables import RawData, Table, Text
from chainrule.train.data.wording import LISTED_AT_MOST, counted, listing

FEWEST_ROWS = 5  # below this, no part of a split says anything
MOST_NUMBERED_CLASSES = 20  # more different whole numbers are an amount, not names
MOST_CATEGORIES = 1000  # a one-hot column each: more would be the data set's main cost
FEW_CATEGORIES = 20  # a column with so few is a category even if half its rows differ
MISSING_MARKS = frozenset({"na", "n/a", "null", "none", "?", "-", "."})  # lower case

TASKS = ("auto", "classes", "numbers")

Values = Text | NDArray[np.float64]


def infer(sheet: Sheet, name: str, target: str | None, task: str = "auto") -> RawData:
    """Raw data of a CSV: a column is numeric if each of its cells is a number, else text.

    The task says what the target holds: one of TASKS.
    """
    target = _checked_target(sheet, target)
    if len(sheet.places.numbers) < FEWEST_ROWS:
        raise DataError(
            f"{sheet.source} has {counted(len(sheet.places.numbers), 'row')}; "
            f"a data set needs at least {FEWEST_ROWS}.",
            do="Add rows.",
        )
    sheet.refuse_empty_cells(sheet.header)
    inputs = [each for each in sheet.header if each != target]
    table = _table(sheet, {each: _inferred(sheet, each) for each in inputs})
    return RawData(name, table, target, _inferred_target(sheet, target, task))


def typed(sheet: Sheet, is_numeric: Mapping[str, bool]) -> Table:
    """These columns of a sheet, with the types given."""
    readers = {True: numbers_of, False: texts_of}
    return _table(sheet, {name: readers[kind](sheet, name) for name, kind in is_numeric.items()})


def texts_of(sheet: Sheet, name: str) -> Text:
    """A column as text."""
    return Text.of(sheet.column(name))


def numbers_of(sheet: Sheet, name: str) -> NDArray[np.float64]:
    """A column as float64; a DataError names the first cell that is not a number."""
    cells = sheet.column(name)
    numbers = _parsed(cells)
    if numbers is None:
        row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
        raise DataError(
            f"column {name!r} of {sheet.source} holds {cells[row]!r} in {sheet.places[row]} "
            "where a number belongs.",
            do="Correct the cell: numbers are written like 12, -0.5 or 1e-3.",
        )
    return numbers


def _checked_target(sheet: Sheet, target: str | None) -> str:
    if target is None:
        raise ArgumentError(
            f"{sheet.source} needs a target: the name of the column to predict.",
            found=[f"columns {listing(sheet.header)}"],
            do="Pass target=NAME (on the command line: --target NAME).",
        )
    if target not in sheet.header:
        nearest = difflib.get_close_matches(target, sheet.header, n=LISTED_AT_MOST, cutoff=0)
        more = len(sheet.header) - len(nearest)
        do = f"And {counted(more, 'more column')}." if more else ""
        raise UnknownNameError("column", target, nearest if more else sheet.header, do=do)
    if len(sheet.header) == 1:
        raise DataError(
            f"{sheet.source} has only the column {target!r}: there is nothing to predict it from.",
            do="Add columns, separated by commas, semicolons or tabs.",
        )
    return target


def _table(sheet: Sheet, columns: Mapping[str, Values]) -> Table:
    texts = {name: values for name, values in columns.items() if isinstance(values, Text)}
    numeric = {name: values for name, values in columns.items() if not isinstance(values, Text)}
    numbers = np.empty((len(sheet.places.numbers), len(numeric)))
    for index, values in enumerate(numeric.values()):
        numbers[:, index] = values
    return Table(sheet.source, tuple(columns), tuple(numeric), numbers, texts, sheet.places)


def _inferred(sheet: Sheet, name: str) -> Values:
    """Numbers if every cell is one, else categories."""
    numbers = _parsed(sheet.column(name))
    if numbers is not None:
        return numbers
    _refuse_near_numbers(sheet, name)
    text = texts_of(sheet, name)
    _refuse_identifier(sheet, name, text)
    return text


def _refuse_near_numbers(sheet: Sheet, name: str) -> None:
    """A column of numbers but for "NA" or decimal commas is an error, not 1,000 categories."""
    cells = sheet.column(name)
    marks = [row for row, cell in enumerate(cells) if cell.lower() in MISSING_MARKS]
    others = [cell for cell in cells if cell.lower() not in MISSING_MARKS]
    if marks and others and _parsed(others) is not None:
        raise DataError(
            f"{sheet.source} has {counted(len(marks), 'missing value')} in column {name!r}.",
            found=[f"first   {cells[marks[0]]!r}, {sheet.places[marks[0]]}"],
            do="Fill them in (with the column's median, for example), or remove such rows.",
        )
    if "," in cells[0] and _parsed([cell.replace(",", ".") for cell in cells]) is not None:
        raise DataError(
            f"column {name!r} of {sheet.source} writes its numbers with a decimal comma.",
            found=[f"first   {cells[0]!r}, {sheet.places[0]}"],
            do="Write them with a point: 12.5 rather than 12,5.",
        )


def _inferred_target(sheet: Sheet, name: str, task: str) -> Values:
    """Text for a classification, float64 for a regression."""
    numbers = numbers_of(sheet, name) if task == "numbers" else _inferred(sheet, name)
    if isinstance(numbers, Text):
        _refuse_constant(sheet, name, len(numbers.values))
        return numbers
    different = np.unique(numbers)
    _refuse_constant(sheet, name, len(different))
    are_whole = bool((np.isfinite(different) & (different == np.rint(different))).all())
    if task == "classes":
        _refuse_many_classes(sheet, name, len(different))
    elif task == "numbers" or not are_whole or len(different) > MOST_NUMBERED_CLASSES:
        return numbers
    wrote = "{:.0f}" if are_whole else "{!r}"
    classes = tuple(wrote.format(number) for number in (different + 0.0).tolist())  # no "-0"
    return Text(classes, np.searchsorted(different, numbers))


def _refuse_many_classes(sheet: Sheet, name: str, different: int) -> None:
    """A class that one row has cannot be learned: half of the rows must repeat another."""
    rows = len(sheet.places.numbers)
    if different <= MOST_CATEGORIES and 2 * different <= rows:
        return
    raise DataError(
        f"the target {name!r} of {sheet.source} has {different} different numbers in {rows} rows: "
        "too many for classes.",
        do="Predict it as a number: task=numbers (on the command line: --task numbers).",
    )


def _refuse_constant(sheet: Sheet, name: str, different: int) -> None:
    if different == 1:
        raise DataError(
            f"the target {name!r} is the same in every row: {sheet.column(name)[0]!r}.",
            do="A net needs at least two classes, or numbers that differ.",
        )


def _refuse_identifier(sheet: Sheet, name: str, text: Text) -> None:
    """A name, a date or a mistyped number is no category: one-hot columns would say nothing."""
    different, rows = len(text.values), len(text)
    if different <= FEW_CATEGORIES or (different <= MOST_CATEGORIES and 2 * different <= rows):
        return
    cells = sheet.column(name)
    row = next(row for row, cell in enumerate(cells) if not _is_number(cell))
    raise DataError(
        f"column {name!r} of {sheet.source} holds {different} different texts in {rows} rows: "
        "too many for categories.",
        found=[f"first text   {cells[row]!r}, {sheet.places[row]}"],
        do="Leave the column out if it names the rows; correct the cell if it should be a number.",
    )


def _parsed(cells: "tuple[str, ...] | list[str]") -> NDArray[np.float64] | None:
    """Cells as float64, or None if one of them is not a number."""
    if "_" in "".join(cells):  # float("1_000") is Python's way of writing, not CSV's
        return None
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def _is_number(cell: str) -> bool:
    return _parsed([cell]) is not None
