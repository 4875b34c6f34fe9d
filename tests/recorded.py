"""A short recording on a disk that fails, in every detail like that of a run, and what was acknowledged in it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.base.records import EV_LATE, EVENT, INBOX
from bench.emulators.faulty_disk import FaultyStorage
from bench.record.core_events import Names
from bench.record.manifest import Manifest
from bench.record.mf4_blocks import Column, Group
from bench.record.recorder import Recorder
from bench.record.storage import StorageError

S = 1_000_000_000
GROUPS = (Group("fast", (Column("a.b", "Nm", "i2", 0.05), Column("c.d", "V", "f4"))), Group("slow", (Column("e.f"),)))
NAMES = Names((), (), (), (), lambda _code: ("", ""))


@dataclass
class Told:
    """What came back to the owner: numbers of acknowledged records, each with the length of the history then."""

    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    trouble: str = ""


def inbox(count: int, t_ns: int) -> np.ndarray:
    records = np.zeros(count, INBOX)
    records["t_ns"], records["value"] = t_ns, np.arange(count)
    return records


def rows(recorder: Recorder, group: int, t_ns: int, count: int = 3) -> None:
    times = t_ns + np.arange(count) * S // 10
    columns = len(GROUPS[group].columns)
    values = np.outer(np.arange(1, count + 1), np.arange(1, columns + 1)).astype(float)
    recorder.samples(group, times, values, np.zeros((count, columns), np.uint8))


def begin(storage: FaultyStorage) -> Recorder:
    """Manifest and an empty recording."""
    storage.write("inputs/plan.yaml", b"plan: x\n")
    labels: dict[str, Any] = {"plan": "x", "dut": "d", "rig": "r", "world": "virtual", "seed": 1, "program": "p"}
    inputs = ["inputs/plan.yaml"]
    Manifest(storage, **labels, versions={}, inputs=inputs, more={"title": "", "start_s": 0})
    return Recorder(storage, NAMES, GROUPS, start_ns=0, program="p", full_inbox=True, properties={})


def record(storage: FaultyStorage, seconds: int = 3) -> Told:
    """A run of some seconds. Its number in ``acknowledged`` is the place of a record among those of ``told``."""
    told = Told()
    recorder = begin(storage)
    for number in range(seconds):
        t_ns = number * S
        rows(recorder, 0, t_ns)
        rows(recorder, 1, t_ns, 1)
        recorder.inbox(inbox(2, t_ns))
        events = np.zeros(1, EVENT)
        events["kind"], events["t_ns"], events["value"] = EV_LATE, t_ns, 1
        recorder.on_events(events)
        try:
            recorder.record(t_ns, "point", {"point": number, "eta_edu": 0.9})
            told.acknowledged.append((number, len(storage.history)))
        except StorageError as error:
            told.refused.append(str(error))
        recorder.flush(t_ns)
        recorder.sync(t_ns)
        recorder.mark(60 * t_ns, number, number)
    recorder.close(seconds * S, 9, 9)
    told.trouble = recorder.trouble
    return told


def points(records: list[Any]) -> list[int]:
    return [record.data["point"] for record in records if record.event == "point"]
