"""Preprocessing as JSON text, exact to the last bit of every number.

Imports columns.py and schema.py; preprocessing.py calls it. JSON because it goes into the saved
model's metadata, which is text; Python writes a float with as many digits as it takes to read it
back.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chainrule.errors import DataError
from chainrule.spec import is_list
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Numeric,
    Quantity,
    Target,
)
from chainrule.train.data.schema import (
    Field,
    MisfitError,
    a_record,
    check_record,
    finite,
    one_of,
    positive,
    read_record,
    records,
    text,
    texts,
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
        record = read_record(text)
        check_record(record, WHOLE)
        given: list[Record] = record["columns"]
        columns = tuple(_part(x, COLUMNS, f"columns[{i}].") for i, x in enumerate(given))
        names = [column.name for column in columns]
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise MisfitError(f"it has the column {twice[0]!r} twice")
        return columns, _part(record["target"], TARGETS, "target.")
    except MisfitError as misfit:
        raise DataError(
            f"this is not a preprocessing record of chainrule: {misfit.what.rstrip('.')}.",
            found=misfit.found,
            do="Use the text as Preprocessing.to_json() wrote it, from the same version or older.",
        ) from None


WHOLE = (one_of("format", [FORMAT]), records("columns"), a_record("target"))
COLUMNS = {
    Numeric: (text("name"), finite("mean"), positive("std")),
    Categorical: (text("name"), texts("categories")),
}
TARGETS = {
    Classes: (text("name"), texts("classes")),
    Quantity: (text("name"), finite("mean"), positive("std")),
}


def _kind(part: Column | Target) -> str:
    return type(part).__name__.lower()


def _part(record: Record, kinds: Mapping[Any, tuple[Field, ...]], place: str) -> Any:
    """A column or a target, once its kind and its entries are what they must be."""
    named = {kind.__name__.lower(): kind for kind in kinds}
    kind = one_of("kind", named)
    check_record({key: record[key] for key in ("kind",) if key in record}, [kind], place)
    check_record(record, (kind, *kinds[named[record["kind"]]]), place)
    return named[record["kind"]](**{k: _frozen(x) for k, x in record.items() if k != "kind"})


def _frozen(value: Any) -> Any:
    """A list of names as a tuple, a number as a float."""
    if is_list(value):
        return tuple(value)
    return value if isinstance(value, str) else float(value)
