"""The language of plans on a whole bench in virtual time: restarts after faults, branches, deadlines, resumption."""

from pathlib import Path
from typing import Any

import pytest

from bench.base.time import VIRTUAL_EPOCH_S
from bench.record.journal import JournalRecord, read_journal
from bench.sequence.pause.pauses import read_script
from bench.service.preparation import prepare
from bench.service.resumption import ended
from bench.service.run_folder import Labels
from bench.service.virtual_run import RunResult, run_virtual

LABELS = Labels("virtual", 1, VIRTUAL_EPOCH_S)
HEAD = "plan: tree\ntitle: A tree\ndut: gen5_bev\nrig: e_axle_demo\nallowance: 0 %\n"
DWELL = "dwell: {speed: $speed, torque: 20 Nm, time: $time}"


@pytest.fixture(autouse=True)
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.service.virtual_run.write_report", lambda *_: None)


def run(folder: Path, text: str, *faults: str, **settings: str) -> tuple[RunResult, list[JournalRecord]]:
    plan = folder / "tree.yaml"
    plan.write_text(HEAD + text)
    prepared = prepare(str(plan), fault_lines=faults, settings=settings)
    result = run_virtual(prepared.blueprint, folder / "runs", LABELS, prepared.faults)
    assert result.error is None
    return result, journal(result.folder)


def journal(folder: Path) -> list[JournalRecord]:
    records, problems = read_journal((folder / "journal.jsonl").read_bytes())
    assert not problems
    return records


def places(records: list[JournalRecord], event: str) -> list[Any]:
    return [record.data["step"] for record in records if record.event == event]


PASSES = f"""
parameters: {{speed: 2000 rpm, time: 4 s}}
steps:
  - repeat:
      times: 3
      on_fail: {{retry: 1}}
      steps:
        - sweep:
            over: {{factor: [1, 1.5]}}
            steps:
              - dwell: {{speed: "${{factor * speed}}", torque: 20 Nm, time: $time}}
        - {DWELL}
"""


def test_after_a_restartable_fault_the_bench_arms_again_and_the_pass_is_begun_anew(tmp_path: Path) -> None:
    result, records = run(tmp_path, PASSES, "analyzer.silence@55s+3s")
    assert result.verdict is not None
    assert (result.verdict.verdict, result.verdict.reasons) == ("passed", ())
    told = [record.event for record in records]
    assert told.count("armed") == 2
    (anew,) = places(records, "retried")
    assert places(records, "pass_finished") == [0, 0, 0]
    assert len(places(records, "step_finished")) == 9 + sum(
        str(place).startswith(f"{anew}.") for place in places(records[: told.index("retried")], "step_finished")
    )
    assert next(record.data["code"] for record in records if record.event == "stop_requested") == 20


