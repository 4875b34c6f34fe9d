"""The recorder closes a run whose service is no more; an error of our own leaves a closed folder too."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import draw, load_inputs
from bench.base.time import VIRTUAL_EPOCH_S
from bench.io.disk import DiskStorage
from bench.record.closing import close_orphan
from bench.record.journal import Journal
from bench.record.manifest import Manifest
from bench.record.verify import verify
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

IDENTITY = {"maker": "EA", "serial": "1"}
REALTIME = {"fifo": True, "locked": False, "means": "memory is not locked"}


def begun(folder: Path, *more: tuple[str, dict[str, Any]]) -> DiskStorage:
    """A run whose service has died: journal and an unsealed manifest."""
    storage = DiskStorage(folder)
    storage.write("inputs/plan.yaml", b"plan: p\n")
    Manifest(storage, plan="p", dut="d", rig="r", world="loopback", seed=1, program="", versions={},
             inputs=["inputs/plan.yaml"])  # fmt: skip
    journal = Journal(storage.open("journal.jsonl"))
    for event, data in (("realtime", REALTIME), ("armed", {"parts": {"supply": {"identity": IDENTITY}}}), *more):
        journal.append(1, event, data)
    journal.close()
    return storage


def content(storage: DiskStorage) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(storage.read("manifest.json"))
    return read


def test_an_orphan_gets_tables_identities_and_a_seal(tmp_path: Path) -> None:
    storage = begun(tmp_path)
    assert verify(storage) == ["manifest.json: not sealed; the run did not end"]
    close_orphan(storage)
    assert verify(storage) == []
    assert {"points.csv", "points.parquet"} <= set(storage.names())
    told = content(storage)
    assert (told["verdict"], told["identities"], told["realtime"]) == ("interrupted", {"supply": IDENTITY}, REALTIME)


def test_the_sequence_s_own_verdict_counts_and_a_sealed_run_is_left_alone(tmp_path: Path) -> None:
    storage = begun(tmp_path, ("run_finished", {"verdict": "passed"}))
    close_orphan(storage)
    assert content(storage)["verdict"] == "passed"
    before = storage.read("manifest.json")
    close_orphan(storage)
    assert storage.read("manifest.json") == before


def test_an_error_of_our_own_outside_the_sequence_leaves_a_sealed_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def broken(_made: Any) -> bool:
        looks.append(1)
        if len(looks) > 200:
            raise RuntimeError("a mistake of ours")
        return False

    monkeypatch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
    blueprint = draw(load_inputs("smoke"))
    result = run_virtual(blueprint, tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S), watch=broken)
    assert isinstance(result.error, RuntimeError) and result.verdict is None
    storage = DiskStorage(result.folder, create=False)
    assert verify(storage) == []
    assert content(storage)["verdict"] == "internal error"


def test_a_report_that_cannot_be_drawn_does_not_cost_the_seal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no picture")

    monkeypatch.setattr("bench.service.virtual_run.write_report", broken)
    result = run_virtual(draw(load_inputs("smoke")), tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S))
    assert result.verdict is not None and str(result.error) == "no picture"
    assert verify(DiskStorage(result.folder, create=False)) == []
