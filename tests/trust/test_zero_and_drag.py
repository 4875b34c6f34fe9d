"""Steps ``zero_check`` and ``no_load_drag``: flanges at standstill, and turning the unit without torque."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.base.errors import InputError
from bench.report.html import render_html
from bench.report.junit import render_junit
from bench.report.model import build_model
from bench.service.fault_lines import read_faults
from bench.service.preparation import prepare

Runner = Callable[..., Any]
PLAN = """
plan: drag
title: Zero and drag
dut: gen5_bev
rig: {rig}
allowance: 0 %
steps:
  - zero_check: {{{zero}}}
  - no_load_drag:
      speeds: {speeds}
      rate: {rate}
      settle: {{torque: 3 Nm, speed: 10 rpm, temperature: 5 K, window: 1 s, timeout: 20 s}}
      measure: {{revolutions: 5, updates: 10, at_least: 1 s}}
"""


def plan(folder: Path, rig: str = "e_axle_demo", zero: str = "", speeds: str = "[1000 rpm, 4000 rpm]",
         rate: str = "1000 rpm/s") -> str:  # fmt: skip
    path = folder / "drag.yaml"
    path.write_text(PLAN.format(rig=rig, zero=zero, speeds=speeds, rate=rate))
    return str(path)


def of_flange(run: Any) -> dict[str, Any]:
    return {told["flange"]: told for told in run.told("zero_check")}


@pytest.fixture(scope="module")
def good(run_of: Runner, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_of(plan(tmp_path_factory.mktemp("plan")))


def test_flanges_near_their_zero_pass_and_say_how_near(good: Any) -> None:
    assert good.verdict.verdict == "passed"
    told = of_flange(good)
    assert sorted(told) == ["flange_l", "flange_r"]
    for found in told.values():
        # rig file: sqrt(0.2² + (0.02 % and 0.025 % of 2 kNm)²) Nm, rectangular; three standard uncertainties of it
        assert found["limit_nm"] == pytest.approx(1.162, abs=1e-3)
        assert abs(found["zero_nm"]) < found["limit_nm"] and abs(found["torque_est_nm"]) < 0.1


def test_drag_is_what_the_flanges_brake_and_the_loss_has_the_dc_power_too(good: Any) -> None:
    slow, fast = good.points
    for row in (slow, fast):
        turning_nm = -(row["flange_l_torque_mean"] + row["flange_r_torque_mean"]) / 8.774  # both turn at the same speed
        assert row["drag_torque_nm"] == pytest.approx(turning_nm, rel=1e-3)
        assert row["loss_w"] == pytest.approx(row["drag_w"] + row["dc_power_mean"], rel=1e-6)
        assert row["zone"] == "no_load" and row["eta_edu"] is None and row["verdict"] == "accepted"
    assert 0.0 < slow["drag_torque_nm"] < fast["drag_torque_nm"], "churning and windage grow with speed"
    # two zeros of 0.67 Nm, rectangular, k = 2, through the ratio; gains of so little torque are nothing
    assert fast["u_drag_torque_nm"] == pytest.approx(2 * 0.671 / 3**0.5 * 2**0.5 / 8.774, rel=0.01)


def test_the_report_has_both_tables_and_ci_a_case_for_each_flange(good: Any) -> None:
    model = build_model(good.journal)
    page = render_html(model)
    assert 'href="#zero_check"' in page and "Drag without load" in page
    assert re.search(r"<td>4000</td><td>\d\.\d{3}<small>± 0\.125</small></td>", page)
    assert "flange_l reads" in page, "in the log of decisions"
    cases = {case.attrib["name"] for case in ElementTree.fromstring(render_junit(model))[0]}
    assert {"zero of flange_l", "zero of flange_r", "point 001: 1000 rpm 0 Nm"} <= cases


@pytest.mark.parametrize("rig", ["e_axle_demo", "e_axle_fast"])  # flanges at the analyzer; on CAN
def test_a_zero_that_has_moved_fails_before_the_first_point(run_of: Runner, tmp_path: Path, rig: str) -> None:
    run = run_of(plan(tmp_path, rig), "flange_r.zero:4 Nm@0s")
    assert run.verdict.verdict == "failed" and run.verdict.outcome == "finished" and not run.points
    told = of_flange(run)
    assert told["flange_l"]["verdict"] == "passed" and told["flange_r"]["verdict"] == "failed"
    assert abs(told["flange_r"]["zero_nm"]) == pytest.approx(4.0, abs=1.2)
    (reason,) = [reason for reason in run.verdict.reasons if "flange" in reason]
    assert re.match(
        r"flange_r reads [+-]\d\.\d\d Nm at standstill without torque, 1.16 Nm are allowed; zero it", reason
    )
    failure = ElementTree.fromstring(render_junit(build_model(run.journal))).find(".//failure")
    assert failure is not None and failure.attrib["message"] == reason


def test_a_limit_of_the_plans_own_is_taken(run_of: Runner, tmp_path: Path) -> None:
    run = run_of(plan(tmp_path, zero="limit: 6 Nm, time: 1 s", speeds="[1000 rpm]"), "flange_r.zero:4 Nm@0s")
    assert run.verdict.verdict == "passed" and of_flange(run)["flange_r"]["limit_nm"] == 6.0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"zero": "time: 400 ms"}, ["0.4 s hold less than 10 updates of the analyzer; raise it to 0.5 s"]),
        ({"zero": "limit: 0 Nm"}, ["'0 Nm' is out of range; it must be above 0"]),
        ({"zero": "limits: 1 Nm"}, ["did you mean 'limit'"]),
        ({"speeds": "[1000 rpm, 15000 rpm]"}, ["15000 rpm exceeds the DUT's 14000 rpm; lower it"]),
        ({"speeds": "[200 rpm]"}, ["holds 0.50 periods of the phases at 200 rpm, at least one is needed"]),
        ({"rate": "2000 rpm/s"}, ["2000 rpm/s exceeds the rig's 1000 rpm/s; lower it"]),
        (
            {"rig": "brake_demo"},
            ["brakes hold nothing at standstill", "zero the flanges by hand", "brakes cannot turn the unit; measure"],
        ),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, wrong: dict[str, str], told: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        prepare(plan(tmp_path, **wrong))
    text = "\n".join(map(str, refused.value.problems))
    assert all(word in text for word in told), text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("flange_l.zero@0s", "needs a torque, such as flange_l.zero:5 Nm@0s"),
        ("flange_l.zero:5 rpm@0s", "needs a torque"),
        ("flange_l.zero:5 Nm@20s", "holds for the whole run; write flange_l.zero:5 Nm@0s"),
    ],
)
def test_a_moved_zero_that_nobody_understands_is_refused(line: str, told: str) -> None:
    from bench.config.rig import load_rig
    from bench.config.search import find

    with pytest.raises(InputError, match=re.escape(told)):
        read_faults([line], load_rig(find("rig", "e_axle_demo")).value)


@pytest.mark.slow
def test_the_shipped_plan_passes(run_of: Runner) -> None:
    run = run_of("no_load_drag")
    assert run.verdict.verdict == "passed" and len(run.points) == 7
