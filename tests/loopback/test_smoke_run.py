"""The smoke plan in the loopback world, from the command to the sealed folder."""

import numpy as np
import pytest
from disturbed import again_if_disturbed
from shown_commands import seen_by
from wall_runs import on_faster_rig

from bench.assembly import draw, load_inputs
from bench.base.records import EV_ARMED, EV_RUNG, EV_SAFE, EV_STOP, FRAME_IN, READING
from bench.core.replay import replay
from bench.core.tables import TICK
from bench.io.disk import DiskStorage
from bench.record.inbox_log import read_inbox_log
from bench.record.verify import verify

FILES = {"journal.jsonl", "inbox.log", "samples.mf4", "points.csv", "points.parquet", "report.html", "junit.xml"}


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_three_points_in_four_processes_over_real_edges() -> None:
    """The command as the how-to shows it, in another folder and on the rig with less waiting."""
    _, *words, folder = seen_by("loopback").split()
    assert (words[:2], folder) == (["run", "smoke"], "loopback")
    with on_faster_rig(*words, "OUT") as run:
        code, said = run.end()
        assert (code, said["verdict"], said["accepted"], said["flagged"]) == (0, "passed", 3, 0)
        assert run.processes() == []
        assert run.left() == []
        storage = DiskStorage(run.folder, create=False)
        assert set(storage.names()) >= FILES
        assert verify(storage) == []
        assert [data["verdict"] for data in run.told("point")] == ["accepted"] * 3
        told = run.told("diagnostics")
        assert [(each["when"], each["identity"]["calibration"]) for each in told] == [
            ("before", "5EEDC0DE"), ("after", "5EEDC0DE"),
        ]  # fmt: skip
        assert run.told("core_safe") == [{"confirmed": True}]
        _no_place_of_this_machine(run, storage)
        _a_fresh_core_does_it_again(run, storage)


def _no_place_of_this_machine(run, storage: DiskStorage) -> None:
    for name in storage.names():
        data = storage.read(name)
        for place in (run.private, run.out):
            assert str(place).encode() not in data, f"{name} holds a path of this machine"


def _a_fresh_core_does_it_again(run, storage: DiskStorage) -> None:
    """All that came in stands in the inbox log: a fresh core walks through the same run from it alone."""
    log = read_inbox_log(storage.read("inbox.log"))
    assert log.problems == []
    kinds = np.bincount(log.records["kind"])
    assert kinds[FRAME_IN] > 10_000 and kinds[READING] > 5_000
    blueprint = draw(load_inputs("smoke", str(run.folder / "inputs" / "rig.yaml")), heartbeats=True, log_full=True)
    ticks = log.records[log.records["kind"] == TICK]
    last_ns = int(max(log.records["arrived_ns"].max(), ticks["arrived_ns"].max()))
    again = replay(blueprint.program, log.records, last_ns)
    told = {"core_armed": EV_ARMED, "core_rung": EV_RUNG, "core_stop": EV_STOP, "core_safe": EV_SAFE}
    recorded = [(record.t_ns, told[record.event]) for record in run.journal() if record.event in told]
    wanted = set(told.values())
    repeated = [(int(e["t_ns"]), int(e["kind"])) for e in again.events if int(e["kind"]) in wanted]
    assert sorted(repeated) == sorted(recorded)
    assert int(np.uint64(again.state.counters["digest"][0])) == int(log.digests["digest"][-1])
