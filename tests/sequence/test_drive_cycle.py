"""The step ``drive_cycle``: against the fake bench's ideal physics, and what its check refuses."""

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_bench import FakeBench, powers
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_helpers import make_context, plan_of

from bench.base.errors import InputError
from bench.schedule.outcomes import Held
from bench.schedule.requests import Segment
from bench.sequence.check import check_plan
from bench.sequence.context import Context
from bench.sequence.cycle.course import course_of
from bench.sequence.estimate import estimate
from bench.sequence.registry import step_kinds
from bench.sequence.steps.drive_cycle import DriveCycle
from bench.sequence.verdict import StepVerdict

PLAN = """
plan: small
title: A short trace
dut: fake
rig: fake
steps:
  - drive_cycle:
      trace: [[0 s, 0 km/h], [20 s, 60 km/h], [80 s, 60 km/h], [100 s, 0 km/h], [105 s, 0 km/h]]
      vehicle:
        mass: 1800 kg
        road_load: {f0: 120 N, f1: 0.5 N/(km/h), f2: 0.03 N/(km/h)²}
        tyre_radius: 0.35 m
        regeneration: {share: 100 %, fade: 5..10 km/h}
        auxiliary: 500 W
"""
KIND = DriveCycle()


def parameters(text: str = PLAN) -> Any:
    return plan_of(text).value.steps[0].parameters


def ready_bench(tamper: Any = None) -> FakeBench:
    bench = FakeBench(tamper)
    bench.armed = True
    bench.setpoints.update({"dut.state_request": 2.0, "dyno_l.enable_cmd": 1.0, "coolant.temp_cmd": 65.0})
    bench.winding = 80.0
    return bench


def drive(text: str = PLAN, bench: FakeBench | None = None) -> tuple[FakeBench, StepVerdict]:
    bench = bench or ready_bench()
    return bench, bench.run(KIND.run(parameters(text), make_context()))


def row(bench: FakeBench, phase: str = "total") -> dict[str, Any]:
    return next(data for data in bench.events("cycle_phase") if data["phase"] == phase)


def test_a_short_trace_passes_and_every_figure_stands_in_the_journal() -> None:
    bench, verdict = drive()
    assert verdict == StepVerdict()
    found = row(bench)
    assert found["duration_s"] == 105.0
    assert found["distance_km"] == pytest.approx((60 * 10 + 60 * 60 + 60 * 10) / 3600.0, rel=2e-3)
    assert found["speed_rms_kmh"] < 0.2 and found["outside_occasions"] == 0
    assert found["torque_rms_nm"] < 2.0
    assert found["dc_in_wh"] > found["shaft_driving_wh"] > 0.0 < found["dc_out_wh"] < found["shaft_braking_wh"]
    assert found["dc_net_wh"] == pytest.approx(found["dc_in_wh"] - found["dc_out_wh"])
    assert found["loss_wh"] == pytest.approx(found["dc_net_wh"] - found["shaft_net_wh"])
    with_auxiliary = found["dc_net_wh"] + 500.0 * 105.0 / 3600.0
    assert found["consumption_kwh_100km"] == pytest.approx(0.1 * with_auxiliary / found["distance_km"])
    assert all(found[f"u_{name}_wh"] > 0.0 for name in ("dc_in", "dc_out", "dc_net", "shaft_driving", "loss"))


