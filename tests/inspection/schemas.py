"""As much of JSON Schema as the schemas of reports use."""

import math

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float)}


def breaches(data, schema, where="it"):
    """Where data is not as a schema says; [] if it is."""
    if "anyOf" in schema:
        found = [breaches(data, each, where) for each in schema["anyOf"]]
        return [] if [] in found else found[0]
    wrong = []
    if "const" in schema and data != schema["const"]:
        wrong.append(f"{where} is {data!r}, not {schema['const']!r}")
    if "enum" in schema and data not in schema["enum"]:
        wrong.append(f"{where} is {data!r}")
    if "type" in schema:
        kind = TYPES[schema["type"]]
        if not isinstance(data, kind) or isinstance(data, bool):
            return [*wrong, f"{where} is no {schema['type']}: {data!r}"]
    if isinstance(data, float) and not math.isfinite(data):
        wrong.append(f"{where} is not finite")
    if isinstance(data, dict):
        known = schema.get("properties", {})
        wrong += [f"{where} lacks {key}" for key in schema.get("required", ()) if key not in data]
        for key, value in data.items():
            rule = known.get(key, schema.get("additionalProperties", {}))
            if rule is False:
                wrong.append(f"{where} has {key}, which the schema does not know")
            else:
                wrong += breaches(value, rule, f"{where}.{key}")
    if isinstance(data, list):
        for i, value in enumerate(data):
            wrong += breaches(value, schema.get("items", {}), f"{where}[{i}]")
    return wrong
