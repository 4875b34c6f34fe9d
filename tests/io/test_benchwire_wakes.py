"""Nobody sleeps through a frame: members that wait in every way python-can knows, woken at every moment.

Here nobody looks by himself after 0.1 s, as members do in earnest: one ring that is lost, and the test stands still.
"""

import random
import time
from pathlib import Path

import can
import pytest
from disturbed import again_if_disturbed
from wire_members import frame, member, started

from bench.io import benchwire

READER = """
import select, sys
from pathlib import Path
import can
from bench.io import benchwire
benchwire._SILENT_MAX_NS = 60_000_000_000
folder, bitrate, way = sys.argv[1:]
bus = benchwire.BenchwireBus("t", bitrate=int(bitrate), folder=Path(folder))
print("joined", flush=True)

def messages():
    while True:
        if way == "recv":
            yield bus.recv(20)
            continue
        if way == "both":
            yield from iter(lambda: bus.recv(200e-6), None)
        if not select.select([bus.fileno()], [], [], 20)[0]:
            yield None
        yield from iter(lambda: bus.recv(0), None)

count = 0
for message in messages():
    if message is None:
        sys.exit("nobody rang")
    if message.is_error_frame:
        continue
    count += 1
    if message.data[0]:  # the last of a burst
        answer = can.Message(arbitration_id=0x200, is_extended_id=False, data=count.to_bytes(4, "little"))
        bus.send(answer)
    if message.data[0] == 2:
        bus.shutdown()
        break
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "bitrate"),
    [("recv", 0), ("select", 0), ("both", 0), ("recv", 1_000_000), ("select", 1_000_000), ("both", 100_000_000)],
)
@again_if_disturbed(held_up_ms=300)
def test_no_ring_is_lost(wire: Path, way: str, bitrate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchwire, "_SILENT_MAX_NS", 60_000_000_000)
    draw, total, rounds = random.Random(f"{bitrate} {way}"), 0, 300
    with member(wire, bitrate=bitrate) as bus, started(READER, wire, bitrate, way) as reader:
        for n in range(rounds):
            burst = draw.choice([1, 1, 1, 1, 2, 5, draw.randrange(16, 100)])
            for left in range(burst, 0, -1):
                bus.send(frame(0x100, bytes([(left == 1) * (1 + (n == rounds - 1))])))
            total += burst
            answer = bus.recv(20)
            assert answer is not None and int.from_bytes(answer.data, "little") == total
            awake_until = time.perf_counter_ns() + draw.randrange(400_000)  # longer than the other needs to lie down
            while n % 2 and time.perf_counter_ns() < awake_until:
                pass
        assert reader.wait(20) == 0


def test_a_flooded_reader_keeps_its_deadline_and_is_rung_again(wire: Path) -> None:
    with member(wire, bitrate=0) as sender, member(wire, bitrate=0) as reader:
        for n in range(200):
            sender.send(frame(n))
        got = [message.arbitration_id for message in iter(lambda: reader.recv(1e-3), None)]
        assert got == list(range(200))
        sender.send(frame(1))
        assert reader._poll.poll(10_000)  # the doorbell
        message = reader.recv(0)
        assert isinstance(message, can.Message) and message.arbitration_id == 1
