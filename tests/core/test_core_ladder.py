"""The stop ladder: each rung commanded, confirmed by another sensor, escalated on a miss; never restarted."""

import pytest
from small_bench import COOLANT, SERVICE_RULES, SPEED, STATE_REQUEST, TORQUE, Bench, of_kind, small_design

from bench.base.records import EV_ARMED, EV_REFUSED, EV_SAFE, EV_STOP
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.design import Confirm, Rung
from bench.core.tables import (
    ABS_BELOW,
    ARRIVED,
    CAUSE,
    NO_STOP,
    REFUSED_LATCHED,
    REFUSED_STOPPING,
    RUNNING,
    SAFE,
    STOPPED,
)


def loaded() -> Bench:
    """Armed, 4000 rpm, 100 Nm, inverter running."""
    bench = Bench().armed()
    bench.command(inbox.set_point(SPEED, 4000), inbox.set_point(STATE_REQUEST, 2), inbox.set_point(TORQUE, 100))
    bench.run(2100)
    bench.keep.update({"dut.speed": 4000.0, "dyno_m.speed": 4000.0, "dut.torque_est": 100.0, "dut.state": 3.0})
    bench.run(2)
    bench.told.clear()
    return bench


def follow(bench: Bench) -> None:
    """The bench obeys: sensors show what was commanded."""
    bench.keep["dut.torque_est"] = bench.value("dut.torque_cmd")
    bench.keep["dut.speed"] = bench.keep["dyno_m.speed"] = bench.value("dyno_m.speed_cmd")
    bench.keep["dut.state"] = 3.0 if bench.value("dut.state_request") else 0.0


def test_the_stop_walks_down_rung_by_rung_each_confirmed():
    bench = loaded()
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run()
    assert bench.bits[-1] & CAUSE
    assert bench.value("dut.torque_cmd") == pytest.approx(
        100 - 0.8
    )  # the safe rate acts in the very cycle of the cause
    assert [int(e["value"]) for e in of_kind(bench.told, EV_ARMED)] == [0]
    while not bench.bits[-1] & SAFE:
        follow(bench)
        bench.run()
        if bench.value("dyno_m.speed_cmd") < 4000.0:
            assert bench.value("dut.torque_cmd") < 5.0
        if bench.value("dut.state_request") == 0.0:
            assert bench.keep["dyno_m.speed"] < 50.0
    assert bench.rungs() == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]
    safe = of_kind(bench.told, EV_SAFE)
    assert [(e["id"], e["value"]) for e in safe] == [(Cause.OPERATOR, 1.0)]
    assert bench.core["phase"] == STOPPED
    assert bench.t_ns > 4_000_000_000  # 4000 rpm at 1000 rpm/s


def test_a_rung_holds_for_its_time_before_it_counts():
    bench = loaded()
    bench.keep.update({"dut.torque_est": 0.0, "dyno_m.speed": 0.0})
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run(3)
    entered = bench.t_ns
    while (1, 1) not in bench.rungs():
        bench.run()
    assert bench.t_ns - entered == pytest.approx(50_000_000, abs=2_000_000)


def test_a_missed_rung_acts_and_goes_on_and_the_end_is_told_as_unconfirmed():
    bench = loaded()
    bench.keep["dut.torque_est"] = 0.0
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run(6500)  # the dyno's speed never falls
    assert bench.rungs()[:4] == [(0, 0), (0, 1), (1, 0), (1, -1)]
    assert bench.value("coolant.temp_cmd") == 20.0
    bench.keep["dut.state"] = 0.0
    bench.run(5)
    assert [e["value"] for e in of_kind(bench.told, EV_SAFE)] == [0.0]


def test_a_missed_rung_may_escalate_to_the_hardware_chain():
    bench = loaded()
    bench.keep.update({"dut.torque_est": 0.0, "dyno_m.speed": 0.0})
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run(800)
    assert [(e["id"], e["value"]) for e in of_kind(bench.told, EV_STOP)] == [
        (Cause.OPERATOR, 1),
        (Cause.RUNG_MISSED, 0),
    ]
    assert bench.rungs()[-3:] == [(2, -1), (3, 0), (3, 1)]
    assert [e["value"] for e in of_kind(bench.told, EV_SAFE)] == [0.0]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nothing_but_a_good_value_confirms(value):
    bench = loaded()
    bench.keep["dut.torque_est"] = value
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run(990)
    assert bench.rungs() == [(0, 0)]
    bench.run(20)
    assert (0, -1) in bench.rungs()


