"""Whole runs on a disk that fails (F-59): the bench is stopped in order, and says why."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from asammdf import MDF
from recorded import S, begin

from bench.assembly import Blueprint, draw, load_inputs, virtual
from bench.base.errors import InputError
from bench.base.time import VIRTUAL_EPOCH_S
from bench.core.causes import Cause
from bench.emulators.faulty_disk import FaultyStorage
from bench.io.disk import DiskStorage
from bench.record.closing import close_orphan
from bench.record.journal import JournalRecord, read_journal
from bench.record.manifest import Manifest
from bench.record.space import MIB, RESERVE_BYTES
from bench.record.storage import Room, StorageError
from bench.record.verify import verify
from bench.sequence.progress import BEGINNING, Progress, progress_of
from bench.sequence.sequencer import run_plan
from bench.service.driving import drive, recorder_of
from bench.service.fault_lines import read_faults
from bench.service.resumption import ended
from bench.service.run_folder import Labels
from bench.service.virtual_run import RunResult, run_virtual

LABELS = Labels("virtual", 1, VIRTUAL_EPOCH_S)


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return draw(load_inputs("smoke"))


def run(blueprint: Blueprint, storage: FaultyStorage, progress: Progress = BEGINNING) -> SimpleNamespace:
    recorder = recorder_of(storage, blueprint, LABELS)
    made = virtual(blueprint, recorder, LABELS.seed)
    inputs = blueprint.inputs
    job = made.bench.start(run_plan(inputs.plan.value, inputs.kinds, blueprint.context, progress))
    reached_ns = drive(made, job, trouble=lambda: recorder.trouble)
    made.collect(reached_ns)
    recorder.close(reached_ns, 0, 0)
    records, problems = read_journal(storage.read("journal.jsonl"))
    assert not problems
    return SimpleNamespace(storage=storage, job=job, made=made, trouble=recorder.trouble, records=records)


def of(records: list[JournalRecord], event: str) -> list[dict]:
    return [record.data for record in records if record.event == event]


@pytest.fixture(scope="module")
def full(blueprint: Blueprint) -> SimpleNamespace:
    """The disk is full after the first point."""
    whole = FaultyStorage()
    run(blueprint, whole)
    until = next(place for place, done in enumerate(whole.history) if b'"event":"point"' in done.data)
    return run(blueprint, FaultyStorage(capacity=RESERVE_BYTES + sum(len(d.data) for d in whole.history[: until + 2])))


def test_a_full_disk_ends_in_a_controlled_stop_that_is_recorded_to_its_end(full: SimpleNamespace) -> None:
    assert full.job.error is None and full.job.result.outcome == "stopped" and full.job.result.exit_code == 3
    assert "the disk is full" in full.trouble
    (stop,) = of(full.records, "core_stop")
    assert (stop["cause"], stop["stop_class"]) == (Cause.DISK_FULL, "controlled")
    assert of(full.records, "stopped")[0]["confirmed"] and full.records[-1].event == "run_finished"
    assert "nothing can be recorded" in full.job.result.reasons[0]
    assert [data["level"] for data in of(full.records, "disk_low")] == ["full"]


def test_a_run_that_goes_on_arms_from_rest_like_a_new_one(blueprint: Blueprint, full: SimpleNamespace) -> None:
    """A8: no energised resume."""
    progress = progress_of("old", "", full.records)
    assert 0 < progress.points < 3
    again = run(blueprint, FaultyStorage(), progress)
    stages = [data["stage"] for data in of(full.records, "arming")]
    assert [data["stage"] for data in of(again.records, "arming")] == stages
    events = [record.event for record in again.records]
    assert events.index("resumed") < events.index("arming") < events.index("armed") < events.index("point_started")
    assert again.job.result.verdict == "passed" and len({data["point"] for data in of(again.records, "point")}) == 3


def test_a_run_that_was_killed_is_recovered_and_its_samples_open(full: SimpleNamespace, tmp_path: Path) -> None:
    storage = full.storage
    until = next(place for place, done in enumerate(storage.history) if b'"event":"core_stop"' in done.data)
    left = storage.remains(until, lambda _place, done: [(0, len(done.data))])
    labels: dict[str, Any] = {"plan": "smoke", "dut": "d", "rig": "r", "world": "virtual", "seed": 1, "program": "p"}
    Manifest(left, **labels, versions={}, inputs=())
    assert close_orphan(left) and not close_orphan(left)
    manifest = json.loads(left.read("manifest.json"))
    assert (manifest["verdict"], manifest["sealed"]) == ("interrupted", True)
    recovered = manifest["recovered"]
    assert recovered["words"][0].startswith("no samples from") and recovered["journal_until_s"] > 29.9
    assert verify(left) == [] and left.read("points.csv").count(b"\n") == 2
    (tmp_path / "samples.mf4").write_bytes(left.read("samples.mf4"))
    with MDF(tmp_path / "samples.mf4") as mdf:
        assert mdf.get("dc.voltage").timestamps[-1] <= recovered["samples_until_s"]


def test_a_disk_that_runs_low_warns_and_then_ends_the_run() -> None:
    storage = FaultyStorage()
    recorder, low = begin(storage), Room(600 * MIB, 10_000 * MIB)
    for t_s, free in enumerate((3000, 1900, 1800, 400, 300)):
        storage.told = low._replace(free=free * MIB)
        recorder.mark(t_s * S, 0, 0)
        assert bool(recorder.trouble) == (free < 500)
    recorder.close(9 * S, 0, 0)
    told = of(read_journal(storage.read("journal.jsonl"))[0], "disk_low")
    assert [(data["level"], data["free_mib"]) for data in told] == [("warn", 1900), ("stop", 400)]
    assert "400 MiB" in recorder.trouble and "resume" in recorder.trouble


def test_a_journal_that_cannot_be_written_stops_the_bench_all_the_same(blueprint: Blueprint) -> None:
    storage = FaultyStorage(failing={60: "input/output error"})
    ended = run(blueprint, storage)
    assert isinstance(ended.job.error, StorageError) and "journal.jsonl" in ended.trouble
    image, index = ended.made.state.image["value"], blueprint.channels.index
    assert [image[index(name)] for name in ("supply.output_cmd", "io.contactor_cmd", "io.contactor_plus")] == [0, 0, 0]


def scripted(blueprint: Blueprint, folder: Path, *lines: str) -> tuple[RunResult, list[JournalRecord]]:
    """A whole run with its folder, and faults as on the command line."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
        result = run_virtual(blueprint, folder, LABELS, read_faults(lines, blueprint.inputs.rig.value))
    records, problems = read_journal((result.folder / "journal.jsonl").read_bytes())
    assert not problems
    return result, records


