"""Golden messages: what is said about plans that break the rules of the language."""

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from bench.base.errors import InputError
from bench.config.file_model import FileModel
from bench.config.plan import LocatedPlan, load_plan
from bench.config.quantity import DegC, Seconds, SpeedRpm

PART = """plan: part
title: A part
dut: d
rig: r
parameters: {speed: 900 rpm, wait: {default: 10 s, max: 1 h}}
steps:
  - turn: {speed: $speed, time: $wait}
"""
TABLE = "speed,load\n1000,10 Nm\n2000,20 Nm\n"
PLAN = """plan: demo
title: A plan
dut: gen5_bev
rig: e_axle_demo
parameters:
  warm: 65 °C
  speed: {default: 3000 rpm, min: 100 rpm, max: 14 krpm, help: of the dwell}
  times: 3
on_fail: {retry: 1, then: skip}
steps:
  - heat: {to: $warm}
    deadline: 1 h
    cleanup:
      - heat: {to: 30 °C}
  - repeat:
      times: $times
      steps:
        - sweep:
            over:
              torque: {from: 10 Nm, to: 100 Nm, count: 4}
              load: [1, 2]
            order: snake
            steps:
              - sequence:
                  name: inner
                  steps:
                    - heat: {to: "${warm + load * 1 K}"}
        - call: {plan: part.yaml, with: {speed: $speed}}
  - parallel:
      branches:
        - - heat: {to: $warm}
        - - when:
              condition: coolant.temp_out > warm
              steps: [heat: {to: $warm}]
cleanup:
  - heat: {to: 20 °C}
"""


class Heat(FileModel):
    """Heat."""

    to: DegC


class Turn(FileModel):
    """Turn."""

    speed: Annotated[SpeedRpm, Field(le=9000)]
    time: Seconds


KINDS: dict[str, type[BaseModel]] = {"heat": Heat, "turn": Turn}


def loaded(folder: Path, plan: str = PLAN, part: str = PART, **settings: str) -> LocatedPlan:
    for name, text in (("plan.yaml", plan), ("part.yaml", part), ("t.csv", TABLE)):
        (folder / name).write_text(text, encoding="utf-8")
    return load_plan(folder / "plan.yaml", KINDS, "plan.yaml", settings)


def refused(*arguments: Any, **settings: str) -> list[str]:
    with pytest.raises(InputError) as error:
        loaded(*arguments, **settings)
    return [str(problem) for problem in error.value.problems]


def test_the_plan_is_right_as_it_stands(tmp_path: Path) -> None:
    plan = loaded(tmp_path)
    assert plan.unused == ()
    found = [step.parameters.to for _, step in plan.value.paths() if step.kind == "heat"]
    assert found == [65.0, 30.0, 66.0, 67.0, 67.0, 66.0, 66.0, 67.0, 67.0, 66.0, 65.0, 65.0, 20.0]
    assert [step.parameters for _, step in plan.value.paths() if step.kind == "turn"] == [Turn(speed=3000.0, time=10.0)]


