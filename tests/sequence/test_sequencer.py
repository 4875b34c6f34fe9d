"""Whole runs against the fake bench: order of arming, points, verdicts, and every way out through the stop."""

import json
from collections.abc import Callable

import pytest
from fake_bench import FakeBench
from sequence_helpers import MAP, make_context, plan_of

from bench.base.records import CMD_STOP
from bench.core.causes import Cause
from bench.schedule.outcomes import SetpointRefused, Stopped
from bench.sequence.context import Context
from bench.sequence.registry import step_kinds
from bench.sequence.sequencer import run_plan
from bench.sequence.verdict import RunVerdict

KINDS = step_kinds()
Tamper = Callable[[FakeBench, dict[str, float]], None]


def run(bench: FakeBench, text: str = MAP, context: Context | None = None) -> RunVerdict:
    verdict = bench.run(run_plan(plan_of(text).value, KINDS, context or make_context()))
    assert isinstance(verdict, RunVerdict)
    return verdict


@pytest.fixture(scope="module")
def good() -> tuple[FakeBench, RunVerdict]:
    bench = FakeBench()
    return bench, run(bench)


def test_a_good_run_passes_with_every_point_accepted(good: tuple[FakeBench, RunVerdict]) -> None:
    bench, verdict = good
    assert (verdict.verdict, verdict.exit_code, verdict.points, verdict.flagged) == ("passed", 0, 8, 0)
    assert [point["point"] for point in bench.events("point")] == list(range(1, 9))
    assert {point["verdict"] for point in bench.events("point")} == {"accepted"}


def test_one_context_serves_many_runs_each_with_a_count_of_its_own() -> None:
    context = make_context()
    first, second = run(FakeBench(), context=context), run(FakeBench(), context=context)
    assert first == second
    assert (second.points, second.planned, context.tally.points) == (8, 8, 0)


def test_the_journal_tells_the_run_in_order_and_is_plain_json(good: tuple[FakeBench, RunVerdict]) -> None:
    bench, _ = good
    names = [name for name, _ in bench.journal]
    wanted = ["run_started", "armed", "sign_check", "step_started", "step_finished", "stop_requested", "stopped"]
    places = [names.index(name) for name in [*wanted, "run_finished"]]
    assert places == sorted(places)
    assert names[-1] == "run_finished"
    json.dumps(bench.journal, allow_nan=False)


def test_arming_follows_the_benchs_order(good: tuple[FakeBench, RunVerdict]) -> None:
    bench, _ = good
    channels = [ramp.channel for ramp in bench.ramps]
    order = ["io.chain_request", "coolant.flow_cmd", "dyno_l.enable_cmd", "io.contactor_cmd"]
    places = [channels.index(channel) for channel in order]
    request = next(i for i, ramp in enumerate(bench.ramps) if ramp.channel == "dut.state_request" and ramp.target == 1)
    charge = next(i for i, ramp in enumerate(bench.ramps) if ramp.channel == "supply.voltage_cmd" and ramp.target > 0)
    assert [*places, charge, request] == sorted([*places, charge, request])
    asked = bench.asked[:8]
    assert {what for _, what in asked} == {"identify", "set_up"}
    assert {part for part, _ in asked} == {"analyzer", "dyno_l", "dyno_r", "supply"}


def test_precharge_is_current_limited_until_the_link_is_charged(good: tuple[FakeBench, RunVerdict]) -> None:
    bench, _ = good
    limits = [ramp.target for ramp in bench.ramps if ramp.channel == "supply.current_cmd"]
    assert limits == [10.0, 620.0]


def test_no_set_point_ever_leaves_the_envelope(good: tuple[FakeBench, RunVerdict]) -> None:
    """Replays all ramps: between any two settled points torque is allowed at each speed that is passed."""
    bench, _ = good
    dut = make_context().dut
    speed = torque = 0.0
    for ramp in bench.ramps:
        before = speed
        if ramp.channel == "dut.torque_cmd":
            torque = ramp.target
        elif ramp.channel == "dyno_l.speed_cmd":
            speed = ramp.target * 8.774
        for i in range(11):
            at = before + (speed - before) * i / 10
            assert dut.torque_min_nm(at) - 1e-6 <= torque <= dut.torque_max_nm(at) + 1e-6


def test_a_point_has_its_efficiencies_from_the_powers(good: tuple[FakeBench, RunVerdict]) -> None:
    bench, _ = good
    point = bench.events("point")[1]
    out, dc, ac, field = (point[f"{name}_mean"] for name in ("flange_l_power", "dc_power", "ac_power", "field_power"))
    assert point["eta_edu"] == pytest.approx(2.0 * out / dc, rel=1e-9)
    assert point["eta_pe"] == pytest.approx((ac + field) / dc, rel=1e-9)
    assert point["eta_motor_transmission"] == pytest.approx(2.0 * out / (ac + field), rel=1e-9)
    assert point["loss_w"] == pytest.approx(point["loss_pe_w"] + point["loss_mt_w"], rel=1e-9)
    assert point["quadrant"] == 1
    assert bench.events("point")[2]["quadrant"] == 4


