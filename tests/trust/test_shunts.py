"""Shunt signals of the flanges through the whole chain: trigger, flange, frequency or frame, scaling, journal."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.assembly import draw_core, load_inputs
from bench.base.errors import InputError
from bench.config.rig import load_rig
from bench.config.search import find
from bench.core import inbox
from bench.report.decisions import decisions
from bench.service.fault_lines import read_faults

Runner = Callable[..., Any]
RIGS = {"e_axle_demo": "smoke", "e_axle_fast": "smoke", "e_axle_modbus": "smoke", "brake_demo": "motoring"}


@pytest.mark.parametrize("rig", RIGS)
def test_every_flange_shows_what_its_type_plate_says(rig: str, run_of: Runner) -> None:
    run = run_of(RIGS[rig], rig=rig)
    (told,) = run.told("shunt_check")
    flanges = load_inputs(RIGS[rig], rig).rig.value.flanges
    assert told["passed"] and set(told["flanges"]) == set(flanges)
    for name, flange in flanges.items():
        assert flange.shunt is not None
        assert told["flanges"][name]["expected_nm"] == flange.sign * flange.shunt.torque
        assert abs(told["flanges"][name]["shown_nm"] - flange.sign * flange.shunt.torque) < 2e-3 * flange.shunt.torque
    events = [record.event for record in run.journal]
    assert events.index("shunt_check") < events.index("core_armed")


@pytest.mark.parametrize(
    ("rig", "fault", "words"),
    [
        ("e_axle_demo", "flange_l.scaled@0s", "flange_l shows 101"),
        ("e_axle_fast", "flange_r.scaled:-0.5%@0s", "flange_r shows -99"),
        ("e_axle_demo", "flange_r.no_shunt@0s", "flange_r shows 0.0"),
    ],
)
def test_torque_that_is_scaled_silently_is_refused_before_arming(
    rig: str, fault: str, words: str, run_of: Runner
) -> None:
    run = run_of("smoke", fault, rig=rig)
    assert (run.verdict.verdict, run.verdict.accepted) == ("failed", 0)
    (reason,) = run.verdict.reasons
    assert reason.startswith(f"arming, flanges: {words}")
    assert f"(rig {rig}, flanges.{fault[:8]}.shunt); compare type plate" in reason
    assert not run.told("core_armed")
    (line,) = [line for line in decisions(run.journal) if line.event == "shunt check"]
    assert line.grave and words in line.text


def test_the_sign_check_finds_a_flange_mounted_the_other_way_round_the_shunt_signal_does_not(run_of: Runner) -> None:
    run = run_of("smoke", "flange_l.flipped@0s")
    assert run.told("shunt_check")[0]["passed"] and not run.told("sign_check")[0]["passed"]


def test_a_signal_that_comes_on_while_the_bench_is_armed_stops_it(run_of: Runner) -> None:
    inputs, done = load_inputs("smoke"), False
    core = draw_core(inputs.rig.value, inputs.dut.value, inputs.databases)
    place = [setpoint.channel for setpoint in core.design.setpoints].index("io.shunt_cmd")

    def look(made: Any) -> bool:
        nonlocal done
        if not done and made.world.bench.plant.outputs[0]["torque_shaft_nm"] > 30.0:
            inbox.post(made.rings.inbox_sequence, inbox.set_point(place, 1.0))
            done = True
        return False

    run = run_of("smoke", watch=look)
    assert run.verdict.outcome == "stopped" and "shunt signal off" in run.verdict.reasons[0]
    outcomes = {told["rung"]: told["outcome"] for told in run.told("core_rung")}
    assert "missed" not in outcomes.values()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("flange_l.scaled:60%@0s", "60% is no error of a flange; write one within 50 %, such as 1%"),
        ("flange_l.scaled:0%@0s", "0% is no error of a flange"),
        ("flange_l.scaled:nan%@0s", "nan%"),
        ("flange_l.shunted@0s", "flange_l knows no fault 'shunted'"),
    ],
)
def test_faults_of_flanges_that_cannot_be_are_refused(line: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_faults([line], load_rig(find("rig", "e_axle_demo")).value)
    assert words in str(caught.value)
