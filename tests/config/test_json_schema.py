"""The schemas for editors: every file that comes with the bench is of its schema, and mistakes of form are not."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from json_schema_judge import complaints

from bench.config.plan_nodes import CONTROLS
from bench.config.yaml_tree import read_tree
from bench.sequence.registry import step_kinds
from bench.service.schemas import schemas

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    (kind, path)
    for kind, folder in (("plan", "test_plans"), ("rig", "bench/rigs"), ("dut", "bench/duts"))
    for path in sorted((ROOT / folder).glob("*.yaml"))
]
SCHEMAS: dict[str, dict[str, Any]] = {kind: make() for kind, make in schemas().items()}
TREE = """
plan: tree
title: All nodes
dut: gen5_bev
rig: e_axle_demo
parameters:
  speed: 3000 rpm
  hours: {default: 8 h, min: 1 min, max: 100 h, help: how long}
on_fail: {retry: 1, then: skip}
deadline: 10 h
steps:
  - zero_check:
    on_fail: skip
  - dwell: {speed: $speed, torque: "${0.5 * 40 Nm}", time: 10 s}
    deadline: 1 min
  - sequence: {name: s, steps: [{dwell: {speed: 1 krpm, torque: 0 Nm, time: $hours}}], cleanup: []}
  - repeat: {for: $hours, steps: [{notify: {title: a}}]}
  - repeat: {times: 3, steps: [{notify: {title: a}}]}
  - sweep:
      over: {a: [1, 2], b: {from: 1 rpm, to: 9 rpm, count: 3}, c: {file: x.csv, column: c}, d: $speed}
      order: random
      seed: 3
      steps: [{notify: {title: $a}}]
  - parallel: {branches: [[{notify: {title: a}}], [{notify: {title: b}}]]}
  - when: {condition: dut.speed > 3 rpm, steps: [{notify: {title: a}}], else: [{notify: {title: b}}]}
  - call: {plan: smoke, with: {x: 3 rpm}, on_fail: skip}
cleanup:
  - notify: {title: end}
"""


def judged(text: str, kind: str = "plan") -> list[str]:
    tree = read_tree(text, "file")
    assert not tree.problems
    return complaints(tree.data, SCHEMAS[kind], SCHEMAS[kind])


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[path.name for _, path in FILES])
def test_every_file_that_comes_with_the_bench_is_of_its_schema(kind: str, path: Path) -> None:
    assert judged(path.read_text(encoding="utf-8"), kind) == []


def test_a_plan_with_every_node_is_of_the_schema() -> None:
    assert judged(TREE) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: All nodes\n", ""),
        ("speed: $speed", "sped: $speed"),
        ("time: 10 s", "time: 10"),
        ("time: 10 s", "time: 10 rpm"),
        ("on_fail: skip", "on_fail: perhaps"),
        ("order: random", "order: snaky"),
        ("times: 3", "times: 0"),
        ("  - call: {plan: smoke, ", "  - call: {"),
        ("  - zero_check:", "  - zero_chek:"),
        ("then: skip", "than: skip"),
        ("condition: dut.speed > 3 rpm, ", ""),
        ("[[{notify: {title: a}}], [", "[["),
    ],
)
def test_a_mistake_of_form_is_not(old: str, new: str) -> None:
    assert old in TREE
    assert judged(TREE.replace(old, new, 1)) != []


def test_every_kind_of_step_and_node_has_its_schema() -> None:
    entries = SCHEMAS["plan"]["$defs"]["entry"]["anyOf"]
    assert {name for entry in entries for name in entry["required"]} == {*step_kinds(), *CONTROLS}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_whole_and_plain_json(kind: str) -> None:
    text = json.dumps(SCHEMAS[kind])
    for name in re.findall(r'"#/\$defs/([^"]+)"', text):
        assert name in SCHEMAS[kind]["$defs"], name
    assert SCHEMAS[kind]["additionalProperties"] is False


def test_jsonschema_agrees_where_it_is_installed() -> None:
    try:
        import jsonschema  # type: ignore[import-untyped]
    except ImportError:
        return
    for kind, path in FILES:
        data = read_tree(path.read_text(encoding="utf-8"), path.name).data
        jsonschema.Draft202012Validator(SCHEMAS[kind]).validate(data)
