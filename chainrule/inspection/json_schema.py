"""What reports say of themselves as data: the parts of a JSON schema, and numbers that JSON lacks.

Imports spec. explanation.py and reason.py write with it.
"""

from math import isfinite
from typing import Any

from chainrule.spec import is_sequence

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def number() -> dict[str, Any]:
    """A number, or the text of one that JSON has none for."""
    return {"anyOf": [{"type": "number"}, {"enum": ["nan", "inf", "-inf"]}]}


def text() -> dict[str, Any]:
    """Any text."""
    return {"type": "string"}


def whole() -> dict[str, Any]:
    """A count."""
    return {"type": "integer"}


def list_of(items: dict[str, Any]) -> dict[str, Any]:
    """Any number of these."""
    return {"type": "array", "items": items}


def object_of(**properties: dict[str, Any]) -> dict[str, Any]:
    """These properties, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def for_json(x: Any) -> Any:
    """Data as JSON has it: lists, and texts for numbers that are not finite."""
    if isinstance(x, float):
        return x if isfinite(x) else str(x)
    if isinstance(x, dict):
        pairs: dict[Any, Any] = x  # pyright: ignore[reportUnknownVariableType]  of any data
        return {key: for_json(value) for key, value in pairs.items()}
    return [for_json(each) for each in x] if is_sequence(x) else x
