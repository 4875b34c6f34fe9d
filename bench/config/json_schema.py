"""JSON Schema of files, for editors: what keys there are, what they mean, and of which form their values are.

The schema is a help while writing. What a file must obey beyond its form is told by ``bench check``.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from bench.config.quantity import QUANTITY

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BOUNDS = {"gt", "ge", "lt", "le"}  # of quantities: bounds on the number behind the text


class _Lenient(GenerateJsonSchema):
    """A value that only a function can judge is left to that function."""

    def emit_warning(self, kind: JsonSchemaWarningKind, detail: str) -> None:
        """Defaults that are no JSON are left out; nothing is lost by that."""

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}


def schema_of(model: type[BaseModel], prefix: str = "") -> JsonSchemaValue:
    """The schema of one model, its definitions (``$defs``) named with ``prefix``."""
    found = model.model_json_schema(schema_generator=_Lenient, ref_template=f"#/$defs/{prefix}{{model}}")
    tidied: JsonSchemaValue = mapped(found, _tidy)
    if "$defs" in tidied:
        tidied["$defs"] = {f"{prefix}{name}": inner for name, inner in tidied["$defs"].items()}
    return tidied


def file_schema(model: type[BaseModel], title: str) -> JsonSchemaValue:
    """The schema of a whole file."""
    return whole(schema_of(model), title)


def whole(schema: JsonSchemaValue, title: str) -> JsonSchemaValue:
    """The schema of a file; the form of a quantity stands in it once for each unit."""
    quantities: dict[str, Any] = {}

    def hoist(inner: dict[str, Any]) -> dict[str, Any]:
        if QUANTITY not in inner:
            return inner
        name = f"{QUANTITY}.{inner[QUANTITY]}"
        quantities[name] = {key: inner[key] for key in ("anyOf", "description")}
        more = {key: value for key, value in inner.items() if key not in (QUANTITY, "anyOf", "description")}
        return {"$ref": f"#/$defs/{name}", **more}

    found = mapped(schema, hoist)
    return {"$schema": DIALECT, **found, "title": title, "$defs": {**found.get("$defs", {}), **quantities}}


def mapped(schema: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """``schema`` with every schema in it changed, the inner ones first; names of properties are no schemas."""
    if not isinstance(schema, dict):
        return schema
    return change(dict(_mapped_parts(schema, change)))


def _mapped_parts(
    schema: Mapping[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]
) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            yield key, {name: mapped(inner, change) for name, inner in value.items()}
        elif key in ("items", "additionalProperties"):
            yield key, mapped(value, change)
        elif key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            yield key, [mapped(inner, change) for inner in value]
        else:
            yield key, value


def _tidy(schema: dict[str, Any]) -> dict[str, Any]:
    """Titles that only repeat a name say nothing; a number may be a quantity in the unit of its channel."""
    kept = {key: value for key, value in schema.items() if key not in {"title", *_BOUNDS}}
    if kept.get("type") == "number":
        kept = {key: value for key, value in kept.items() if not key.startswith(("minimum", "maximum", "exclusive"))}
        kept["type"] = ["number", "string"]
    return kept
