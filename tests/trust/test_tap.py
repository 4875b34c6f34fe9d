"""Who watches the buses of a virtual bench hears every frame, and the run does not notice."""

from pathlib import Path
from typing import Any

import can
import pytest

from bench.assembly import draw, load_inputs
from bench.base.time import VIRTUAL_EPOCH_S
from bench.io.tap import Tap
from bench.schedule.faults import parse_fault
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

FAULT = "can.dut.bit_error:0x110,100@5s+2s"


class Slow(can.Listener):
    """Counts; its slowness would lose frames if anybody went on without it."""

    def __init__(self) -> None:
        self.seen: list[can.Message] = []

    def on_message_received(self, msg: can.Message) -> None:
        self.seen.append(msg)


def test_a_logger_on_the_tap_gets_every_frame_and_the_run_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
    blueprint, labels = draw(load_inputs("smoke")), Labels("virtual", 1, VIRTUAL_EPOCH_S)
    faults = (parse_fault(FAULT),)
    made: list[Any] = []

    def look(bench: Any) -> bool:
        made[:] = [bench]
        return bool(bench.bench.scheduler.t_ns > 12_000_000_000)

    watcher, log = Slow(), tmp_path / "buses.asc"
    tap = Tap(watcher, can.Logger(str(log)), origin_s=VIRTUAL_EPOCH_S)
    watched = run_virtual(blueprint, tmp_path / "watched", labels, faults, look, on_frames=tap)
    tap.close()
    buses = made[0].world.bench.wire.buses
    alone = run_virtual(blueprint, tmp_path / "alone", labels, faults, look)
    assert (watched.folder / "journal.jsonl").read_bytes() == (alone.folder / "journal.jsonl").read_bytes()
    data = [message for message in watcher.seen if not message.is_error_frame]
    assert len(data) == int(buses["frames"].sum()) > 5000
    assert len(watcher.seen) - len(data) == int(buses["error_frames"].sum()) > 0
    stamps = [message.timestamp for message in watcher.seen]
    assert stamps == sorted(stamps) and stamps[0] >= VIRTUAL_EPOCH_S
    assert {message.channel for message in data} == {0, 1}
    assert sum(1 for _ in can.LogReader(str(log))) == len(watcher.seen)
