"""A text table read again, row by row: what is wrong with it, or the line of one row.

Imports delimited.py. opening.py rereads what DuckDB would not read: either the line at fault is
named, or the file is put into plain form (UTF-8, no blank lines) and read once more.
"""

import csv
import io
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError
from chainrule.train.data.delimited import Dialect, dialect_of, malformed, ragged
from chainrule.train.data.wanted import Wish

# What text may be but for UTF-8: with a byte order mark, or Windows' alphabet of the West.
BOMS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
WINDOWS = "cp1252"


def encoding_of(path: Path) -> str:
    """What a file's byte order mark says; "utf-8-sig" if it has none."""
    with path.open("rb") as file:
        start = file.read(4)
    return next((name for mark, name in BOMS if start.startswith(mark)), "utf-8-sig")


def decoded(path: Path, name: str) -> tuple[str, str]:
    """The text of a file, and a note where its encoding was guessed."""
    content = path.read_bytes()
    encoding = encoding_of(path)
    try:
        return content.decode(encoding), ""
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"byte 0x{content[error.start]:02x} in line {line}"
    try:
        note = f"{name} is not UTF-8 ({byte}): it was read as Windows-1252"
        return content.decode(WINDOWS), note
    except UnicodeDecodeError:
        raise DataError(
            f"{name} is not UTF-8 text: {byte}.", do='Save it as "CSV UTF-8".'
        ) from None


def put_into_plain_form(
    path: Path, name: str, to: Path, wish: Wish
) -> tuple[Dialect, NDArray[np.int64], str]:
    """Write the rows again, separated by commas; give the line of each, and a note.

    Raises
    ------
    DataError
        The first row that cannot be read: its line, and what is wrong with it.
    """
    text, note = decoded(path, name)
    to.write_text(text, encoding="utf-8", newline="")
    dialect = dialect_of(to, name, wish)
    lines = list[int]()
    rows = list[list[str]]()
    for line, row in rows_of(text, dialect, name):
        if len(row) != len(dialect.header):
            raise ragged(name, line, len(row), dialect)
        lines.append(line)
        rows.append(row)
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(dialect.header)
        writer.writerows(rows)
    header = _lines_of(dialect.header)
    plain = replace(
        Dialect(",", "", dialect.header, 1, header + 1, dialect.decimal, header),
        doubts=dialect.doubts,
        proven=dialect.proven,
    )
    return plain, np.array(lines, np.int64), note


def line_of(path: Path, dialect: Dialect, row: int) -> int:
    """The line on which a row starts; rows are counted from 0."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        found = rows_of(file, dialect, path.name)
        return next((line for number, (line, _) in enumerate(found) if number == row), 0)


def rows_of(
    text: str | Iterable[str], dialect: Dialect, name: str
) -> Generator[tuple[int, list[str]]]:
    """Lines and cells of the rows below the header that are not blank."""
    stream = io.StringIO(text, newline="") if isinstance(text, str) else text
    skipped = _without_comments(stream, dialect)
    # strict: a quote that is never closed would silently swallow the rest of the file.
    reader = csv.reader(skipped, delimiter=dialect.delimiter, strict=True)
    start = dialect.header_line
    try:
        for row in reader:
            if start >= dialect.first_line and (len(row) > 1 or (row and row[0].strip())):
                yield start, row
            start = dialect.header_line + reader.line_num
    except csv.Error as error:
        raise malformed(name, start, str(error)) from None


def _without_comments(stream: Iterable[str], dialect: Dialect) -> Generator[str]:
    """The lines from the header on; a comment becomes a blank line, so that lines count on."""
    for number, line in enumerate(stream, start=1):
        if number < dialect.header_line:
            continue
        is_comment = dialect.comment and line.startswith(dialect.comment)
        yield "\n" if is_comment else line


def _lines_of(header: tuple[str, ...]) -> int:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(header)
    return text.getvalue().count("\n")
