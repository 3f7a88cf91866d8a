"""As much of JSON Schema as the schemas of reports use."""

import math

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def breaches(data, schema, where="it", whole=None):
    """Where data is not as a schema says; [] if it is. References are into the whole schema."""
    whole = schema if whole is None else whole
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if "anyOf" in schema:
        found = [breaches(data, each, where, whole) for each in schema["anyOf"]]
        return [] if [] in found else found[-1]
    wrong = []
    if "const" in schema and data != schema["const"]:
        wrong.append(f"{where} is {data!r}, not {schema['const']!r}")
    if "enum" in schema and data not in schema["enum"]:
        wrong.append(f"{where} is {data!r}")
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is_a(kind, data) for kind in kinds):
        return [*wrong, f"{where} is no {' or '.join(kinds)}: {data!r}"]
    if isinstance(data, float) and not math.isfinite(data):
        wrong.append(f"{where} is not finite")
    if isinstance(data, int) and data < schema.get("minimum", data):
        wrong.append(f"{where} is too small: {data}")
    if isinstance(data, dict):
        wrong += _of_members(data, schema, where, whole)
    if isinstance(data, list):
        if len(data) > schema.get("maxItems", len(data)):
            wrong.append(f"{where} is too long: {len(data)}")
        for i, value in enumerate(data):
            wrong += breaches(value, schema.get("items", {}), f"{where}[{i}]", whole)
    return wrong


def _is_a(kind, data):
    is_truth = isinstance(data, bool)
    return isinstance(data, TYPES[kind]) and is_truth == (kind == "boolean")


def _of_members(data, schema, where, whole):
    known = schema.get("properties", {})
    wrong = [f"{where} lacks {key}" for key in schema.get("required", ()) if key not in data]
    for key, value in data.items():
        rule = known.get(key, schema.get("additionalProperties", {}))
        if rule is False:
            wrong.append(f"{where} has {key}, which the schema does not know")
        else:
            wrong += breaches(value, {} if rule is True else rule, f"{where}.{key}", whole)
    return wrong