def test_constant_speed_is_the_power_of_the_road_load() -> None:
    """Analytic: an hour at 90 km/h takes what the fake bench takes at one operating point."""
    text = PLAN.replace(
        "[[0 s, 0 km/h], [20 s, 60 km/h], [80 s, 60 km/h], [100 s, 0 km/h], [105 s, 0 km/h]]",
        "[[0 s, 0 km/h], [30 s, 90 km/h], [930 s, 90 km/h], [960 s, 0 km/h]]",
    )
    text = text.replace("mass: 1800 kg", "mass: 1 kg")
    bench, verdict = drive(text)
    assert verdict == StepVerdict()
    force_n = 120.0 + 0.5 * 90.0 + 0.03 * 90.0**2
    rpm = 90.0 / 3.6 / 0.35 * 8.774 * 30.0 / math.pi
    power_w = powers(rpm, force_n * 0.35 / 8.774, bench.winding)["dc.power"]
    ramps_wh = sum(
        powers(rpm * share, (120.0 + 45.0 * share + 243.0 * share**2) * 0.35 / 8.774, bench.winding)["dc.power"] / 60.0
        for share in ((n + 0.5) / 60.0 for n in range(60))
    ) / 60.0  # fmt: skip
    assert row(bench)["dc_in_wh"] == pytest.approx(power_w * 0.25 + ramps_wh, rel=2e-3)


def test_regeneration_turns_the_sign_of_every_energy() -> None:
    """All braking by the friction brakes: nothing comes back; all by the motor: energy comes back on every side."""
    none, all_of_it = (row(drive(PLAN.replace("share: 100 %", f"share: {share} %"))[0]) for share in (0, 100))
    assert none["dc_out_wh"] == none["ac_out_wh"] == 0.0 and none["shaft_braking_wh"] < 2.0
    assert min(all_of_it["dc_out_wh"], all_of_it["ac_out_wh"]) > 50.0
    assert all_of_it["shaft_braking_wh"] > all_of_it["ac_out_wh"] > all_of_it["dc_out_wh"]
    assert all_of_it["consumption_kwh_100km"] < none["consumption_kwh_100km"] - 4.0
    assert none["braking_demand_wh"] == pytest.approx(all_of_it["braking_demand_wh"])


def test_repetitions_are_driven_in_a_row_each_with_its_rows() -> None:
    bench, verdict = drive(PLAN.replace("      vehicle:", "      repetitions: 3\n      vehicle:"))
    assert verdict == StepVerdict()
    rows = [(data["repetition"], data["phase"]) for data in bench.events("cycle_phase")]
    assert rows == [(n, phase) for n in (1, 2, 3) for phase in ("whole", "total")]
    assert [data["repetition"] for data in bench.events("cycle_trace")] == [1], "only the first is drawn, if all pass"


@pytest.mark.slow
def test_the_phases_of_a_cycle_add_up_to_its_total() -> None:
    text = PLAN.replace(
        "trace: [[0 s, 0 km/h], [20 s, 60 km/h], [80 s, 60 km/h], [100 s, 0 km/h], [105 s, 0 km/h]]", "cycle: ftp_75"
    )
    bench, verdict = drive(text)
    assert verdict == StepVerdict()
    *phases, whole = bench.events("cycle_phase")
    assert [data["phase"] for data in phases] == ["cold_transient", "stabilised", "hot_transient"]
    for name in ("duration_s", "distance_km", "dc_in_wh", "dc_out_wh", "shaft_net_wh", "loss_wh", "demand_wh"):
        assert whole[name] == pytest.approx(sum(data[name] for data in phases)), name
    assert whole["u_dc_net_wh"] == pytest.approx(sum(data["u_dc_net_wh"] for data in phases), rel=0.05)


def test_one_request_a_second_and_no_record_on_the_way() -> None:
    seen: list[str] = []

    class Counted(FakeBench):
        def run(self, operation: Any) -> Any:
            def watched() -> Any:
                answer = None
                while True:
                    try:
                        request = operation.send(answer)
                    except StopIteration as end:
                        return end.value
                    seen.append(type(request).__name__)
                    answer = yield request

            return super().run(watched())

    bench = Counted()
    bench.armed = True
    bench.setpoints.update({"dut.state_request": 2.0, "dyno_l.enable_cmd": 1.0})
    drive(bench=bench)
    assert seen.count("Segment") == 105
    assert len(seen) < 105 + 20


