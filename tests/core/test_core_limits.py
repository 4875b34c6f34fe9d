"""Limits: what is outside, silent or not a number stops; what is not known clears nothing."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bench import (
    CHANNELS,
    LIMITS,
    MS,
    SERVICE_RULES,
    SILENT_MS,
    STATUS_RULE,
    TORQUE,
    Bench,
    of_kind,
    small_design,
)

from bench.base.quality import GOOD, NOT_A_NUMBER, OVER_RANGE, STALE, SUBSTITUTED, WRONG
from bench.base.records import EV_LIMIT, EV_REFUSED, EV_STOP
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.design import Limit
from bench.core.tables import CAUSE, DERATE, MODE_ALWAYS, MODE_ENERGISED, NO_STOP

OVERSPEED, WARM, HOT = range(3)


def stops(bench):
    return [(int(e["id"]), int(e["value"]), int(e["extra"])) for e in of_kind(bench.told, EV_STOP)]


@settings(max_examples=100, deadline=None)
@given(value=st.floats(allow_nan=True, allow_infinity=True), quality=st.integers(0, 8))
def test_only_a_good_finite_value_inside_keeps_the_bench_running(value, quality):
    bench = Bench().armed()
    del bench.keep["dyno_m.speed"]
    bench.read("dyno_m.speed", value, quality)
    bench.run()
    fine = quality == GOOD and -15000 <= value <= 15000
    assert (bench.core["stop_class"] == NO_STOP) == fine
    assert stops(bench) == ([] if fine else [(Cause.OVERSPEED, 1, OVERSPEED)])


def test_silence_stops_after_its_time_and_not_before():
    bench = Bench().armed()
    del bench.keep["dyno_m.speed"]
    bench.run(SILENT_MS)
    assert stops(bench) == []
    bench.run(1)
    assert stops(bench) == [(Cause.OVERSPEED, 1, OVERSPEED)]
    assert bench.bits[-1] & CAUSE
    assert math.isnan(of_kind(bench.told, EV_LIMIT)[0]["extra"])


def test_what_never_arrived_counts_as_silent_as_soon_as_it_is_judged():
    bench = Bench()
    del bench.keep["dyno_m.speed"]
    bench.run(2)
    assert stops(bench) == []
    bench.command(inbox.arm())
    bench.run(1)
    assert stops(bench) == [(Cause.OVERSPEED, 1, OVERSPEED)]


def test_debounce_needs_an_unbroken_violation():
    bench = Bench().armed()
    for _ in range(5):
        bench.keep["dut.winding_temp"] = 170.0
        bench.run(99)
        bench.keep["dut.winding_temp"] = 150.0
        bench.run(1)
    assert stops(bench) == []
    bench.keep["dut.winding_temp"] = 170.0
    bench.run(100)
    assert stops(bench) == []
    bench.run(1)
    assert stops(bench) == [(Cause.OVER_TEMPERATURE, 1, HOT)]


def test_a_warning_has_hysteresis_and_no_invalid_value_raises_or_clears_it():
    bench = Bench().armed()
    levels = []
    for value in (130.0, 117.0, math.nan, 114.0, math.nan, 130.0):
        bench.keep["dut.winding_temp"] = value
        bench.run(3)
        levels.append([int(e["value"]) for e in of_kind(bench.told, EV_LIMIT) if e["id"] == WARM])
    assert levels == [[1], [1], [1], [1, 0], [1, 0], [1, 0, 1]]


@pytest.mark.parametrize("quality", [STALE, OVER_RANGE, NOT_A_NUMBER, WRONG, SUBSTITUTED])
def test_an_invalid_temperature_stops_after_the_debounce(quality):
    bench = Bench().armed()
    del bench.keep["dut.winding_temp"]
    bench.read("dut.winding_temp", 20.0, quality)
    bench.run(100)
    assert stops(bench) == []
    bench.run(1)
    assert stops(bench) == [(Cause.OVER_TEMPERATURE, 1, HOT)]


PATIENT = Limit("door", "dut.state", 0, 1, cause=Cause.DOOR_OPEN, stop_class=0, lost_ns=40 * MS,
                cause_lost=Cause.SIGNAL_INVALID)  # fmt: skip


def test_a_short_loss_is_borne_however_often_it_comes():
    bench = Bench(small_design(limits=(PATIENT,))).armed()
    for _ in range(3):
        bench.keep["dut.state"] = math.nan
        bench.run(39)
        bench.keep["dut.state"] = 1.0
        bench.run(1)
    assert stops(bench) == []


def test_a_lasting_loss_stops_with_its_own_cause_and_not_by_the_hardware():
    bench = Bench(small_design(limits=(PATIENT,))).armed()
    bench.keep["dut.state"] = math.nan
    bench.run(40)
    assert stops(bench) == []
    bench.run(1)
    assert stops(bench) == [(Cause.SIGNAL_INVALID, 1, 0)]
    bench.keep["dut.state"] = 2.0  # now it is known to be open: the stronger stop follows
    bench.run(2)
    assert stops(bench) == [(Cause.SIGNAL_INVALID, 1, 0), (Cause.DOOR_OPEN, 0, 0)]


def test_a_value_outside_stops_at_once_whatever_patience_there_is_for_a_loss():
    bench = Bench(small_design(limits=(PATIENT,))).armed()
    bench.keep["dut.state"] = 2.0
    bench.run(1)
    assert stops(bench) == [(Cause.DOOR_OPEN, 0, 0)]


def test_a_value_that_was_outside_when_it_was_lost_stays_outside():
    limit = Limit("hot", "dut.winding_temp", -40, 160, cause=Cause.OVER_TEMPERATURE, debounce_ns=20 * MS,
                  lost_ns=100 * MS, cause_lost=Cause.SIGNAL_INVALID)  # fmt: skip
    bench = Bench(small_design(limits=(limit,))).armed()
    bench.keep["dut.winding_temp"] = 170.0
    bench.run(10)
    bench.keep["dut.winding_temp"] = math.nan
    bench.run(11)
    assert stops(bench) == [(Cause.OVER_TEMPERATURE, 1, 0)]


def test_a_limit_may_only_be_tightened():
    bench = Bench().armed()
    bench.command(inbox.tighten(WARM, high=100.0))
    bench.command(inbox.tighten(WARM, high=110.0))
    assert len(of_kind(bench.run(), EV_REFUSED)) == 1
    assert bench.state.limits["high"][WARM] == 100.0
    bench.keep["dut.winding_temp"] = 101.0
    bench.run()
    assert len(of_kind(bench.told, EV_LIMIT)) == 1


def test_a_difference_of_channels_is_judged_with_the_validity_of_all():
    pair = Limit("shaft", "dut.speed", -50, 50, minus=(("dyno_m.speed", 2.0),), cause=Cause.COUPLING_BROKEN)
    bench = Bench(small_design(limits=(pair,))).armed()
    bench.keep["dut.speed"], bench.keep["dyno_m.speed"] = 8030.0, 4000.0
    bench.run(3)
    assert stops(bench) == []
    bench.keep["dyno_m.speed"] = math.nan
    bench.run()
    assert stops(bench) == [(Cause.COUPLING_BROKEN, 1, 0)]


def test_modes_choose_when_a_limit_is_judged():
    rules = (
        Limit("door", "dut.state", 0, 1, cause=Cause.DOOR_OPEN, stop_class=0, modes=MODE_ALWAYS),
        Limit("insulation", "dut.torque_est", 100, cause=Cause.INSULATION, modes=MODE_ENERGISED),
    )
    bench = Bench(small_design(limits=rules))
    bench.run(3)
    assert stops(bench) == []
    bench.keep["supply.voltage"] = 400.0
    bench.run(1)
    assert stops(bench) == [(Cause.INSULATION, 1, 1)]
    bench.keep["dut.state"] = 2.0
    bench.run(1)
    assert stops(bench)[1:] == [(Cause.DOOR_OPEN, 0, 0)]


def test_derating_narrows_the_range_of_the_set_point_while_it_lasts():
    rules = (*LIMITS, Limit("derate", "dut.winding_temp", -40, 140, level=DERATE, hysteresis=5.0))
    bench = Bench(small_design(limits=rules)).armed()
    bench.command(inbox.set_point(0, 300))
    bench.run(400)
    bench.keep["dut.winding_temp"] = 145.0
    bench.run(2)
    assert bench.value("dut.torque_cmd") == 200.0
    bench.keep["dut.winding_temp"] = 130.0
    bench.run(300)
    assert bench.value("dut.torque_cmd") == 300.0
    assert stops(bench) == []


def test_older_readings_and_readings_of_set_points_are_refused_and_counted():
    bench = Bench()
    bench.run(20)
    index = CHANNELS.index("dut.winding_temp")
    inbox.post(bench.rings.inbox_links, inbox.reading(index, 99.0, 5 * MS))
    inbox.post(bench.rings.inbox_links, inbox.reading(CHANNELS.index("dut.torque_cmd"), 99.0, 50 * MS))
    inbox.post(bench.rings.inbox_links, inbox.reading(4000, 99.0, 50 * MS))
    del bench.keep["dut.winding_temp"]
    bench.run()
    assert bench.value("dut.winding_temp") == 40.0
    assert bench.value("dut.torque_cmd") == 0.0
    assert (bench.state.counters["older"][0], bench.state.counters["unknown"][0]) == (1, 2)


def test_the_image_calls_an_old_reading_stale():
    bench = Bench()
    bench.run(2)
    del bench.keep["dyno_m.speed"]
    bench.run(500 + len(CHANNELS))
    assert bench.state.image["quality"][CHANNELS.index("dyno_m.speed")] == STALE


EVENT_OF_SPARSE_BENCH = st.tuples(
    st.sampled_from(["dyno_m.speed", "dut.winding_temp", "supply.voltage", "arm", "setpoint", "reset"]),
    st.sampled_from([0.0, 90.0, 119.0, 130.0, 170.0, 16000.0, math.nan]),
    st.integers(1, 260),
)


def sparse(script, poked: bool) -> list[str]:
    """What is told when little arrives; ``poked``: a record of nobody in each cycle makes the core judge every time."""
    limits = (*LIMITS, Limit("moving", "dut.torque_cmd", -50, 50, debounce_ns=5 * MS), Limit("hot", "dut.winding_temp",
              0, 140, level=DERATE, debounce_ns=20 * MS, modes=MODE_ENERGISED))  # fmt: skip
    bench = Bench(small_design(limits=limits, heartbeats=SERVICE_RULES))
    bench.keep = {}
    bench.command(inbox.heartbeat(1))
    bench.read("dut.speed", 0.0)
    for what, value, cycles in script:
        if what == "arm":
            bench.command(inbox.arm(), inbox.heartbeat(1))
        elif what == "setpoint":
            bench.command(inbox.set_point(TORQUE, value))
        elif what == "reset":
            bench.command(inbox.reset(acknowledged=True))
        else:
            bench.read(what, value)
        for _ in range(cycles):
            if poked:
                bench.command(inbox.heartbeat(7))
            bench.run(1)
    return [repr(event) for event in bench.told]


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENT_OF_SPARSE_BENCH, min_size=3, max_size=12))
def test_judging_only_when_something_may_have_changed_changes_no_judgement(script):
    assert sparse(script, poked=False) == sparse(script, poked=True)


def test_a_stop_tells_the_name_of_what_it_came_from():
    design = small_design(limits=(PATIENT,), receives=(STATUS_RULE,))
    assert design.source_of(Cause.DOOR_OPEN, 0) == "door"
    assert design.source_of(Cause.FRAMES_BAD, STATUS_RULE.message) == STATUS_RULE.name
    assert design.source_of(Cause.OPERATOR, -1) == design.source_of(Cause.SERVICE_SILENT, 0) == ""


def test_a_count_of_trouble_is_zero_and_good_until_told_and_a_limit_may_be_set_on_it():
    few = Limit("late cycles", "dut.dc_current", -math.inf, 10.0, cause=Cause.LIMIT)
    bench = Bench(small_design(limits=(few,), zero=("dut.dc_current",))).armed()
    known = bench.state.image[CHANNELS.index("dut.dc_current")]
    assert (known["value"], known["quality"]) == (0.0, GOOD)
    bench.run(2000)
    assert bench.core["stop_class"] == NO_STOP
    bench.read("dut.dc_current", 11.0)
    bench.run(2)
    assert (bench.core["stop_class"], bench.core["cause"]) == (1, Cause.LIMIT)
