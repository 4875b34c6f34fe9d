"""benchwire when things go wrong: on the wire, in its memory, with its members."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import can
import pytest
from disturbed import again_if_disturbed
from wire_members import frame, member

from bench.base.records import WIRE_ACTIVE, WIRE_BUS_OFF, WIRE_GONE, WIRE_PASSIVE
from bench.io.benchwire import BenchwireBus
from bench.io.wire_memory import RECORD

VICTIM = """
import os, signal, sys
from pathlib import Path
from bench.io.benchwire import BenchwireBus
bus = BenchwireBus("t", folder=Path(sys.argv[1]))
with bus._wire.scripting() as wire:  # in the middle of a change, with the lock
    wire.slots.view("u1")[:] = 0xA5
    wire.order[:] = 7
    wire.buses["waiting"] = 99
    print("in", flush=True)
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))
    wire.slots.view("u1")[:] = 0
    wire.order[:] = range(256)
    wire.buses["waiting"] = 0
sys.stdin.readline()
"""


def received(bus: BenchwireBus, wait_s: float = 0.15) -> list[can.Message]:
    """Everything that comes until nothing came for ``wait_s``."""
    return list(iter(lambda: bus.recv(wait_s), None))


def wait_for(bus: BenchwireBus, state: int, within_s: float) -> None:
    """Until the controller has ``state``."""
    start = time.monotonic()
    while bus.counters.state != state:
        assert time.monotonic() - start < within_s, bus.counters
        time.sleep(1e-4)


def victim(folder: Path, by: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", VICTIM, str(folder), by]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "in\n"
    return child


@pytest.mark.slow
def test_a_member_killed_in_the_middle_of_a_change_leaves_nothing_torn(wire: Path) -> None:
    with member(wire, bitrate=10_000) as sender, member(wire) as reader:
        for n in range(20):
            sender.send(frame(0x100 + n), timeout=0)  # most of them still wait
        victim(wire, "SIGKILL").communicate()
        got = received(reader, 0.2)
        assert [message.arbitration_id for message in got] == [0x100 + n for n in range(20)]
        time.sleep(0.12)
        assert sender.counters.tec == 0
        assert len(list(wire.glob("t/bell-*"))) == 2  # its doorbell is gone


@pytest.mark.slow
def test_a_member_stopped_with_the_lock_holds_up_nobody_for_ever(wire: Path) -> None:
    with member(wire) as sender, member(wire) as reader:
        child = victim(wire, "SIGSTOP")
        start = time.monotonic()
        with pytest.raises(can.CanOperationError, match="a stopped member holds the wire"):
            sender.send(frame(1), timeout=0)
        assert time.monotonic() - start < 20.0
        assert reader.recv(0.01) is None
        os.kill(child.pid, signal.SIGCONT)
        sender.send(frame(2), timeout=20)
        message = reader.recv(20)
        assert message is not None and message.arbitration_id == 2
        child.kill()
        child.communicate()


def test_a_lone_sender_becomes_passive_and_never_bus_off(wire: Path) -> None:
    with member(wire) as bus:
        bus.send(frame(0x123))
        wait_for(bus, WIRE_PASSIVE, 20.0)  # after 16 tries of 0.1 ms each
        time.sleep(0.15)
        told = bus.counters
        assert (told.tec, told.rec, told.state) == (128, 0, WIRE_PASSIVE)
        assert told.error_frames > 100 and told.load > 0.5
        assert bus.state is can.BusState.PASSIVE
        errors = received(bus)
        assert all(message.is_error_frame for message in errors)
        assert [m.data[6] for m in errors if m.arbitration_id & 0x20] == list(range(8, 136, 8))
        assert any(m.arbitration_id & 0x04 and m.data[1] == 0x20 for m in errors)  # error passive, transmit side
        with member(wire) as other:
            assert [m.arbitration_id for m in received(other) if not m.is_error_frame] == [0x123]
            assert bus.state is can.BusState.ACTIVE and bus.counters.tec == 127


@pytest.mark.slow
def test_the_send_queue_is_bounded_in_number_and_in_time(wire: Path) -> None:
    with member(wire) as bus:
        for n in range(32):
            bus.send(frame(n), timeout=0)
        for timeout, least_s, most_s in ((0, 0, 1.0), (0.1, 0.1, 1.5), (None, 2.0, 10.0)):
            start = time.monotonic()
            with pytest.raises(can.CanOperationError, match="send queue is full"):
                bus.send(frame(1), timeout=timeout)
            assert least_s <= time.monotonic() - start < most_s
        assert bus.counters.lost > 0


def test_bit_errors_end_in_bus_off_and_it_comes_back_by_itself(wire: Path) -> None:
    with member(wire) as bus, member(wire) as other:
        bus.script(["can.dut.bit_error:0x123@0s+9s"], seed=3)
        bus.send(frame(0x123, bytes(8)))
        mine = [message for message in received(bus, 0.2) if message.is_error_frame]
        assert [m.data[6] for m in mine if m.arbitration_id & 0x08] == [*range(8, 256, 8), 255]
        assert [m.arbitration_id & 0x40 for m in mine if m.arbitration_id & 0x08][-1] == 0x40
        told = bus.counters  # 2.8 ms of recessive bits are long over
        assert (told.tec, told.state, told.lost, told.error_frames) == (0, WIRE_ACTIVE, 1, 32)
        bus.send(frame(0x200), timeout=20)
        others = received(other)
        assert not any(m.arbitration_id & 0x40 for m in others if m.is_error_frame)
        assert max(m.data[7] for m in others if m.is_error_frame) == 32
        assert [m.arbitration_id for m in others if not m.is_error_frame] == [0x200]


def test_manual_recovery_and_what_is_missed_meanwhile(wire: Path) -> None:
    with member(wire, recovery="manual") as bus, member(wire) as one, member(wire) as two:
        bus.script(["can.dut.bus_off:0x123@0s+9s"])
        bus.send(frame(0x123))
        wait_for(bus, WIRE_BUS_OFF, 20.0)
        one.send(frame(0x300), timeout=20)
        assert [m.arbitration_id for m in received(two)] == [0x300]
        assert bus.counters.state == WIRE_BUS_OFF
        with pytest.raises(can.CanOperationError, match="restart"):
            bus.send(frame(0x123))
        assert bus.state is can.BusState.ERROR
        bus.state = can.BusState.ACTIVE
        wait_for(bus, WIRE_ACTIVE, 20.0)
        one.send(frame(0x301), timeout=20)
        mine = received(bus)
        assert [m.arbitration_id for m in mine if not m.is_error_frame] == [0x301]
        told = [m.arbitration_id for m in mine if m.is_error_frame]
        assert any(number & 0x40 for number in told) and told[-1] & 0x100  # bus-off, restarted
        with pytest.raises(can.CanOperationError, match="unplug"):
            bus.state = can.BusState.PASSIVE


@again_if_disturbed(held_up_ms=1)
def test_members_arbitrate_and_each_keeps_its_own_order(wire: Path) -> None:
    with member(wire, bitrate=10_000) as one, member(wire) as two, member(wire) as reader:
        for n in range(5):
            one.send(frame(0x300 - n), timeout=0)
        for n in range(5):
            two.send(frame(0x100 + n), timeout=0)
        ids = [message.arbitration_id for message in received(reader, 0.2)]
        assert ids == [0x300, *range(0x100, 0x105), 0x2FF, 0x2FE, 0x2FD, 0x2FC]


def test_a_scripted_share_is_lost_for_all_and_a_frame_may_come_twice(wire: Path) -> None:
    with member(wire, bitrate=1_000_000) as sender, member(wire) as reader:
        sender.script(["can.x.drop:0x100,50%@0s+9s", "can.x.duplicate:0x200@0s+9s"], seed=5)
        for n in range(100):
            sender.send(frame(0x100, bytes([n])))
        sender.send(frame(0x200))
        ids = [message.arbitration_id for message in received(reader)]
        assert 25 < ids.count(0x100) < 75 and ids.count(0x200) == 2
    with member(wire, bitrate=0) as unpaced, pytest.raises(ValueError, match="takes no time"):
        unpaced.script(["can.x.drop@0s"])


def test_an_unplugged_adapter_is_noticed_by_all_calls_and_comes_back(wire: Path) -> None:
    with member(wire) as bus, member(wire) as other:
        bus.unplug()
        assert bus.counters.state == WIRE_GONE and bus.state is can.BusState.ERROR
        for call in (lambda: bus.send(frame(1)), lambda: bus.recv(0)):
            with pytest.raises(can.CanOperationError, match="unplugged"):
                call()
        other.send(frame(2), timeout=0)
        wait_for(other, WIRE_PASSIVE, 20.0)  # nobody acknowledges any more
        bus.plug()
        assert [m.arbitration_id for m in received(bus) if not m.is_error_frame] == [2]
        bus.send(frame(3))
        assert [m.arbitration_id for m in received(other) if not m.is_error_frame] == [3]


def test_strangers_at_the_doorbell_and_garbage_in_the_ring_stop_nobody(wire: Path) -> None:
    with member(wire) as sender, member(wire) as reader:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            for garbage in (b"", b"\xc1", os.urandom(100), b"x" * 60_000, *[b""] * 20):
                try:
                    stranger.sendto(garbage, str(wire / "t" / "bell-1"))
                except BlockingIOError:
                    break
        assert reader.recv(0.01) is None
        ring = reader._wire._memory.ring
        ring["length"][:3], ring["flags"][:3], ring["number"][:3], ring["sender"][1] = [65, 255, 8], 0, -1, 200
        reader._wire._words[8] += 2  # two records that nobody has sent
        sender.send(frame(0x111, b"good"), timeout=20)
        assert [(m.arbitration_id, bytes(m.data)) for m in received(reader)] == [(0x111, b"good")]
        assert reader.bad_records == 2
        assert RECORD.itemsize == 96


def test_a_listener_that_raises_ends_its_notifier_and_not_the_bus(wire: Path) -> None:
    """python-can's Notifier stops reading for good and tells nobody but ``exception``; another one goes on."""
    with member(wire) as sender, member(wire) as reader:
        seen: list[int] = []

        def fragile(message: can.Message) -> None:
            seen.append(message.arbitration_id)
            if message.arbitration_id == 1:
                raise KeyError("listener")

        class Quiet(can.Notifier):
            def _rx_thread(self, bus: can.BusABC) -> None:
                with contextlib.suppress(KeyError):
                    super()._rx_thread(bus)

        first = Quiet(reader, [fragile], timeout=0.05)
        sender.send(frame(0), timeout=20)
        sender.send(frame(1), timeout=20)
        deadline = time.monotonic() + 20
        while first.exception is None and time.monotonic() < deadline:
            time.sleep(1e-3)
        assert isinstance(first.exception, KeyError)
        first.stop()
        with can.Notifier(reader, [fragile], timeout=0.05):
            sender.send(frame(2), timeout=20)
            while 2 not in seen and time.monotonic() < deadline:
                time.sleep(1e-3)
        assert seen == [0, 1, 2]