CASES: list[tuple[str, str, list[str]]] = [
    ("to: $warm", "to: $worm", ["plan.yaml:11:16: there is no parameter 'worm'; did you mean 'warm'?"]),
    (
        "to: $warm",
        "to: $3x",
        ["plan.yaml:11:16: '$3x' is no reference; write $name, ${...}, or $$ for a text that begins with $"],
    ),
    ("to: $warm", "to: $speed", ["plan.yaml:11:16: 'rpm' is no unit of this quantity; expected degC, °C, C"]),
    (
        '"${warm + load * 1 K}"',
        '"${warm + lod * 1 K}"',
        ["plan.yaml:27:34: '${warm + lod * 1 K}': column 8: 'lod' is not known; did you mean 'load'?"],
    ),
    (
        '"${warm + load * 1 K}"',
        '"${warm + load}"',
        [
            "plan.yaml:27:34: '${warm + load}': column 6: degC and a plain number cannot be added; write "
            "the unit behind the number"
        ],
    ),
    (
        '"${warm + load * 1 K}"',
        '"${warm * 2}"',
        [
            "plan.yaml:27:34: '${warm * 2}': column 6: a temperature in degC cannot be multiplied; subtract "
            "another temperature first, which gives K"
        ],
    ),
    (
        '"${warm + load * 1 K}"',
        '"${warm + load * 1 K"',
        ["plan.yaml:27:34: '${warm + load * 1 K' does not end; close it with }"],
    ),
    (
        '"${warm + load * 1 K}"',
        '"${coolant.temp_in + 1 K}"',
        [
            "plan.yaml:27:34: '${coolant.temp_in + 1 K}' names a channel; what stands in a plan is known "
            "before it runs: write a quantity"
        ],
    ),
    (
        '"${warm + load * 1 K}"',
        '"${1 K / 0}"',
        ["plan.yaml:27:34: '${1 K / 0}' has no value; see that nothing is divided by zero"],
    ),
    (
        '"${warm + load * 1 K}"',
        '"${__import__}"',
        [
            "plan.yaml:27:34: '${__import__}': column 1: '__import__' is not known; write a channel such as "
            "'coolant.temp_in', or declare it a parameter of the plan"
        ],
    ),
    (
        "warm: 65 °C",
        "warm: [65 °C, [1]]",
        [
            "plan.yaml:6:9: a parameter is a quantity, a number, a text, true or false, or a list of them; "
            "write one of these"
        ],
    ),
    ("warm: 65 °C", "warm: $speed", ["plan.yaml:6:9: a value cannot refer to another parameter; write it out"]),
    (
        "warm: 65 °C",
        "Warm: 65 °C",
        ["plan.yaml:6:9: 'Warm' is not allowed here; write 1 to 32 of a-z 0-9 _, starting with a letter"],
    ),
    ("default: 3000 rpm", "default: 50 rpm", ["plan.yaml:7:20: '50 rpm' is out of range; it must be at least 100 rpm"]),
    (
        "min: 100 rpm",
        "min: 100 Nm",
        ["plan.yaml:7:35: '100 Nm' is no bound of a default like '3000 rpm'; give it the same unit"],
    ),
    ("help: of the dwell", "halp: of the dwell", ["plan.yaml:7:58: unknown key 'halp'; did you mean 'help'?"]),
    ("times: $times", "times: 0", ["plan.yaml:16:14: 0 is out of range; it must be at least 1"]),
    ("times: $times", "times: $warm", ["plan.yaml:16:14: expected a whole number, found '65 °C'"]),
    (
        "times: $times\n",
        "times: 2\n      for: 3 h\n",
        ["plan.yaml:15:5: a repeat needs either 'times' or 'for'; give one of them"],
    ),
    ("times: $times\n      ", "", ["plan.yaml:15:5: a repeat needs either 'times' or 'for'; give one of them"]),
    (
        "to: 100 Nm, count: 4",
        "to: 100 rpm, count: 4",
        ["plan.yaml:20:23: '10 Nm' and '100 rpm' are no ends of a range; write two quantities of one unit"],
    ),
    (
        "to: 100 Nm, count: 4",
        "to: 100 Nm",
        ["plan.yaml:20:23: a range needs either 'count' or 'step'; give one of them"],
    ),
    (
        "to: 100 Nm, count: 4",
        "to: 100 Nm, step: 7 Nm",
        ["plan.yaml:20:55: steps of 7 Nm from 10 Nm do not come to 100 Nm; correct one of the three"],
    ),
    (
        "to: 100 Nm, count: 4",
        "to: 100 Nm, step: 7 rpm",
        ["plan.yaml:20:55: '7 rpm' is no step from 10 Nm to 100 Nm; write a quantity in Nm"],
    ),
    (
        "to: 100 Nm, count: 4",
        "to: 100 Nm, count: 4000",
        ["plan.yaml:20:56: 4000 is out of range; it must be at most 1000"],
    ),
    (
        "load: [1, 2]",
        "load: []",
        ["plan.yaml:21:21: a variable has a list of values, {from, to, count} or {file, column}; write one of them"],
    ),
    (
        "load: [1, 2]",
        "load: {file: t.csv, column: laod}",
        ["plan.yaml:21:43: t.csv: the file has no column 'laod'; it has speed, load"],
    ),
    (
        "load: [1, 2]",
        "load: {file: t.csv, column: speed, unit: Furlong}",
        ["plan.yaml:21:43: t.csv: value 1 of column 'speed' is '1000 Furlong', no quantity; correct it"],
    ),
    (
        "load: [1, 2]",
        "load: {file: nowhere.csv, column: load}",
        ["plan.yaml:21:28: 'nowhere.csv': there is no such table; give the path of a CSV file"],
    ),
    (
        "load: [1, 2]",
        "warm: [1, 2]",
        [
            "plan.yaml:21:15: the name 'warm' is in use already; choose another",
            "plan.yaml:27:34: '${warm + load * 1 K}': column 8: 'load' is not known; write a channel such "
            "as 'coolant.temp_in', or declare it a parameter of the plan",
        ],
    ),
    (
        "order: snake",
        "order: snaky",
        [
            "plan.yaml:22:20: 'snaky' is not one of given, snake, high_to_low_load, thermal, random; did "
            "you mean 'snake'?"
        ],
    ),
    (
        "order: snake",
        "order: random",
        ["plan.yaml:18:11: 'seed' belongs to the order 'random', which needs one; give both or neither"],
    ),
    (
        "torque: {from: 10 Nm, to: 100 Nm, count: 4}\n              load: [1, 2]\n            order: snake",
        "load: [1, 2]\n            order: thermal",
        ["plan.yaml:21:20: thermal is an order of loads; let a variable be a torque, a power or a current"],
    ),
    (
        "            over:\n              torque: {from: 10 Nm, to: 100 Nm, count: 4}\n              load: [1, 2]\n",
        "",
        ["plan.yaml:18:11: missing key 'over'; add it"],
    ),
    (
        "name: inner",
        "nam: inner",
        ["plan.yaml:25:19: unknown key 'nam'; did you mean 'name'? (with torque = 10 Nm, load = 1)"],
    ),
    (
        "  - sequence:",
        "  - sequnce:",
        [
            "plan.yaml:24:17: unknown key 'sequnce': no kind of step has this name; did you mean "
            "'sequence'? (with torque = 10 Nm, load = 1)"
        ],
    ),
    ("deadline: 1 h", "deadline: 0 s", ["plan.yaml:12:15: '0 s' is out of range; it must be above 0"]),
    ("deadline: 1 h", "dedline: 1 h", ["plan.yaml:12:5: unknown key 'dedline'; did you mean 'deadline'?"]),
    (
        "on_fail: {retry: 1, then: skip}",
        "on_fail: retry",
        ["plan.yaml:9:10: on_fail is 'skip', 'end' or {retry: <how often>, then: skip}; write one of them"],
    ),
    (
        "on_fail: {retry: 1, then: skip}",
        "on_fail: {retry: 99}",
        ["plan.yaml:9:18: 99 is out of range; it must be at most 10"],
    ),
    (
        "on_fail: {retry: 1, then: skip}",
        "on_fail: {retry: 1, then: stop}",
        ["plan.yaml:9:27: 'stop' is not one of skip, end; write one of them"],
    ),
    (
        "  - parallel:\n",
        "  - parallel:\n      on_fail: perhaps\n",
        ["plan.yaml:30:16: on_fail is 'skip', 'end' or {retry: <how often>, then: skip}; write one of them"],
    ),
    (
        "        - - when:",
        "          - when:",
        ["plan.yaml:30:7: a list is too short or too long; write at least 2 entries"],
    ),
    (
        "condition: coolant.temp_out > warm",
        "condition: coolant.temp_out > 5 rpm",
        ["plan.yaml:33:26: column 18: degC and rpm cannot be compared; use quantities of one unit"],
    ),
    (
        "condition: coolant.temp_out > warm",
        "condition: coolant.temp_oot > warm",
        ["plan.yaml:33:26: column 1: channel 'coolant.temp_oot' is not known; did you mean 'coolant.temp_out'?"],
    ),
    (
        "condition: coolant.temp_out > warm",
        "condition: coolant.temp_out",
        [
            "plan.yaml:33:26: is a quantity in degC, and true or false is expected; compare it, as in "
            "'coolant.temp_out > 60 °C'"
        ],
    ),
    (
        "plan: part.yaml, ",
        "plan: smoke_, ",
        ["plan.yaml:28:24: 'smoke_': no plan has this name; did you mean 'smoke'?"],
    ),
    (
        "with: {speed: $speed}",
        "with: {sped: $speed}",
        ["plan.yaml:28:42: part.yaml has no parameter 'sped'; did you mean 'speed'?"],
    ),
    (
        "with: {speed: $speed}",
        "with: {speed: 5 Nm}",
        [
            "plan.yaml:28:49: '5 Nm' is not of the kind of its default '900 rpm'; write a quantity in rpm, "
            "1/min, krpm, rad/s"
        ],
    ),
    ("with: {speed: $speed}", "with: {wait: 2 h}", ["plan.yaml:28:48: '2 h' is out of range; it must be at most 1 h"]),
    (
        "plan: part.yaml, ",
        "",
        ["plan.yaml:28:17: a call names a 'plan', and the values of its parameters: 'with: {name: value}'; add it"],
    ),
    (
        "plan: part.yaml, with: {speed: $speed}",
        "plan: plan.yaml",
        ["plan.yaml:28:24: the plan would call itself: plan.yaml -> plan.yaml; take the call out"],
    ),
    (
        "cleanup:\n  - heat: {to: 20 °C}",
        "cleanup:\n  - heat: {to: 20 rpm}",
        ["plan.yaml:36:16: 'rpm' is no unit of this quantity; expected degC, °C, C"],
    ),
]

