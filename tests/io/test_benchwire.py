"""benchwire across processes, through python-can's own front door."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import can
import pytest
from disturbed import again_if_disturbed
from wire_members import frame, member

from bench.canbus.frame_bits import bits_of
from bench.io.benchwire import BenchwireBus

HEAD = """
import sys, time, can
from pathlib import Path
from bench.io.benchwire import BenchwireBus
bus = BenchwireBus("t", bitrate=int(sys.argv[2]), folder=Path(sys.argv[1]))
print("joined", flush=True)
"""
SENDER = (
    HEAD
    + """
sys.stdin.readline()
for n in range(10_000):
    bus.send(can.Message(arbitration_id=n % 0x800, is_extended_id=False, data=n.to_bytes(8, "little")))
bus.shutdown()
"""
)
FLOOD = (
    HEAD
    + """
while True:
    bus.send(can.Message(arbitration_id=0x7FF, is_extended_id=False, data=b"x"))
"""
)
ECHO = (
    HEAD
    + """
while True:
    message = bus.recv()
    bus.send(can.Message(arbitration_id=message.arbitration_id + 1, is_extended_id=False, data=message.data))
"""
)


def process(script: str, folder: Path, bitrate: int = 500_000) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, str(folder), str(bitrate)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "joined\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


@pytest.mark.slow
def test_ten_thousand_frames_reach_notifiers_in_order_and_without_loss(wire: Path) -> None:
    with member(wire, bitrate=0) as first, member(wire, bitrate=0) as second:
        seen: tuple[list[int], list[int]] = ([], [])
        done = threading.Barrier(3)

        def listener(into: list[int]) -> can.notifier.MessageRecipient:
            def listen(message: can.Message) -> None:
                into.append(int.from_bytes(message.data, "little"))
                if len(into) == 10_000:
                    done.wait(60)

            return listen

        notifiers = [can.Notifier(bus, [listener(into)]) for bus, into in zip((first, second), seen, strict=True)]
        sender = process(SENDER, wire, 0)
        sender.communicate("go\n", timeout=60)
        done.wait(60)
        for notifier in notifiers:
            notifier.stop()
        assert seen[0] == seen[1] == list(range(10_000))
        assert first.frames_lost == second.frames_lost == 0


@pytest.mark.slow
def test_two_processes_send_at_once_and_nothing_is_torn(wire: Path) -> None:
    with member(wire, bitrate=0) as reader:
        senders = [process(SENDER, wire, 0) for _ in range(2)]
        for sender in senders:
            assert sender.stdin is not None
            sender.stdin.write("go\n")
            sender.stdin.flush()
        numbers = [
            int.from_bytes(message.data, "little") for message in (reader.recv(20) for _ in range(20_000)) if message
        ]
        for sender in senders:
            sender.communicate(timeout=60)
        assert sorted(numbers) == sorted([*range(10_000)] * 2)


@pytest.mark.slow
def test_a_killed_member_disturbs_nobody(wire: Path) -> None:
    with member(wire) as reader, member(wire) as writer:
        for victim_script in (FLOOD, ECHO):
            victim = process(victim_script, wire)
            time.sleep(0.05)
            end(victim)
            while reader.recv(0.05):
                pass
            writer.send(frame(0x123, b"alive"), timeout=20)
            message = reader.recv(20)
            assert message is not None
            assert bytes(message.data) == b"alive"
        writer.send(frame(1))
        assert len(list(wire.glob("t/bell-*"))) == 2  # the dead ones' doorbells are gone


@pytest.mark.slow
def test_a_stopped_member_does_not_hold_up_the_bus_and_sees_all_later(wire: Path) -> None:
    with member(wire) as bus:
        echo = process(ECHO, wire)
        os.kill(echo.pid, signal.SIGSTOP)
        for n in range(100):
            bus.send(frame(n), timeout=20)
        assert bus.recv(0.05) is None
        os.kill(echo.pid, signal.SIGCONT)
        answers = [bus.recv(20) for _ in range(100)]
        end(echo)
        assert [answer.arbitration_id for answer in answers if answer] == list(range(1, 101))


@again_if_disturbed(held_up_ms=1)
def test_frames_take_their_time_on_the_wire(wire: Path) -> None:
    with member(wire, bitrate=125_000) as sender, member(wire, bitrate=125_000) as receiver:
        start = time.monotonic()
        for _ in range(20):
            sender.send(frame(1, bytes(8)), timeout=20)
        stamps = [message.timestamp for message in (receiver.recv(20) for _ in range(20)) if message]
        elapsed_s = time.monotonic() - start
        frame_s = bits_of(1, bytes(8)) / 125_000
        assert elapsed_s >= 20 * frame_s * 0.99
        gaps = [later - earlier for earlier, later in itertools.pairwise(stamps)]
        assert all(abs(gap - frame_s) < 1e-3 for gap in gaps)


def test_a_full_send_queue_is_an_error_and_not_a_loss(wire: Path) -> None:
    with member(wire, bitrate=10_000) as sender, pytest.raises(can.CanOperationError, match="send queue is full"):
        for _ in range(40):
            sender.send(frame(1, bytes(8)), timeout=0)


def test_a_reader_left_far_behind_is_told(wire: Path) -> None:
    with member(wire, bitrate=0) as sender, member(wire, bitrate=0) as reader:
        for n in range(20_000):
            sender.send(frame(1, n.to_bytes(4, "little")))
        first, then = reader.recv(20), reader.recv(20)
        assert first is not None and then is not None
        assert first.is_error_frame and first.arbitration_id == 0x004 and first.data[1] == 0x01
        assert int.from_bytes(then.data, "little") == reader.frames_lost > 0


def test_all_kinds_of_frames_arrive_as_they_were_sent(wire: Path) -> None:
    kinds = [
        can.Message(arbitration_id=0x1ABCDEF0, is_extended_id=True, data=b"12345678"),
        can.Message(arbitration_id=0x100, is_extended_id=False, is_remote_frame=True, dlc=5),
        can.Message(arbitration_id=0x100, is_extended_id=False, is_fd=True, bitrate_switch=True, data=bytes(range(64))),
        can.Message(arbitration_id=0x004, is_error_frame=True, data=bytes(8)),
        can.Message(arbitration_id=0, is_extended_id=False),
    ]
    with member(wire, fd=True, receive_own_messages=True) as bus, member(wire, fd=True) as other:
        for sent in kinds:
            bus.send(sent)
            for receiver, is_rx in ((other, True), (bus, False)):
                seen = receiver.recv(20)
                assert seen is not None
                assert seen.equals(sent, timestamp_delta=None, check_channel=False, check_direction=False)
                assert seen.is_rx is is_rx
                assert abs(seen.timestamp - time.time()) < 20
    with member(wire) as classic, pytest.raises(can.CanOperationError, match="fd=True"):
        classic.send(kinds[2])


def test_filters_and_the_plugin_entry_point(wire: Path) -> None:
    wanted = [{"can_id": 0x200, "can_mask": 0x7FF}]
    with can.Bus(interface="benchwire", channel="t", folder=wire, can_filters=wanted) as bus, member(wire) as other:
        other.send(frame(0x100))
        other.send(frame(0x200))
        message = bus.recv(20)
        assert message is not None and message.arbitration_id == 0x200
        assert bus.recv(0.01) is None


def test_asyncio_is_woken_by_the_doorbell(wire: Path) -> None:
    async def receive() -> list[int]:
        with member(wire) as bus, member(wire) as other:
            reader = can.AsyncBufferedReader()
            notifier = can.Notifier(bus, [reader], loop=asyncio.get_running_loop())
            for n in range(30):
                other.send(frame(n))
            messages = [await asyncio.wait_for(reader.get_message(), 20) for _ in range(30)]
            notifier.stop()
            return [message.arbitration_id for message in messages]

    assert asyncio.run(receive()) == list(range(30))


def test_the_last_member_removes_the_memory_and_shutdown_wakes_a_reader(wire: Path) -> None:
    first, second = member(wire), member(wire)
    failure: list[Exception] = []

    def read() -> None:
        try:
            first.recv()
        except can.CanOperationError as error:
            failure.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.02)
    first.shutdown()
    thread.join(20)
    assert failure
    with pytest.raises(can.CanOperationError):
        first.send(frame(1))
    assert (wire / "t" / "ring").exists()
    second.shutdown()
    assert [path.name for path in (wire / "t").iterdir()] == ["lock"]


def test_bad_channels_and_rates_are_refused(wire: Path) -> None:
    for channel in ("../x", "", "a/b"):
        with pytest.raises(can.CanInitializationError, match="benchwire channel"):
            BenchwireBus(channel, folder=wire)
    with pytest.raises(can.CanInitializationError, match="bit rates"):
        BenchwireBus("t", bitrate=-1, folder=wire)
