"""Pydantic's validation errors -> (path, message with remedy), in the words of a test engineer."""

import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bench.config.file_model import Finding
from bench.config.quantity import Quantity, QuantitySpan, expected
from bench.config.suggest import suggestion
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


def findings(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[Path, str, bool]]:
    """Each mistake as (path, message, whether the key is meant rather than the value)."""
    for detail in error.errors(include_url=False):
        path: Path = tuple(detail["loc"])
        kind = detail["type"]
        if kind == "several":
            for inner, message in detail["ctx"]["findings"]:
                yield (*path, *inner), message, message.startswith("unknown key")
        elif kind == "extra_forbidden":
            known = _keys(_model_at(model, path[:-1]))
            yield path, f"unknown key {path[-1]!r}; {suggestion(str(path[-1]), known)}", True
        elif kind == "missing":
            yield path[:-1], _missing(model, path), True
        else:
            yield path, _message(kind, detail), False


def _missing(model: type[BaseModel], path: Path) -> str:
    owner = _model_at(model, path[:-1])
    field = _fields(owner).get(str(path[-1]))
    for mark in field.metadata if field else ():
        if isinstance(mark, Quantity | QuantitySpan):
            return f"missing key {path[-1]!r}; add it with a quantity in {expected(mark.unit)}"
    return f"missing key {path[-1]!r}; add it"


def _message(kind: str, detail: Mapping[str, Any]) -> str:
    given = _short(detail["input"])
    if kind in _CONTAINERS:
        return f"expected {_CONTAINERS[kind]}, found {given}"
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
        return f"{given} is not one of {', '.join(choices)}; {suggestion(str(detail['input']), choices)}"
    if kind == "string_pattern_mismatch":
        return f"{given} is not allowed here; write a text of the form {detail['ctx']['pattern']}"
    if kind in ("quantity", "rule", "name"):
        return str(detail["msg"])
    text = re.sub(r"^(Input|Value error,|String|List|Tuple|Dictionary|Assertion failed,) ?", "", str(detail["msg"]))
    return f"{given}: {text[:1].lower()}{text[1:]}" if "should" in text else text


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
    here: Any = model
    for part in path:
        here = _below(here, part)
    return next(iter(_models(here)), None)


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


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, Annotated):
        for argument in get_args(annotation):
            yield from _models(argument)


def plain_findings(error: ValidationError, model: type[BaseModel]) -> list[Finding]:
    """``findings`` without the last item, to be raised again by an outer validator (``several``)."""
    return [(path, message) for path, message, _ in findings(error, model)]
