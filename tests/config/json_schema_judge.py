"""A judge of values by JSON Schema: as much of draft 2020-12 as the bench's schemas use, and no more."""

import re
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float),
    "integer": int,
}  # fmt: skip
KNOWN = {
    "$ref", "$defs", "$schema", "title", "description", "default", "type", "enum", "const", "anyOf", "properties",
    "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minLength", "maxLength",
    "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minProperties", "maxProperties",
    "propertyNames", "format", "examples", "patternProperties",
}  # fmt: skip


def is_of(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def complaints(value: Any, schema: Any, root: dict[str, Any], path: str = "") -> list[str]:
    """Why ``value`` is not of ``schema``; empty when it is."""
    if schema is True or schema == {}:
        return []
    if schema is False:
        return [f"{path}: not allowed"]
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    found: list[str] = []
    if "$ref" in schema:
        found += complaints(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, path)
    if "anyOf" in schema:
        each = [complaints(value, inner, root, path) for inner in schema["anyOf"]]
        if all(each):
            found += min(each, key=len)
    kinds = schema.get("type", ())
    if kinds and not any(is_of(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return [*found, f"{path}: {value!r} is no {kinds}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {value!r} is none of {schema['enum']}")
    if "const" in schema and value != schema["const"]:
        found.append(f"{path}: {value!r} is not {schema['const']}")
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{path}: {value!r} is not of the form {schema['pattern']}")
    if is_of(value, "number") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{path}: {value!r} is out of range")
    if isinstance(value, list):
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{path}: {len(value)} entries")
        firsts = schema.get("prefixItems", ())
        for i, inner in enumerate(value):
            found += complaints(inner, firsts[i] if i < len(firsts) else schema.get("items", {}), root, f"{path}/{i}")
    if isinstance(value, dict):
        found += [f"{path}: no {key}" for key in schema.get("required", ()) if key not in value]
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        for key, inner in value.items():
            found += complaints(inner, properties.get(key, others), root, f"{path}/{key}")
    return found
