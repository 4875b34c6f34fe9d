"""Frames between python-can and the core's records."""

import itertools
import time
from pathlib import Path

import can
import numpy as np
import pytest

from bench.base.records import (
    FRAME,
    FRAME_IN,
    INBOX,
    WIRE_ACTIVE,
    WIRE_BUS_OFF,
    WIRE_GONE,
    WIRE_IN,
    WIRE_PASSIVE,
    WIRE_WARNING,
)
from bench.base.ring import drain, make_ring
from bench.io.benchwire import BenchwireBus
from bench.io.can_port import CanPort
from bench.io.clock import MonotonicClock


def test_frames_of_two_buses_come_and_go_whole(folder: Path) -> None:
    clock = MonotonicClock()
    ours = CanPort([BenchwireBus(name, folder=folder, bitrate=0) for name in ("a", "b")], clock)
    theirs = CanPort([BenchwireBus(name, folder=folder, bitrate=0) for name in ("a", "b")], clock)
    frames = np.zeros(3, FRAME)
    frames["id"], frames["bus"], frames["length"] = [0x110, 0x8000_0110, 0x7FF], [0, 1, 1], [8, 3, 0]
    frames["data"][:2, :3] = [[1, 2, 3], [4, 5, 6]]
    before_ns = clock.now_ns()
    assert ours.send(frames) == 0
    inbox, other = make_ring(INBOX, 16), make_ring(FRAME, 16)
    theirs.take_to_inbox(inbox)
    came = drain(inbox)
    came = came[came["kind"] != WIRE_IN]
    assert (came["kind"] == FRAME_IN).all()
    for name in ("id", "bus", "length", "data"):
        np.testing.assert_array_equal(came[name], frames[name])
    assert ((came["t_ns"] >= before_ns - 1_000_000) & (came["t_ns"] <= clock.now_ns())).all()
    assert theirs.send(frames[:1]) == 0
    ours.take_frames(other)
    np.testing.assert_array_equal(drain(other)["data"], frames["data"][:1])
    ours.close()
    theirs.close()


def test_what_cannot_be_sent_at_once_is_counted_and_does_not_block(folder: Path) -> None:
    port = CanPort([BenchwireBus("slow", folder=folder, bitrate=10_000)], MonotonicClock())
    frames = np.zeros(40, FRAME)
    frames["length"] = 8
    failed = port.send(frames)
    assert 6 <= failed <= 8  # 32 wait
    assert port.unsent == failed
    port.close()


def test_error_and_remote_frames_are_no_data(folder: Path) -> None:
    port = CanPort([BenchwireBus("e", folder=folder, bitrate=0)], MonotonicClock())
    with BenchwireBus("e", folder=folder, bitrate=0) as bus:
        bus.send(can.Message(arbitration_id=4, is_error_frame=True, data=bytes(8)))
        bus.send(can.Message(arbitration_id=0x100, is_extended_id=False, is_remote_frame=True, dlc=8))
        bus.send(can.Message(arbitration_id=0x100, is_extended_id=False, data=b"x"))
    inbox = make_ring(INBOX, 4)
    port.take_to_inbox(inbox)
    assert drain(inbox)["length"].tolist() == [1, 0]  # the frame, and what the controller says
    assert port.error_frames == 2
    port.close()


class Adapter(can.BusABC):
    """An adapter of some make: it says what it is told to say, or raises."""

    def __init__(self) -> None:
        super().__init__(channel="any")
        self.channel_info = "any"
        self.says: list[can.Message] = []
        self.fails: set[str] = set()
        self.answers = can.BusState.ACTIVE

    def send(self, msg: can.Message, timeout: float | None = None) -> None:
        if "send" in self.fails:
            raise can.CanOperationError("No buffer space available", 105)

    def _recv_internal(self, timeout: float | None) -> tuple[can.Message | None, bool]:
        if "recv" in self.fails:
            raise OSError(19, "No such device")
        return (self.says.pop(0) if self.says else None), False

    @property
    def state(self) -> can.BusState:
        return self.answers


class Clock(MonotonicClock):
    """A clock that a test sets."""

    now = 0

    def now_ns(self) -> int:
        return Clock.now


MS = 1_000_000


class Bench:
    """A port on one adapter, in steps of a millisecond with a frame every ten; the armed core's answer to it."""

    def __init__(self, bus: can.BusABC) -> None:
        Clock.now = 1000 * MS
        self.bus, self.port, self.inbox = bus, CanPort([bus], Clock(0)), make_ring(INBOX, 256)
        self.frames = np.zeros(1, FRAME)
        self.run(20)

    def run(self, steps: int) -> list[int]:
        """The states told."""
        states: list[int] = []
        for _ in range(steps):
            Clock.now += MS
            self.port.take_to_inbox(self.inbox)
            if Clock.now % (10 * MS) == 0:
                self.port.send(self.frames)
            self.port.ask()
            told = drain(self.inbox)
            states += [int(one["quality"]) for one in told if one["kind"] == WIRE_IN]
        return states

    def until(self, state: int) -> int:
        """Milliseconds until ``state`` is told."""
        return next(step for step in range(1, 200) if state in self.run(1))