OF_THE_PART: list[tuple[str, str, list[str]]] = [
    ("time: $wait", "time: $wiat", ["part.yaml:7:33: there is no parameter 'wiat'; did you mean 'wait'?"]),
    (
        "speed: 900 rpm",
        "speed: 900 Nm",
        [
            "part.yaml:7:19: 'Nm' is no unit of this quantity; expected rpm, 1/min, krpm, rad/s",
            "plan.yaml:28:49: '3000 rpm' is not of the kind of its default '900 Nm'; write a quantity in "
            "Nm, N m, kNm, mNm",
        ],
    ),
    (
        "speed: $speed, time",
        "sped: $speed, time",
        [
            "part.yaml:7:11: missing key 'speed'; add it with a quantity in rpm, 1/min, krpm, rad/s",
            "part.yaml:7:12: unknown key 'sped'; did you mean 'speed'?",
        ],
    ),
    ("steps:", "stebs:", ["plan.yaml:28:24: part.yaml is no plan; it has no 'steps'"]),
    ("title: A part", "tidle: A part", ["part.yaml:2:1: unknown key 'tidle'; did you mean 'title'?"]),
    (
        "title: A part",
        "identity: {serial: 3}",
        ["part.yaml:2:1: 'identity' is a matter of the whole run; write it into plan.yaml, and take it out here"],
    ),
]

