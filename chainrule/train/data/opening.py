"""A file as columns, whatever it is: the kind is seen from its first bytes.

Imports the readers beside it. sources.py uses it.
"""

import gzip
import shutil
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from chainrule.errors import ArgumentError, DataError
from chainrule.train.data.databases import (
    DUCKDB_MAGIC,
    DUCKDB_MAGIC_AT,
    SQLITE_MAGIC,
    columns_of_duckdb,
    columns_of_sqlite,
)
from chainrule.train.data.door import (
    Door,
    Progress,
    columns_of,
    literal,
    opened,
    refusing,
)
from chainrule.train.data.marks import MARKS
from chainrule.train.data.scratch import Scratch
from chainrule.train.data.spreadsheets import ENDINGS, columns_of_sheet
from chainrule.train.data.tables import Columns, Places
from chainrule.train.data.textfiles import Part, create_from_text
from chainrule.train.data.wording import counted, listing

STANDARD_INPUT = "standard input"
GZIP, ZSTANDARD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")


@dataclass(frozen=True)
class Wish:
    """What is asked of a file.

    Parameters
    ----------
    as_text : frozenset of str
        Columns that stay text although every cell is a number.
    marks : tuple of str
        What stands for a gap, in lower case.
    query : str or None
        SQL for a database.
    progress : callable or None
        Is told the share of the file that is read.
    """

    as_text: frozenset[str] = field(default_factory=frozenset[str])
    marks: tuple[str, ...] = MARKS
    query: str | None = None
    progress: Progress | None = None


def open_files(paths: Sequence[Path], wish: Wish) -> Columns:
    """The rows of a file, or of several that have the same columns, one after the other."""
    try:
        before = [_state(path) for path in paths]
        found = _opened(paths, wish)
        if [_state(path) for path in paths] != before:
            raise DataError(
                f"{paths[0].name} changed while it was read.", do="Run it again when it is whole."
            )
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"{paths[0].name} cannot be read: {reason}.", do="Check the file's permissions."
        ) from None
    if not len(found):
        raise DataError(
            f"{found.source} has a header but no rows.", do="Write the rows below the header."
        )
    return found


def open_standard_input(wish: Wish) -> Columns:
    """What comes through a pipe."""
    scratch = Scratch()
    with scratch.file().open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
        path = Path(file.name)
    with opened(wish.progress) as door:
        return _tables(door, [(path, STANDARD_INPUT)], scratch, wish)


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _opened(paths: Sequence[Path], wish: Wish) -> Columns:
    start, path = _start(paths[0]), paths[0]
    is_workbook = start.startswith(OLE) or (
        start.startswith(ZIP) and path.suffix.lower() in ENDINGS
    )
    is_duckdb = start[DUCKDB_MAGIC_AT:].startswith(DUCKDB_MAGIC)
    if len(paths) == 1 and start.startswith(SQLITE_MAGIC):
        return columns_of_sqlite(path, wish.query)
    if wish.query is not None and not (len(paths) == 1 and is_duckdb):
        raise ArgumentError(
            f"a query asks a database, which {path.name} is not.",
            do="Leave query out, or give a DuckDB or SQLite file.",
        )
    if len(paths) == 1 and is_workbook:
        return columns_of_sheet(path)
    with opened(wish.progress) as door:
        if len(paths) == 1 and is_duckdb:
            return columns_of_duckdb(door, path, wish.query, wish.as_text)
        return _tables(door, [(path, path.name) for path in paths], Scratch(), wish)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _tables(
    door: Door, files: Sequence[tuple[Path, str]], scratch: Scratch, wish: Wish
) -> Columns:
    """Let DuckDB read each file into a table, and join them."""
    parts = [_part(door, each, number, scratch, wish) for number, each in enumerate(files)]
    rows = [door.one(f"SELECT count(*) FROM {part.table}")[0] for part in parts]
    named = [[name for name, *_ in door.all(f"DESCRIBE {part.table}")] for part in parts]
    for part, names in zip(parts, named, strict=True):
        odd = sorted(set(names) ^ set(named[0]))
        if odd:
            raise DataError(
                f"{part.name} has other columns than {parts[0].name}: {listing(odd)}.",
                do="Files that are read together have the same columns, in any order.",
            )
    table = parts[0].table
    if len(parts) > 1:
        table = "joined"
        union = " UNION ALL BY NAME ".join(f"SELECT * FROM {part.table}" for part in parts)
        door.run(f"CREATE TEMP TABLE {table} AS {union}")
    commas = any(part.has_decimal_commas for part in parts)
    values, nested = columns_of(door, table, wish.as_text, commas)
    source = parts[0].name if len(parts) == 1 else counted(len(parts), "file")
    notes = tuple(part.note for part in parts if part.note)
    return Columns(source, values, _places(parts, rows, scratch), nested, commas, notes)


def _places(parts: Sequence[Part], rows: Sequence[int], scratch: Scratch) -> Places:
    """Where the rows stand; a line is looked for only when a message names it."""
    ends = np.cumsum(rows)

    def find(number: int, _alive: Scratch = scratch) -> str:
        which = int(np.searchsorted(ends, number, side="right"))
        place = parts[which].place(number - int(ends[which]) + rows[which])
        return place if len(parts) == 1 else f"{place} of {parts[which].name}"

    return Places("row", np.arange(sum(rows)), find)


def _part(door: Door, file: tuple[Path, str], number: int, scratch: Scratch, wish: Wish) -> Part:
    path, name = file
    start = _start(path)
    if start.startswith((GZIP, ZSTANDARD)):
        path = _unpacked(door, path, name, start, scratch)
        start = _start(path)
    table = f"t{number}"
    if start.startswith(PARQUET):
        with refusing(f"{name} cannot be read as Parquet.", "Write the file again."):
            door.run(_from(table, f"read_parquet({literal(str(path))})"))
        return Part(name, table)
    endings = [suffix.lower() for suffix in Path(name).suffixes]
    if any(ending in JSON_ENDINGS for ending in endings) or start.lstrip().startswith(b'{"'):
        with refusing(f"{name} cannot be read as JSON.", "Write one object per line."):
            reader = "read_json" if ".json" in endings else "read_ndjson"
            door.run(_from(table, f"{reader}({literal(str(path))})"))
        return Part(name, table)
    return create_from_text(door, path, name, table, scratch, wish.as_text, wish.marks)


def _from(table: str, reader: str) -> str:
    return f"CREATE TEMP TABLE {table} AS SELECT * FROM {reader}"


def _unpacked(door: Door, path: Path, name: str, start: bytes, scratch: Scratch) -> Path:
    to = scratch.file()
    if start.startswith(GZIP):
        try:
            with gzip.open(path) as packed, to.open("wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(
                f"{name} does not unpack: {error}.", do="Copy the file again."
            ) from None
        return to
    # Python has no Zstandard before 3.14; DuckDB copies it line by line.
    whole = "auto_detect=false, header=false, columns={'line': 'VARCHAR'}, quote='', escape=''"
    with refusing(f"{name} does not unpack.", "Copy the file again."):
        door.run(
            f"COPY (SELECT line FROM read_csv({literal(str(path))}, compression='zstd', "
            f"delim='\x01', {whole})) TO {literal(str(to))} "
            "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
        )
    return to
