"""A CSV file's cells as text: decoded, split into columns, every row as long as the header.

Imports chainrule.errors and tables.py. sources.py and rows.py read it; inference.py gives the
columns their types.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chainrule.errors import DataError
from chainrule.train.data.tables import Places
from chainrule.train.data.wording import counted

DELIMITERS = ",;\t"
DELIMITER_NAMES = (",", "comma"), (";", "semicolon"), ("\t", "tab")


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns of text, without surrounding blanks; `places` holds each row's line in the file."""

    source: str
    delimiter: str
    header: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]
    places: Places

    def column(self, name: str) -> tuple[str, ...]:
        return self.columns[self.header.index(name)]

    def refuse_empty_cells(self, names: Iterable[str]) -> None:
        """Raise a DataError that names the first empty cell of these columns."""
        gaps = [(self.column(name), name) for name in names if "" in self.column(name)]
        if not gaps:
            return
        row, name = min((cells.index(""), name) for cells, name in gaps)
        empty = sum(cells.count("") for cells, _ in gaps)
        raise DataError(
            f"{self.source} has {counted(empty, 'empty cell')}.",
            found=[f"first   column {name!r}, {self.places[row]}"],
            do="Fill every cell in (with the column's median, for example), or remove such rows.",
        )


def read_sheet(path: Path) -> Sheet:
    """Read a CSV with a header row; the delimiter is the one that splits the header most."""
    text = _decoded(path)
    first = next((line for line in io.StringIO(text, newline="") if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda each: _fields(first, each))
    lines, rows = _records(text, delimiter, path.name)
    if not rows:
        raise DataError(f"{path.name} is empty.", do="A CSV starts with a row of column names.")
    header = _checked_header([name.strip() for name in rows[0]], path.name, delimiter)
    _refuse_ragged(rows, lines, path.name, delimiter)
    if len(rows) == 1:
        raise DataError(
            f"{path.name} has a header but no rows.", do="Write the rows below the header."
        )
    columns = tuple(tuple(map(str.strip, cells)) for cells in zip(*rows[1:], strict=True))
    return Sheet(path.name, delimiter, header, columns, Places("line", np.array(lines[1:])))


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read: {error.strerror}.", do="Check the file's permissions."
        ) from None
    try:
        text = content.decode("utf-8-sig")  # -sig: Excel writes a byte order mark
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path.name} is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}.",
            do='Save it as "CSV UTF-8".',
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(
            f"{path.name} is not text: it has a zero byte in line {line}.",
            do='Save it as "CSV UTF-8".',
        )
    return text


def _fields(line: str, delimiter: str) -> int:
    try:
        return max(map(len, csv.reader([line], delimiter=delimiter)), default=0)
    except csv.Error:  # reading the rows will say it better
        return 0


def _records(text: str, delimiter: str, source: str) -> tuple[list[int], list[list[str]]]:
    """Line numbers and fields of the rows that are not blank."""
    # strict: a quote that is never closed would silently swallow the rest of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, rows = list[int](), list[list[str]]()
    start = 1  # a quoted cell may run over lines: a row stands where it starts
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                lines.append(start)
                rows.append(row)
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{source} is malformed in the row that starts in line {start}: {error}.",
            do='Close every quote, and write a quote inside a quoted cell twice: "".',
        ) from None
    return lines, rows


def _checked_header(names: list[str], source: str, delimiter: str) -> tuple[str, ...]:
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} of {source} has no name.",
            do="Name every column in the first row "
            "(pandas leaves the first one empty unless you write index=False).",
        )
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        where = [str(number) for number, name in enumerate(names, start=1) if name == twice[0]]
        raise DataError(
            f"{source} has the column {twice[0]!r} {len(where)} times.",
            found=[f"columns {', '.join(where)} of {len(names)}, split at {_called(delimiter)}s"],
            do="Give every column a name of its own. If the file has no header row, write one.",
        )
    return tuple(names)


def _refuse_ragged(
    rows: Sequence[Sequence[str]], lines: Sequence[int], source: str, delimiter: str
) -> None:
    expected = len(rows[0])
    for line, row in zip(lines, rows, strict=True):
        if len(row) != expected:
            raise DataError(
                f"line {line} of {source} has {counted(len(row), 'field')}; "
                f"the header has {expected}.",
                found=[f"split at {_called(delimiter)}s"],
                do="Give the row a field per column; a cell that holds the delimiter is quoted.",
            )


def _called(delimiter: str) -> str:
    return dict(DELIMITER_NAMES)[delimiter]
