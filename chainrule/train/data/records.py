"""Preprocessing as JSON text, exact to the last bit of every number.

Imports columns.py and schema.py; preprocessing.py calls it. JSON because it goes into the saved
model's metadata, which is text; Python writes a float with as many digits as it takes to read it
back.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, get_args

from chainrule.errors import DataError
from chainrule.spec import is_list
from chainrule.train.data.columns import (
    Categorical,
    Classes,
    Column,
    Kind,
    Moment,
    Numeric,
    Quantity,
    Role,
    Target,
)
from chainrule.train.data.schema import (
    Field,
    MisfitError,
    a_record,
    check_record,
    distinct_texts,
    finite,
    finite_or_null,
    objects,
    one_of,
    optional,
    positive,
    read_record,
    records,
    text,
    texts,
    yes_or_no,
)
from chainrule.train.data.texts import ORDERS
from chainrule.train.data.times import PARTS
from chainrule.train.data.wanted import DECIMALS

FORMAT = 2  # raise it when a record's meaning changes
WITHOUT_GAPS = 1  # the format before there were gaps, dates and roles
Record = dict[str, Any]


def preprocessing_record(
    columns: tuple[Column, ...],
    target: Target,
    roles: tuple[Role, ...] = (),
    marks: tuple[str, ...] = (),
    decimal: str = "",
) -> str:
    """JSON text of the columns, the target, and what was done with each column of the table."""
    record = {
        "format": FORMAT,
        "columns": [_column_record(column) for column in columns],
        "target": {"kind": _kind(target), **asdict(target)},
        "roles": [asdict(role) for role in roles],
        "marks": list(marks),
        "decimal": decimal,
    }
    return json.dumps(record, allow_nan=False)


def read_preprocessing_record(
    text: str,
) -> tuple[tuple[Column, ...], Target, tuple[Role, ...], tuple[str, ...], str]:
    """What `preprocessing_record` was given; a DataError if the text is anything else."""
    try:
        record = read_record(text)
        check_record(record, WHOLE)
        given: list[Record] = record["columns"]
        columns = tuple(_part(x, COLUMNS, f"columns[{i}].") for i, x in enumerate(given))
        names = [column.name for column in columns]
        twice = [name for i, name in enumerate(names) if name in names[:i]]
        if twice:
            raise MisfitError(f"it has the column {twice[0]!r} twice")
        roles = tuple(_role(x, f"roles[{i}].") for i, x in enumerate(record.get("roles", [])))
        marks = tuple(record.get("marks", []))
        target = _part(record["target"], TARGETS, "target.")
        if record.get("has_decimal_commas"):  # of older records: in every column
            columns = tuple(_with_commas(column) for column in columns)
            target = _with_commas(target)
        return columns, target, roles, marks, record.get("decimal", "")
    except MisfitError as misfit:
        raise DataError(
            f"this is not a preprocessing record of chainrule: {misfit.what.rstrip('.')}.",
            found=misfit.found,
            do="Use the text as Preprocessing.to_json() wrote it, from the same version or older.",
        ) from None


WHOLE = (
    one_of("format", [WITHOUT_GAPS, FORMAT]),
    *(records("columns"), a_record("target")),
    *map(
        optional,
        (
            *(objects("roles"), distinct_texts("marks"), yes_or_no("has_decimal_commas")),
            one_of("decimal", ("", *DECIMALS)),
        ),
    ),
)
OF_NUMBERS = (
    *(finite("mean"), positive("std")),
    *(optional(finite_or_null(each)) for each in ("median", "low", "high", "least", "most")),
)
GAPS = optional(yes_or_no("has_gaps"))
UNIT, WORDS = optional(text("unit")), optional(distinct_texts("words"))
DECIMAL = optional(one_of("decimal", ("", *DECIMALS)))
WRITTEN = (UNIT, WORDS, DECIMAL)
COLUMNS = {
    Numeric: (text("name"), *OF_NUMBERS, GAPS, *WRITTEN),
    Categorical: (
        *(text("name"), distinct_texts("categories")),
        *(GAPS, optional(yes_or_no("takes_new"))),
    ),
    Moment: (text("name"), records("parts"), one_of("order", ORDERS), GAPS, WORDS),
}
TARGETS = {
    Classes: (text("name"), texts("classes")),
    Quantity: (text("name"), finite("mean"), positive("std"), *WRITTEN),
}
ROLE = (text("name"), one_of("kind", get_args(Kind)), text("reason"))


def _with_commas(part: Any) -> Any:
    return replace(part, decimal=",") if isinstance(part, Numeric | Quantity) else part


def _column_record(column: Column) -> Record:
    return {"kind": _kind(column), **asdict(column)}


def _role(record: Record, place: str) -> Role:
    check_record(record, ROLE, place)
    return Role(**record)


def _kind(part: Column | Target) -> str:
    return type(part).__name__.lower()


def _part(record: Record, kinds: Mapping[Any, tuple[Field, ...]], place: str) -> Any:
    """A column or a target, once its kind and its entries are what they must be."""
    named = {kind.__name__.lower(): kind for kind in kinds}
    kind = one_of("kind", named)
    check_record({key: record[key] for key in ("kind",) if key in record}, [kind], place)
    check_record(record, (kind, *kinds[named[record["kind"]]]), place)
    return named[record["kind"]](
        **{key: _frozen(x, f"{place}{key}") for key, x in record.items() if key != "kind"}
    )


def _frozen(value: Any, place: str) -> Any:
    """A list of names as a tuple, one of parts as columns, a number as a float."""
    if is_list(value):
        return tuple(_entry(each, f"{place}[{i}].") for i, each in enumerate(value))
    return value if value is None or isinstance(value, str | bool) else float(value)


def _entry(value: Any, place: str) -> Any:
    if isinstance(value, str):
        return value
    check_record(value, (one_of("name", PARTS), *OF_NUMBERS, GAPS, *WRITTEN), place)
    return Numeric(**{key: _frozen(x, place) for key, x in value.items()})