def test_windows_hold_ten_revolutions_and_short_points_stay_below_ten_seconds(
    good: tuple[FakeBench, RunVerdict],
) -> None:
    bench, _ = good
    for point in bench.events("point"):
        seconds = (point["end_ns"] - point["start_ns"]) / 1e9
        assert seconds * point["speed_rpm"] / 8.774 / 60.0 >= 10.0 - 1e-6
        assert point["updates"] >= 10
        if point["zone"] == "short_time":
            assert 3.0 <= seconds <= 10.0
            assert point["dut_winding_temp_mean"] < 90.0 + 30.0


def test_ranges_are_fixed_from_the_prediction_before_and_after_each_ramp(good: tuple[FakeBench, RunVerdict]) -> None:
    bench, _ = good
    assert bench.asked.count(("analyzer", "ranges")) >= 2 * 8
    point = bench.events("point")[0]
    assert point["range_dc_a"] == pytest.approx(abs(point["dc_current_mean"]), rel=0.05)


def test_without_breakout_only_the_units_efficiency_exists() -> None:
    context = make_context()
    context.dut.ac_access = False  # type: ignore[misc]
    context.dut.field_access = False  # type: ignore[misc]
    bench = FakeBench()
    assert run(bench, context=context).verdict == "passed"
    point = bench.events("point")[0]
    assert point["eta_edu"] is not None
    assert point["eta_pe"] is point["u_eta_motor_transmission"] is None
    assert "ac_power_mean" not in point


# --- points that must be flagged ---


def flagged(tamper: Tamper) -> tuple[FakeBench, RunVerdict, list[str]]:
    bench = FakeBench(tamper)
    verdict = run(bench)
    return bench, verdict, [point["reason"] for point in bench.events("point") if point["verdict"] == "flagged"]


def at_high_torque(bench: FakeBench) -> bool:
    return bench.setpoints["dut.torque_cmd"] > 300.0


def test_a_derated_point_is_flagged_and_carries_no_efficiency() -> None:
    def derate(bench: FakeBench, image: dict[str, float]) -> None:
        if at_high_torque(bench):
            image["dut.derating"] = 1.0

    bench, verdict, reasons = flagged(derate)
    assert reasons == ["the inverter derated"]
    assert bench.events("point")[0]["eta_edu"] is None
    assert verdict.exit_code == 1
    assert "1 of 8 points are flagged" in verdict.reasons[0]


def test_a_torque_that_is_not_reached_is_flagged() -> None:
    def weak(bench: FakeBench, image: dict[str, float]) -> None:
        if at_high_torque(bench):
            image["dut.torque_est"] = 300.0

    _, _, reasons = flagged(weak)
    assert "torque not reached: 300.0 instead of 360.0" in reasons[0]


def test_a_point_outside_its_temperature_window_is_flagged() -> None:
    def hot(bench: FakeBench, image: dict[str, float]) -> None:
        if at_high_torque(bench):
            image["dut.oil_temp"] = 99.0

    _, _, reasons = flagged(hot)
    assert "dut.oil_temp 99.0..99.0 outside 60..95 degC" in reasons[0]


def test_an_unsettled_point_is_flagged_with_what_was_seen() -> None:
    def wander(bench: FakeBench, image: dict[str, float]) -> None:
        if bench.setpoints["dut.torque_cmd"] == 160.0:
            image["dut.speed"] += 20.0

    bench, _, reasons = flagged(wander)
    assert any("not settled within 120 s: dut.speed inside 2000" in reason for reason in reasons)
    assert [settled for settled in bench.events("settled") if not settled["satisfied"]]


def test_more_power_out_than_in_is_flagged() -> None:
    def generous(bench: FakeBench, image: dict[str, float]) -> None:
        if at_high_torque(bench):
            image["dc.power"] *= 0.85

    _, _, reasons = flagged(generous)
    assert "loss of pe" in reasons[0]
    assert "below zero" in reasons[0]


def test_a_value_that_is_not_good_never_becomes_a_point() -> None:
    class Deaf(FakeBench):
        def _on_measure(self, request):  # type: ignore[no-untyped-def]
            self.silent = {"dc.power"} if at_high_torque(self) else set()
            return super()._on_measure(request)

    bench = Deaf()
    run(bench)
    point = bench.events("point")[0]
    assert point["verdict"] == "flagged"
    assert "dc.power had" in point["reason"]
    assert point["eta_edu"] is None


