"""Tables of databases: DuckDB's files, SQLite's through Python's sqlite3.

Imports door.py and objects.py. opening.py uses it. A file is opened for reading only.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chainrule.errors import ArgumentError, DataError
from chainrule.train.data.delimited import refuse_twice
from chainrule.train.data.door import Door, columns_of, quoted, refusing
from chainrule.train.data.objects import values_of
from chainrule.train.data.queries import nearest, refuse_no_select, refusing_query
from chainrule.train.data.tables import Columns, Places, Values
from chainrule.train.data.wording import counted, listing

QUERY = "query= (on the command line: --query)"
SQLITE_MAGIC = b"SQLite format 3\0"
DUCKDB_MAGIC, DUCKDB_MAGIC_AT = b"DUCK", 8


def columns_of_duckdb(
    door: Door,
    path: Path,
    query: str | None,
    as_text: Collection[str],
) -> Columns:
    """The answer to a query, or the only table."""
    query = query_of(door, path, query)
    with refusing_query(path.name, query):
        values, nested = columns_of(door, query, as_text)
    rows = len(next(iter(values.values())))
    return Columns(path.name, values, Places.rows(rows), nested)


def query_of(door: Door, path: Path, query: str | None) -> str:
    """SQL for the rows of a DuckDB file, which is attached: what was asked, or the only table."""
    with refusing(f"{path.name} cannot be opened as a DuckDB file.", "Check the file."):
        door.run(f"ATTACH {_literal(path)} AS db (READ_ONLY)")
        door.run("USE db")
    if query is None:
        tables = door.all(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'db' "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = 'db' AND NOT internal ORDER BY ALL"
        )
        shown = [table if schema == "main" else f"{schema}.{table}" for schema, table in tables]
        place = shown.index(only_table(path.name, shown))
        query = f"SELECT * FROM {'.'.join(map(quoted, tables[place]))}"
    query = query.strip().rstrip(";")
    with refusing_query(path.name, query):
        refuse_no_select(door, query)
        names = [name for name, *_ in door.all(f"DESCRIBE\n{query}")]
    refuse_twice(names, "the query's answer")
    return query


def columns_of_sqlite(path: Path, query: str | None) -> Columns:
    """The answer to a query, or the only table."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        try:
            if query is None:
                found = connection.execute(
                    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
                )
                table = only_table(path.name, [name for (name,) in found])
                query = f"SELECT * FROM {quoted(table)}"
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description or ()]
            rows = cursor.fetchall()
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise _unanswered(path.name, query, error, _names_in(connection)) from None
        finally:
            connection.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _unanswered(path.name, query, error) from None
    return columns_of_rows(path.name, names, rows, Places.rows(len(rows)))


def _unanswered(
    source: str, query: str | None, error: Exception, names: Sequence[str] = ()
) -> DataError:
    """Say why SQLite gives no rows, and which name may have been meant."""
    near = nearest(str(error), names)
    hint = f"Did you mean {near}? " if near else ""
    return DataError(
        f"{source} does not answer as an SQLite file: {error}.",
        found=[f"query  {query}"] if query else [],
        do=f"{hint}Correct the query, or check the file.",
    )


def _names_in(connection: sqlite3.Connection) -> list[str]:
    """The tables and columns of a database, as far as it tells."""
    try:
        found = connection.execute(
            "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
            "WHERE t.type IN ('table', 'view')"
        )
        return list(dict.fromkeys(name for pair in found for name in pair))
    except (sqlite3.Error, sqlite3.Warning):  # no database at all
        return []


def columns_of_rows(
    source: str, names: list[str], rows: list[tuple[object, ...]], places: Places
) -> Columns:
    """Columns of rows of Python's own values."""
    if not names:
        raise DataError(f"{source} gives no columns.", do="Ask for rows: SELECT ... FROM ...")
    refuse_twice(names, source)
    values, nested = dict[str, Values](), set[str]()
    nothing: list[tuple[Any, ...]] = [()] * len(names)
    cells: Iterable[tuple[Any, ...]] = zip(*rows, strict=True) if rows else nothing
    for name, column in zip(names, cells, strict=True):
        values[name], is_nested = values_of(list(column))
        if is_nested:
            nested.add(name)
    return Columns(source, values, places, frozenset(nested))


def only_table(source: str, tables: list[str]) -> str:
    """The table of a database that holds one."""
    if len(tables) == 1:
        return tables[0]
    if not tables:
        raise DataError(f"{source} holds no table.", do="Give a database that holds rows.")
    raise ArgumentError(
        f"{source} holds {counted(len(tables), 'table')}: which rows are meant?",
        found=[f"tables {listing(tables)}"],
        do=f'Pass {QUERY}: "SELECT * FROM {tables[0]}"',
    )


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
