"""Members that come late, are stopped or killed at any moment: the others lose nothing, and nothing is torn."""

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
from disturbed import again_if_disturbed
from wire_members import frame, member, said, started

from bench.io import wire_flow
from bench.io.benchwire import BenchwireBus

LAST = 29_999
FORKS = """
import os, signal, sys
from pathlib import Path
import can
from bench.io import wire_flow
from bench.io.benchwire import BenchwireBus
from bench.io.wire_memory import compiled_calls

def join():
    return BenchwireBus("t", bitrate=int(sys.argv[2]), folder=Path(sys.argv[1]))

def flood(identity):
    print(os.getpid(), flush=True)
    wire_flow._PATIENCE_NS = 20_000_000_000
    bus, n = join(), 0
    while True:
        data = n.to_bytes(4, "little") + (n * 2_654_435_761 % (1 << 32)).to_bytes(4, "little")
        bus.send(can.Message(arbitration_id=identity, is_extended_id=False, data=data), timeout=20)
        n += 1

def count(last):
    bus, numbers = join(), []
    print(os.getpid(), flush=True)
    while not numbers or numbers[-1] != last:
        numbers.append(int.from_bytes(bus.recv(20).data, "little"))
    whole = numbers == list(range(numbers[0], last + 1))
    os.write(1, f"{numbers[0]} {whole} {bus.frames_lost}\\n".encode())  # as one line: others write, too
    bus.shutdown()

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
compiled_calls()
print("joined", flush=True)
for line in sys.stdin:
    if not os.fork():
        role, number = line.split()
        globals()[role](int(number))
        os._exit(0)
"""


def fork(forks: "subprocess.Popen[str]", role: str, number: int) -> int:
    """Number of the process that does ``role``."""
    assert forks.stdin is not None
    forks.stdin.write(f"{role} {number}\n")
    forks.stdin.flush()
    return int(said(forks))


def check(bus: BenchwireBus, seen: dict[int, int], sender: int, more: int) -> None:
    """Each sender's frames follow each other with the data that belongs to them, until one has sent ``more``."""
    last, until_s = seen.get(sender, -1) + more, time.monotonic() + 60
    while seen.get(sender, -1) < last:
        message = bus.recv(20)
        assert message is not None and time.monotonic() < until_s, f"nothing more from sender {sender}"
        if message.is_error_frame:
            continue
        n, told = (int.from_bytes(message.data[at : at + 4], "little") for at in (0, 4))
        assert told == n * 2_654_435_761 % (1 << 32)
        assert n == seen.get(message.arbitration_id, -1) + 1, f"sender {message.arbitration_id}"
        seen[message.arbitration_id] = n


@pytest.mark.slow
@pytest.mark.parametrize("bitrate", [0, 1_000_000])
@again_if_disturbed(held_up_ms=50)
def test_senders_killed_at_any_moment_tear_nothing(wire: Path, bitrate: int) -> None:
    draw, seen = random.Random(bitrate), dict[int, int]()
    with member(wire, bitrate=bitrate) as reader, started(FORKS, wire, bitrate) as forks:
        before = fork(forks, "flood", 0x220)
        for identity in range(0x21F, 0x200, -1):  # the next one has priority
            pid = fork(forks, "flood", identity)
            check(reader, seen, identity, draw.randrange(1, 300))
            os.kill(before, signal.SIGKILL)
            before = pid
        check(reader, seen, 0x201, 500)
        assert reader.frames_lost == 0
        os.kill(before, signal.SIGKILL)
        with member(wire, bitrate=bitrate) as other:
            other.send(frame(0x700, bytes(8)), timeout=20)
            check(reader, seen, 0x700, 1)


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_readers_that_come_late_or_die_hold_up_nobody_for_long(wire: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_flow, "_PATIENCE_NS", 1_000_000_000)  # for the living on a busy machine
    with started(FORKS, wire, 0) as forks, member(wire, bitrate=0) as sender:
        _, killed, stopped = (fork(forks, "count", LAST) for _ in range(3))
        for n in range(LAST + 1):
            if n == 5_000:
                os.kill(killed, signal.SIGKILL)
                os.kill(stopped, signal.SIGSTOP)
            if n == 20_000:
                fork(forks, "count", LAST)
            sender.send(frame(0x100, n.to_bytes(4, "little")))
        assert {said(forks), said(forks)} == {"0 True 0", "20000 True 0"}
