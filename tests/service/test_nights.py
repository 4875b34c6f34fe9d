"""One page of several runs: which are found, what is to be looked at first, and where the links lead."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.record.journal import Journal, JournalRecord
from bench.record.storage import MemoryFile
from bench.report.model import build_model
from bench.report.night import DAMAGE, DRIFT, EARLY, FAILED, ODD, POINTS, SAFETY, Night, Remark, night_run
from bench.report.night_html import render_night
from bench.service.handover import Handover
from bench.service.nights import night_of, not_run, runs_in, write_night
from bench.service.queue.state import Order
from bench.service.queue.work_queue import WorkQueue

Runner = Callable[..., Any]
Events = list[tuple[str, dict[str, Any]]]
PASSED = {"verdict": "passed", "outcome": "finished", "reasons": [], "stop_confirmed": True, "planned": 0}


def run_with(events: Events, **more: Any) -> Any:
    journal = Journal(MemoryFile())
    records: list[JournalRecord] = journal.extend([(n, event, data) for n, (event, data) in enumerate(events)])
    told = [(record.event, record.data) for record in records]
    return night_run("the_run", "the_run/report.html", build_model(records), told, **more)


def finished(**changed: Any) -> tuple[str, dict[str, Any]]:
    return "run_finished", {**PASSED, **changed}


POINT = {"point": 7, "speed_rpm": 3000.0, "torque_nm": -50.0, "verdict": "flagged", "reason": "the inverter derated"}


@pytest.mark.parametrize(
    ("events", "more", "looks"),
    [
        ([finished()], {}, []),
        ([finished(verdict="failed", reasons=["too many flagged"])], {}, [(FAILED, "too many flagged")]),
        ([("run_started", {})], {}, [(EARLY, "it was cut off and has no verdict; 'bench resume' goes on with it, ")]),
        (
            [
                ("core_stop", {"happened": "the door is open", "remedy": "close the door"}),
                finished(verdict="failed", outcome="stopped", reasons=["the door is open"]),
            ],
            {},
            [(EARLY, "the door is open; close the door")],
        ),
        (
            [
                ("stopped", {"confirmed": False, "rungs": [{"rung": "contactors open", "outcome": "missed"}]}),
                finished(verdict="failed", stop_confirmed=False, reasons=["no"]),
            ],
            {},
            [(SAFETY, "the stop was not confirmed on every rung (contactors open missed)"), (FAILED, "no")],
        ),
        ([finished()], {"problems": ("journal line 3: changed",)}, [(SAFETY, "the run's files cannot be trusted")]),
        (
            [
                ("reference", {"eta_edu": 0.9, "limit_pp": 0.3}),
                ("reference", {"eta_edu": 0.896, "limit_pp": 0.3}),
                finished(),
            ],
            {},
            [(DRIFT, "the reference point drifted by -0.400 pp, 0.3 pp are allowed")],
        ),
        (
            [("point", POINT), finished()],
            {},
            [(POINTS, "point 7 (3000 rpm, -50 Nm): the inverter derated")],
        ),
        ([("inverter_fault", {"faults": ["over-current"]}), finished()], {}, [(ODD, "the inverter reported over")]),
        ([finished()], {"sealed": False}, [(ODD, "it is not sealed")]),
        (
            [finished()],
            {"notes": (Remark("t", "A", "hose", ()), Remark("t", "B", "read", ("C",)))},
            [(ODD, "a note by A was not acknowledged: hose")],
        ),
    ],
)  # fmt: skip
def test_what_is_to_be_looked_at(events: Events, more: dict[str, Any], looks: list[tuple[int, str]]) -> None:
    night = Night("night", (run_with(events, **more),))
    assert [(look.rank, look.text[: len(text)]) for look, (_, text) in zip(night.looks, looks, strict=True)] == looks
    assert night.good is (night.runs[0].verdict == "passed" and all(look.rank > DRIFT for look in night.looks))
    json.dumps(night.for_machines(), allow_nan=False)
    assert all(look.text.split("'")[0] in render_night(night).replace("&#39;", "'") for look in night.looks)


def test_the_most_urgent_comes_first_whatever_the_run() -> None:
    odd, unsafe = run_with([finished()], sealed=False), run_with([finished(stop_confirmed=False)])
    assert [look.rank for look in Night("night", (odd, unsafe)).looks] == [SAFETY, ODD]


def test_damage_is_told_as_the_share_of_a_life() -> None:
    row = {"kind": "accel_decel", "torque_damage": 0.02, "insulation_damage": 3e-6, "verdict": "passed", "reason": ""}
    run = run_with([finished()])
    object.__setattr__(run.model, "results", {"endurance": (row,)})
    assert run.damage == "torque 2.00%"
    assert [(look.rank, look.text) for look in run.looks()] == [(DAMAGE, "torque 2.00% of a life was used")]


@pytest.fixture
def folder(run_of: Runner, tmp_path: Path) -> Path:
    """Two runs, the second in a folder of its own as a queue has it, and something else."""
    parent = tmp_path / "runs"
    shutil.copytree(run_of("smoke").folder, parent / "first")
    shutil.copytree(run_of("smoke", "analyzer.silence@30s").folder, parent / "0002" / "second")
    (parent / "elsewhere").mkdir()
    return parent


def test_runs_are_found_in_folders_and_queues(folder: Path) -> None:
    assert {run.name for run in runs_in([folder])} == {"first", "second"}
    assert [run.name for run in runs_in([folder / "first", folder / "first"])] == ["first"]
    began_s = json.loads((folder / "first" / "manifest.json").read_text())["start_s"]
    assert len(runs_in([folder], since_s=began_s)) == 2
    with pytest.raises(InputError, match="no run was found"):
        runs_in([folder], since_s=began_s + 1)
    with pytest.raises(InputError, match="is no folder"):
        runs_in([folder / "missing"])


def test_the_page_is_written_with_links_that_lead_somewhere(folder: Path) -> None:
    Handover(folder).write("first", "the <hose> drips", "A. Vogel", 0)
    for run in ("first", "0002/second"):
        (folder / run / "report.html").touch()
    page = folder / "night.html"
    night = write_night(runs_in([folder]), page)
    text = page.read_text()
    assert "the &lt;hose&gt; drips" in text and "<hose>" not in text
    for run in night.runs:
        assert f'href="{run.link}"' in text and (folder / run.link).exists()
    assert {run.verdict for run in night.runs} == {"passed", "failed"}
    assert night.looks[0].rank in (SAFETY, EARLY) and night.looks[0].run == "0002/second"


def test_a_run_whose_journal_was_changed_is_told(folder: Path) -> None:
    path = folder / "first" / "journal.jsonl"
    os.chmod(path, 0o644)
    path.write_bytes(path.read_bytes().replace(b'"event":"armed"', b'"event":"harmd"'))
    night = night_of([folder / "first"], folder / "night.html")
    assert night.looks[0].rank == SAFETY and "cannot be trusted" in night.looks[0].text


def test_orders_of_a_queue_that_left_no_run_are_told(folder: Path) -> None:
    queue = WorkQueue(folder)
    for plan in ("smoke", "truth", "peak_power"):
        queue.add(Order(plan))
    queue.begin(1, "")
    queue.end(1, "done", 0, "passed", "")
    queue.begin(2, "")
    queue.end(2, "refused", 2, "the plan was refused: no such rig", "")
    queue.hold("somebody has to look", "the operator")
    looks = list(not_run([folder, folder / "first"]))
    assert [(look.rank, look.text) for look in looks] == [
        (EARLY, "order 2 of runs (truth) the plan was refused: no such rig"),
        (EARLY, "1 orders of runs still wait; it is held: somebody has to look"),
    ]
    night = write_night(runs_in([folder]), folder / "night.html", looks)
    assert not night.good and "no such rig" in (folder / "night.html").read_text()


def test_runs_of_the_same_name_are_told_apart(folder: Path) -> None:
    shutil.copytree(folder / "first", folder / "0003" / "deep" / "first")
    night = night_of(runs_in([folder]), folder / "night.html")
    assert [run.folder for run in night.runs if run.folder.endswith("first")] == ["0003/deep/first", "first"]
