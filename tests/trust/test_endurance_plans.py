"""The durability plans on the emulated bench, shortened; a unit that ages, and one that does not."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.config.search import find
from bench.report.html import render_html, tiles
from bench.report.junit import render_junit
from bench.report.model import build_model
from bench.service.fault_lines import read_faults
from bench.service.foresight import foresee
from bench.service.preparation import prepare

Runner = Callable[..., Any]
QUICK = (
    ("range: 1 K, window: 300 s", "range: 10 K, window: 5 s"),
    ("temperature: 0.5 K, window: 20 s", "temperature: 5 K, window: 2 s"),
    ("temperature: 1 K, window: 20 s", "temperature: 5 K, window: 2 s"),
    ("temperature: 2 K, window: 10 s", "temperature: 5 K, window: 2 s"),
    ("baseline: 40", "baseline: 10, near: 20 K, tolerated: 2 pp, repeatability: 0.5 pp"),
)
"""Nothing settles thermally in a short plan: its windows are wide, and its numbers are none."""
SHORT = {
    "endurance_accel_decel": (
        ("default: 2000", "default: 8"),
        ("high: 7000", "high: 3000"),
        ("default: 1 h", "default: 9 s"),
    ),
    "endurance_speed_torque": (("default: 4 h", "default: 3 min"), ("default: 1 h", "default: 100 s")),
    "thermal_cycling": (
        ("default: 12", "default: 2"),
        ("30..65 °C", "60..65 °C"),
        ("default: 5 min", "default: 10 s"),
        ("share: 25 %", "share: 50 %"),
    ),
    "overnight": (
        ("default: 8 h", "default: 2 min"),
        ("default: 1 h", "default: 1 min"),
        ("[0.4, 0.2, -0.2, -0.4]", "[0.4, 0.2]"),
    ),
}


def shortened(plan: str, folder: Path) -> str:
    text = find("plan", plan).read_text(encoding="utf-8")
    for old, new in (*QUICK, *SHORT[plan]):
        assert old in text or (old, new) in QUICK, old
        # several keys instead of one: each in a line of its own, as far to the right
        text = re.sub(rf"( *){re.escape(old)}", lambda found, new=new: _lines(found[1], new), text)
    path = folder / f"{plan}.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _lines(indent: str, text: str) -> str:
    return indent + (text.replace(", ", f"\n{indent}") if text.startswith("baseline") else text)


@pytest.mark.slow
@pytest.mark.parametrize("plan", SHORT)
def test_the_shipped_plan_passes_when_it_is_shortened(plan: str, run_of: Runner, tmp_path: Path) -> None:
    run = run_of(shortened(plan, tmp_path))
    assert run.verdict.verdict == "passed", run.verdict.reasons
    (ended,) = run.told("endurance")
    assert ended["cycles"] >= 2 and ended["out_of_band"] == 0 and ended["torque_damage"] > 0.0
    checks = run.told("reference_check")
    assert len(checks) > 10 and all(check["verdict"] == "accepted" for check in checks)
    model = build_model(run.journal)
    page, found = render_html(model), {tile.label: tile for tile in tiles(model)}
    assert found["cycles in band"].mood == found["drift"].mood == "good"
    assert "Torque collective" not in page.split("<svg")[0] and 'id="endurance"' in page and 'id="drift"' in page
    assert "Drift chart of reference" in page and "Load collectives of" in page
    cases = {case.attrib["name"] for case in ElementTree.fromstring(render_junit(model))[0]}
    assert {"drift of reference", f"endurance, {ended['kind']}"} <= cases


@pytest.mark.parametrize("plan", SHORT)
def test_the_shipped_plan_has_no_problems(plan: str) -> None:
    prepare(plan)


AGEING = """
plan: ageing
title: A reference point, again and again
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - soak:
      coolant: 65 °C
      coolant_flow: 10 l/min
      oil: 70 °C
      oil_flow: 6 l/min
      speed: 4000 rpm
      torque: 150 Nm
      stable: {channel: dut.rotor_temp, range: 1 K, window: 300 s}
      timeout: 45 min
  - reference_point:
      speed: 4000 rpm
      torque: 150 Nm
      settle: {torque: 2 Nm, speed: 5 rpm, temperature: 0.5 K, window: 10 s, timeout: 300 s}
      measure: {revolutions: 10, updates: 20, at_least: 1 s}
      baseline: 10
      repeats: 12
"""


@pytest.mark.parametrize(
    ("ages", "seed"),
    [
        ("", 1),
        ("", 2),
        ("unit.gear:400%/h@1600s", 1),
        ("unit.gear:400%/h@1600s", 2),
        ("unit.bearing:1000%/h@1600s", 1),
        ("unit.winding:300%/h@1600s", 1),
        ("unit.switches:2000%/h@1600s", 1),
    ],
)
@pytest.mark.slow
def test_a_unit_that_ages_is_found_out_and_one_that_does_not_is_left_alone(
    ages: str, seed: int, run_of: Runner, tmp_path: Path
) -> None:
    path = tmp_path / "ageing.yaml"
    path.write_text(AGEING, encoding="utf-8")
    run = run_of(str(path), *([ages] if ages else []), seed=seed)
    last = run.told("reference_check")[-1]
    assert last["measured_pp"] < 0.02, "the bench repeats better than is expected"
    if ages:
        assert run.verdict.verdict == "failed" and last["found_at"] > 10 and last["shift_pp"] < -0.05
        assert "drift of -" in run.verdict.reasons[0]
    else:
        assert run.verdict.verdict == "passed" and last["found_at"] == 0


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("unit.gear@0s", "needs how fast, such as unit.gear:10%/h@0s"),
        ("unit.gear:10@0s", "needs how fast"),
        ("unit.gears:10%/h@0s", "unit knows no fault 'gears'"),
    ],
)
def test_a_rate_that_cannot_be_read_is_refused(line: str, told: str) -> None:
    rig = load_inputs("smoke", None, None).rig.value
    with pytest.raises(InputError) as refused:
        read_faults([line], rig)
    assert told in str(refused.value.problems[0])


MANY = """
plan: many
title: Very many cycles
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - endurance:
      accel_decel: {low: 2000 rpm, high: 2400 rpm, torque: 60 Nm}
      cycles: 1000000
      band: {torque: 12 Nm, speed: 60 rpm}
"""


def test_a_million_cycles_are_foreseen_without_going_through_each(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(MANY, encoding="utf-8")
    found = foresee(draw(load_inputs(str(path), None, None)))
    assert found is not None and found.total_s == pytest.approx(1e6 * 2.68, rel=0.02)
    assert found.taken_wh > 1e6 and found.records < 100
