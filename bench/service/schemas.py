"""The JSON Schemas of the files that people write."""

from collections.abc import Callable

from pydantic.json_schema import JsonSchemaValue

from bench.config.dut import Dut
from bench.config.json_schema import file_schema
from bench.config.plan_schema import plan_schema
from bench.config.rig import Rig
from bench.sequence.registry import parameter_models, step_kinds


def schemas() -> dict[str, Callable[[], JsonSchemaValue]]:
    """By kind of file."""
    return {
        "plan": lambda: plan_schema(parameter_models(step_kinds())),
        "rig": lambda: file_schema(Rig, "Rig"),
        "dut": lambda: file_schema(Dut, "Drive unit"),
    }