def test_a_wire_has_one_bit_rate_and_is_this_users_alone(wire: Path) -> None:
    with member(wire, bitrate=250_000, data_bitrate=1_000_000, fd=True) as bus:
        for wrong in ({"bitrate": 500_000}, {"bitrate": 0}, {"data_bitrate": 2_000_000}):
            with pytest.raises(can.CanInitializationError, match="a bus has one bit rate"):
                member(wire, **wrong)
        with member(wire, fd=True) as other:
            start = time.time()
            bus.send(can.Message(arbitration_id=0x555, is_extended_id=False, is_fd=True, bitrate_switch=True,
                                 data=b"\x55" * 64))  # fmt: skip
            message = other.recv(20)
            assert message is not None and message.is_fd and message.bitrate_switch
            assert message.timestamp - start >= 29 * 4e-6 + 550e-6 - 3 * 4e-6
            with pytest.raises(can.CanOperationError, match="cannot be sent"):
                bus.send(frame(1, bytes(9)))
            with pytest.raises(can.CanOperationError, match="no frame of 9"):
                bus.send(can.Message(arbitration_id=1, is_extended_id=False, is_fd=True, data=bytes(9)))
        for path in (wire / "t").iterdir():
            if path.name in ("ring", "lock"):
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (wire / "t" / "ring").write_bytes(b"x" * 100)
    with pytest.raises(can.CanInitializationError, match="remove it"):
        member(wire)
