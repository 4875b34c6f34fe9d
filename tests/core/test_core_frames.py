"""Frames: judged on the way in by length, CRC, counter and age; sent on schedule with live counter and CRC."""

from dataclasses import replace
from itertools import pairwise

import cantools
import numpy as np
import pytest
from small_bench import (
    CHANNELS,
    DBC,
    IO,
    IO_DBC,
    MS,
    STATUS,
    STATUS_RULE,
    TORQUE,
    VCU,
    Bench,
    can_tables,
    crc8,
    of_kind,
    protected_frame,
    small_design,
)

from bench.base.quality import GOOD, WRONG
from bench.base.records import EV_FRAME_BAD, EV_STOP
from bench.base.ring import drain
from bench.canbus.database import EXTENDED, Database
from bench.canbus.e2e_receiver import FrameStatus, State
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.design import Setpoint, Transmit
from bench.core.tables import NO_STOP

OF_CAN = ("dut.speed", "dut.torque_est", "dut.state")


def can_bench(**changes) -> Bench:
    bench = Bench(small_design(receives=(STATUS_RULE,), limits=(), **changes))
    for name in OF_CAN:
        del bench.keep[name]
    return bench


class Edu:
    """Sends EDU_STATUS every 10 ms, made by cantools and a bitwise CRC; ``spoil`` changes the bytes."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.counter = bench, 0
        self.step = 1

    def run(self, frames: int, spoil=lambda data: data, speed: float = 1500.0) -> None:
        for _ in range(frames):
            number, data = protected_frame("EDU_STATUS", self.counter, State=3, TorqueEst=12.5, Speed=speed)
            self.counter = (self.counter + self.step) % 15
            inbox.post(self.bench.rings.inbox_can, inbox.frame_in(0, number, spoil(data), self.bench.t_ns + 500_000))
            self.bench.run(10)


def armed_with_frames() -> tuple[Bench, Edu]:
    bench = can_bench()
    edu = Edu(bench)
    bench.run()
    edu.run(3)
    bench.command(inbox.arm())
    edu.run(3)
    return bench, edu


def causes(bench):
    return [int(e["id"]) for e in of_kind(bench.told, EV_STOP)]


def test_a_good_frame_enters_the_image_with_its_two_times():
    bench, _ = armed_with_frames()
    assert [bench.value(name) for name in OF_CAN] == [1500.0, 12.5, 3.0]
    row = bench.state.image[CHANNELS.index("dut.speed")]
    assert row["quality"] == GOOD
    assert row["arrived_ns"] - row["t_ns"] == 500_000
    assert causes(bench) == []


def test_missing_frames_stop_after_three_cycles_and_ten_ms():
    bench, _ = armed_with_frames()  # the last frame arrived 9 cycles ago
    bench.run(31)
    assert causes(bench) == []
    bench.run(1)
    assert causes(bench) == [Cause.STATUS_FRAME_MISSING]
    assert of_kind(bench.told, EV_STOP)[0]["extra"] == STATUS


def test_a_frozen_counter_stops_at_the_third_repeat_though_frames_go_on():
    bench, edu = armed_with_frames()
    edu.step = 0
    edu.run(3)
    assert causes(bench) == []
    edu.run(1)
    assert causes(bench) == [Cause.COUNTER_FROZEN]


def flip(data: bytes) -> bytes:
    return bytes([data[0] ^ 0x5A]) + data[1:]


def test_three_of_ten_wrong_crcs_stop_and_no_wrong_value_enters():
    bench, edu = armed_with_frames()
    for _ in range(2):
        edu.run(1, flip, speed=9999.0)
        assert bench.value("dut.speed") == 1500.0
        assert bench.state.image["quality"][CHANNELS.index("dut.speed")] == WRONG
        edu.run(2)
        assert bench.state.image["quality"][CHANNELS.index("dut.speed")] == GOOD
    assert causes(bench) == []
    edu.run(1, flip)
    assert causes(bench) == [Cause.FRAMES_BAD]
    assert [e["value"] for e in of_kind(bench.told, EV_FRAME_BAD)] == [2.0]
    assert bench.state.counters["bad_frames"][0] == 3


def test_a_sender_that_goes_wrong_for_good_is_told_once_a_second_and_counted():
    bench, edu = armed_with_frames()
    edu.run(250, flip)
    told = of_kind(bench.told, EV_FRAME_BAD)
    assert [e["extra"] for e in told] == [1.0, 101.0, 201.0]
    assert causes(bench)[0] == Cause.FRAMES_BAD


def test_isolated_bad_frames_never_stop():
    bench, edu = armed_with_frames()
    for _ in range(4):
        edu.run(1, flip)
        edu.run(10)
    assert causes(bench) == []


@pytest.mark.parametrize("spoil", [lambda d: d[:-1], lambda d: b"", lambda d: d + b"\0"])
def test_a_wrong_length_is_told_and_enters_nothing(spoil):
    bench, edu = armed_with_frames()
    edu.run(1, spoil, speed=9999.0)
    assert bench.value("dut.speed") == 1500.0
    assert [e["value"] for e in of_kind(bench.told, EV_FRAME_BAD)] == [1.0]


GROUP = """VERSION ""
BU_: ECU BENCH
BO_ 2566848766 TEMPERATURES: 8 ECU
 SG_ Winding : 0|8@1+ (1,-40) [-40|210] "degC" BENCH