SETTINGS: list[tuple[dict[str, str], list[str]]] = [
    ({"sped": "3 rpm"}, ["--set sped: plan.yaml has no parameter 'sped'; did you mean 'speed'?"]),
    ({"speed": "3 rpm"}, ["--set speed: '3 rpm' is out of range; it must be at least 100 rpm"]),
    ({"speed": "20 krpm"}, ["--set speed: '20 krpm' is out of range; it must be at most 14 krpm"]),
    (
        {"speed": "3000"},
        ["--set speed: 3000 is not of the kind of its default '3000 rpm'; write a quantity in rpm, 1/min, krpm, rad/s"],
    ),
    ({"times": "0"}, ["plan.yaml:16:14: 0 is out of range; it must be at least 1"]),
    ({"times": "2.5"}, ["plan.yaml:16:14: expected a whole number, found 2.5"]),
]


@pytest.mark.parametrize(("old", "new", "messages"), CASES)
def test_a_broken_plan_is_told_with_place_and_remedy(tmp_path: Path, old: str, new: str, messages: list[str]) -> None:
    assert old in PLAN
    assert refused(tmp_path, PLAN.replace(old, new, 1)) == messages


@pytest.mark.parametrize(("old", "new", "messages"), OF_THE_PART)
def test_a_broken_part_is_told_in_its_own_file(tmp_path: Path, old: str, new: str, messages: list[str]) -> None:
    assert old in PART
    assert refused(tmp_path, PLAN, PART.replace(old, new, 1)) == messages


@pytest.mark.parametrize(("settings", "messages"), SETTINGS)
def test_what_is_set_is_judged_like_what_is_written(
    tmp_path: Path, settings: dict[str, str], messages: list[str]
) -> None:
    assert refused(tmp_path, **settings) == messages
