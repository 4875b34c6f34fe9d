"""Runs in wall time with another inverter, and with dynos and flanges that the core reaches itself."""

from pathlib import Path
from typing import Any

import pytest
from disturbed import again_if_disturbed
from wall_runs import PLAN, WallRun, faster_rig, wall_run

from bench.io.disk import DiskStorage
from bench.record.verify import verify


def command(folder: Path, rig: str, *more: str) -> tuple[str, ...]:
    """One point, measured for a second, on the rig with less waiting."""
    plan, rig_file = folder / "plan.yaml", folder / "rig.yaml"
    plan.write_text(PLAN.read_text().replace("at_least: 10 s", "at_least: 1 s"))
    rig_file.write_text(faster_rig(rig))
    return ("run", str(plan), "--rig", str(rig_file), *more, "--world", "loopback", "--json", "--out", "OUT")


def passed(run: WallRun) -> dict[str, Any]:
    """Wait for the end of a run that went well, from arming to the confirmed stop; what ``armed`` tells."""
    code, said = run.end()
    assert (code, said["verdict"], said["accepted"], said["flagged"]) == (0, "passed", 1, 0)
    assert [stop["happened"] for stop in run.told("core_stop")] == ["the plan has ended"]
    assert {rung["outcome"] for rung in run.told("core_rung")} == {"entered", "confirmed"}
    assert run.told("core_safe") == [{"confirmed": True}] and run.told("inverter_fault") == []
    assert verify(DiskStorage(run.folder, create=False)) == []
    assert run.processes() == [] and run.left() == []
    (armed,) = run.told("armed")
    return armed


@pytest.mark.slow
@again_if_disturbed(held_up_ms=300)
def test_a_cascadia_inverter_and_dynos_on_can_are_driven_and_brought_to_rest(tmp_path: Path) -> None:
    """Both in one run: the inverter is read back, and dynos and flanges need no links."""
    with wall_run(*command(tmp_path, "e_axle_fast", "--dut", "ipace_cm")) as run:
        assert set(passed(run)["parts"]) == {"analyzer", "supply"}
        assert run.told("inverter_set_up") == [{"parameters": {"172": 20}, "required": {"172": 20}}]
        told = run.told("can_message")
        of_unit = {each["message"]: each for each in told if each["bus"] != "can_bench_io"}
        assert of_unit["M192_COMMAND"]["sent"] and of_unit["M192_COMMAND"]["frames"] > 1000
        assert of_unit["M170_STATES"]["frames"] > 100 and of_unit["M170_STATES"]["bad_range"] == 0
        of_bench = {each["message"]: each for each in told if each["bus"] == "can_bench_io"}
        for name, each in of_bench.items():
            if not each["sent"]:
                assert each["bad_crc"] == each["bad_length"] == each["bad_range"] == 0, name
                # what the emulated side could not send in time is missing: the counter jumps, and the core counts it
                assert each["bad_counter"] <= 1 + each["frames"] // 500, name
        assert {"DYNO_L_CMD", "DYNO_R_CMD"} <= {name for name, each in of_bench.items() if each["sent"]}
