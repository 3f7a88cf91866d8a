"""The one door to DuckDB: relations become columns of numbers, texts and times.

Imports tables.py and marks.py, and DuckDB when a file is read. Everything about a cell is done by
SQL. Nothing is ever fetched from a network: DuckDB may not install or load an extension.
"""

import threading
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, MissingLibraryError
from chainrule.train.data.tables import Text, Values

OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
BLANKS = "E' \\t\\r\\n\\f\\x0B'"  # SQL; what a cell is freed from on both sides
NUMERIC = (
    *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
)
NESTED = ("STRUCT", "MAP", "UNION", "LIST", "BLOB", "BIT")
MOMENTS = ("DATE", "TIMESTAMP")
SECONDS_BETWEEN = 0.1  # looks at how far a query is

Progress = Callable[[float], None]  # is told the share that is done, from 0 to 1


class Door:
    """A connection to DuckDB, closed at the end of `with opened() as door`."""

    def __init__(self, connection: Any, progress: Progress | None) -> None:
        self._connection, self._progress = connection, progress

    def run(self, sql: str, *values: Any) -> Any:
        """Run a query, telling how far it is; Ctrl-C stops it."""
        if self._progress is None:
            return self._connection.execute(sql, values)
        return self._watched(sql, values, self._progress)

    def _watched(self, sql: str, values: Any, progress: Progress) -> Any:
        ended: list[Any] = []

        def work() -> None:
            try:
                ended.append(self._connection.execute(sql, values))
            except BaseException as error:  # told again below, in the thread that asked
                ended.append(error)

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        try:
            while worker.is_alive():
                worker.join(SECONDS_BETWEEN)
                share = self._connection.query_progress() / 100
                progress(min(max(share, 0.0), 1.0))
        except BaseException:
            self._connection.interrupt()
            worker.join()
            raise
        if isinstance(ended[0], BaseException):
            raise ended[0]
        return ended[0]

    def one(self, sql: str, *values: Any) -> tuple[Any, ...]:
        """The first row of a query."""
        return self._connection.execute(sql, values).fetchone() or ()

    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a short query."""
        return self._connection.execute(sql, values).fetchall()

    def arrays(self, sql: str) -> dict[str, NDArray[Any]]:
        """All rows of a query, as arrays."""
        return self._connection.execute(sql).fetchnumpy()


@contextmanager
def opened(progress: Progress | None = None) -> Generator[Door]:
    """A DuckDB of its own, in memory."""
    connection = duckdb().connect(":memory:", config=OFFLINE)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield Door(connection, progress)
    finally:
        connection.close()


@contextmanager
def refusing(what: str, do: str) -> Generator[None]:
    """Tell an error of DuckDB as a DataError."""
    try:
        yield
    except duckdb().Error as error:
        raise DataError(what, found=first_lines(error), do=do) from None


def first_lines(error: Exception) -> list[str]:
    """What DuckDB says, without its advice for SQL."""
    lines = [line.strip() for line in str(error).splitlines()]
    ending = lines.index("") if "" in lines else len(lines)
    return lines[: min(ending, 3)] + [line for line in lines[ending:] if line.startswith("LINE ")]


def duckdb() -> Any:
    """The library."""
    try:
        # Here, not above: only tables in files need it.
        import duckdb as library  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            "tables in files are read by DuckDB, which cannot be imported.",
            found=[str(error)],
            do='Install it: pip install "chainrule[app]"',
        ) from error
    return library


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def columns_of(
    door: Door,
    table: str,
    as_text: Collection[str] = (),
    has_decimal_commas: bool = False,
) -> tuple[dict[str, Values], frozenset[str]]:
    """Columns of a table that DuckDB holds, and which of them are nested.

    Parameters
    ----------
    table : str
        Its name, as SQL writes it. Its rows keep their order.
    as_text : collection of str
        Columns that stay text although every cell is a number.
    has_decimal_commas : bool
        Whether 1.234 is a thousand: then no text is taken for a number here.
    """
    types = {name: kind for name, kind, *_ in door.all(f"DESCRIBE {table}")}
    texts = [name for name, kind in types.items() if _is_text(kind) or name in as_text]
    written = _different(door, table, {name: place for place, name in enumerate(types)}, texts)
    may_be_numbers = () if has_decimal_commas else set(texts) - set(as_text)
    selected, values_of = list[str](), dict[str, list[str]]()
    for place, (name, kind) in enumerate(types.items()):
        if name in texts and not (name in may_be_numbers and _are_numbers(door, place)):
            values_of[name] = written[name]
            selected.append(_codes(door, name, place, bool(written[name])))
        else:
            selected.append(_expression(name, kind))
    numbered = ", ".join(f"{each} AS c{place}" for place, each in enumerate(selected))
    arrays = list(door.arrays(f"SELECT {numbered} FROM {table}").values())
    found: dict[str, Values] = {}
    for (name, kind), array in zip(types.items(), arrays, strict=True):
        plain = np.asarray(array)  # without the mask of no gaps
        if name in values_of:
            found[name] = Text.written(values_of[name], plain)
        else:
            found[name] = plain.view("M8[us]") if _is_moment(kind) else plain
    return found, frozenset(name for name, kind in types.items() if _is_nested(kind))


def _is_text(kind: str) -> bool:
    is_number = kind in NUMERIC or kind.startswith(("DECIMAL", "TIME", "INTERVAL"))
    return not (is_number or _is_moment(kind)) or _is_nested(kind)


def _is_nested(kind: str) -> bool:
    return kind.startswith(NESTED) or kind.endswith("]")


def _is_moment(kind: str) -> bool:
    return kind.startswith(MOMENTS) and not _is_nested(kind)


def _expression(name: str, kind: str) -> str:
    """A column as float64, NaN in a gap; or as microseconds since 1970, NaT in a gap."""
    column = quoted(name)
    if _is_moment(kind):
        return f"coalesce(epoch_us(CAST({column} AS TIMESTAMP)), -9223372036854775807 - 1)"
    if kind.startswith(("TIME", "INTERVAL")):  # of a day, or a duration: in seconds
        return f"coalesce(epoch({column}), CAST('nan' AS DOUBLE))"
    number = _trimmed(column) if _is_text(kind) else column
    return f"coalesce(CAST({number} AS DOUBLE), CAST('nan' AS DOUBLE))"


def _trimmed(column: str) -> str:
    return f"nullif(trim({column}, {BLANKS}), '')"


def _different(
    door: Door, table: str, places: dict[str, int], names: list[str]
) -> dict[str, list[str]]:
    """The different texts of each column; DuckDB keeps them in the tables d<place>."""
    found: dict[str, list[str]] = {}
    for name in names:
        place, cell = places[name], f"CAST({quoted(name)} AS VARCHAR)"
        door.run(
            f"CREATE TEMP TABLE d{place} AS SELECT DISTINCT {cell} AS v FROM {table} "
            f"WHERE {quoted(name)} IS NOT NULL"
        )
        found[name] = door.arrays(f"SELECT v FROM d{place} ORDER BY v")["v"].tolist()
    return found


def _are_numbers(door: Door, place: int) -> bool:
    """Whether a column's texts are all numbers as a program writes them: no 1_000."""
    cell = _trimmed("v")
    number = f"CASE WHEN NOT contains({cell}, '_') THEN try_cast({cell} AS DOUBLE) END"
    cells, numbers = door.one(f"SELECT count({cell}), count({number}) FROM d{place}")
    return cells > 0 and cells == numbers


def _codes(door: Door, name: str, place: int, has_values: bool) -> str:
    """The place of a column's text among its different texts, in sorted order."""
    if not has_values:
        return "CAST(-1 AS BIGINT)"
    door.run(f"CREATE TEMP TYPE e{place} AS ENUM (SELECT v FROM d{place} ORDER BY v)")
    cell = f"CAST({quoted(name)} AS VARCHAR)"
    return f"coalesce(CAST(enum_code(CAST({cell} AS e{place})) AS BIGINT), -1)"