def test_a_run_with_parameters_goes_on_with_the_same_values(tmp_path: Path) -> None:
    result, records = run(tmp_path, PASSES, time="6 s", speed="1500 rpm")
    lines = (result.folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    second = [n for n, record in enumerate(records) if record.event == "pass_started" and record.data["of"] == 3][1]
    (result.folder / "journal.jsonl").write_bytes(b"".join(lines[: second + 8]))
    (tmp_path / "tree.yaml").unlink()
    left = ended(result.folder)
    prepared = prepare(*left.inputs())
    left.require_same(prepared)
    assert prepared.blueprint.inputs.plan.values == {"speed": "1500 rpm", "time": "6 s"}
    again = run_virtual(prepared.blueprint, tmp_path / "again", LABELS, progress=left.progress)
    assert again.verdict is not None and again.verdict.verdict == "passed"
    after = journal(again.folder)
    assert sorted({*map(str, places(records, "step_finished"))}) == sorted(
        {*map(str, places(records[: second + 8], "step_finished")), *map(str, places(after, "step_finished"))}
    )
    assert not {*places(records[: second + 8], "step_finished")} & {*places(after, "step_finished")}
    begun = [record.data["pass"] for record in after if record.event == "pass_started" and record.data["of"] == 3]
    assert begun == [2, 3]


def test_a_deadline_ends_a_wait_inside_of_a_step_in_the_controlled_stop(tmp_path: Path) -> None:
    soak = """
steps:
  - soak:
      {coolant: 65 °C, coolant_flow: 10 l/min, oil: 70 °C, oil_flow: 6 l/min, speed: 3000 rpm, torque: 60 Nm,
      stable: {channel: dut.winding_temp, range: 1 K, window: 60 s}, timeout: 45 min}
    deadline: 30 s
    on_fail: skip
  - dwell: {speed: 1000 rpm, torque: 10 Nm, time: 3 s}
"""
    result, records = run(tmp_path, soak)
    assert result.verdict is not None
    assert result.verdict.reasons == ("soak 0 did not end within 30 s",)
    assert result.verdict.stop_confirmed
    why = next(record.data["cause"] for record in records if record.event == "stop_requested")
    assert why == "a step did not end in its time"
    assert places(records, "step_finished") == [1]


def test_the_steps_of_another_plan_run_in_the_place_of_its_call(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(
        f"plan: part\ntitle: A part\ndut: gen5_bev\nrig: e_axle_demo\nparameters: {{speed: 900 rpm, time: 1 h}}\n"
        f"limits: [{{channel: dut.speed, high: 5000 rpm, level: stop}}]\nsteps:\n  - {DWELL}\n"
    )
    text = "parameters: {time: 3 s}\nsteps:\n  - call: {plan: part.yaml, with: {time: $time, speed: 1200 rpm}}\n"
    result, records = run(tmp_path, text)
    assert result.verdict is not None and result.verdict.verdict == "passed"
    assert places(records, "step_finished") == ["0.0"]
    (tmp_path / "part.yaml").unlink()
    prepared = prepare(str(result.folder / "inputs" / "plan.yaml"))
    assert len(prepared.blueprint.inputs.plan.value.limits) == 1


def test_a_plan_with_branches_and_deadlines_is_foreseen_and_run(tmp_path: Path) -> None:
    text = f"""
parameters: {{speed: 2000 rpm, time: 10 s}}
steps:
  - parallel:
      deadline: 5 min
      branches:
        - [{{{DWELL}}}]
        - - wait_until: {{condition: dut.speed > 1500 rpm, timeout: 60 s}}
          - notify: {{title: it turns}}
cleanup:
  - notify: {{title: the end}}
"""
    result, records = run(tmp_path, text)
    assert result.verdict is not None and (result.verdict.verdict, result.verdict.reasons) == ("passed", ())
    finished = places(records, "step_finished")
    assert finished == ["0.1.0", "0.1.1", "0.0.0", "cleanup.0"]


def test_the_clock_of_deadlines_and_repeats_stands_still_while_the_plan_is_suspended(tmp_path: Path) -> None:
    text = f"""
parameters: {{speed: 2000 rpm, time: 10 s}}
steps:
  - repeat:
      for: 25 s
      deadline: 60 s
      steps: [{{{DWELL}}}]
"""
    (tmp_path / "tree.yaml").write_text(HEAD + text)
    prepared = prepare(str(tmp_path / "tree.yaml"))
    script = read_script(["suspend@40s+5min"])
    result = run_virtual(prepared.blueprint, tmp_path / "runs", LABELS, script=script)
    assert result.verdict is not None and (result.verdict.verdict, result.verdict.reasons) == ("passed", ())
    records = journal(result.folder)
    stood_s = next(record.data["stood_s"] for record in records if record.event == "resumed_from_suspend")
    passes = [record for record in records if record.event == "pass_finished"]
    assert stood_s > 300.0
    assert len(passes) == 3
    assert passes[-1].data["elapsed_s"] < 60.0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["first", "second"])
def test_a_pause_holds_the_branch_that_drives(tmp_path: Path, order: tuple[int, int]) -> None:
    branches = (
        f"[{{{DWELL}}}, {{notify: {{title: driven}}}}]",
        "[{wait_until: {condition: dut.speed < 600 rpm, timeout: 1 h}}]",
    )
    text = f"""
parameters: {{speed: 2000 rpm, time: 40 s}}
steps:
  - parallel:
      branches: [{branches[order[0]]}, {branches[order[1]]}]
  - {DWELL}
"""
    (tmp_path / "tree.yaml").write_text(HEAD + text)
    prepared = prepare(str(tmp_path / "tree.yaml"))
    script = read_script(["suspend@45s+2min"])
    result = run_virtual(prepared.blueprint, tmp_path / "runs", LABELS, script=script)
    assert result.verdict is not None and (result.verdict.verdict, result.verdict.reasons) == ("passed", ())
    told = {record.event: record.t_ns / 1e9 for record in journal(result.folder)}
    assert told["suspended"] == pytest.approx(45.0, abs=1.0)
    assert told["resumed_from_suspend"] > 165.0
    dwelt_s = {
        record.data["step"]: record.t_ns / 1e9 for record in journal(result.folder) if record.event == "step_finished"
    }
    assert dwelt_s[f"0.{order.index(0)}.0"] > told["resumed_from_suspend"]
