"""Step ``net_power_curve``: full torque over the speed, hot, against what was declared."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.base.errors import InputError
from bench.config.search import find
from bench.report.html import render_html
from bench.report.junit import render_junit
from bench.report.model import build_model
from bench.service.preparation import prepare

Runner = Callable[..., Any]
PLAN = """
plan: net
title: Net power
dut: gen5_bev
rig: e_axle_demo
allowance: {allowance}
steps:
  - net_power_curve:
      speeds: {speeds}
      warm_time: {warm}
      hold: {hold}
{more}
"""
USUAL = {"allowance": "0 %", "speeds": "[8000 rpm, 5000 rpm]", "warm": "5 s", "hold": "1 s", "more": ""}


def plan(folder: Path, **changed: str) -> str:
    path = folder / "net.yaml"
    path.write_text(PLAN.format(**{**USUAL, **changed}))
    return str(path)


def declared(first_kw: float, second_kw: float) -> str:
    return f"      declared: [{first_kw} kW, {second_kw} kW]"


@pytest.fixture(scope="module")
def good(run_of: Runner, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run_of(plan(tmp_path_factory.mktemp("plan"), more=declared(200, 204)))


def test_the_curve_has_full_torque_and_its_highest_power(good: Any) -> None:
    assert good.verdict.verdict == "passed"
    fast, slow = good.points
    (told,) = good.told("net_power_curve")
    for row in (fast, slow):
        air_gap_w = row["torque_nm"] * row["speed_rpm"] * math.pi / 30.0
        assert row["zone"] == "net_power" and row["verdict"] == "accepted" and 0.95 < row["p_out_w"] / air_gap_w < 0.985
    assert 399.0 < slow["torque_nm"] < 400.0 and 249.0 < fast["torque_nm"] < 250.6
    assert told["power_w"] == max(fast["p_out_w"], slow["p_out_w"]) and told["curve_s"] < 300.0
    assert fast["off_percent"] == pytest.approx(100.0 * (fast["p_out_w"] / 200e3 - 1.0))


def test_the_report_has_the_curve_and_ci_a_case(good: Any) -> None:
    model = build_model(good.journal)
    page = render_html(model)
    assert "Net power over the speed" in page and re.search(r"20\d\.\d\d kW at \d+ rpm, the curve in", page)
    assert "net power curve" in {case.attrib["name"] for case in ElementTree.fromstring(render_junit(model))[0]}


def test_a_point_beyond_its_tolerance_fails_and_the_highest_has_the_narrow_one(run_of: Runner, tmp_path: Path) -> None:
    run = run_of(plan(tmp_path, more=declared(208, 209.5)))  # both about 203.5 kW: -2.2 and -2.9 %
    assert run.verdict.verdict == "failed"
    (reason,) = run.verdict.reasons
    assert re.fullmatch(r"5000 rpm: -[23]\.\d % from the declared power, 2 % are allowed", reason)


def test_a_unit_that_derates_has_no_net_power(run_of: Runner, tmp_path: Path) -> None:
    run = run_of(plan(tmp_path, allowance="100 %", speeds="[5000 rpm]", hold="60 s", warm="180 s"))
    (told,) = run.told("net_power_curve")
    assert told["verdict"] == "failed" and told["power_w"] is None and told["reason"] == "no point of the curve counts"
    assert "the inverter derated" in run.points[0]["reason"]


def test_a_voltage_that_drops_fails(run_of: Runner, tmp_path: Path) -> None:
    rig = tmp_path / "rig.yaml"
    text = find("rig", "e_axle_demo").read_text()
    cable = "cable_resistance_ohm: {value: 0.008"
    assert cable in text
    rig.write_text(text.replace(cable, "cable_resistance_ohm: {value: 0.05"))
    run = run_of(plan(tmp_path, speeds="[5000 rpm]"), rig=str(rig))
    assert "V are more than 5% below 400 V; use a stronger supply" in run.told("net_power_curve")[0]["reason"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"speeds": "[15000 rpm]"}, "15000 rpm exceeds the DUT's 14000 rpm"),
        (
            {"speeds": "{from: 1000 rpm, to: 14000 rpm, count: 60}", "hold": "5 s"},
            "300 s are allowed (UN R85); ask for",
        ),
        ({"speeds": "[200 rpm]"}, "holds 0.50 periods of the phases at 200 rpm"),
        ({"more": "      declared: [200 kW]"}, "1 powers for 2 speeds; declare one for each"),
        ({"more": "      warm_share: 120 %"}, "'120 %' is out of range"),
        ({"hold": "0 s"}, "'0 s' is out of range"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(InputError) as refused:
        prepare(plan(tmp_path, **wrong))
    assert told in "\n".join(map(str, refused.value.problems))


@pytest.mark.slow
def test_the_shipped_plan_passes(run_of: Runner) -> None:
    run = run_of("net_power_curve")
    assert run.verdict.verdict == "passed" and len(run.points) == 6
