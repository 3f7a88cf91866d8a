"""Spans: a table that stays on the disk, as runs of rows that are read one at a time.

Imports the readers beside it. table_stream.py uses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from chainrule.errors import DataError
from chainrule.train.data.databases import DUCKDB_MAGIC, DUCKDB_MAGIC_AT, query_of
from chainrule.train.data.delimited import Dialect
from chainrule.train.data.door import (
    Door,
    columns_of,
    literal,
    opened,
    quoted,
    refusing,
    types_of_parquet,
)
from chainrule.train.data.marks import spellings
from chainrule.train.data.opening import (
    GZIP,
    JSON_ENDINGS,
    OLE,
    PARQUET,
    ZIP,
    ZSTANDARD,
    start_of,
    state_of,
    unpacked,
)
from chainrule.train.data.scratch import Scratch
from chainrule.train.data.tables import Columns, Places
from chainrule.train.data.textfiles import (
    TextTable,
    asked_of_text,
    read_text,
    sql_of,
    written_alike,
)
from chainrule.train.data.wanted import Wish
from chainrule.train.data.wording import listing

CELLS = 1 << 22  # of a span: 32 MiB of float64
MOST_ROWS, FEWEST_ROWS = 1 << 18, 1 << 12  # of a span
ROW_NUMBER, NUMBER = "file_row_number", "chainrule row number"  # DuckDB's, and ours
ROWS_ADVICE = "Correct the row; or write the table as a Parquet file."
ENGINE_MEMORY = "256MB"  # of DuckDB while spans are read


@dataclass(frozen=True)
class Span:
    """Neighbouring rows of a file, counted from 0."""

    path: Path
    first: int
    rows: int


@dataclass(frozen=True, eq=False)
class OnDisk:
    """A table in Parquet files.

    Parameters
    ----------
    source : str
        Name, for messages.
    spans : tuple of Span
    types : mapping of str to str
        DuckDB's type of each column.
    text : TextTable or None
        How the first of its text tables was read.
    states : tuple
        Size and time of each of the files that the user named.
    scratch : Scratch
        Holds copies of tables that are no Parquet files.
    """

    source: str
    spans: tuple[Span, ...]
    types: dict[str, str]
    wish: Wish
    paths: tuple[Path, ...]
    states: tuple[tuple[int, int], ...]
    text: TextTable | None = None
    scratch: Scratch = field(default_factory=Scratch)

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(span.rows for span in self.spans)

    @property
    def relation(self) -> str:
        """All rows, as SQL names them."""
        return f"read_parquet({_listed(self._files)}, union_by_name=true)"

    @property
    def _files(self) -> tuple[Path, ...]:
        return tuple(dict.fromkeys(span.path for span in self.spans))

    def read(self, door: Door, span: Span, names: Sequence[str]) -> Columns:
        """Some columns of a span."""
        last = span.first + span.rows - 1
        where = f"{ROW_NUMBER} BETWEEN {span.first} AND {last}"
        return self.read_some(door, names, where, span.path)

    def read_some(
        self, door: Door, names: Sequence[str], where: str, path: Path | None = None
    ) -> Columns:
        """Some columns of the rows, of one file or of all, for which a condition holds."""
        files = self._files if path is None else (path,)
        chosen = ", ".join([*map(quoted, names), f"{ROW_NUMBER} AS {quoted(NUMBER)}"])
        query = (
            f"SELECT {chosen} FROM read_parquet({_listed(files)}, file_row_number=true, "
            f"union_by_name=true) WHERE {where}"
        )
        with refusing(f"{self.source} cannot be read on.", "Check the file."):
            values, nested = columns_of(door, query, self.wish.as_text)
        numbers = np.asarray(values.pop(NUMBER)).astype(np.int64) + 1
        places, text = Places("row", numbers), self.text
        if text is None:
            return Columns(self.source, values, places, nested)
        return text.columns(self.source, values, places, nested)

    def refuse_changed(self) -> None:
        """Raise where a file is no longer what it was."""
        for path, state in zip(self.paths, self.states, strict=True):
            if not path.exists() or state_of(path) != state:
                raise DataError(
                    f"{path.name} changed while it was trained on.",
                    do="Run it again when it is whole.",
                )


def on_disk(paths: Sequence[Path], wish: Wish) -> OnDisk:
    """The spans of a table in files; one that is no Parquet file is copied into one.

    Raises
    ------
    DataError
        A file that cannot be read, or that no table engine reads row by row.
    """
    scratch = Scratch()
    states = tuple(map(state_of, paths))
    with opened(wish.progress) as door:
        found = written_alike(paths, wish, lambda path, wish: _parquet(door, path, scratch, wish))
        files = [copied.path for copied in found]
        types = _types(door, files, paths)
        spans = [span for file in files for span in _spans(door, file, len(types))]
    name = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    text = next((copied.text for copied in found if copied.text), None)
    table = OnDisk(name, tuple(spans), types, wish, tuple(paths), states, text, scratch)
    if not table.rows:
        raise DataError(f"{name} has a header but no rows.", do="Write the rows below the header.")
    return table


@dataclass(frozen=True, eq=False)
class _Copied:
    """A Parquet file, and how the text table was read that it is a copy of."""

    path: Path
    text: TextTable | None = None

    @property
    def decimal(self) -> str:
        return self.text.dialect.decimal if self.text else ""

    @cached_property
    def shown(self) -> frozenset[str]:
        return self.text.dialect.proven if self.text else frozenset()


def _parquet(door: Door, path: Path, scratch: Scratch, wish: Wish) -> _Copied:
    """The file itself, or a copy of its rows."""
    name, start = path.name, start_of(path)
    if start.startswith((GZIP, ZSTANDARD)):
        path = unpacked(door, path, name, start, scratch)
        start = start_of(path)
    if start.startswith(PARQUET):
        return _Copied(path)
    copy = scratch.file()
    if start[DUCKDB_MAGIC_AT:].startswith(DUCKDB_MAGIC):
        query = query_of(door, path, wish.query)
    elif any(ending.lower() in JSON_ENDINGS for ending in Path(name).suffixes):
        query = f"SELECT * FROM read_ndjson({literal(str(path))})"
    elif start.startswith((ZIP, OLE)):
        raise DataError(
            f"{name} is a workbook, which is not read row by row.",
            do="Save the sheet as CSV or Parquet; or load it, for a sheet fits into memory.",
        )
    else:
        return _of_text(door, path, name, copy, scratch, wish)
    with refusing(f"{name} cannot be read row by row.", ROWS_ADVICE):
        door.run(_copying(query, copy))
    return _Copied(copy)


def _of_text(
    door: Door, path: Path, name: str, copy: Path, scratch: Scratch, wish: Wish
) -> _Copied:
    """The rows of a text table; in plain form where the table engine does not read it."""

    def ask(sql: str) -> None:
        door.run(_copying(sql, copy))

    def read(file: Path, dialect: Dialect, is_plain: bool) -> bool:
        is_read = asked_of_text(file, dialect, wish, ask)
        if is_plain and not is_read:
            with refusing(f"{name} cannot be read row by row.", ROWS_ADVICE):
                ask(sql_of(file, dialect, (), spellings(wish.marks), all_text=True))
        return is_read

    return _Copied(copy, read_text(path, name, scratch, wish, read))


def _copying(query: str, copy: Path) -> str:
    return f"COPY ({query}) TO {literal(str(copy))} (FORMAT parquet)"


def _types(door: Door, files: Sequence[Path], paths: Sequence[Path]) -> dict[str, str]:
    """The columns that all files have."""
    found = dict[str, str]()
    for file, path in zip(files, paths, strict=True):
        types = types_of_parquet(door, file, path.name)
        odd = sorted(set(types) ^ set(found)) if found else []
        if odd:
            raise DataError(
                f"{path.name} has other columns than {paths[0].name}: {listing(odd)}.",
                do="Files that are read together have the same columns, in any order.",
            )
        found = found or types
    return found


def _spans(door: Door, file: Path, columns: int) -> list[Span]:
    """Runs of rows that end where a group of rows of the file ends, if it is not too large."""
    most = int(np.clip(CELLS // max(columns, 1), FEWEST_ROWS, MOST_ROWS))
    groups = door.all(
        "SELECT row_group_id, any_value(row_group_num_rows) "
        f"FROM parquet_metadata({literal(str(file))}) GROUP BY 1 ORDER BY 1"
    )
    spans, first, rows = list[Span](), 0, 0
    for _, count in groups:
        if rows and rows + count > most:
            spans += _cut(file, first, rows, most)
            first, rows = first + rows, 0
        rows += count
    return spans + _cut(file, first, rows, most)


def _cut(file: Path, first: int, rows: int, most: int) -> list[Span]:
    """A run in parts of about one size."""
    ends = np.linspace(0, rows, -(-rows // most) + 1).astype(int)
    pairs = zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    return [Span(file, first + start, end - start) for start, end in pairs]


def _listed(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"
