"""A whole bench in wall time: four processes and the emulated other side, over real buses and sockets."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from small_wall_bench import MS, PART, SmallBench

from bench.base.errors import DeviceError
from bench.core.causes import Cause
from bench.core.design import LINKS
from bench.record.inbox_log import read_inbox_log
from bench.record.journal import JournalRecord, read_journal
from bench.record.storage import StorageError
from bench.schedule.outcomes import SetpointRefused, Stopped
from bench.schedule.requests import Ask, Condition, Operation, Ramp, Read, Record, Until, UntilSafe
from bench.sequence.commands import arm, stop

SPEED, COMMAND = f"{PART}.speed", f"{PART}.speed_cmd"

VICTIM = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from small_wall_bench import SmallBench
from test_wall_bench import turning, wait_for_ever
bench = SmallBench(Path(sys.argv[1]))
bench.service.run("victim", turning())
print("turning", flush=True)
bench.service.run("victim", wait_for_ever())
"""


def turning() -> Operation[Any]:
    """Arm and turn at 300 rpm."""
    identity = yield Ask(PART, "identify")
    yield Ask(PART, "set_up")
    assert (yield Until((Condition("above", "io.chain_closed", 0.5),), 5_000 * MS))
    yield arm()
    yield Ramp("io.contactor_cmd", 1.0)
    yield Ramp(f"{PART}.enable_cmd", 1.0)
    yield Ramp(COMMAND, 300.0, 1000.0)
    yield Record("turning", {"identity": identity})
    assert (yield Until((Condition("within", SPEED, 300.0, 5.0, 200 * MS),), 5_000 * MS))
    return identity


def wait_for_ever() -> Operation[Any]:
    yield Until((Condition("above", SPEED, 1e9),), 3_600_000 * MS)


def journal(folder: Path) -> list[JournalRecord]:
    records, problems = read_journal((folder / "run" / "journal.jsonl").read_bytes())
    assert problems == []
    return records


def told(folder: Path, event: str) -> list[dict[str, Any]]:
    return [record.data for record in journal(folder) if record.event == event]


@pytest.mark.slow
def test_a_run_from_arming_to_the_confirmed_stop(folder: Path) -> None:
    bench = SmallBench(folder)

    def run() -> Operation[Any]:
        identity = yield from turning()
        with pytest.raises(SetpointRefused, match="range"):
            yield Ramp(COMMAND, 5000.0)
        with pytest.raises(DeviceError, match="nobody can answer"):
            yield Ask(PART, "dance")
        reading = (yield Read((SPEED,)))[0]
        yield Record("point", {"speed": reading.value})
        yield stop(1)
        return identity, reading, (yield UntilSafe(20_000 * MS))

    identity, reading, report = bench.service.run("run", run())
    assert bench.crew.finish(30) == []
    assert "D-0231" in identity["serial"]
    assert abs(reading.value - 300) < 10
    assert report.ended and report.confirmed
    assert [name for name, outcome in report.rungs if outcome == "confirmed"] == ["speed to zero", "open"]
    assert told(folder, "point") == [{"speed": reading.value}]
    assert [stop["happened"] for stop in told(folder, "core_stop")] == ["the plan has ended"]
    assert told(folder, "core_safe") == [{"confirmed": True}]
    log = read_inbox_log((folder / "run" / "inbox.log").read_bytes())
    assert log.problems == [] and len(log.records) > 200
    assert (folder / "run" / "samples.mf4").read_bytes()[:8] == b"MDF     "
    assert bench.state.counters["cycles"][0] > 500


@pytest.mark.slow
def test_when_the_service_is_killed_the_others_finish_the_stop(folder: Path) -> None:
    command = [sys.executable, "-c", VICTIM, str(folder), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "turning\n"
        service.kill()
    deadline = time.monotonic() + 30
    while not (folder / "run" / "sealed").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [stop["happened"] for stop in told(folder, "core_stop")] == ["the service is silent"]
    assert told(folder, "core_safe") == [{"confirmed": True}]


@pytest.mark.slow
def test_when_the_links_are_killed_the_core_stops_and_the_sequence_is_told(folder: Path) -> None:
    bench = SmallBench(folder)

    def run() -> Operation[Any]:
        yield from turning()
        os.kill(int(bench.crew.children["links"].pid), signal.SIGKILL)
        try:
            yield from wait_for_ever()
        except Exception as first:
            try:
                return first, (yield UntilSafe(20_000 * MS))
            except Stopped as second:
                return second, (yield UntilSafe(20_000 * MS))

    cause, report = bench.service.run("run", run())
    bench.crew.finish(30)
    assert isinstance(cause, Stopped)
    assert "links" in cause.cause
    # the speed is no longer known: that rung is missed, and said so; the contactor is confirmed open all the same
    assert report.ended and not report.confirmed
    assert ("open", "confirmed") in report.rungs
    assert bench.status[LINKS]["phase"] != 2


@pytest.mark.slow
def test_a_disk_that_refuses_ends_in_a_controlled_stop_that_is_journalled(folder: Path) -> None:
    bench = SmallBench(folder, file_bytes=30_000)

    def run() -> Operation[Any]:
        yield from turning()
        try:
            yield from wait_for_ever()
        except Stopped as cause:
            report = yield UntilSafe(20_000 * MS)
            with pytest.raises(StorageError, match=r"write failed"):  # the journal is full, too
                yield Record("point", {"text": "x" * 40_000})
            return cause, report

    cause, report = bench.service.run("run", run())
    assert bench.crew.finish(30) == []
    assert (cause.code, cause.stop_class) == (Cause.DISK_FULL, 1)
    assert report.ended and report.confirmed
    assert [failed["file"] for failed in told(folder, "recording_failed")] == ["inbox.log"]
    assert told(folder, "core_safe") == [{"confirmed": True}]
