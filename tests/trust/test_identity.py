"""Whole runs in the virtual world: which unit is armed, what its trouble codes are, and what silence may not do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.config.search import find

Runner = Callable[..., Any]


@pytest.mark.parametrize(("fault", "reason"), [
    ("ecu.identity:calibration=BADC0DE0@0s", "calibration is 'BADC0DE0', expected is '5EEDC0DE'; put the right unit"),
    ("ecu.silence@0s", "dut: no answer in time"),
    ("can.dut.drop:0x7E8@0s", "dut: no answer in time"),
])  # fmt: skip
def test_another_or_a_silent_unit_is_refused_before_energy(run_of: Runner, fault: str, reason: str) -> None:
    run = run_of("smoke", fault)
    assert run.verdict.exit_code == 3 and not run.points
    assert reason in run.verdict.reasons[0] and "identity of the drive unit" in run.verdict.reasons[0]
    assert not run.told("arming") and not run.told("core_armed")


def test_a_unit_that_falls_silent_or_goes_mad_after_arming_endangers_nothing(run_of: Runner) -> None:
    run = run_of("smoke", "ecu.silence@10s", "can.dut.drop:0x7E8@12s")
    assert run.verdict.verdict == "passed" and len(run.points) == 3
    before, after = run.told("diagnostics")
    assert before["identity"]["software"] == "1.2.3" and after["when"] == "after"
    assert after["problem"] == "dut: no answer in time"


def test_what_broke_on_the_way_is_read_afterwards(run_of: Runner) -> None:
    """No torque command for 200 ms: the unit stores it, the bench reads it once all is safe."""
    run = run_of("smoke", "can.dut.drop:0x0C0@25s+200ms", "ecu.stored:P0A78-00@0s")
    before, after = run.told("diagnostics")
    assert [dtc["code"] for dtc in before["dtcs"]] == ["P0A78-00"]
    found = {dtc["code"]: dtc for dtc in after["dtcs"]}
    assert set(found) == {"P0A78-00", "U0100-87"} and not found["U0100-87"]["active"]
    assert found["U0100-87"]["text"] == "no torque command from the bench for 50 ms"
    assert run.told("dtcs_cleared") == []


def test_a_plan_may_ask_for_a_unit_and_for_cleared_codes(run_of: Runner, tmp_path: Path) -> None:
    plan = tmp_path / "cleared.yaml"
    plan.write_text(find("plan", "smoke").read_text("utf-8") + "clear_dtcs: true\nidentity: {serial: EMULATED-1}\n")
    run = run_of(str(plan), "ecu.stored:P0A78-00@0s")
    assert run.verdict.verdict == "passed"
    told = [(data["when"], [dtc["code"] for dtc in data["dtcs"]]) for data in run.told("diagnostics")]
    assert told == [("before", ["P0A78-00"]), ("cleared", []), ("after", [])]
    names = [record.event for record in run.journal]
    assert names.index("diagnostics") < names.index("dtcs_cleared") < names.index("arming")
    other = run_of(str(plan), "ecu.identity:serial=EMULATED-2@0s")
    assert "serial is 'EMULATED-2', expected is 'EMULATED-1'" in other.verdict.reasons[0]


def test_the_same_seed_asks_and_answers_at_the_same_times(run_of: Runner) -> None:
    faults = ("ecu.stored:P0A78-00@0s", "ecu.identity:serial=other@0s", "can.dut.drop:0x7E0@0s+600ms")
    first, second = (run_of("smoke", *faults, "ecu.identity:software=9@0s") for _ in range(2))
    assert [(r.t_ns, r.event, r.data) for r in first.journal] == [(r.t_ns, r.event, r.data) for r in second.journal]
    assert "software is '9'" in first.verdict.reasons[0]
