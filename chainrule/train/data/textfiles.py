"""Text tables through DuckDB, with the dialect that was found; and once more in plain form.

Imports door.py, delimited.py, rereading.py. opening.py uses it.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

import numpy as np

from chainrule.errors import DataError
from chainrule.train.data.delimited import Dialect, dialect_of
from chainrule.train.data.door import Door, columns_of, duckdb, first_lines, literal
from chainrule.train.data.marks import spellings
from chainrule.train.data.rereading import encoding_of, line_of, put_into_plain_form
from chainrule.train.data.scratch import Scratch
from chainrule.train.data.tables import Columns, Places, Values

MOST_RETRIES = 8  # columns that turn out to be text late; more, and all are read as text
CULPRIT = re.compile(r'Error when converting column "(.*)"\. Could not')


def columns_of_text(
    door: Door,
    path: Path,
    name: str,
    scratch: Scratch,
    as_text: Collection[str],
    marks: Iterable[str],
    has_decimal_commas: bool = False,
) -> Columns:
    """The columns of a text table.

    Raises
    ------
    DataError
        The row that is at fault, with its line.
    """
    every = spellings(marks)
    if encoding_of(path) == "utf-8-sig":
        dialect = dialect_of(path, name, has_decimal_commas)
        values = _read(door, path, dialect, as_text, every)
        if values is not None:
            rows = len(next(iter(values.values())))
            places = Places(
                "row", np.arange(rows), lambda row: f"line {line_of(path, dialect, row)}"
            )
            return Columns(name, values, places, has_decimal_commas=dialect.decimal == ",")
    plain = scratch.file()
    dialect, lines, note = put_into_plain_form(path, name, plain, has_decimal_commas)
    if not len(lines):
        raise DataError(f"{name} has a header but no rows.", do="Write the rows below the header.")
    try:
        sql = sql_of(plain, dialect, (), every, all_text=True)
        values, _ = columns_of(door, sql, is_plain=True)
    except duckdb().Error as error:
        raise DataError(
            f"{name} cannot be read as a table.", found=first_lines(error), do="Check the file."
        ) from None
    notes = (note,) if note else ()
    is_european = dialect.decimal == ","
    return Columns(name, values, Places("line", lines), frozenset(), is_european, notes)


def _read(
    door: Door, path: Path, dialect: Dialect, as_text: Collection[str], every: list[str]
) -> "dict[str, Values] | None":
    """The columns as DuckDB finds them; None if it does not.

    Each mark of a gap costs time, so those at the start of the file are looked for first. A late
    cell that is no number may be another mark; or its column is text, or all of them are.
    """
    seen = [mark for mark in every if mark in dialect.cells or not mark]
    texts = {name for name in dialect.header if name in as_text}
    for attempt in range(MOST_RETRIES + 2):
        try:
            marks, is_last = every if attempt else seen, attempt > MOST_RETRIES
            sql = sql_of(path, dialect, texts, marks, is_last)
            return columns_of(door, sql, is_plain=True)[0]
        except duckdb().ConversionException as error:
            found = CULPRIT.search(str(error))
            if attempt and found:
                texts.add(found[1])
        except duckdb().Error:
            return None
    return None


def sql_of(
    path: Path,
    dialect: Dialect,
    as_text: Collection[str],
    marks: list[str],
    all_text: bool,
) -> str:
    """The query that reads a text table in this dialect."""
    names = _listed(dialect.header)
    options = [
        literal(str(path)),
        f"delim={literal(dialect.delimiter)}",
        "quote='\"'",
        "escape='\"'",
        f"comment={literal(dialect.comment)}",
        f"skip={dialect.skipped}",
        "header=false",
        "strict_mode=true",
        f"names={names}",
        f"nullstr={_listed(marks)}",
        f"decimal_separator={literal(dialect.decimal)}",
    ]
    if all_text:
        options.append("all_varchar=true")
    else:
        options.append("auto_type_candidates=['BIGINT', 'DOUBLE', 'VARCHAR']")
        if as_text:
            types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in sorted(as_text))
            options.append(f"types={{{types}}}")
    return f"SELECT * FROM read_csv({', '.join(options)})"


def _listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(literal, texts)) + "]"
