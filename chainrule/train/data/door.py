"""The one door to DuckDB: the answers of queries become columns of numbers, texts and times.

Imports objects.py, and DuckDB when a file is read. Nothing is ever fetched from a network: DuckDB
may not install or load an extension.
"""

import threading
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DataError, MissingLibraryError
from chainrule.spec import is_masked
from chainrule.train.data.objects import text_of
from chainrule.train.data.tables import Values

OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
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

    def run(self, sql: str) -> None:
        """Run a statement, telling how far it is; Ctrl-C stops it."""
        self._watched(lambda: self._connection.execute(sql))

    def arrays(self, sql: str) -> dict[str, NDArray[Any]]:
        """Columns of a query's answer, as `run` runs it."""
        return self._watched(lambda: self._connection.execute(sql).fetchnumpy())

    def _watched(self, job: Callable[[], Any]) -> Any:
        """Do it; too little memory is told as Python tells it, whoever needed some."""
        try:
            return job() if self._progress is None else self._followed(job, self._progress)
        except duckdb().OutOfMemoryException as error:
            raise MemoryError(first_lines(error)[0]) from None

    def _followed(self, job: Callable[[], Any], progress: Progress) -> Any:
        ended: list[Any] = []

        def work() -> None:
            try:
                ended.append(job())
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

    def kinds_of(self, sql: str) -> list[str]:
        """What each statement of a text is: SELECT, INSERT, ..."""
        return [each.type.name for each in self._connection.extract_statements(sql)]

    def all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a short query."""
        return self._connection.execute(sql, values).fetchall()


@contextmanager
def opened(progress: Progress | None = None, memory: str = "") -> Generator[Door]:
    """A DuckDB of its own, which may take so much memory."""
    limit = {"memory_limit": memory} if memory else {}
    connection = duckdb().connect(":memory:", config=OFFLINE | limit)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = true")  # it is counted, and not printed
        connection.execute("SET enable_progress_bar_print = false")
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


@contextmanager
def within_memory(name: str, do: str) -> Generator[None]:
    """Tell as a DataError that a table does not fit."""
    try:
        yield
    except MemoryError as error:
        reason = [f"reason  {error}"] if str(error) else []
        what = f"{name} does not fit into the memory that is left."
        raise DataError(what, found=reason, do=do) from None


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
    door: Door, query: str, as_text: Collection[str] = (), is_plain: bool = False
) -> tuple[dict[str, Values], frozenset[str]]:
    """Columns of a query's answer, and which of them are nested.

    Parameters
    ----------
    query : str
        SQL.
    as_text : collection of str
        Columns that stay text although every cell is a number.
    is_plain : bool
        Whether all columns are known to be numbers or text: then the query is asked as it is.
    """
    types = {} if is_plain else {name: kind for name, kind, *_ in door.all(f"DESCRIBE {query}")}
    if types:
        named = ", ".join(
            f"{_expression(name, kind, name in as_text)} AS {quoted(name)}"
            for name, kind in types.items()
        )
        query = f"SELECT {named} FROM ({query})"
    arrays = door.arrays(query)
    values = {
        name: array.view("M8[us]") if _is_moment(types.get(name, "")) else _values(array)
        for name, array in arrays.items()
    }
    return values, frozenset(name for name, kind in types.items() if _is_nested(kind))


def _values(array: NDArray[Any]) -> Values:
    """Numbers with NaN in a gap, or text; DuckDB masks the gaps."""
    gaps = np.ma.getmaskarray(array) if is_masked(array) else None
    cells = np.asarray(array)
    if cells.dtype == object:
        return text_of(cells, gaps)
    numbers = cells.astype(np.float64, copy=False)
    if gaps is not None and np.any(gaps):
        numbers[gaps] = np.nan
    return numbers


def types_of_parquet(door: Door, path: Path, name: str) -> dict[str, str]:
    """DuckDB's type of each column of a Parquet file."""
    with refusing(f"{name} cannot be read as Parquet.", "Write the file again."):
        found = door.all(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})")
    return {column: kind for column, kind, *_ in found}


def is_number(kind: str) -> bool:
    """Whether a type of DuckDB is one of numbers."""
    return kind in NUMERIC or (kind.startswith("DECIMAL") and not _is_nested(kind))


def _is_text(kind: str) -> bool:
    is_duration = kind.startswith(("TIME", "INTERVAL"))
    return not (is_number(kind) or is_duration or _is_moment(kind)) or _is_nested(kind)


def _is_nested(kind: str) -> bool:
    return kind.startswith(NESTED) or kind.endswith("]")


def _is_moment(kind: str) -> bool:
    return kind.startswith(MOMENTS) and not _is_nested(kind)


def _expression(name: str, kind: str, as_text: bool) -> str:
    """A column as a number or a text; or as microseconds since 1970, NaT in a gap."""
    column = quoted(name)
    if _is_moment(kind):
        return f"coalesce(epoch_us(CAST({column} AS TIMESTAMP)), -9223372036854775807 - 1)"
    if _is_text(kind) or as_text:
        return f"CAST({column} AS VARCHAR)"
    if kind.startswith(("TIME", "INTERVAL")):  # of a day, or a duration: in seconds
        return f"epoch({column})"
    return f"CAST({column} AS DOUBLE)"