@pytest.mark.parametrize(("tamper", "reason"), [
    ({"dut.torque_est": 20.0}, "torque off by 19.98 Nm (root mean square); 5 Nm are allowed"),
    ({"flange_l.speed": 40.0, "flange_r.speed": 40.0}, "speed outside the driving tolerance 1 times"),
    ({"dut.derating": 1.0}, "the inverter derated for 105.00 s"),
    ({"dc.power": -3000.0}, "below zero by more than"),
])  # fmt: skip
def test_what_does_not_fit_fails_the_step(tamper: dict[str, float], reason: str) -> None:
    def change(_bench: FakeBench, image: dict[str, float]) -> None:
        for channel, more in tamper.items():
            image[channel] += more

    bench, verdict = drive(bench=ready_bench(change))
    assert verdict.verdict == "failed" and reason in verdict.reasons[0], verdict.reasons
    assert row(bench)["verdict"] == "failed" and reason in row(bench)["reason"]


@pytest.mark.parametrize("channel", ["dc.power", "flange_l.torque", "dut.torque_est"])
def test_an_instrument_that_says_nothing_fails_the_step(channel: str) -> None:
    bench = ready_bench()
    bench.silent = {channel}
    _, verdict = drive(bench=bench)
    assert verdict.verdict == "failed" and any("105.0 s without values" in reason for reason in verdict.reasons)


def test_a_repetition_that_a_freeze_came_into_is_driven_again() -> None:
    class Frozen(FakeBench):
        left = 2

        def _on_segment(self, request: Segment) -> None:
            super()._on_segment(request)
            if self.left and self.setpoints["dyno_l.speed_cmd"] > 300.0:
                self.left -= 1
                raise Held("service silent", 0.5)

    bench = Frozen()
    bench.armed = True
    bench.setpoints.update({"dut.state_request": 2.0, "dyno_l.enable_cmd": 1.0})
    _, verdict = drive(bench=bench)
    assert verdict == StepVerdict()
    assert [data["repetition"] for data in bench.events("repeated")] == [1, 1]
    assert len([data for data in bench.events("cycle_phase") if data["phase"] == "total"]) == 1


def test_the_trace_of_the_guide_is_a_plan() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "how-to.md").read_text(encoding="utf-8")
    (text,) = (block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "drive_cycle" in block)
    assert problems(text) == []


# --- the check -------------------------------------------------------------------------------------------------------


def problems(text: str, context: Context | None = None) -> list[str]:
    return [str(problem) for problem in check_plan(plan_of(text), step_kinds(), context or make_context())]


def test_the_plan_above_has_no_problems_and_a_duration() -> None:
    assert problems(PLAN) == []
    assert estimate(plan_of(PLAN).value, step_kinds(), make_context()).steps_s[0] == pytest.approx(106.0)


@pytest.mark.parametrize(("old", "new", "wanted"), [
    ("60 km/h], [80 s, 60 km/h", "250 km/h], [80 s, 250 km/h",
     "small.yaml:8:14: 250 km/h at 20 s is 16624 rpm, beyond the DUT's 14000 rpm; choose a slower cycle, a larger tyre "
     "or a smaller ratio"),
    ("mass: 1800 kg", "mass: 18 t",
     "small.yaml:8:14: 626.1 Nm at 19 s lies outside the DUT's envelope -400.0..400.0 Nm at 3790 rpm; so it is at 37 "
     "of 106 seconds; choose a lighter vehicle, less regeneration, or 'beyond: limit'"),
    ("[20 s, 60 km/h]", "[2 s, 60 km/h]",
     'small.yaml:8:14: 1995 rpm/s at the motor after 0 s; the rig allows 1000 rpm/s: choose a gentler cycle'),
])  # fmt: skip
def test_what_the_unit_cannot_do_is_refused(old: str, new: str, wanted: str) -> None:
    found = problems(PLAN.replace(old, new))
    assert wanted in found, found


