"""An insulation monitor that speaks for itself: thresholds, validity, silence (F-28, F-29), and arming."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import draw, draw_core, load_inputs
from bench.base.errors import InputError
from bench.base.time import NS_PER_S
from bench.config.search import find
from bench.service.preparation import prepare

Runner = Callable[..., Any]
FAST = "e_axle_fast"
HAPPENED = "insulation too low, or its monitor silent"


def stop(run: Any) -> tuple[str, str, float]:
    """What happened, the stop class, and when, in s."""
    at_ns = next(record.t_ns for record in run.journal if record.event == "core_stop")
    told = run.told("core_stop")[0]
    return told["happened"], told["stop_class"], at_ns / NS_PER_S


def test_the_monitor_takes_the_place_of_the_bench_ios_message() -> None:
    inputs = load_inputs("smoke", FAST)
    core = draw_core(inputs.rig.value, inputs.dut.value, inputs.databases)
    assert "IMD_Info" in core.can.messages and "IMD_STATUS" not in core.can.messages
    assert {"imd.insulation", "imd.alarm", "imd.outdated"} <= core.can.heard
    limits = {limit.name: limit for limit in core.design.limits}
    assert limits["insulation"].lost_ns == limits["insulation alarm of the monitor"].lost_ns == 2_010_000_000
    assert "imd.alarm" not in load_inputs("smoke").rig.value.channels()


def test_every_point_of_the_plan_is_reached(run_of: Runner) -> None:
    assert run_of("smoke", rig=FAST).verdict.verdict == "passed"


@pytest.mark.parametrize(
    ("fault", "reason", "within_s"),
    [
        ("insulation.low:20 kohm@25s", "insulation", 4.1),  # a mean of three seconds
        ("insulation.failing@25s", "insulation monitor has failed", 1.1),
        ("insulation.restart@25s", "insulation monitor is untested", 3.2),
        ("can.bench_io.drop:0x37@25s", "", 3.1),  # F-29: two cycles
    ],
)
def test_f28_f29_what_is_low_or_not_to_be_believed_stops_for_good(
    run_of: Runner, fault: str, reason: str, within_s: float
) -> None:
    run = run_of("smoke", fault, rig=FAST)
    happened, stop_class, at_s = stop(run)
    assert (happened, stop_class) == (HAPPENED, "controlled")
    assert 25.0 < at_s <= 25.0 + within_s
    assert reason in [told["limit"] for told in run.told("core_limit") if told["level"] == "stop"] or not reason
    assert run.told("core_safe") == [{"confirmed": True}]


def test_between_warning_and_trip_it_is_only_told(run_of: Runner) -> None:
    run = run_of("smoke", "insulation.low:200 kohm@25s", rig=FAST)
    assert run.verdict.verdict == "passed"
    warned = {told["limit"] for told in run.told("core_limit") if told["level"] == "warn"}
    assert warned == {"insulation", "insulation warning of the monitor"}


@pytest.mark.parametrize(
    ("fault", "stage", "seen"),
    [
        ("insulation.low:100 kohm@0s", "", "imd.insulation = 100000"),
        ("insulation.low:100 kohm@8s", "_hv", "imd.insulation = 100000"),
        ("insulation.failing@0s", "", "imd.failure = 1"),
    ],
)
def test_the_inverter_stays_off_on_bad_insulation(run_of: Runner, fault: str, stage: str, seen: str) -> None:
    run = run_of("smoke", fault, rig=FAST)
    assert (run.verdict.verdict, run.verdict.points) == ("failed", 0)
    assert f"arming, insulation{stage}: " in run.verdict.reasons[0]
    assert seen in run.verdict.reasons[0]
    assert "inverter" not in [told["stage"] for told in run.told("arming")]


def test_arming_waits_for_the_self_test(run_of: Runner) -> None:
    run = run_of("smoke", "insulation.restart@3s", rig=FAST)
    assert run.verdict.verdict == "passed"
    started = {record.data["stage"]: record.t_ns for record in run.journal if record.event == "arming"}
    assert started["accept"] >= 8 * NS_PER_S


def test_what_cannot_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="insulation knows no fault 'failing'"):
        prepare("smoke", fault_lines=("insulation.failing@1s",))
    with pytest.raises(InputError, match="failing takes no '3'; leave the argument out"):
        prepare("smoke", FAST, fault_lines=("insulation.failing:3@1s",))
    text = find("rig", FAST).read_text()
    for old, new, words in (
        ("dbc: bender_iso165c", "dbc: bender_iso165", "did you mean 'bender_iso165c'"),
        ("dbc: bender_iso165c", "dbc: bench_io", "the database of an insulation monitor tells 'coolant.flow'"),
        ("dbc: bender_iso165c", "dbc: cascadia_cm", "has the BenchChannel 'imd.insulation'"),
        ("trip: 50 kohm", "trip: 300 kohm", "must lie below 'warn'"),
    ):
        (tmp_path / "rig.yaml").write_text(text.replace(old, new, 1))
        with pytest.raises(InputError, match=words):
            draw(load_inputs("smoke", str(tmp_path / "rig.yaml")))
