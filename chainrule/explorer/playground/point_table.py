"""A table as text becomes points; a row that does not fit is named.

Imports errors and the point set. The page sends what was dropped on it, or pasted.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np

from chainrule.errors import DataError
from chainrule.explorer.playground.play_settings import LEAST_POINTS, MOST_CLASSES, MOST_POINTS
from chainrule.explorer.playground.point_set import FARTHEST, LONGEST_NAME, PointSet

LONGEST_TABLE = 240_000  # characters: 5,000 rows of 48
SEPARATORS = ("\t", ";", ",", "|")  # spaces where there is none of them, as np.savetxt writes
REMARK = "#"
COLUMNS = 3
DIGITS = 6  # that a coordinate keeps: addresses hold them
DO = "Give two columns of numbers and one of labels, such as:\nheight,width,kind\n1.5,0.2,oak"


def read_table(text: str) -> PointSet:
    """The points of a table.

    Raises
    ------
    DataError
        That names the first row that does not fit.
    """
    if len(text) > LONGEST_TABLE:
        raise DataError(
            f"This table has more than {LONGEST_TABLE:,} characters.",
            do=f"Leave columns and rows out: {MOST_POINTS:,} rows of three columns are the most.",
            where="",
        )
    text = _without_remarks(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))
    separator = _separator(text)
    try:
        # Of several spaces in a row the reader makes one, where spaces part the columns.
        lines = csv.reader(
            (line.strip() + "\n" if separator == " " else line for line in _lines(text)),
            delimiter=separator,
            strict=True,
            skipinitialspace=separator == " ",
        )
        rows = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise DataError(f"This is no table: {error}.", do=DO, where="") from None
    if not rows:
        raise DataError("This table is empty.", do=DO, where="")
    for number, row in rows:
        if len(row) != COLUMNS:
            raise DataError(
                f"Row {number} has {_several(len(row))}, not {COLUMNS}.", do=DO, where=""
            )
    has_names = not any(_is_number(cell, separator) for cell in rows[0][1][:2])
    header = _header(rows[0][1]) if has_names else ()
    body = rows[1:] if header else rows
    if len(body) > MOST_POINTS:
        raise DataError(
            f"This table has {len(body):,} rows; {MOST_POINTS:,} are the most.",
            do="Leave some out.",
            where="",
        )
    return _points(body, header or ("column 1", "column 2"), separator)


def _points(
    body: Sequence[tuple[int, list[str]]], columns: tuple[str, ...], separator: str
) -> PointSet:
    x = np.array([[_number(n, row[i], separator) for i in range(2)] for n, row in body])
    labels = [row[2].strip() for _, row in body]
    for (number, _), label in zip(body, labels, strict=True):
        if not label:
            raise DataError(f"Row {number} has no label.", do=DO, where="")
    labels, classes = _classes(labels, separator)
    if len(classes) > MOST_CLASSES:
        raise DataError(
            f"The third column has {len(classes):,} labels; {MOST_CLASSES} are the most here.",
            do="A label is a class. Leave rows out, or put labels together.",
            where="",
        )
    if not body:
        raise DataError("This table has no rows below its names.", do=DO, where="")
    if len(classes) < 2 or len(body) < LEAST_POINTS:
        raise DataError(
            "The third column has one label: there is nothing to tell apart.", do=DO, where=""
        )
    names = tuple(name[:LONGEST_NAME] for name in classes)
    if len(set(names)) < len(classes):
        raise DataError(
            f"Two labels are the same in their first {LONGEST_NAME} characters.",
            do="Shorten them so that they differ.",
            where="",
        )
    place = {name: number for number, name in enumerate(classes)}
    return PointSet(x, np.array([place[each] for each in labels]), names, columns)


def _classes(labels: list[str], separator: str) -> tuple[list[str], list[str]]:
    """Labels and what they differ in, in order; numbers as short as they are: 0.000e+00 is 0."""
    plain = {label: _plain(label, separator) for label in labels}
    if not all(_is_number(x, separator) and isfinite(float(x)) for x in plain.values()):
        return labels, sorted(set(labels))
    short = {label: f"{float(x):.{DIGITS}g}" for label, x in plain.items()}
    return [short[label] for label in labels], sorted(set(short.values()), key=float)


def _without_remarks(text: str) -> str:
    """Lines that begin with # are empty then; but names that stand above numbers are kept."""
    lines = text.splitlines(keepends=True)
    remarks = [i for i, line in enumerate(lines) if line.lstrip().startswith(REMARK)]
    others = [i for i, line in enumerate(lines) if line.strip() and i not in set(remarks)]
    above = [i for i in remarks if others and i < others[0]]
    names = ""
    if above:
        names = lines[above[-1]].strip().lstrip(REMARK).strip()
        first = lines[others[0]]
        separator = _separator(first)
        cells, known = first.split(separator), names.split(separator)
        is_header = len(known) == COLUMNS and _is_number(cells[0], separator)
        names = f"{names}\n" if is_header else ""
    for i in remarks:
        lines[i] = "\n"
    if names:
        lines[above[-1]] = names
    return "".join(lines)


def _lines(text: str) -> Iterator[str]:
    return iter(io.StringIO(text, newline=""))


def _separator(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    found = max(SEPARATORS, key=bare.count)
    return found if found in bare else " "


def _header(row: Sequence[str]) -> tuple[str, ...]:
    return tuple((cell.strip() or "?")[:LONGEST_NAME] for cell in row[:2])


def _several(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"


def _plain(cell: str, separator: str) -> str:
    """With a point for a comma where a comma cannot part columns."""
    return cell.strip().replace(",", ".") if separator != "," else cell.strip()


def _is_number(cell: str, separator: str) -> bool:
    try:
        float(_plain(cell, separator))
    except ValueError:
        return False
    return True


def _number(row: int, cell: str, separator: str) -> float:
    try:
        found = float(_plain(cell, separator))
    except ValueError:
        raise DataError(
            f"Row {row}: {cell.strip()[:LONGEST_NAME]!r} is no number.", do=DO, where=""
        ) from None
    if not isfinite(found) or abs(found) > FARTHEST:
        raise DataError(
            f"Row {row}: {cell.strip()[:LONGEST_NAME]} is not between -1e9 and 1e9.",
            do="Leave the row out.",
            where="",
        )
    return float(f"{found:.{DIGITS}g}")