@pytest.mark.parametrize(("facts", "wanted"), [
    ({"dyno_speed_max_rpm": 400.0},
     "small.yaml:8:14: 60 km/h at 20 s is 455 rpm, beyond the dyno's 400 rpm at the flange; choose a slower cycle, a "
     "larger tyre or a smaller ratio"),
    ({"dyno_torque_max_nm": 300.0},
     'small.yaml:8:14: 313 Nm at each dyno at 19 s; a dyno holds 300 Nm at most: choose a lighter vehicle'),
    ({"dyno_power_max_w": 10e3},
     'small.yaml:8:14: 14 kW at each dyno at 19 s; a dyno holds 10 kW at most: choose a lighter vehicle'),
    ({"dyno_speed_rate_rpm_s": 20.0},
     'small.yaml:8:14: 23 rpm/s at the flange after 18 s; the rig allows 20 rpm/s: choose a gentler cycle'),
    ({"torque_rate_max_nm_s": 20.0},
     'small.yaml:8:14: 34 Nm/s at the motor after 97 s; the rig allows 20 Nm/s: choose a gentler cycle'),
    ({"source_current_a": 60.0},
     'small.yaml:8:14: the cycle needs 74 A; the supply gives 60 A at most: choose a lighter vehicle'),
    ({"sink_current_a": 20.0},
     'small.yaml:8:14: the cycle needs 49 A; the supply sinks 20 A at most: choose a lighter vehicle'),
    ({"layout": "motor", "shaft_ratio": 1.0},
     "small.yaml:9:7: the unit stands on this bench without its transmission; give the vehicle's 'ratio'"),
])  # fmt: skip
def test_what_the_bench_cannot_carry_is_refused(facts: dict[str, Any], wanted: str) -> None:
    context = make_context()
    found = problems(PLAN, replace(context, bench=replace(context.bench, **facts)))
    assert wanted in found, found


def test_an_analyzer_without_a_wide_range_is_refused() -> None:
    context = make_context()
    dc = replace(context.budget.elements["dc"], current_range_a=50.0)
    budget = replace(context.budget, elements={**context.budget.elements, "dc": dc})
    found = problems(PLAN, replace(context, budget=budget))
    assert found == [
        "small.yaml:8:14: dc.current reaches 74 A, and 15% are left above it; the analyzer's widest range is 50 A: "
        "choose a lighter vehicle"
    ]


@pytest.mark.parametrize(("old", "new", "wanted"), [
    ("trace: [[0 s, 0 km/h], [20 s,", "cycle: wltc_3b\n      trace: [[0 s, 0 km/h], [20 s,",
     "small.yaml:7:5: give either 'cycle' or 'trace'"),
    ("[[0 s, 0 km/h], [20 s,", "[[1 s, 0 km/h], [20 s,",
     'small.yaml:8:14: the times of a trace are whole seconds that begin at 0 s and rise; correct them'),
    ("[0 s, 0 km/h]", "[0 s, 0 m]",
     "small.yaml:8:21: 'm' is no unit of this quantity; expected km/h, m/s, mph"),
    ("mass: 1800 kg", "mass: 1800",
     "small.yaml:10:15: '1800' has no unit; expected kg, t"),
    ("mass: 1800 kg", "mass: -1 kg",
     "small.yaml:10:15: '-1 kg' is out of range; it must be above 0 kg"),
    ("        road_load: {f0: 120 N, f1: 0.5 N/(km/h), f2: 0.03 N/(km/h)²}\n", "",
     "small.yaml:9:7: the road load is missing; give 'road_load', or 'rolling_resistance' and 'drag_area'"),
    ("tyre_radius: 0.35 m", "tyre_radius: 0.35 m\n        drag_area: 0.7 m²",
     "small.yaml:13:20: 'road_load' says all of it already; remove one of both"),
    ("f1: 0.5 N/(km/h)", "f1: 0.5 N",
     "small.yaml:11:36: 'N' is no unit of this quantity; expected N/(km/h)"),
    ("share: 100 %", "share: 110 %",
     "small.yaml:13:31: '110 %' is out of range; it must be at most 100 %"),
    ("5..10 km/h", "10..5 km/h",
     "small.yaml:13:44: the range '10..5 km/h' is empty; write the smaller number first; expected km/h, m/s, mph"),
    ("auxiliary: 500 W", "auxiliary: 500 W\n      beyond: clip",
     "small.yaml:15:15: 'clip' is not one of refuse, limit; write one of them"),
    ("auxiliary: 500 W", "auxiliary: 500 W\n      repetitions: 0",
     'small.yaml:15:20: 0 is out of range; it must be at least 1'),
    ("auxiliary: 500 W", "auxiliary: 500 W\n      repetition: 2",
     "small.yaml:15:7: unknown key 'repetition'; did you mean 'repetitions'?"),
])  # fmt: skip
def test_a_plan_that_is_written_wrongly_is_refused_with_its_place(old: str, new: str, wanted: str) -> None:
    with pytest.raises(InputError) as told:
        plan_of(PLAN.replace(old, new))
    assert wanted in [str(problem) for problem in told.value.problems]


