"""Text tables through DuckDB, with the dialect that was found; and once more in plain form.

Imports door.py, delimited.py, rereading.py. opening.py uses it.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.delimited import Dialect, dialect_of
from chainrule.train.data.door import Door, columns_of, duckdb, literal, refusing
from chainrule.train.data.marks import spellings
from chainrule.train.data.rereading import encoding_of, line_of, put_into_plain_form
from chainrule.train.data.scratch import Scratch
from chainrule.train.data.tables import Columns, Places, Values
from chainrule.train.data.wanted import Wish

MOST_RETRIES = 8  # columns that turn out to be text late; more, and all are read as text
CULPRIT = re.compile(r'Error when converting column "(.*)"\. Could not')
Item = TypeVar("Item")


class HasDecimals(Protocol):
    """What was read of a file, its decimal sign, and the signs that its cells prove."""

    @property
    def decimal(self) -> str: ...

    @cached_property
    def shown(self) -> frozenset[str]: ...


Part = TypeVar("Part", bound=HasDecimals)


@dataclass(frozen=True, eq=False)
class TextTable:
    """How a text table was read: the dialect, the line of each row if known, and a note."""

    dialect: Dialect
    lines: NDArray[np.int64] | None = None
    note: str = ""

    def columns(
        self,
        source: str,
        values: dict[str, Values],
        places: Places,
        nested: frozenset[str] = frozenset(),
    ) -> Columns:
        """Columns of its rows."""
        known = (self.note,) if self.note else (), self.dialect.decimal
        proof = self.dialect.proven, self.dialect.doubts
        return Columns(source, values, places, nested, *known, *proof)


def read_text(
    path: Path,
    name: str,
    scratch: Scratch,
    wish: Wish,
    read: Callable[[Path, Dialect, bool], bool],
) -> TextTable:
    """Have a text table read as it stands; once more in plain form if that fails.

    Parameters
    ----------
    read : callable
        Is given the file, its dialect and whether it is the plain form; returns whether DuckDB
        could read it.

    Raises
    ------
    DataError
        The row that is at fault, with its line.
    """
    if encoding_of(path) == "utf-8-sig":
        dialect = dialect_of(path, name, wish)
        if read(path, dialect, False):
            return TextTable(dialect)
    plain = scratch.file()
    dialect, lines, note = put_into_plain_form(path, name, plain, wish)
    if not len(lines):
        raise DataError(f"{name} has a header but no rows.", do="Write the rows below the header.")
    read(plain, dialect, True)
    return TextTable(dialect, lines, note)


def written_alike(
    items: Sequence[Item], wish: Wish, read: Callable[[Item, Wish], Part]
) -> list[Part]:
    """The parts of files that are read together: 1.234 is the same number in each of them."""
    parts = [read(item, wish) for item in items]
    if wish.decimal or not any(part.decimal for part in parts):
        return parts
    proven = frozenset[str]().union(*(part.shown for part in parts))
    if len(proven) != 1:
        return parts
    wish = replace(wish, proven=proven)
    return [
        part if part.decimal in ("", *proven) else read(item, wish)
        for item, part in zip(items, parts, strict=True)
    ]


def columns_of_text(door: Door, path: Path, name: str, scratch: Scratch, wish: Wish) -> Columns:
    """The columns of a text table.

    Raises
    ------
    DataError
        The row that is at fault, with its line.
    """
    values = dict[str, Values]()

    def ask(sql: str) -> None:
        values.update(columns_of(door, sql, is_plain=True)[0])

    def read(file: Path, dialect: Dialect, is_plain: bool) -> bool:
        if not is_plain:
            return asked_of_text(file, dialect, wish, ask)
        with refusing(f"{name} cannot be read as a table.", "Check the file."):
            ask(sql_of(file, dialect, (), spellings(wish.marks), all_text=True))
        return True

    table = read_text(path, name, scratch, wish, read)
    places = (
        Places("line", table.lines)
        if table.lines is not None
        else Places(
            "row",
            np.arange(len(next(iter(values.values())))),
            lambda row: f"line {line_of(path, table.dialect, row)}",
        )
    )
    return table.columns(name, values, places)


def asked_of_text(path: Path, dialect: Dialect, wish: Wish, ask: Callable[[str], None]) -> bool:
    """Ask DuckDB for the rows of a text table; whether it gave them.

    Each mark of a gap costs time, so those at the start of the file are looked for first. A late
    cell that is no number may be another mark; or its column is text, or all of them are.

    Parameters
    ----------
    ask : callable
        Is given the query.
    """
    every, as_text = spellings(wish.marks), wish.texts(dialect.decimal)
    seen = [mark for mark in every if mark in dialect.cells or not mark]
    texts = {name for name in dialect.header if name in as_text or name in dialect.padded}
    for attempt in range(MOST_RETRIES + 2):
        looked_for, is_last = every if attempt else seen, attempt > MOST_RETRIES
        try:
            ask(sql_of(path, dialect, texts, looked_for, is_last))
        except duckdb().ConversionException as error:
            found = CULPRIT.search(str(error))
            if attempt and found:
                texts.add(found[1])
        except duckdb().Error:
            return False
        else:
            return True
    return False


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
    ]
    if all_text or dialect.decimal == dialect.delimiter:  # which DuckDB would not read
        options.append("all_varchar=true")
    else:
        options.append(f"decimal_separator={literal(dialect.decimal)}")
        options.append("auto_type_candidates=['BIGINT', 'DOUBLE', 'VARCHAR']")
        if as_text:
            types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in sorted(as_text))
            options.append(f"types={{{types}}}")
    return f"SELECT * FROM read_csv({', '.join(options)})"


def _listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(literal, texts)) + "]"
