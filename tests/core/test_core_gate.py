"""The gate: what moves energy is inside range and envelope, or it is refused with a reason."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bench import ENVELOPE, SETPOINTS, SPEED, TORQUE, Bench, kinds, of_kind

from bench.base.quality import STALE, WRONG
from bench.base.records import EV_LIMITED, EV_REFUSED
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.tables import (
    REFUSED,
    REFUSED_ENVELOPE,
    REFUSED_NOT_ARMED,
    REFUSED_NOT_FINITE,
    REFUSED_RANGE,
    REFUSED_SPEED_UNKNOWN,
    REFUSED_STOPPING,
    REFUSED_UNKNOWN,
)

SPEEDS, LOWS, HIGHS = (np.array(column) for column in zip(*ENVELOPE.points, strict=True))


def inside_envelope(torque: float, speed: float) -> bool:
    """The same rule by numpy: linear between points, mirrored, nothing beyond the last."""
    if abs(speed) > SPEEDS[-1]:
        low = high = 0.0
    else:
        low, high = np.interp(abs(speed), SPEEDS, LOWS), np.interp(abs(speed), SPEEDS, HIGHS)
    if speed < 0:
        low, high = -high, -low
    return bool(low - ENVELOPE.margin_nm - 1e-9 <= torque <= high + ENVELOPE.margin_nm + 1e-9)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench().armed()


@settings(max_examples=150, deadline=None)
@given(
    target=st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(-450, 450)),
    rate=st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 2000)),
    actual=st.floats(-15000, 15000),
    commanded=st.floats(-15000, 15000),
)
def test_torque_is_inside_everything_or_refused(bench, target, rate, actual, commanded):
    bench.keep["dut.speed"] = actual
    bench.state.setpoints["target"][SPEED] = commanded
    bench.run()
    before = bench.state.setpoints[TORQUE].copy()
    bench.command(inbox.set_point(TORQUE, target, rate))
    refused = of_kind(bench.run(), EV_REFUSED)
    fits = (
        math.isfinite(target)
        and not math.isnan(rate)
        and abs(target) <= 400
        and (target == 0 or (inside_envelope(target, actual) and inside_envelope(target, commanded)))
    )
    after = bench.state.setpoints[TORQUE]
    assert len(refused) == (0 if fits else 1)
    assert after["target"] == (target if fits else before["target"])
    assert inside_envelope(bench.value("dut.torque_cmd"), actual)
    assert after["rate"] <= SETPOINTS[TORQUE].rate_max


def reasons(bench: Bench, record) -> list[float]:
    bench.command(record)
    return [float(e["extra"]) for e in of_kind(bench.run(), EV_REFUSED)]


def test_every_refusal_names_its_reason():
    bench = Bench()
    bench.run(2)
    assert reasons(bench, inbox.set_point(TORQUE, 10)) == [REFUSED_NOT_ARMED]
    bench.armed()
    assert reasons(bench, inbox.set_point(TORQUE, math.nan)) == [REFUSED_NOT_FINITE]
    assert reasons(bench, inbox.set_point(TORQUE, 10, math.nan)) == [REFUSED_NOT_FINITE]
    assert reasons(bench, inbox.set_point(TORQUE, 400.1)) == [REFUSED_RANGE]
    assert reasons(bench, inbox.set_point(99, 1)) == [REFUSED_UNKNOWN]
    bench.keep["dut.speed"] = 9000.0
    bench.run()
    assert reasons(bench, inbox.set_point(TORQUE, 300)) == [REFUSED_ENVELOPE]
    assert bench.bits[-1] & REFUSED
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run()
    assert reasons(bench, inbox.set_point(TORQUE, 0)) == [REFUSED_STOPPING]


def test_a_speed_is_refused_where_the_commanded_torque_is_not_allowed():
    bench = Bench().armed()
    bench.command(inbox.set_point(TORQUE, 350))
    bench.run()
    assert reasons(bench, inbox.set_point(SPEED, 9000)) == [REFUSED_ENVELOPE]
    assert reasons(bench, inbox.set_point(SPEED, 5000)) == []


@pytest.mark.parametrize("quality", [STALE, WRONG])
def test_without_a_good_speed_only_zero_torque_is_accepted(quality):
    bench = Bench().armed()
    del bench.keep["dut.speed"]
    bench.read("dut.speed", 0.0, quality)
    bench.run()
    assert reasons(bench, inbox.set_point(TORQUE, 5)) == [REFUSED_SPEED_UNKNOWN]
    assert reasons(bench, inbox.set_point(TORQUE, 0)) == []


def test_disarmed_accepts_only_what_says_always():
    bench = Bench()
    bench.run(2)
    bench.command(inbox.set_point(4, 60.0))
    assert EV_REFUSED not in kinds(bench.run())
    assert bench.value("coolant.temp_cmd") == 60.0


def test_a_rate_above_the_highest_is_limited_and_told():
    bench = Bench().armed()
    bench.command(inbox.set_point(TORQUE, 100, 5000))
    limited = of_kind(bench.run(), EV_LIMITED)
    assert [(e["id"], e["value"], e["extra"]) for e in limited] == [(TORQUE, 5000.0, 1000.0)]
    assert bench.value("dut.torque_cmd") == pytest.approx(1.0)


@pytest.mark.parametrize(("rate", "expected"), [(50.0, 50.0), (0.0, 1000.0), (-3.0, 1000.0)])
def test_a_trajectory_is_a_straight_line_that_lands_exactly(rate, expected):
    bench = Bench().armed()
    bench.command(inbox.set_point(TORQUE, 10.0, rate))
    for n in range(1, 300):
        bench.run()
        assert bench.value("dut.torque_cmd") == pytest.approx(min(10.0, expected * n * 1e-3), abs=1e-9)
    assert bench.value("dut.torque_cmd") == 10.0
    assert not bench.state.setpoints["moving"][TORQUE]


def test_torque_follows_the_envelope_when_the_speed_rises_and_says_so_once():
    bench = Bench().armed()
    bench.command(inbox.set_point(TORQUE, 300))
    bench.run(400)
    for speed in range(5000, 12000, 100):
        bench.keep["dut.speed"] = float(speed)
        bench.run(2)
        assert inside_envelope(bench.value("dut.torque_cmd"), speed)
    assert len(of_kind(bench.told, EV_LIMITED)) == 1
    bench.keep["dut.speed"] = 0.0
    bench.run(400)
    assert bench.value("dut.torque_cmd") == 300.0


def test_a_pause_of_the_host_makes_no_jump_in_a_set_point():
    bench = Bench().armed()
    bench.command(inbox.set_point(TORQUE, 200))
    bench.run(10)
    before = bench.value("dut.torque_cmd")
    bench.run(1, step_ns=500_000_000)
    assert bench.value("dut.torque_cmd") - before <= 10.0 + 1e-9
