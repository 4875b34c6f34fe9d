"""Pydantic's validation errors -> (path, message with remedy), in the words of a test engineer."""

import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bench.base.units import Unit
from bench.config.file_model import Finding
from bench.config.names import FORMS
from bench.config.quantity import Quantity, QuantitySpan, expected
from bench.config.suggest import nearest, suggestion
from bench.config.yaml_tree import Path

_CONTAINERS = {
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
_BOUNDS = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}
_LENGTHS = {
    "too_short": ("at least", "min_length"),
    "too_long": ("at most", "max_length"),
    "string_too_short": ("at least", "min_length"),
    "string_too_long": ("at most", "max_length"),
}


def findings(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Path, str, bool]]:
    """Each mistake as (path, message, whether the key is meant rather than the value)."""
    details = error.errors(include_url=False)
    for detail in details:
        path: Path = tuple(detail["loc"])
        kind = detail["type"]
        if kind == "too_short" and any(len(d["loc"]) > len(path) and d["loc"][: len(path)] == path for d in details):
            continue  # it seems too short only because its entries are refused
        if kind == "several":
            for inner, message in detail["ctx"]["findings"]:
                yield (*path, *inner), message, message.startswith("unknown key")
        elif kind == "extra_forbidden":
            known = _keys(_model_at(model, path[:-1]))
            yield path, f"unknown key {path[-1]!r}; {suggestion(str(path[-1]), known)}", True
        elif kind == "missing":
            yield path[:-1], _missing(model, path), True
        else:
            yield path, _message(kind, detail, _unit(model, path)), False


def _missing(model: type[BaseModel], path: Path) -> str:
    unit = _unit(model, path)
    what = f" with a quantity in {expected(unit)}" if unit not in (None, Unit.ONE) else ""
    return f"missing key {path[-1]!r}; add it{what}"


def _message(kind: str, detail: Mapping[str, Any], unit: Unit | None) -> str:
    given = _short(detail["input"])
    context = detail.get("ctx", {})
    if kind in _CONTAINERS:
        return f"expected {_CONTAINERS[kind]}, found {given}"
    if kind in _BOUNDS:
        word, key = _BOUNDS[kind]
        bound = f"{context[key]:g}" if unit in (None, Unit.ONE) else f"{context[key]:g} {unit}"
        return f"{given} is out of range; it must be {word} {bound}"
    if kind in _LENGTHS:
        word, key = _LENGTHS[kind]
        what = "characters" if kind.startswith("string") else "entries"
        return f"{given} is too short or too long; write {word} {context[key]} {what}"
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        hint = nearest(str(detail["input"]), choices) or f"write {'one of them' if choices[1:] else choices[0]}"
        return f"{given} is not one of {', '.join(choices)}; {hint}"
    if kind == "string_pattern_mismatch":
        form = context["pattern"]
        return f"{given} is not allowed here; {FORMS.get(form, f'write a text of the form {form}')}"
    return re.sub(r"^(Value error|Assertion failed), ", "", str(detail["msg"]))


def _short(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _fields(model: type[BaseModel] | None) -> dict[str, Any]:
    return {} if model is None else {f.alias or name: f for name, f in model.model_fields.items()}


def _keys(model: type[BaseModel] | None) -> list[str]:
    return list(_fields(model))


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model that validates what stands at ``path``."""
    return next(iter(_models(_annotation_at(model, path))), None)


def _annotation_at(model: type[BaseModel], path: Path) -> Any:
    here: Any = model
    for part in path:
        here = _below(here, part)
    return here


def _below(annotation: Any, part: str | int) -> Any:
    for model in _models(annotation):
        if str(part) in _fields(model):
            return _fields(model)[str(part)].annotation
        return None
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType, Annotated):
        return next((found for arg in get_args(annotation) if (found := _below(arg, part)) is not None), None)
    arguments = [arg for arg in get_args(annotation) if arg is not Ellipsis]
    return arguments[-1] if arguments and isinstance(origin, type) else None


def _unit(model: type[BaseModel], path: Path) -> Unit | None:
    """The unit of the quantity at ``path``, if it is one."""
    owner = _model_at(model, path[:-1])
    field = _fields(owner).get(str(path[-1])) if path else None
    marks = list(field.metadata) if field else list(getattr(_annotation_at(model, path), "__metadata__", ()))
    return next((mark.unit for mark in marks if isinstance(mark, Quantity | QuantitySpan)), None)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, Annotated):
        for argument in get_args(annotation):
            yield from _models(argument)


def plain_findings(error: ValidationError, model: type[BaseModel]) -> list[Finding]:
    """``findings`` without the last item, to be raised again by an outer validator (``several``)."""
    return [(path, message) for path, message, _ in findings(error, model)]
