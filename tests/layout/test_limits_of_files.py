"""Limits of rig, DUT and plan: all in force, on CAN monitors as on anything else; a plan may only tighten."""

from pathlib import Path

import pytest

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.config.search import find
from bench.core.design import Limit

REGULAR = "{channel: can_dut.edu_status_period_p99, high: 12 ms, level: stop}"


def plan(folder: Path, *rules: str, dut: str = "gen5_bev") -> str:
    path = folder / "plan.yaml"
    told = "".join(f"  - {rule}\n" for rule in rules)
    text = find("plan", "smoke").read_text().replace("dut: gen5_bev", f"dut: {dut}")
    path.write_text(text.replace("steps:\n", f"limits:\n{told}\nsteps:\n", 1) if rules else text)
    return str(path)


def named(folder: Path, *rules: str, dut: str = "gen5_bev") -> dict[str, Limit]:
    return {limit.name: limit for limit in draw(load_inputs(plan(folder, *rules, dut=dut))).design.limits}


def test_a_plan_limits_monitors_and_tightens_what_the_rig_allows(tmp_path: Path) -> None:
    limits = named(tmp_path, REGULAR, "{channel: coolant.temp_in, high: 80 °C, level: stop, debounce: 1 s}")
    assert limits["can_dut.edu_status_period_p99 of the plan"].high == 0.012
    assert (limits["coolant.temp_in of the plan"].high, limits["coolant.temp_in of the rig"].high) == (80.0, 85.0)


def test_a_unit_has_limits_of_its_own(tmp_path: Path) -> None:
    text = find("dut", "gen5_bev").read_text()
    (tmp_path / "unit.yaml").write_text(text + "limits:\n  - {channel: can_dut.load, high: 60 %, level: warn}\n")
    assert named(tmp_path, dut="unit.yaml")["can_dut.load of the unit"].high == 60.0


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{channel: coolant.temp_in, high: 90 °C, level: stop}", "is wider than the limit coolant.temp_in of the rig"),
        ("{channel: dut.winding_temp, high: 180 °C, level: stop}", "is wider than the limit winding too hot"),
        (
            "{channel: can_dut.edu_statsu_late, high: 3, level: warn}",
            "no channel 'can_dut.edu_statsu_late'; did you mean 'can_dut.edu_status_late'?",
        ),
        ("{channel: dyno_m.speed, high: 3 rpm, level: warn}", "this bench has no channel 'dyno_m.speed'"),
        ("{channel: can_dut.edu_status_lte, high: 3, level: warn}", "channel 'can_dut.edu_status_lte' is not known"),
        ("{channel: can_dut.edu_status_period_max, high: 3 rpm, level: warn}", "'rpm' is no unit of this quantity"),
    ],
)
def test_what_a_plan_may_not_is_told_with_its_place(tmp_path: Path, rule: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        named(tmp_path, rule)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert Path(plan(tmp_path, rule)).read_text().splitlines()[problem.line - 1].strip() == f"- {rule}"
