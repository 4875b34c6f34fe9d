"""Frames between python-can and the core's records."""

from pathlib import Path

import can
import numpy as np
import pytest

from bench.base.records import FRAME, FRAME_IN, INBOX
from bench.base.ring import drain, make_ring
from bench.io.benchwire import BenchwireBus
from bench.io.can_port import CanPort
from bench.io.clock import MonotonicClock


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Path(tmp_path_factory.mktemp("p"))
    made.chmod(0o700)
    return made


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
    assert drain(inbox)["length"].tolist() == [1]
    assert port.error_frames == 2
    port.close()