def test_a_second_cause_never_restarts_and_a_stronger_one_takes_over_once():
    bench = loaded()
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run(50)
    torque = bench.value("dut.torque_cmd")
    bench.command(inbox.stop_now(Cause.SIGN_CHECK), inbox.stop_now(Cause.OVERSPEED, 2))
    bench.run(1)
    assert bench.value("dut.torque_cmd") < torque
    assert bench.rungs() == [(0, 0)]
    assert bench.state.counters["further_causes"][0] == 2
    bench.command(inbox.stop_now(Cause.CHAIN_OPEN, 0), inbox.stop_now(Cause.CHAIN_OPEN, 0))
    bench.run(1)
    assert bench.rungs() == [(0, 0), (3, 0)]
    assert bench.value("dut.torque_cmd") == 0.0
    assert bench.core["cause"] == Cause.CHAIN_OPEN


def stopped(cause: int) -> Bench:
    bench = loaded()
    bench.command(inbox.stop_now(cause, 0))
    bench.run(3)
    assert bench.core["phase"] == STOPPED
    return bench


def test_after_a_stop_nothing_is_armed_before_a_reset():
    bench = stopped(Cause.OPERATOR)
    bench.command(inbox.arm())
    assert [e["extra"] for e in of_kind(bench.run(), EV_REFUSED)] == [REFUSED_STOPPING]
    bench.command(inbox.reset(), inbox.arm())
    bench.run()
    assert (bench.core["phase"], bench.core["armed"], bench.core["stop_class"]) == (RUNNING, 1, NO_STOP)


def test_a_latched_cause_wants_the_operator():
    bench = stopped(Cause.CHAIN_OPEN)
    bench.command(inbox.reset())
    assert [e["extra"] for e in of_kind(bench.run(), EV_REFUSED)] == [REFUSED_LATCHED]
    bench.command(inbox.reset(acknowledged=True))
    bench.run()
    assert bench.core["phase"] == RUNNING


def test_a_reset_before_the_end_of_the_ladder_is_refused():
    bench = loaded()
    bench.command(inbox.stop_now(Cause.OPERATOR), inbox.reset(acknowledged=True))
    assert [e["extra"] for e in of_kind(bench.run(), EV_REFUSED)] == [REFUSED_LATCHED]
    assert bench.core["cause"] == Cause.OPERATOR


def test_a_freeze_ramps_torque_to_zero_holds_the_rest_and_resumes():
    bench = loaded()
    bench.command(inbox.set_point(SPEED, 4500))
    bench.run(100)
    speed = bench.value("dyno_m.speed_cmd")
    bench.command(inbox.stop_now(Cause.SERVICE_SILENT, 2))
    bench.run(200)
    assert bench.value("dut.torque_cmd") == 0.0
    assert bench.value("dyno_m.speed_cmd") == pytest.approx(speed)
    assert bench.core["armed"] and bench.core["phase"] == STOPPED
    assert len(of_kind(bench.told, EV_SAFE)) == 0
    bench.command(inbox.reset(acknowledged=True), inbox.release(SPEED), inbox.release(TORQUE))
    bench.run(400)
    assert bench.value("dut.torque_cmd") == 100.0
    assert bench.value("dyno_m.speed_cmd") == 4500.0
    bench.command(inbox.release(TORQUE))
    assert len(of_kind(bench.run(), EV_REFUSED)) == 1


def test_a_silent_service_freezes_then_stops():
    bench = Bench(small_design(heartbeats=SERVICE_RULES))
    bench.run(2)
    bench.command(inbox.heartbeat(1), inbox.arm())
    bench.run(300)
    assert bench.core["stop_class"] == NO_STOP
    bench.run(2)
    assert (bench.core["stop_class"], bench.core["cause"]) == (2, Cause.SERVICE_SILENT)
    bench.run(1700)
    assert (bench.core["stop_class"], bench.core["armed"]) == (1, 0)


def test_heartbeats_keep_it_running():
    bench = Bench(small_design(heartbeats=SERVICE_RULES))
    bench.command(inbox.heartbeat(1), inbox.arm())
    for _ in range(20):
        bench.command(inbox.heartbeat(1))
        bench.run(250)
    assert bench.core["stop_class"] == NO_STOP


def test_a_threshold_may_lean_on_another_channel_and_a_trajectory_may_confirm():
    rungs = (
        Rung("lossy", (), (Confirm("supply.voltage", ABS_BELOW, 10.0, slope=0.01, other="dyno_m.speed"),), 500_000_000),
        Rung("arrived", (), (Confirm("coolant.temp_cmd", ARRIVED),), 500_000_000),
    )
    bench = Bench(small_design(ladders={1: rungs})).armed()
    bench.keep.update({"supply.voltage": 45.0, "dyno_m.speed": 4000.0})
    bench.command(inbox.set_point(COOLANT, 30.0, 100.0), inbox.stop_now(Cause.OPERATOR))
    bench.run(5)
    assert bench.rungs() == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_long_pause_of_the_host_stops_at_the_first_cycle_after_it():
    bench = Bench().armed()
    bench.run(1, step_ns=30_000_000_000)
    assert bench.core["stop_class"] == 1
    assert bench.core["cause"] == Cause.HOST_PAUSED