def linux(identifier: int, *data: int) -> can.Message:
    return can.Message(arbitration_id=identifier, is_extended_id=False, is_error_frame=True, data=bytes(data), dlc=8)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        (linux(0x040, 0, 0, 0, 0, 0, 0, 0, 0), WIRE_BUS_OFF),
        (linux(0x204, 0, 0x20, 0, 0, 0, 0, 136, 0), WIRE_PASSIVE),
        (linux(0x204, 0, 0x10, 0, 0, 0, 0, 0, 130), WIRE_PASSIVE),
        (linux(0x204, 0, 0x08, 0, 0, 0, 0, 96, 0), WIRE_WARNING),
    ],
)
def test_f10_error_frames_of_linux_are_told_in_the_same_cycle(told: can.Message, state: int) -> None:
    adapter = Adapter()
    bench = Bench(adapter)
    adapter.says = [told]
    assert bench.until(state) == 1
    assert bench.run(150)[-1] == state  # until Linux says otherwise
    adapter.says = [linux(0x104, 0, 0x40)]
    assert bench.until(WIRE_ACTIVE) == 1
    assert bench.port.error_frames == 2


def test_f10_a_bus_off_that_is_over_within_one_cycle_is_told_and_so_is_its_end() -> None:
    adapter = Adapter()
    bench = Bench(adapter)
    adapter.says = [linux(0x040), linux(0x104, 0, 0x40)]
    assert bench.run(2) == [WIRE_BUS_OFF, WIRE_ACTIVE]


def test_f10_sends_that_fail_and_a_driver_that_tells_are_noticed_within_50_ms() -> None:
    adapter = Adapter()
    bench = Bench(adapter)
    adapter.fails = {"send"}
    assert bench.until(WIRE_PASSIVE) <= 50
    adapter.fails = set()
    assert bench.until(WIRE_ACTIVE) <= 20
    adapter.answers = can.BusState.ERROR
    assert bench.until(WIRE_BUS_OFF) <= 10


def test_f15_an_adapter_pulled_out_is_gone_at_once_and_back_within_100_ms() -> None:
    adapter = Adapter()
    bench = Bench(adapter)
    adapter.fails = {"recv", "send"}
    assert bench.until(WIRE_GONE) == 1
    assert set(bench.run(300)) == {WIRE_GONE}
    adapter.fails = set()
    assert bench.until(WIRE_ACTIVE) <= 100


def test_drivers_are_asked_ten_times_a_tenth_of_a_second_one_at_a_time_and_not_while_frames_wait() -> None:
    asked: list[tuple[int, int]] = []

    class Told(Adapter):
        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

        @property
        def state(self) -> can.BusState:
            asked.append((Clock.now // MS, self.number))
            return self.answers

    Clock.now = 1000 * MS
    port, inbox = CanPort([Told(0), Told(1)], Clock(0)), make_ring(INBOX, 256)
    for _ in range(100):
        Clock.now += MS
        before = len(asked)
        port.take_to_inbox(inbox)
        port.send(np.zeros(1, FRAME))
        assert len(asked) == before
        port.ask()
        assert len(asked) <= before + 1
    for number in (0, 1):
        times = [t_ms for t_ms, who in asked if who == number]
        assert len(times) == 10 and {b - a for a, b in itertools.pairwise(times)} == {10}


def test_the_state_of_a_benchwire_is_told_with_its_counters(folder: Path) -> None:
    with BenchwireBus("x", folder=folder, recovery="manual") as bus, BenchwireBus("x", folder=folder) as other:
        port, inbox = CanPort([bus], MonotonicClock()), make_ring(INBOX, 64)
        port.ask()
        port.take_to_inbox(inbox)
        other.script(["can.dut.bus_off:0x0@0s+9s"])
        deadline = time.monotonic() + 10
        states = []
        while WIRE_BUS_OFF not in states and time.monotonic() < deadline:
            port.send(np.zeros(1, FRAME))
            port.ask()
            port.take_to_inbox(inbox)
            states += [int(one["quality"]) for one in drain(inbox) if one["kind"] == WIRE_IN]
        assert states[0] == WIRE_ACTIVE and states[-1] == WIRE_BUS_OFF
        bus.unplug()
        port.take_to_inbox(inbox)
        assert drain(inbox)["quality"][-1] == WIRE_GONE
        bus.plug()
        time.sleep(0.11)
        port.take_to_inbox(inbox)
        assert drain(inbox)["quality"][-1] == WIRE_ACTIVE


def test_old_commands_do_not_go_out_in_a_row_when_somebody_is_there_again(folder: Path) -> None:
    ours, inbox = CanPort([BenchwireBus("lone", folder=folder)], MonotonicClock()), make_ring(INBOX, 256)
    frame = np.zeros(1, FRAME)
    frame["id"], frame["length"] = 0x0C0, 1

    def cycle(number: int) -> None:
        frame["data"][0, 0] = number
        ours.take_to_inbox(inbox)
        ours.send(frame)
        ours.ask()
        time.sleep(0.005)

    for number in range(60):
        cycle(number)
    with BenchwireBus("lone", folder=folder) as other:
        for number in range(60, 70):
            cycle(number)
        got = [message.data[0] for message in iter(lambda: other.recv(0.05), None) if not message.is_error_frame]
    stale = [number for number in got if number < 58]
    assert len(stale) <= 1, "only the one that the controller was trying"
    assert 65 in got
    ours.close()
