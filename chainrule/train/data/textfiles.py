"""Text tables through DuckDB, with the dialect that was found; and once more in plain form.

Imports door.py, delimited.py, rereading.py. opening.py uses it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from chainrule.errors import DataError
from chainrule.train.data.delimited import Dialect, dialect_of
from chainrule.train.data.door import Door, duckdb, first_lines, literal
from chainrule.train.data.marks import spellings
from chainrule.train.data.rereading import encoding_of, line_of, put_into_plain_form
from chainrule.train.data.scratch import Scratch


@dataclass(frozen=True)
class Part:
    """A file that DuckDB holds as a table.

    Parameters
    ----------
    name : str
        Of the file, for messages.
    table : str
    line : callable, optional
        The line of a row, counted from 0. Default: rows have no lines.
    has_decimal_commas : bool
    note : str
        What a reader should know, or "".
    """

    name: str
    table: str
    line: Callable[[int], int] | None = None
    has_decimal_commas: bool = False
    note: str = ""

    def place(self, row: int) -> str:
        """Where a row stands."""
        return f"row {row + 1}" if self.line is None else f"line {self.line(row)}"


def create_from_text(
    door: Door,
    path: Path,
    name: str,
    table: str,
    scratch: Scratch,
    as_text: Collection[str],
    marks: Iterable[str],
) -> Part:
    """Read a text table into a table of DuckDB's.

    Raises
    ------
    DataError
        The row that is at fault, with its line.
    """
    named = spellings(marks)
    if encoding_of(path) == "utf-8-sig":
        dialect = dialect_of(path, name)
        for all_text in (False, True):  # a late cell that is no number makes all columns text
            try:
                door.run(_sql(path, dialect, table, as_text, named, all_text))
            except duckdb().Error as error:
                if isinstance(error, duckdb().ConversionException) and not all_text:
                    continue
                break
            return Part(
                name, table, lambda row: line_of(path, dialect, row), dialect.decimal == ","
            )
    plain = scratch.file()
    dialect, lines, note = put_into_plain_form(path, name, plain)
    if not len(lines):
        raise DataError(f"{name} has a header but no rows.", do="Write the rows below the header.")
    sql = _sql(plain, dialect, table, as_text, named, all_text=True)
    try:
        door.run(sql)
    except duckdb().Error as error:
        raise DataError(
            f"{name} cannot be read as a table.", found=first_lines(error), do="Check the file."
        ) from None
    return Part(name, table, lambda row: int(lines[row]), dialect.decimal == ",", note)


def _sql(
    path: Path,
    dialect: Dialect,
    table: str,
    as_text: Collection[str],
    marks: list[str],
    all_text: bool,
) -> str:
    names = _listed(dialect.header)
    options = [
        literal(str(path)),
        f"delim={literal(dialect.delimiter)}",
        "quote='\"'",
        "escape='\"'",
        f"comment={literal(dialect.comment)}",
        f"skip={dialect.first_line - 1}",
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
        kept = [name for name in dialect.header if name in as_text]
        if kept:
            types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in kept)
            options.append(f"types={{{types}}}")
    return f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM read_csv({', '.join(options)})"


def _listed(texts: Iterable[str]) -> str:
    return "[" + ", ".join(map(literal, texts)) + "]"
