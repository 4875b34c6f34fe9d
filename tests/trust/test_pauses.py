"""Runs that are paused: nothing is lost, nothing counts twice, and a stop overrides a pause at any moment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import Virtual, draw, load_inputs
from bench.base.errors import InputError
from bench.base.time import VIRTUAL_EPOCH_S
from bench.record.journal import JournalRecord, read_journal
from bench.schedule.faults import parse_fault
from bench.sequence.pause.pauses import read_script
from bench.sequence.verdict import RunVerdict
from bench.service.preparation import prepare
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

DWELL = """
plan: dwelling
title: forty seconds at a point
dut: gen5_bev
rig: e_axle_demo
steps:
  - dwell: {speed: 3000 rpm, torque: 60 Nm, time: 40 s}
"""
S = 1_000_000_000


class Paused:
    """A run with a script of pauses, and what its journal says. ``loaded_s``: how long the torque was there."""

    def __init__(
        self, folder: Path, plan: str, *script: str, faults: tuple[str, ...] = (),
        watch: Callable[[Virtual], bool] = lambda _made: False,
    ) -> None:  # fmt: skip
        self._seen: list[tuple[int, float, float]] = []
        self._watch = watch
        result = run_virtual(
            draw(load_inputs(plan)), folder, Labels("virtual", 1, VIRTUAL_EPOCH_S),
            tuple(parse_fault(line) for line in faults), self._look, script=read_script(script),
        )  # fmt: skip
        assert result.error is None and result.verdict is not None
        self.verdict: RunVerdict = result.verdict
        self.records: list[JournalRecord] = read_journal((result.folder / "journal.jsonl").read_bytes())[0]
        self.foresight: dict[str, Any] = json.loads((result.folder / "manifest.json").read_text())["foresight"]

    def _look(self, made: Virtual) -> bool:
        outputs = made.world.bench.plant.outputs
        self._seen.append(
            (made.bench.scheduler.t_ns, float(outputs["torque_airgap_nm"][0]), float(outputs["speed_motor_rpm"][0]))
        )
        return self._watch(made)

    def told(self, event: str) -> list[dict[str, Any]]:
        return [record.data for record in self.records if record.event == event]

    def at_ns(self, event: str) -> int:
        return next(record.t_ns for record in self.records if record.event == event)

    def loaded_s(self, torque_nm: float) -> float:
        """Between the first look after the load came and the last before it went, pauses left out."""
        steps = zip(self._seen, self._seen[1:], strict=False)
        return sum(late[0] - early[0] for early, late in steps if min(early[1], late[1]) > 0.98 * torque_nm) / S

    def between(self, begin_ns: int, end_ns: int) -> list[tuple[float, float]]:
        return [(torque, speed) for t_ns, torque, speed in self._seen if begin_ns <= t_ns <= end_ns]


@pytest.fixture
def dwelling(tmp_path: Path) -> str:
    path = tmp_path / "dwelling.yaml"
    path.write_text(DWELL)
    return str(path)


def test_a_hold_waits_for_the_next_thing_and_leaves_the_load(tmp_path: Path) -> None:
    run = Paused(tmp_path, "smoke", "hold@29s+20s")
    assert run.verdict.verdict == "passed" and run.verdict.accepted == 3
    ((held,), (resumed,)) = run.told("held"), run.told("resumed_from_hold")
    assert held["by"] == resumed["by"] == "script"
    begin_ns, end_ns = run.at_ns("held"), run.at_ns("resumed_from_hold")
    first = next(record for record in run.records if record.event == "point")
    assert first.t_ns <= begin_ns and end_ns == pytest.approx(49 * S, abs=0.2 * S)
    torque_nm = first.data["torque_nm"]
    assert all(abs(torque - torque_nm) < 2.0 for torque, _ in run.between(begin_ns, end_ns))
    started = [record.t_ns for record in run.records if record.event == "point_started"]
    assert len(started) == 3 and all(t_ns <= begin_ns or t_ns >= end_ns for t_ns in started)
    assert run.told("repeated") == []


def test_a_suspended_dwell_counts_the_time_at_load_only(tmp_path: Path, dwelling: str) -> None:
    plain = Paused(tmp_path, dwelling)
    run = Paused(tmp_path, dwelling, "suspend@45s+60s")
    assert run.verdict.verdict == "passed"
    assert run.loaded_s(60.0) == pytest.approx(plain.loaded_s(60.0), abs=1.0)
    begin_ns, end_ns = run.at_ns("suspended"), run.at_ns("resumed_from_suspend")
    assert begin_ns == 45 * S and run.told("suspended")[0]["torque_nm"] == 60.0
    idle = run.between(begin_ns + 20 * S, end_ns - 20 * S)
    assert idle and all(abs(torque) < 1.0 and 500.0 < speed < 1200.0 for torque, speed in idle)
    assert run.foresight["stood_s"] == pytest.approx((end_ns - begin_ns) / S, abs=0.1)
    assert abs(run.foresight["took_s"] - plain.foresight["took_s"]) < 1.0
    assert abs(run.foresight["worst_percent"]) < 6.0


def test_a_point_under_measurement_is_measured_again(tmp_path: Path) -> None:
    plain = Paused(tmp_path, "smoke")
    (window,) = [r.data for r in plain.records if r.event == "point" and r.data["point"] == 2]
    inside_s = (window["start_ns"] + window["end_ns"]) / 2 / S
    run = Paused(tmp_path, "smoke", f"suspend@{inside_s}s+10s")
    assert run.verdict == plain.verdict
    assert [data["point"] for data in run.told("point")] == [1, 2, 3]
    (again,) = run.told("repeated")
    assert again["point"] == 2 and "suspended by the script" in again["reason"]
    second = run.told("point")[1]
    assert second["start_ns"] > run.at_ns("resumed_from_suspend")


def test_a_pause_is_no_disturbance_however_often(tmp_path: Path) -> None:
    script = [f"suspend@{28 + 30 * n}s+2s" for n in range(5)]
    run = Paused(tmp_path, "smoke", *script)
    assert run.verdict.verdict == "passed" and [data["point"] for data in run.told("point")] == [1, 2, 3]


@pytest.mark.parametrize("at_s", [0, 5, 14, 20])
def test_while_the_bench_arms_a_pause_waits(tmp_path: Path, at_s: int) -> None:
    run = Paused(tmp_path, "smoke", f"suspend@{at_s}s+40s")
    assert run.verdict.verdict == "passed"
    assert run.at_ns("suspended") >= run.at_ns("sign_check")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["hold", "suspend"])
@pytest.mark.parametrize("at_s", [22.3, 23.5, 25.3, 26.7, 27.9, 28.5, 29.1, 30.05, 31.3, 33.3, 34.9, 36.0])
def test_whenever_it_is_paused_no_point_is_lost_or_doubled(tmp_path: Path, kind: str, at_s: float) -> None:
    run = Paused(tmp_path, "smoke", f"{kind}@{at_s}s+7s")
    assert run.verdict.verdict == "passed" and run.verdict.accepted == 3
    assert [data["point"] for data in run.told("point")] == [1, 2, 3]
    assert len(run.told("suspended")) == len(run.told("resumed_from_suspend"))


def test_what_is_taken_back_in_time_never_happens(tmp_path: Path) -> None:
    run = Paused(tmp_path, "smoke", "suspend@3s+5s")
    assert run.told("suspended") == [] and run.verdict.verdict == "passed"


def test_a_deadline_waits_as_well(tmp_path: Path, dwelling: str) -> None:
    Path(dwelling).write_text(DWELL.replace("time: 40 s}", "time: 40 s}\n    deadline: 60 s"))
    run = Paused(tmp_path, dwelling, "suspend@45s+60s")
    assert run.verdict.verdict == "passed"


def test_the_operator_s_stop_overrides_a_suspension(tmp_path: Path, dwelling: str) -> None:
    run = Paused(tmp_path, dwelling, "suspend@45s", watch=lambda made: made.bench.scheduler.t_ns > 75 * S)
    assert run.verdict.exit_code == 4
    assert run.told("stopped")[0]["confirmed"] and run.told("resumed_from_suspend") == []


def test_a_fault_overrides_a_suspension(tmp_path: Path, dwelling: str) -> None:
    run = Paused(tmp_path, dwelling, "suspend@45s", faults=("door.open@75s",))
    assert run.verdict.exit_code == 3 and run.told("stopped")


def test_a_hold_can_become_a_suspension(tmp_path: Path) -> None:
    run = Paused(tmp_path, "smoke", "hold@26s", "suspend@60s+10s")
    told = [
        r.event for r in run.records if r.event in ("held", "resumed_from_hold", "suspended", "resumed_from_suspend")
    ]
    assert told == ["held", "resumed_from_hold", "suspended", "resumed_from_suspend"]
    assert run.verdict.verdict == "passed"


# --- by a condition of the plan --------------------------------------------------------------------------------------
LEAK = "suspend_when: {condition: io.leak > 0.5, clear: io.leak < 0.5}\n"


def test_a_plan_suspends_itself_and_goes_on(tmp_path: Path, dwelling: str) -> None:
    Path(dwelling).write_text(DWELL + LEAK)
    run = Paused(tmp_path, dwelling, faults=("leak.alarm@45s+30s",))
    assert run.verdict.verdict == "passed"
    (suspended,) = run.told("suspended")
    assert (suspended["by"], suspended["reason"]) == ("condition", "io.leak > 0.5: io.leak = 1")
    assert run.at_ns("suspended") == pytest.approx(45.5 * S, abs=1.0 * S)
    assert run.at_ns("resumed_from_suspend") >= 75 * S


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{condition: io.lek > 0.5, clear: io.leak < 0.5}", "io.lek"),
        ("{condition: scanner.x_temp > 50 °C, clear: io.leak < 0.5}", "scanner.x_temp"),
        ("{condition: 1 > 0.5, clear: io.leak < 0.5}", "looks at no channel and never changes"),
        ("{condition: coolant.temp_in > 70 bar, clear: io.leak < 0.5}", "bar"),
        ("{condition: io.leak > 0.5}", "missing key 'clear'; add it"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(dwelling: str, text: str, told: str) -> None:
    Path(dwelling).write_text(f"{DWELL}suspend_when: {text}\n")
    with pytest.raises(InputError) as refused:
        prepare(dwelling)
    assert told in str(refused.value) and "dwelling.yaml:8" in str(refused.value)
