"""Steps a second, each durable on the disk before the next begins, against the points of a bluesky scan.

A step sets, reads and records; the other side of set and read is at hand in both, so that what is compared is the
engine and its record. Bluesky itself keeps nothing; its documents are written as JSON lines and synced, as ours are.
Both wait for the disk then: where a sync takes milliseconds, it alone is what is measured.
"""

import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from bench.io.disk import DiskStorage
from bench.record.journal import Journal
from bench.record.storage import MemoryStorage, Storage
from bench.schedule.requests import Operation, Ramp, Read, Record
from bench.schedule.scheduler import Job, Scheduler
from bench.service.perf.row import PerfRow

GOAL = 10.0
_STEPS, _ROUNDS = 1000, 5


def measure(steps: int = _STEPS, rounds: int = _ROUNDS) -> Iterator[PerfRow]:
    """With every step durable, then the engines alone with nothing kept; medians of ``rounds``, in turn."""
    control = _Bluesky() if find_spec("bluesky") else None
    for what, durable, goal in (("each durable", True, GOAL), ("nothing kept", False, None)):
        ours, theirs = [], []
        with tempfile.TemporaryDirectory() as folder:
            for n in range(rounds):
                ours.append(_ours(DiskStorage(Path(folder) / str(n)) if durable else MemoryStorage(), steps))
                if control is not None:
                    theirs.append(control.run(steps, Path(folder) / f"{n}.jsonl" if durable else None))
        rate = steps / median(ours)
        if theirs:
            ratio = median(control_s / own_s for own_s, control_s in zip(ours, theirs, strict=True))
            yield PerfRow(f"steps, {what}; control: bluesky scan", rate, "1/s", steps / median(theirs), ratio, goal)
        else:
            yield PerfRow(f"steps, {what}; no control: bluesky is not installed (extra 'perf')", rate, "1/s")


def _ours(storage: Storage, steps: int) -> float:
    """Seconds of a sequence through the scheduler, with the run's journal."""
    journal, value = Journal(storage.open("journal.jsonl")), 0.0

    def ramp(_job: Job, request: Ramp) -> None:
        nonlocal value
        value = request.target

    def record(job: Job, request: Record) -> None:
        journal.append(scheduler.t_ns, request.event, request.data)

    scheduler = Scheduler({Ramp: ramp, Read: lambda _job, _request: value, Record: record})

    def sequence() -> Operation[None]:
        for number in range(steps):
            yield Ramp("dut.torque_cmd", number / steps, 1.0)
            reading = yield Read(("dut.torque",))
            yield Record("point", {"point": number, "torque": reading})

    began_s = time.perf_counter()
    scheduler.spawn("steps", sequence())
    scheduler.run_due(0)
    took_s = time.perf_counter() - began_s
    journal.close()
    return took_s


class _Bluesky:
    """A scan over a motor and a detector that are there at once."""

    def __init__(self) -> None:
        from bluesky import RunEngine

        self._engine = RunEngine({}, context_managers=[])
        self._motor = _Motor()

    def run(self, steps: int, file: Path | None) -> float:
        """Seconds of a scan; every document is durable in ``file``."""
        from bluesky.plans import scan

        plan = scan([_Detector(self._motor)], self._motor, 0.0, 1.0, steps)
        began_s = time.perf_counter()
        if file is None:
            self._engine(plan)
        else:
            with file.open("wb", buffering=0) as written:
                self._engine(plan, lambda name, document: _keep(written.fileno(), name, document))
        return time.perf_counter() - began_s


def _keep(descriptor: int, name: str, document: Mapping[str, Any]) -> None:
    os.write(descriptor, json.dumps([name, document], default=str).encode() + b"\n")
    getattr(os, "fdatasync", os.fsync)(descriptor)


class _Done:
    """Bluesky's ``Status`` of something that has happened already."""

    done = success = True

    def add_callback(self, callback: Any) -> None:
        callback(self)

    def exception(self, timeout: float | None = 0.0) -> None:
        return None


class _Device:
    """Bluesky's ``Readable``."""

    parent = None
    name = ""

    def value(self) -> float:
        """What is read."""
        return 0.0

    def read(self) -> dict[str, Any]:
        return {self.name: {"value": self.value(), "timestamp": time.time()}}

    def describe(self) -> dict[str, Any]:
        return {self.name: {"source": "perf", "dtype": "number", "shape": []}}

    def read_configuration(self) -> dict[str, Any]:
        return {}

    describe_configuration = read_configuration


class _Motor(_Device):
    name = "motor"
    position = 0.0

    def value(self) -> float:
        return self.position

    def set(self, value: float) -> _Done:
        self.position = value
        return _Done()


class _Detector(_Device):
    name = "detector"

    def __init__(self, motor: _Motor) -> None:
        self._motor = motor

    def value(self) -> float:
        return self._motor.position

    def trigger(self) -> _Done:
        return _Done()
