"""Queries: what is wrong with the SQL that a user wrote, and which name may have been meant.

Imports door.py. databases.py asks databases with it.
"""

import difflib
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from chainrule.errors import DataError
from chainrule.train.data.door import Door, duckdb

WORDS = "SELECT FROM WHERE GROUP ORDER BY LIMIT JOIN LEFT ON USING HAVING DISTINCT WITH UNION AND"
KEYWORDS = tuple(WORDS.split())
KIND = re.compile(r"\A[A-Z][A-Za-z ]* Error: ")
CANDIDATES = re.compile(r"(?:Candidate bindings:[ :]*|Did you mean )(.*)")
PLACE = re.compile(r"LINE \d+: ")
NEAR = re.compile(r'(.*)at or near "(.*)"', re.S)
ABSENT = re.compile(
    r"no such (?:table|column|function): (?:.*\.)?(.*)|near \"(.*)\": syntax error"
)


@contextmanager
def refusing_query(source: str, query: str) -> Generator[None]:
    """Tell DuckDB's error about a query as a DataError: the reason, the place, the candidates."""
    try:
        yield
    except duckdb().Error as error:
        first, *others = [line.rstrip() for line in str(error).splitlines()]
        reason = KIND.sub("", first).rstrip("!.")
        names = [name for line in others if (each := CANDIDATES.match(line)) for name in [each[1]]]
        told = ", ".join(re.findall(r'"([^"]*)"', " ".join(names)))
        near = told or _keyword(reason, query)
        raise DataError(
            f"the query fails on {source}: {reason[:1].lower()}{reason[1:]}.",
            found=_place(others) or [f"query  {query}"],
            do=f"Did you mean {near}? Correct the SQL." if near else "Correct the SQL.",
        ) from None


def refuse_no_select(door: Door, query: str) -> None:
    """Raise a DataError unless a query asks for rows, once."""
    kinds = door.kinds_of(query)
    if kinds == ["SELECT"]:
        return
    what = f"{len(kinds)} statements" if len(kinds) != 1 else f"the statement {kinds[0]}"
    raise DataError(
        f"a query asks for rows by one SELECT; found {what}.",
        found=[f"query  {query}"] if query else [],
        do='Write for example: "SELECT * FROM sales".',
    )


def nearest(reason: str, names: Sequence[str]) -> str:
    """The name that is most like the one that SQLite does not know; "" if none is."""
    found = ABSENT.search(reason)
    if not found:
        return ""
    if found[2]:
        return _like(found[2].upper(), KEYWORDS)
    return _like(found[1], names)


def _place(lines: Sequence[str]) -> list[str]:
    """The line of the query that is at fault, and the sign below it."""
    for number, line in enumerate(lines):
        if found := PLACE.match(line):
            below = lines[number + 1 : number + 2]
            return [
                f"query  {line[found.end() :]}",
                *(f"       {x[found.end() :]}" for x in below),
            ]
    return []


def _keyword(reason: str, query: str) -> str:
    """A word of SQL that a query nearly has where it cannot be read on."""
    found = NEAR.search(reason)
    if not found:
        return ""
    before, _, _ = query.partition(found[2])
    words = [*re.findall(r"\w+", before)[-1:], found[2]]
    likes = (_like(word.upper(), KEYWORDS) for word in words if word.upper() not in KEYWORDS)
    return next(filter(None, likes), "")


def _like(word: str, names: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(word, names, n=1)), "")
