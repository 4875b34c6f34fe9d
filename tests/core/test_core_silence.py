"""Who falls silent freezes the bench, then stops it; a freeze ends by itself when the beat returns in time."""

import pytest
from small_bench import MS, SERVICE_RULES, SPEED, TORQUE, Bench, of_kind, small_design

from bench.base.records import EV_ARMED, EV_RELEASED, EV_SAFE, EV_STOP
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.design import RECORDER, SERVICE, Heartbeat
from bench.core.tables import NO_STOP, STOPPED

RECORDER_RULES = (
    Heartbeat(RECORDER, 1000 * MS, 2, Cause.RECORDER_SILENT),
    Heartbeat(RECORDER, 3000 * MS, 1, Cause.RECORDER_SILENT),
)


class Watched(Bench):
    """Armed at 4000 rpm and 100 Nm on its way to 4500 rpm; ``alive`` beat every 20 ms."""

    def __init__(self, rules=SERVICE_RULES, **changes) -> None:
        super().__init__(small_design(heartbeats=rules, **changes))
        self.alive = {rule.who for rule in rules}
        self.live(5)
        self.command(inbox.arm())
        self.live(20)
        self.command(inbox.set_point(SPEED, 4000), inbox.set_point(TORQUE, 100))
        self.live(2200)
        self.keep.update({"dut.speed": 4000.0, "dyno_m.speed": 4000.0, "dut.torque_est": 0.0, "dut.state": 3.0})
        self.command(inbox.set_point(SPEED, 4500, 100))
        self.live(1000)
        self.told.clear()

    def live(self, ms: int) -> None:
        for _ in range(ms):
            if (self.t_ns // MS) % 20 == 0:
                self.command(*(inbox.heartbeat(who) for who in self.alive))
            self.run()

    def stops(self) -> list[tuple[int, int]]:
        return [(int(e["id"]), int(e["value"])) for e in of_kind(self.told, EV_STOP)]

    def since_told_ms(self, kind: int) -> int:
        return (self.t_ns - int(of_kind(self.told, kind)[-1]["t_ns"])) // MS


def test_a_silent_service_freezes_at_300_ms_and_stops_at_2_s() -> None:
    bench = Watched()
    assert bench.value("dyno_m.speed_cmd") == pytest.approx(4100, abs=1)
    bench.alive.clear()
    bench.live(2050)
    assert bench.stops() == [(Cause.SERVICE_SILENT, 2), (Cause.SERVICE_SILENT, 1)]
    frozen, stopped = (int(e["t_ns"]) // MS for e in of_kind(bench.told, EV_STOP))
    assert stopped - frozen == 1700
    assert bench.value("dut.torque_cmd") == 0.0
    assert bench.core["armed"] == 0
    bench.alive.add(SERVICE)  # too late: a controlled stop goes on to its end
    bench.keep.update({"dyno_m.speed": 0.0, "dut.speed": 0.0, "dut.state": 0.0})
    bench.live(1000)
    assert len(of_kind(bench.told, EV_SAFE)) == 1
    assert (bench.core["phase"], bench.core["stop_class"]) == (STOPPED, 1)
    assert not len(of_kind(bench.told, EV_RELEASED))


def test_a_beat_that_returns_in_time_ends_the_freeze_and_set_points_go_on() -> None:
    bench = Watched()
    bench.alive.clear()
    bench.live(1500)
    held_at = bench.value("dyno_m.speed_cmd")
    assert held_at < 4150 and bench.value("dut.torque_cmd") == 0.0
    bench.alive.add(SERVICE)
    bench.live(250)
    assert bench.core["stop_class"] == 2  # one beat is no return
    bench.live(100)
    assert bench.core["stop_class"] == NO_STOP and bench.core["armed"] == 1
    released = of_kind(bench.told, EV_RELEASED)
    assert [int(e["id"]) for e in released] == [Cause.SERVICE_SILENT]
    assert released[0]["value"] == pytest.approx(1.5, abs=0.05)
    bench.live(4500)
    assert bench.value("dut.torque_cmd") == 100.0
    assert bench.value("dyno_m.speed_cmd") == 4500.0
    assert bench.stops() == [(Cause.SERVICE_SILENT, 2)]
    assert not len(of_kind(bench.told, EV_ARMED))


def test_beats_with_gaps_do_not_end_the_freeze() -> None:
    bench = Watched()
    bench.alive.clear()
    bench.live(400)
    for _ in range(4):
        bench.command(inbox.heartbeat(SERVICE))
        bench.live(350)
        assert bench.core["stop_class"] == 2
    bench.live(1800)
    assert bench.stops()[-1] == (Cause.SERVICE_SILENT, 1)


def test_the_recorder_freezes_at_1_s_and_everybody_must_be_back() -> None:
    bench = Watched((*SERVICE_RULES, *RECORDER_RULES))
    bench.alive.discard(RECORDER)
    bench.live(1050)
    assert bench.stops() == [(Cause.RECORDER_SILENT, 2)]
    bench.alive.discard(SERVICE)
    bench.live(400)
    bench.alive.add(RECORDER)
    bench.live(1200)  # the recorder is back for longer than a second, but now the service is silent
    assert bench.core["stop_class"] == 2
    bench.alive.add(SERVICE)
    bench.live(1100)
    assert bench.core["stop_class"] == NO_STOP
    bench.alive.discard(RECORDER)
    bench.live(3050)
    assert bench.stops()[1:] == [(Cause.RECORDER_SILENT, 2), (Cause.RECORDER_SILENT, 1)]


def test_a_freeze_with_another_cause_waits_for_the_operator() -> None:
    bench = Watched()
    bench.command(inbox.stop_now(Cause.LIMIT, 2))
    bench.live(1000)
    assert bench.core["stop_class"] == 2


def test_a_freeze_whose_torque_was_not_confirmed_gone_does_not_end_by_itself() -> None:
    from small_bench import LADDER

    bench = Watched(ladders={2: LADDER[:1], 1: LADDER})
    bench.keep["dut.torque_est"] = 50.0
    bench.alive.clear()
    bench.live(1400)
    bench.alive.add(SERVICE)
    bench.live(1000)
    assert bench.core["stop_class"] == 2 and bench.core["missed"] == 1


def test_a_stronger_cause_acts_during_the_freeze() -> None:
    bench = Watched()
    bench.alive.clear()
    bench.live(500)
    bench.keep["dyno_m.speed"] = 15100.0
    bench.live(2)
    assert bench.stops()[-1] == (Cause.OVERSPEED, 1)
