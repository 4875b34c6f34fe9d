"""JSON Schema of a plan as it is written, with every kind of step and every other node."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaValue

from bench.config.json_schema import mapped, schema_of, whole
from bench.config.plan import Plan
from bench.config.plan_nodes import CONTROLS, STEPS_MAX, Call, Care, Control, Sweep
from bench.config.plan_parameters import Parameter
from bench.config.quantity import QUANTITY
from bench.config.sweep import Column, Range, SweepForm

_REFERENCE = {"type": "string", "pattern": r"^\$", "description": "$name of a parameter, or ${an expression}"}
_STEPS = {"type": "array", "items": {"$ref": "#/$defs/entry"}, "minItems": 1, "maxItems": STEPS_MAX}
_SOME_STEPS = {**_STEPS, "minItems": 0}
_VALUES = {"type": "array", "items": {"type": ["string", "number", "boolean"]}, "minItems": 1}
_RULE = {
    "description": "What is done when it fails: skip, end, or {retry: 2, then: skip}.",
    "anyOf": [
        {"enum": ["skip", "end"]},
        {
            "type": "object",
            "properties": {"retry": {"type": "integer", "minimum": 0}, "then": {"enum": ["skip", "end"]}},
            "additionalProperties": False,
        },
    ],
}
_CARE: dict[str, Any] = {"cleanup": _SOME_STEPS, "on_fail": _RULE}


def plan_schema(kinds: Mapping[str, type[BaseModel]]) -> JsonSchemaValue:
    """The schema of a plan whose steps may be of these ``kinds``."""
    definitions: dict[str, Any] = {}
    nodes = {name: _taken(schema_of(model, f"{name}."), definitions) for name, model in kinds.items()}
    nodes |= {name: _control(model, definitions) for name, model in CONTROLS.items()}
    cares = {**_taken(schema_of(Care, "care."), definitions)["properties"], **_CARE}
    definitions["reference"] = _REFERENCE
    definitions |= {f"node.{name}": mapped(node, _referable) for name, node in nodes.items()}
    definitions["entry"] = {"anyOf": [_entry(name, kinds, cares) for name in nodes]}
    plan = _taken(schema_of(Plan, "plan."), definitions)
    plan["properties"] |= {**_CARE, "steps": _STEPS, "parameters": _parameters()}
    return whole({**plan, "$defs": definitions}, "Test plan")


def _entry(name: str, kinds: Mapping[str, type[BaseModel]], cares: Mapping[str, Any]) -> JsonSchemaValue:
    """One entry of a list of steps; a step without required parameters may have none."""
    node: Any = {"$ref": f"#/$defs/node.{name}"}
    if name in kinds and not any(field.is_required() for field in kinds[name].model_fields.values()):
        node = {"anyOf": [node, {"type": "null"}]}
    beside = cares if name in kinds else {}
    properties = {name: node, **beside}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


def _control(model: type[Control], definitions: dict[str, Any]) -> JsonSchemaValue:
    own = _taken(schema_of(model, f"{model.kind}."), definitions)
    properties = {key: value for key, value in own["properties"].items() if key not in _GROWN.get(model, ())}
    properties |= _CARE
    for key in ("steps", "else"):
        if key in properties:
            properties[key] = _STEPS if key == "steps" else _SOME_STEPS
    if "branches" in properties:
        properties["branches"] = {"type": "array", "items": _STEPS, "minItems": 2}
    required = [key for key in own.get("required", ()) if key in properties]
    if model is Sweep:
        form = _taken(schema_of(SweepForm, "sweep."), definitions)
        axis = {"anyOf": [_VALUES, *(_taken(schema_of(kind), definitions) for kind in (Range, Column)), _REFERENCE]}
        over = {**form["properties"]["over"], "additionalProperties": axis}
        properties |= {**form["properties"], "over": over, "steps": _STEPS}
        required = ["over", "steps"]
    if model is Call:
        properties["with"] = {"type": "object", "description": "Values of the other plan's parameters."}
    return {**own, "properties": properties, "required": required}


_GROWN: Mapping[type[Control], tuple[str, ...]] = {Sweep: ("passes",), Call: ("title", "each", "steps", "last")}
"""What stands in these only after the plan has grown."""


def _parameters() -> JsonSchemaValue:
    whole = schema_of(Parameter)
    short = {"type": ["string", "number", "boolean", "array"]}
    return {"type": "object", "additionalProperties": {"anyOf": [short, whole]}}


def _taken(schema: JsonSchemaValue, definitions: dict[str, Any]) -> JsonSchemaValue:
    """A schema without its definitions, which are put where all find them."""
    definitions |= {name: mapped(inner, _referable) for name, inner in schema.get("$defs", {}).items()}
    return {key: value for key, value in schema.items() if key != "$defs"}


def _referable(schema: dict[str, Any]) -> dict[str, Any]:
    """Any value in a step may be a reference to a parameter instead."""
    if "properties" not in schema:
        return schema
    found = {name: _or_reference(inner) for name, inner in schema["properties"].items()}
    return {**schema, "properties": found}


def _or_reference(schema: dict[str, Any]) -> dict[str, Any]:
    if schema in (_STEPS, _SOME_STEPS) or "properties" in schema or not schema:
        return schema
    if QUANTITY in schema:
        return {"anyOf": [schema, {"$ref": "#/$defs/reference"}]}
    described = {key: value for key, value in schema.items() if key in ("description", "default")}
    rest = {key: value for key, value in schema.items() if key not in described}
    choices = rest["anyOf"] if set(rest) == {"anyOf"} else [rest]
    return {**described, "anyOf": [*choices, {"$ref": "#/$defs/reference"}]}
