"""Preprocessing as JSON text, exact to the last bit of every number.

Imports columns.py; preprocessing.py calls it. JSON because it goes into the saved model's
metadata, which is text; Python writes a float with as many digits as it takes to read it back.
"""

import json
import math
from dataclasses import asdict
from typing import Any, cast

from chainrule.errors import DataError
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Numeric,
    Quantity,
    Target,
)

FORMAT = 1  # raise it when a record's meaning changes
Record = dict[str, Any]


def preprocessing_record(columns: tuple[Column, ...], target: Target) -> str:
    """JSON text of the columns and the target."""
    record = {
        "format": FORMAT,
        "columns": [{"kind": _kind(column), **asdict(column)} for column in columns],
        "target": {"kind": _kind(target), **asdict(target)},
    }
    return json.dumps(record, allow_nan=False)


def read_preprocessing_record(text: str) -> tuple[tuple[Column, ...], Target]:
    """Columns and target from JSON text; a DataError if the text is anything else."""
    try:
        record = _record(json.loads(text))
        if record.get("format") != FORMAT:
            raise _Malformed(f"its format is {record.get('format')!r}, not {FORMAT}")
        columns = tuple(_column(_record(item)) for item in _items(record, "columns"))
        names = [column.name for column in columns]
        if not names or len(set(names)) < len(names):
            raise _Malformed("its columns need names, each once")
        return columns, _target(_record(record.get("target")))
    except (_Malformed, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DataError(
            f"this is not a preprocessing record of chainrule: {error}.",
            do="Use the text as Preprocessing.to_json() wrote it, from the same version or older.",
        ) from None


class _Malformed(Exception):
    pass


def _kind(part: Column | Target) -> str:
    return type(part).__name__.lower()


def _column(record: Record) -> Column:
    match record.get("kind"):
        case "numeric":
            return Numeric(_name(record), _number(record, "mean"), _positive(record, "std"))
        case "categorical":
            return Categorical(_name(record), _names(record, "categories"))
        case kind:
            raise _Malformed(f"it has a column of kind {kind!r}")


def _target(record: Record) -> Target:
    match record.get("kind"):
        case "quantity":
            return Quantity(_name(record), _number(record, "mean"), _positive(record, "std"))
        case "classes":
            return Classes(_name(record), _names(record, "classes"))
        case kind:
            raise _Malformed(f"it has a target of kind {kind!r}")


def _record(value: Any) -> Record:
    if not isinstance(value, dict):
        raise _Malformed(f"it has {type(value).__name__} where an object belongs")
    return cast(Record, value)


def _items(record: Record, key: str) -> list[Any]:
    value = record.get(key)
    if not isinstance(value, list):
        raise _Malformed(f"{key!r} is not a list")
    return cast(list[Any], value)


def _names(record: Record, key: str) -> tuple[str, ...]:
    names = _items(record, key)
    are_texts = all(isinstance(name, str) for name in names)
    if not (names and are_texts and len(set(names)) == len(names)):
        raise _Malformed(f"{key!r} must be texts, each once")
    return tuple(names)


def _name(record: Record) -> str:
    if not isinstance(record.get("name"), str):
        raise _Malformed("a column has no name")
    return record["name"]


def _number(record: Record, key: str) -> float:
    value = record.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise _Malformed(f"{key!r} of {record['name']!r} is not a finite number")


def _positive(record: Record, key: str) -> float:
    value = _number(record, key)
    if value <= 0:
        raise _Malformed(f"{key!r} of {record['name']!r} is not above 0")
    return value