def test_drift_of_the_reference_fails_the_run() -> None:
    def drift(bench: FakeBench, image: dict[str, float]) -> None:
        if bench.t_ns > 350_000_000_000 and image["dc.power"] > 0:
            image["dc.power"] *= 1.006
            image["dc.current"] *= 1.006

    bench, verdict, _ = flagged(drift)
    assert verdict.exit_code == 1
    assert any("drifted by -0.5" in reason for reason in verdict.reasons)
    assert not bench.events("reference")[-1]["within"]


# --- ways out ---


def stopped_by(stop: Stopped, event: str = "point_started") -> tuple[FakeBench, RunVerdict]:
    bench = FakeBench()
    bench.stop_at_event = (event, stop)
    return bench, run(bench)


@pytest.mark.parametrize("event", ["arming", "sign_check", "step_started", "point_started", "settled", "point"])
def test_a_stop_by_the_core_ends_the_run_at_any_moment(event: str) -> None:
    stop = Stopped(int(Cause.OVER_TEMPERATURE), "over-temperature", "let it cool")
    bench, verdict = stopped_by(stop, event)
    assert (verdict.verdict, verdict.outcome, verdict.exit_code) == ("failed", "stopped", 3)
    assert verdict.reasons[0] == "over-temperature; let it cool"
    assert [name for name, _ in bench.journal[-3:]] == ["stop_requested", "stopped", "run_finished"]
    assert bench.events("stop_requested")[0]["by"] == "core"
    assert CMD_STOP not in bench.commands, "the core has stopped already"


def test_the_operators_abort_has_its_own_exit_code() -> None:
    _, verdict = stopped_by(Stopped(int(Cause.OPERATOR), "stopped by the operator", operator=True))
    assert (verdict.outcome, verdict.exit_code) == ("aborted", 4)


def test_a_second_stop_during_the_stop_does_not_lose_it() -> None:
    stop = Stopped(int(Cause.OVER_TEMPERATURE), "over-temperature")
    bench = FakeBench()
    bench.stop_at_event = ("point_started", stop)
    original = bench._on_untilsafe
    calls = []

    def interrupted(request):  # type: ignore[no-untyped-def]
        calls.append(1)
        if len(calls) == 1:
            raise Stopped(int(Cause.OPERATOR), "stopped by the operator", operator=True)
        return original(request)

    bench._on_untilsafe = interrupted  # type: ignore[method-assign]
    verdict = run(bench)
    assert verdict.stop_confirmed
    assert len(calls) == 2


def test_a_silent_instrument_at_arming_stops_with_its_name() -> None:
    bench = FakeBench()
    bench.silent = {"supply"}
    verdict = run(bench)
    assert verdict.exit_code == 3
    assert verdict.reasons[0] == "supply: no answer"
    assert not bench.armed
    assert all(ramp.channel != "io.contactor_cmd" for ramp in bench.ramps), "nothing was energised"


def test_an_open_door_is_named_and_nothing_is_energised() -> None:
    def door(_bench: FakeBench, image: dict[str, float]) -> None:
        image["io.door_closed"] = 0.0

    bench = FakeBench(door)
    verdict = run(bench)
    assert verdict.exit_code == 3
    assert "arming, chain: close the door" in verdict.reasons[0]
    assert "io.door_closed = 0" in verdict.reasons[0]
    assert bench.ramps == []


def test_a_refused_set_point_ends_the_run_in_the_stop() -> None:
    bench = FakeBench()
    original = bench._on_ramp

    def refuse(request):  # type: ignore[no-untyped-def]
        if request.channel == "dut.torque_cmd" and request.target > 300.0:
            raise SetpointRefused(request.channel, request.target, "outside the envelope")
        original(request)

    bench._on_ramp = refuse  # type: ignore[method-assign]
    verdict = run(bench)
    assert verdict.exit_code == 3
    assert "outside the envelope" in verdict.reasons[0]
    assert bench.events("stopped")[0]["confirmed"]


def test_an_error_of_our_own_stops_the_bench_and_is_raised() -> None:
    bench = FakeBench()
    bench._on_measure = lambda _request: None  # type: ignore[assignment,method-assign,return-value]
    operation = run_plan(plan_of().value, KINDS, make_context())
    with pytest.raises(AttributeError):
        bench.run(operation)
    assert bench.events("stopped")[0]["confirmed"]
    assert "internal error" in bench.events("run_finished")[0]["reasons"][0]


def test_an_unconfirmed_stop_fails_the_run() -> None:
    bench = FakeBench()
    bench.stop_confirmed = False
    verdict = run(bench)
    assert verdict.exit_code == 1
    assert "the stop was not confirmed on every rung" in verdict.reasons


def test_a_failed_soak_ends_the_plan() -> None:
    def restless(bench: FakeBench, image: dict[str, float]) -> None:
        image["dut.winding_temp"] += bench.t_ns / 1e9

    bench = FakeBench(restless)
    verdict = run(bench)
    assert verdict.exit_code == 1
    assert "the soak did not end within 600 s" in verdict.reasons[0]
    assert bench.events("point") == []
