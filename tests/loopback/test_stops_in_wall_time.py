"""Whatever ends a run in wall time, the bench is brought to its safe state, and the journal tells so to its end."""

import signal

import pytest
from wall_runs import PLAN, loopback

from bench.io.disk import DiskStorage
from bench.record.verify import verify


@pytest.mark.slow
def test_when_the_service_is_killed_in_mid_point_the_others_finish_the_stop() -> None:
    with loopback(PLAN) as run:
        run.wait_for("settled")
        run.process.kill()
        assert run.wait_gone()
        stop = run.told("core_stop")[-1]
        assert (stop["happened"], stop["stop_class"]) == ("the service is silent", "controlled")
        assert (run.last_word().event, run.last_word().data) == ("core_safe", {"confirmed": True})
        assert verify(DiskStorage(run.folder, create=False)) == [], "the recorder closes what the service could not"
        assert {"points.csv", "truth.parquet"} <= {path.name for path in run.folder.iterdir()}
        missed = [rung for rung in run.told("core_rung") if rung["outcome"] == "missed"]
        assert missed == []
        assert run.left() == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_operator_s_signal_is_a_controlled_stop(number: signal.Signals) -> None:
    with loopback(PLAN) as run:
        run.wait_for("armed")
        run.process.send_signal(number)
        code, said = run.end()
        assert (code, said["exit"], said["outcome"]) == (4, 4, "aborted")
        assert run.told("core_safe") == [{"confirmed": True}]
        assert run.last_word().event == "run_finished"
        assert verify(DiskStorage(run.folder, create=False)) == []
        assert run.processes() == [] and run.left() == []


@pytest.mark.slow
def test_a_silent_instrument_ends_in_the_controlled_stop() -> None:
    with loopback(PLAN, "--fault", "dyno_l.silence@35s") as run:
        code, said = run.end()
        assert (code, said["accepted"]) == (3, 0)
        stop = run.told("core_stop")[0]
        assert stop["stop_class"] == "controlled"
        assert "silent" in stop["happened"] or "answer" in stop["happened"]
        assert run.told("core_safe")[-1] is not None
        assert verify(DiskStorage(run.folder, create=False)) == []
        assert run.processes() == [] and run.left() == []
