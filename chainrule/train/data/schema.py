"""Schema: what each entry of a JSON record must be, told in one place and checked before use.

Imports errors. records.py and the saved model's architecture list their entries with it.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn, cast

from chainrule.errors import UnknownNameError

SHOWN = 60  # characters of a value that does not fit


class MisfitError(Exception):
    """A record that is not what its schema says; whoever reads it names the file.

    Parameters
    ----------
    what : str
        The entry, in a few words.
    found : sequence of str
        What was found, and what was expected.
    """

    def __init__(self, what: str, found: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what, self.found = what, tuple(found)


@dataclass(frozen=True)
class Field:
    """An entry of a record.

    Parameters
    ----------
    name : str
        Its key.
    expected : str
        What it must be, in words.
    holds : callable
        Whether a value is that.
    names : sequence of str
        The legal values, where they are names: an unknown one is told the nearest.
    may_lack : bool
        Whether a record may do without it.
    """

    name: str
    expected: str
    holds: Callable[[Any], bool]
    names: Sequence[str] = ()
    may_lack: bool = False


def text(name: str) -> Field:
    """A text."""
    return Field(name, "a text", lambda value: isinstance(value, str))


def one_of(name: str, legal: Iterable[Any]) -> Field:
    """One of some values, of the same type."""
    values = tuple(legal)
    words = ", ".join(json.dumps(value) for value in values)
    names = values if len(values) > 1 and all(isinstance(value, str) for value in values) else ()

    def holds(value: Any) -> bool:
        return any(type(value) is type(each) and value == each for each in values)

    return Field(name, f"one of {words}" if len(values) > 1 else words, holds, names)


def number(name: str, expected: str, holds: Callable[[float], bool]) -> Field:
    """A finite number in a range."""
    return Field(name, expected, lambda value: _is_number(value) and holds(value))


def finite(name: str) -> Field:
    """Any finite number."""
    return number(name, "a finite number", lambda _: True)


def positive(name: str) -> Field:
    """A finite number above 0."""
    return number(name, "a finite number above 0", lambda x: x > 0)


def finite_or_null(name: str) -> Field:
    """A finite number, or null."""
    return Field(name, "a finite number or null", lambda value: value is None or _is_number(value))


def yes_or_no(name: str) -> Field:
    """True or false."""
    return Field(name, "true or false", lambda value: isinstance(value, bool))


def optional(field: Field) -> Field:
    """The same, which a record may lack."""
    return replace(field, may_lack=True)


def texts(name: str) -> Field:
    """A list of different texts, at least one."""
    some = distinct_texts(name)
    return Field(name, some.expected, lambda value: bool(value) and some.holds(value))


def distinct_texts(name: str) -> Field:
    """A list of different texts."""

    def holds(value: Any) -> bool:
        return (
            isinstance(value, list)
            and all(isinstance(each, str) for each in cast(list[Any], value))
            and len(set(cast(list[str], value))) == len(cast(list[Any], value))
        )

    return Field(name, "a list of texts, each once", holds)


def records(name: str) -> Field:
    """A list of objects, at least one."""
    some = objects(name)
    return Field(name, some.expected, lambda value: bool(value) and some.holds(value))


def objects(name: str) -> Field:
    """A list of objects."""

    def holds(value: Any) -> bool:
        items = cast(list[Any], value)
        return isinstance(value, list) and all(isinstance(x, dict) for x in items)

    return Field(name, "a list of objects", holds)


def a_record(name: str) -> Field:
    """An object."""
    return Field(name, "an object", lambda value: isinstance(value, dict))


def read_record(source: str) -> dict[str, Any]:
    """The object that a JSON text holds; no NaN, and no key twice.

    Raises
    ------
    MisfitError
        If the text is anything else.
    """
    try:
        record = json.loads(source, parse_constant=_no_number, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise MisfitError(f"it cannot be read, {error}") from None
    if not isinstance(record, dict):
        raise MisfitError("it is not an object")
    return cast(dict[str, Any], record)


def check_record(record: Mapping[str, Any], fields: Sequence[Field], place: str = "") -> None:
    """Raise a MisfitError unless the record has these entries, no other, and each holds.

    Parameters
    ----------
    place : str
        Where the record stands in a larger one: "columns[2].".
    """
    known = [field.name for field in fields]
    strange = [key for key in record if key not in known]
    if strange:
        raise MisfitError(f"it has an entry {place}{strange[0]!s}, which nobody knows")
    for field in fields:
        if field.name not in record and field.may_lack:
            continue
        if field.name not in record:
            raise MisfitError(f"it lacks {place}{field.name}", [f"expected  {field.expected}"])
        value = record[field.name]
        if field.holds(value):
            continue
        what = f"{place}{field.name} is not {field.expected}"
        if field.names and isinstance(value, str):
            what = UnknownNameError(field.name, value, field.names).what
        found = [f"field     {place}{field.name}", f"found     {_shown(value)}"]
        raise MisfitError(what, [*found, f"expected  {field.expected}"])


def _is_number(value: Any) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return False


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"it holds {word}, which is no number")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise ValueError("it has a key twice")
    return record
