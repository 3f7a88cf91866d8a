"""A file as columns, whatever it is: the kind is seen from its first bytes.

Imports the readers beside it. sources.py uses it.
"""

import gzip
import shutil
import sys
import zlib
from collections.abc import Sequence
from dataclasses import replace
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
    columns_of,
    literal,
    opened,
    refusing,
    within_memory,
)
from chainrule.train.data.objects import joined
from chainrule.train.data.scratch import Scratch
from chainrule.train.data.spreadsheets import ENDINGS, columns_of_sheet
from chainrule.train.data.tables import Columns, Places
from chainrule.train.data.textfiles import columns_of_text, written_alike
from chainrule.train.data.wanted import Wish
from chainrule.train.data.wording import counted, listing

BLOCK_BY_BLOCK = (
    "Read it block by block: chainrule train --stream, or chainrule.train.data.stream; or take "
    "fewer rows."
)
STANDARD_INPUT = "standard input"
GZIP, ZSTANDARD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
JSON_ENDINGS = (".json", ".jsonl", ".ndjson")


def open_files(paths: Sequence[Path], wish: Wish) -> Columns:
    """The rows of a file, or of several that have the same columns, one after the other."""
    try:
        before = [state_of(path) for path in paths]
        with within_memory(paths[0].name, BLOCK_BY_BLOCK):
            found = _opened(paths, wish)
        if [state_of(path) for path in paths] != before:
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


def state_of(path: Path) -> tuple[int, int]:
    """Size and time of a file: they change when it is written."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _opened(paths: Sequence[Path], wish: Wish) -> Columns:
    start, path = start_of(paths[0]), paths[0]
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


def start_of(path: Path) -> bytes:
    """The first bytes of a file, which tell what it is."""
    with path.open("rb") as file:
        return file.read(64)


def _tables(
    door: Door, files: Sequence[tuple[Path, str]], scratch: Scratch, wish: Wish
) -> Columns:
    """Read each file, and put the rows of all below each other."""
    parts = written_alike(
        files, wish, lambda file, wish: _part(door, file[0], file[1], scratch, wish)
    )
    first = parts[0]
    if len(parts) == 1:
        return _keeping(first, scratch)
    for part in parts:
        odd = sorted(set(part.names) ^ set(first.names))
        if odd:
            raise DataError(
                f"{part.source} has other columns than {first.source}: {listing(odd)}.",
                do="Files that are read together have the same columns, in any order.",
            )
    values = {name: joined([part.values[name] for part in parts]) for name in first.names}
    nested = first.nested.union(*(part.nested for part in parts))
    notes = tuple(note for part in parts for note in part.notes)
    doubts = {name: cell for part in reversed(parts) for name, cell in part.doubts.items()}
    proven = frozenset[str]().union(*(part.proven for part in parts))
    decimal = first.decimal if all(part.decimal == first.decimal for part in parts) else ""
    source, places = counted(len(parts), "file"), _places_in(parts, scratch)
    return Columns(source, values, places, nested, notes, decimal, proven, doubts)


def _keeping(columns: Columns, scratch: Scratch) -> Columns:
    """The same, whose places may look at unpacked files as long as they live."""
    places = columns.places
    return columns if places.find is None else replace(columns, places=_looking(places, scratch))


def _looking(places: Places, scratch: Scratch) -> Places:
    find = places.find

    def kept(number: int, _alive: Scratch = scratch) -> str:
        return "" if find is None else find(number)

    return replace(places, find=kept)


def _places_in(parts: Sequence[Columns], scratch: Scratch) -> Places:
    """Where the rows stand; a line is looked for only when a message names it."""
    starts = np.cumsum([0, *map(len, parts)])

    def find(number: int, _alive: Scratch = scratch) -> str:
        which = int(np.searchsorted(starts, number, side="right")) - 1
        part = parts[which]
        return f"{part.places[number - int(starts[which])]} of {part.source}"

    return Places("row", np.arange(int(starts[-1])), find)


def _part(door: Door, path: Path, name: str, scratch: Scratch, wish: Wish) -> Columns:
    start = start_of(path)
    if start.startswith((GZIP, ZSTANDARD)):
        path = unpacked(door, path, name, start, scratch)
        start = start_of(path)
    if start.startswith(PARQUET):
        with refusing(f"{name} cannot be read as Parquet.", "Write the file again."):
            return _of_reader(door, "read_parquet", path, name, wish)
    endings = [suffix.lower() for suffix in Path(name).suffixes]
    if any(ending in JSON_ENDINGS for ending in endings) or start.lstrip().startswith(b'{"'):
        reader = "read_json" if ".json" in endings else "read_ndjson"
        with refusing(f"{name} cannot be read as JSON.", "Write one object per line."):
            return _of_reader(door, reader, path, name, wish)
    return columns_of_text(door, path, name, scratch, wish)


def _of_reader(door: Door, reader: str, path: Path, name: str, wish: Wish) -> Columns:
    query = f"SELECT * FROM {reader}({literal(str(path))})"
    values, nested = columns_of(door, query, wish.as_text)
    rows = len(next(iter(values.values()))) if values else 0
    return Columns(name, values, Places.rows(rows), nested)


def unpacked(door: Door, path: Path, name: str, start: bytes, scratch: Scratch) -> Path:
    """The file without gzip or Zstandard around it."""
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