def test_an_unknown_cycle_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="no driving cycle has the name 'wltc'; did you mean 'wltc_3b'"):
        plan_of(re.sub("trace: .*", "cycle: wltc", PLAN))


# --- beyond the envelope ---------------------------------------------------------------------------------------------

HEAVY = PLAN.replace("mass: 1800 kg", "mass: 14 t")


def wide() -> Context:
    """A bench whose analyzer takes any current."""
    context = make_context()
    elements = {name: replace(element, current_range_a=1e4) for name, element in context.budget.elements.items()}
    return replace(context, budget=replace(context.budget, elements=elements))


def test_load_that_the_unit_cannot_hold_is_refused_where_it_lasts() -> None:
    text = HEAVY + "      beyond: limit\n"
    assert problems(text, wide()) == [], "a hundred seconds heat nothing"
    assert problems(text + "      repetitions: 6\n", wide()) == [
        "small.yaml:8:14: the torque is 119 % of the continuous torque, root mean square over the cycle; the unit "
        "would derate: choose a lighter vehicle or a slower cycle"
    ]


def test_a_plan_may_let_the_torque_be_limited_and_every_second_of_it_is_told() -> None:
    text = HEAVY + "      beyond: limit\n"
    assert problems(text, wide()) == []
    bench, verdict = drive(text)
    assert verdict == StepVerdict()
    (started,) = bench.events("cycle_started")
    asked = {ramp.target for ramp in bench.ramps if ramp.channel == "dut.torque_cmd"}
    assert max(asked) == 400.0 and min(asked) == -400.0
    assert row(bench)["limited_s"] == len(started["limited"]) > 20
    assert all(abs(wanted) > abs(allowed) == 400.0 for _, wanted, allowed in started["limited"])


def test_what_is_not_limited_by_the_plan_is_refused_by_the_check() -> None:
    assert any("lies outside the DUT's envelope" in problem for problem in problems(HEAVY))
    assert drive()[0].events("cycle_started")[0]["limited"] == []


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.0, 200.0), min_size=3, max_size=30), st.floats(800.0, 30_000.0))
def test_no_set_point_ever_leaves_the_envelope(speeds: list[float], mass: float) -> None:
    """Neither at the seconds nor between them, where core and unit go on straight lines."""
    points = ", ".join(f"[{n} s, {speed:.3f} km/h]" for n, speed in enumerate([0.0, *speeds, 0.0]))
    text = (
        re.sub("trace: .*", f"trace: [{points}]", PLAN).replace("1800 kg", f"{mass:.1f} kg") + "      beyond: limit\n"
    )
    context = make_context()
    course = course_of(parameters(text), context)
    fine = np.linspace(0.0, course.cycle.seconds, 40 * course.cycle.seconds + 1)
    seconds = np.arange(course.cycle.seconds + 1)
    for rpm, nm in zip(
        np.interp(fine, seconds, course.speed_rpm), np.interp(fine, seconds, course.torque_nm), strict=True
    ):
        assert context.dut.torque_min_nm(rpm) - 0.5 <= nm <= context.dut.torque_max_nm(rpm) + 0.5
