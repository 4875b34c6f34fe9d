"""Whatever ends a run in wall time, the bench is brought to its safe state, and the journal tells so to its end."""

import os
import signal
import time

import pytest
from disturbed import again_if_disturbed
from wall_runs import PLAN, WallRun, loopback

from bench.io.benchwire import BenchwireBus
from bench.io.disk import DiskStorage
from bench.record.verify import verify


def pause(run: WallRun, seconds: float) -> None:
    """Stop the service's process alone, and let it go on."""
    os.kill(run.process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(run.process.pid, signal.SIGCONT)


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_a_silent_service_freezes_the_bench_then_stops_it_and_the_others_do_without_it() -> None:
    with loopback(PLAN) as run:
        run.wait_for("settled")
        time.sleep(1.0)  # in the measuring window
        pause(run, 1.0)
        run.wait_for("repeated", 20.0)  # the point is settled and measured again
        assert [stop["stop_class"] for stop in run.told("core_stop")] == ["freeze"]
        assert [0.8 < released["held_s"] < 2.0 for released in run.told("core_released")] == [True]
        os.kill(run.process.pid, signal.SIGSTOP)
        run.wait_for("core_safe", 90.0)  # by core, links and recorder alone
        stops = [record for record in run.journal() if record.event == "core_stop"]
        assert [stop.data["stop_class"] for stop in stops] == ["freeze", "freeze", "controlled"]
        assert {stop.data["happened"] for stop in stops} == {"the service is silent"}
        assert (stops[2].t_ns - stops[1].t_ns) * 1e-9 == pytest.approx(1.7, abs=0.1)
        run.process.kill()
        assert run.wait_gone()
        assert (run.last_word().event, run.last_word().data) == ("core_safe", {"confirmed": True})
        assert verify(DiskStorage(run.folder, create=False)) == [], "the recorder closes what the service could not"
        assert {"points.csv", "truth.parquet"} <= {path.name for path in run.folder.iterdir()}
        assert [told["fifo"] in (True, False) for told in run.told("realtime")] == [True]
        assert [rung for rung in run.told("core_rung") if rung["outcome"] == "missed"] == []
        assert run.left() == []


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_the_operator_s_signal_is_a_controlled_stop() -> None:
    """Two runs side by side, one for each signal; neither takes notice of the other's."""
    with loopback(PLAN) as one, loopback(PLAN) as other:
        for run, number in ((one, signal.SIGINT), (other, signal.SIGTERM)):
            run.wait_for("armed")
            run.process.send_signal(number)
        for run in (one, other):
            code, said = run.end()
            assert (code, said["exit"], said["outcome"]) == (4, 4, "aborted")
            assert run.told("core_safe") == [{"confirmed": True}]
            assert run.last_word().event == "run_finished"
            assert verify(DiskStorage(run.folder, create=False)) == []
            assert run.processes() == [] and run.left() == []


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_a_silent_instrument_ends_in_the_controlled_stop() -> None:
    with loopback(PLAN, "--fault", "dyno_l.silence@20s", decisive="core_stop") as run:
        code, said = run.end()
        assert (code, said["accepted"]) == (3, 0)
        stop = run.told("core_stop")[0]
        assert stop["stop_class"] == "controlled"
        assert "silent" in stop["happened"] or "answer" in stop["happened"]
        assert run.told("core_safe")[-1] is not None
        assert verify(DiskStorage(run.folder, create=False)) == []
        assert run.processes() == [] and run.left() == []


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_f10_a_guest_on_the_wire_sends_our_controller_bus_off_and_the_bench_stops() -> None:
    """Anybody of this user may attach: the guest hears all frames, and puts the fault on the wire."""
    with loopback(PLAN) as run:
        run.wait_for("armed")
        folder = next(path.parent for path in run.private.glob("**/dut/ring")).parent
        with BenchwireBus("dut", folder=folder) as guest:
            heard = {message.arbitration_id for message in (guest.recv(1) for _ in range(100)) if message}
            assert {0x0C0, 0x110, 0x120, 0x130} <= heard
            guest.script(["can.dut.bus_off:0x0C0@0s+100ms"])
            run.wait_for("core_stop", 10.0)
            run.wait_for("core_safe", 90.0)
            assert guest.frames_lost == 0
        code, said = run.end()
        assert (code, said["outcome"]) == (3, "stopped")
        stops = run.told("core_stop")
        assert stops[0]["happened"] == "our CAN controller went bus-off" and stops[0]["stop_class"] == "controlled"
        assert [rung for rung in run.told("core_rung") if rung["outcome"] == "missed"] == []
