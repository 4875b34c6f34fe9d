"""``verify``: an untouched run passes, and any changed, missing or added byte is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.base.records import INBOX
from bench.io.disk import DiskStorage
from bench.record.inbox_log import InboxLog
from bench.record.journal import Journal, read_journal
from bench.record.manifest import Manifest, reseal
from bench.record.points import points_table, write_csv
from bench.record.storage import MemoryStorage, Storage
from bench.record.verify import verify


def write_run(storage: Storage, seal: bool = True) -> None:
    storage.write("inputs/plan.yaml", b"plan: x\n")
    manifest = Manifest(
        storage,
        plan="x",
        dut="d",
        rig="r",
        world="virtual",
        seed=1,
        program="p",
        versions={"numpy": "2"},
        inputs=["inputs/plan.yaml"],
    )
    journal = Journal(storage.open("journal.jsonl"))
    for i in range(3):
        journal.append(i, "point", {"point": i, "eta_edu": 0.9})
    journal.close()
    inbox = InboxLog(storage.open("inbox.log"), {"mode": "full"})
    inbox.append(np.zeros(3, INBOX))
    inbox.close()
    storage.write("points.csv", write_csv(points_table(read_journal(storage.read("journal.jsonl"))[0])))
    manifest.identify("analyzer", {"maker": "YOKOGAWA", "model": "WT5000"})
    if seal:
        manifest.seal(verdict="passed")


def test_an_untouched_run_passes_in_memory_and_on_disk(tmp_path: Path) -> None:
    for storage in (MemoryStorage(), DiskStorage(tmp_path / "run")):
        write_run(storage)
        assert verify(storage) == []


def test_every_changed_byte_of_every_file_is_told() -> None:
    storage = MemoryStorage()
    write_run(storage)
    for name in storage.names():
        data = storage.files[name].data
        for place in range(len(data)):
            data[place] ^= 1
            problems = verify(storage)
            data[place] ^= 1
            assert problems and any(name in problem or "journal" in problem for problem in problems), (name, place)


def test_missing_and_added_files_are_told() -> None:
    storage = MemoryStorage()
    write_run(storage)
    del storage.files["inputs/plan.yaml"]
    storage.write("extra.txt", b"")
    assert verify(storage) == ["inputs/plan.yaml: missing", "extra.txt: not there when the run ended"]


def test_a_run_that_did_not_end_is_told_and_so_is_no_run() -> None:
    storage = MemoryStorage()
    write_run(storage, seal=False)
    assert verify(storage) == ["manifest.json: not sealed; the run did not end"]
    assert "manifest.json is missing" in verify(MemoryStorage())[0]


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"sealed": true}', b"\xff\xfe", b'{"sealed": true, "files": 3}'])
def test_a_hostile_manifest_is_a_problem_not_a_crash(text: bytes) -> None:
    storage = MemoryStorage()
    write_run(storage)
    storage.write("manifest.json", text)
    assert verify(storage)


def test_names_that_leave_the_folder_are_not_followed(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path / "run")
    write_run(storage)
    content = json.loads(storage.read("manifest.json"))
    content["files"]["../secret"] = {"sha256": "", "bytes": 0}
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(content))
    assert any("../secret: missing" in problem for problem in verify(storage))


def test_a_report_drawn_again_takes_only_its_own_new_hash() -> None:
    storage = MemoryStorage()
    write_run(storage)
    storage.write("points.csv", storage.read("points.csv"))
    storage.files["inbox.log"].data[-1] ^= 1
    reseal(storage, ["points.csv"])
    assert verify(storage)[0].startswith("inbox.log: changed")


def test_points_that_the_journal_does_not_say_are_told() -> None:
    storage = MemoryStorage()
    write_run(storage)
    storage.write("points.csv", storage.read("points.csv").replace(b"0.9", b"0.8"))
    reseal(storage, ["points.csv"])
    assert verify(storage) == ["points.csv: not what the journal says; build it again with bench report"]


def test_the_manifest_holds_no_machine_path_or_wall_time(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path / "run")
    write_run(storage)
    assert str(tmp_path).encode() not in storage.read("manifest.json")