@pytest.mark.slow
@pytest.mark.parametrize("log_full", [False, True])
def test_a_disk_that_is_full_on_demand_ends_the_run_and_the_folder_is_whole(tmp_path: Path, log_full: bool) -> None:
    blueprint = draw(load_inputs("smoke"), log_full=log_full)
    (result, records), (_, again) = (scripted(blueprint, tmp_path, "disk.full@28s") for _ in range(2))
    assert result.error is None and result.verdict is not None and result.verdict.outcome == "stopped"
    assert [data["cause"] for data in of(records, "core_stop")] == [Cause.DISK_FULL]
    assert of(records, "stopped")[0]["confirmed"] and verify(DiskStorage(result.folder)) == []
    same = [[(r.t_ns, r.event, r.data) for r in each if r.event != "disk_low"] for each in (records, again)]
    assert same[0] == same[1] and len(of(records, "disk_low")) == 1  # which tells of this machine


@pytest.mark.slow
@pytest.mark.parametrize(("file", "at"), [("samples.mf4", "0.5s"), ("inbox.log", "28s")])
def test_one_file_that_breaks_is_told_and_does_not_take_the_others_with_it(tmp_path: Path, file: str, at: str) -> None:
    blueprint = draw(load_inputs("smoke"), log_full=True)
    result, records = scripted(blueprint, tmp_path, f"disk.broken:{file}@{at}")
    (failed,) = of(records, "recording_failed")
    assert failed["file"] == file and "input/output error" in str(result.error)
    assert result.verdict is not None and result.verdict.exit_code == 3
    assert of(records, "stopped")[0]["confirmed"] and records[-1].event == "run_finished"


def test_a_disk_that_breaks_as_a_whole_leaves_what_was_certain(blueprint: Blueprint, tmp_path: Path) -> None:
    result, records = scripted(blueprint, tmp_path, "disk.broken@33s")
    assert isinstance(result.error, StorageError) and result.verdict is None
    assert [data["point"] for data in of(records, "point")] == [1, 2]
    left = ended(result.folder)
    assert left.progress.points == 2


@pytest.mark.parametrize("line", ["disk.full:samples.mf4@1s", "disk.broken:report.html@1s", "disk.gone@1s"])
def test_lines_that_nobody_would_carry_out_are_refused(blueprint: Blueprint, line: str) -> None:
    with pytest.raises(InputError, match=r"journal\.jsonl|knows no fault"):
        read_faults([line], blueprint.inputs.rig.value)