BO_ 2365522430 SPEED_REQUEST: 8 BENCH
 SG_ Speed : 0|16@1+ (1,0) [0|20000] "rpm" ECU
BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
BA_DEF_DEF_ "VFrameFormat" "J1939PG";
BA_DEF_ SG_ "BenchChannel" STRING ;
BA_DEF_DEF_ "BenchChannel" "";
BA_ "BenchChannel" SG_ 2566848766 Winding "dut.winding_temp";
"""
"""Groups 0xFF00 and 0xFF01 (to all), from the null address."""


def test_a_j1939_message_enters_from_any_source_and_what_others_send_of_our_group_is_not_foreign():
    groups = Database.from_text(GROUP, "groups.dbc")
    can = can_tables((groups, 0, "TEMPERATURES"), (groups, 0, "SPEED_REQUEST"))
    bench = Bench(small_design(can=can, limits=(), transmits=(Transmit("SPEED_REQUEST", 5, 10 * MS),)))
    del bench.keep["dut.winding_temp"]
    bench.run()

    def take(frame_id: int, first: int) -> tuple[float, int]:
        data = bytes([first]) + bytes(7)
        inbox.post(bench.rings.inbox_can, inbox.frame_in(0, EXTENDED | frame_id, data, bench.t_ns))
        bench.run()
        return bench.value("dut.winding_temp"), int(bench.state.counters["unknown"][0])

    assert take(0x18FF0003, 100) == (60.0, 0)
    assert take(0x0CFF0021, 101) == (61.0, 0)
    assert take(0x0CFF0221, 102) == (61.0, 1)  # another group
    assert take(0x0CFF0121, 103) == (61.0, 2)  # ours, from another address: nothing is bound to it
    assert of_kind(bench.told, EV_FRAME_BAD).size == 0
    own = int(can.messages["id"][5]) & ~EXTENDED
    take(own, 0)
    assert [event["value"] for event in of_kind(bench.told, EV_FRAME_BAD)] == [6.0]


def test_silence_costs_the_receivers_trust_cycle_by_cycle_and_two_good_frames_give_it_back():
    bench = can_bench()
    edu, heard = Edu(bench), bench.state.rx[STATUS]
    speed = bench.state.image[CHANNELS.index("dut.speed")]
    bench.run()
    assert heard["state"] == State.NO_DATA
    edu.run(1)
    assert (heard["state"], bench.state.counters["bad_frames"][0]) == (State.INIT, 0)
    edu.run(2)
    assert (heard["state"], speed["quality"]) == (State.VALID, GOOD)
    bench.run(94)  # 103 ms after the last frame: nine cycles were silent
    assert (heard["state"], heard["status"]) == (State.VALID, FrameStatus.NO_NEW_DATA)
    bench.run(10)
    assert (heard["state"], speed["quality"]) == (State.INVALID, WRONG)
    edu.run(1)
    assert (heard["state"], heard["status"], speed["quality"]) == (State.INVALID, FrameStatus.OK, WRONG)
    edu.run(1, speed=700.0)
    assert (heard["state"], speed["quality"], bench.value("dut.speed")) == (State.VALID, GOOD, 700.0)


def test_our_own_id_from_somebody_else_stops():
    bench, _ = armed_with_frames()
    number = int(can_tables().messages["id"][VCU])
    inbox.post(bench.rings.inbox_can, inbox.frame_in(0, number, bytes(8), bench.t_ns))
    bench.run()
    assert causes(bench) == [Cause.FOREIGN_FRAME]


def test_unknown_ids_are_counted_and_harmless():
    bench, edu = armed_with_frames()
    for number in range(0x600, 0x620):
        inbox.post(bench.rings.inbox_can, inbox.frame_in(1, number, bytes(8), bench.t_ns))
    edu.run(1)
    assert bench.state.counters["unknown"][0] == 32
    assert bench.core["stop_class"] == NO_STOP


def sent(bench: Bench, bus: int) -> list[tuple[int, bytes]]:
    frames = drain(bench.rings.frames_out)
    return [(int(f["t_ns"]), f["data"][: f["length"]].tobytes()) for f in frames if f["bus"] == bus]


def test_the_torque_frame_carries_the_trajectory_every_ten_ms():
    bench = Bench().armed()
    bench.command(inbox.set_point(TORQUE, 100, 200))
    bench.run(200)
    frames = [(t, data) for t, data in sent(bench, 0) if t > 5 * MS]
    message = cantools.database.load_file(DBC).get_message_by_name("VCU_TORQUE_CMD")
    assert {b - a for (a, _), (b, _) in pairwise(frames)} == {10 * MS}
    decoded = [message.decode(data) for _, data in frames]
    counters = [int(values["Counter"]) for values in decoded]
    assert all(b == (a + 1) % 15 for a, b in pairwise(counters))
    torques = [values["TorqueRequest"] for values in decoded]
    assert torques == pytest.approx([min(100.0, 0.2 * (t // MS - 2)) for t, _ in frames], abs=0.026)
    data_id = int(message.dbc.attributes["E2EDataID"].value)
    for _, data in frames:
        assert data[0] == crc8(bytes([data_id & 0xFF, data_id >> 8]) + data[1:])


def test_the_watchdog_toggles_with_each_of_its_frames():
    bench = Bench()
    bench.run(200)
    message = cantools.database.load_file(IO_DBC).get_message_by_name("BENCH_IO_CMD")
    frames = sent(bench, 1)
    pulses = [int(message.decode(data)["Watchdog"]) for _, data in frames]
    assert pulses == [(n + 1) % 2 for n in range(20)]
    assert [t for t, _ in frames] == [(3 + 10 * n) * MS for n in range(20)]


def test_after_a_stall_frames_are_skipped_never_sent_back_to_back():
    bench = Bench().armed()
    bench.run(20)
    sent(bench, 0)
    bench.run(1, step_ns=57 * MS)
    bench.run(30)
    times = [t for t, _ in sent(bench, 0)]
    assert len(times) == 3
    assert np.diff(times).min() >= 5 * MS
    assert bench.state.counters["send_skipped"][0] > 0
    assert all(t % (10 * MS) == 0 for t in times[1:])


def test_a_set_point_that_does_not_fit_its_signal_is_not_sent_and_stops():
    wide = Setpoint("dut.torque_cmd", -1e6, 1e6, initial=1e5)
    others = small_design().setpoints[1:]
    bench = Bench(small_design(setpoints=(wide, *others), envelopes=(), limits=()))
    bench.run(5)
    assert causes(bench) == [Cause.SETPOINT_NOT_ENCODABLE]
    assert of_kind(bench.told, EV_STOP)[0]["extra"] == VCU
    assert sent(bench, 0) == []
    assert len(sent(bench, 1)) == 0 and bench.state.tx["sent"][IO] == 1


def test_a_bus_that_takes_no_frames_stops():
    bench = Bench().armed()
    bench.run(len(bench.rings.frames_out.records) * 5 + 20)
    assert causes(bench) == [Cause.FRAME_NOT_SENT]


def test_a_new_set_point_is_in_the_very_next_frame_in_whatever_cycle_it_comes():
    torque, *others = small_design().setpoints
    jumping = replace(torque, rate_max=np.inf)
    bench = Bench(small_design(setpoints=(jumping, *others), envelopes=())).armed()
    message = cantools.database.load_file(DBC).get_message_by_name("VCU_TORQUE_CMD")
    for phase, wanted in enumerate(range(10, 20)):  # in each of the ten cycles between two frames
        bench.run(10 + phase)
        sent(bench, 0)
        bench.command(inbox.set_point(TORQUE, wanted))
        bench.run(10)
        (_, data), *_ = sent(bench, 0)
        assert message.decode(data)["TorqueRequest"] == wanted
    assert causes(bench) == []
