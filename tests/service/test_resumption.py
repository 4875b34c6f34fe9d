"""A run that ended too early goes on: nothing that was finished is lost, done again or counted twice."""

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import Blueprint, draw, load_inputs
from bench.base.errors import InputError
from bench.base.time import VIRTUAL_EPOCH_S
from bench.io.disk import DiskStorage
from bench.record.journal import JournalRecord, read_journal
from bench.record.manifest import seal_of, text_of
from bench.record.points import points_table
from bench.record.verify import verify
from bench.sequence.progress import BEGINNING, Progress
from bench.service.resumption import ended, recovered
from bench.service.run_folder import Labels
from bench.service.virtual_run import RunResult, run_virtual

COMMAND = [sys.executable, "-c", "from bench.cli import main; main()"]
LABELS = Labels("virtual", 1, VIRTUAL_EPOCH_S)
CYCLE = """
plan: twice
title: Two short drives
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - drive_cycle:
      trace: [[0 s, 0 km/h], [8 s, 20 km/h], [16 s, 0 km/h]]
      repetitions: 2
      vehicle:
        {mass: 1600 kg, tyre_radius: 0.33 m, rolling_resistance: 0.01, drag_area: 0.6 m²,
        regeneration: {share: 90 %, fade: 5..15 km/h}}
"""

ENDURANCE = """
plan: cycles
title: A few cycles
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - endurance:
      accel_decel: {low: 2000 rpm, high: 2400 rpm, torque: 60 Nm}
      cycles: 12
      speed_rate: 1000 rpm/s
      band: {torque: 12 Nm, speed: 60 rpm}
"""


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return draw(load_inputs("smoke", None, None))


@pytest.fixture(autouse=True)
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.service.virtual_run.write_report", lambda *_: None)


@pytest.fixture(scope="module")
def whole(blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """The undisturbed run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
        return run_virtual(blueprint, tmp_path_factory.mktemp("whole"), LABELS)


def journal(folder: Path) -> list[JournalRecord]:
    records, problems = read_journal((folder / "journal.jsonl").read_bytes())
    assert not problems
    return records


def killed(whole: Path, folder: Path, last: Callable[[JournalRecord], bool], torn: bytes = b"") -> Path:
    """What a run leaves that is killed right after the first record that is ``last``."""
    shutil.copytree(whole, folder)
    lines = (whole / "journal.jsonl").read_bytes().splitlines(keepends=True)
    place = next(i for i, record in enumerate(journal(whole)) if last(record))
    (folder / "journal.jsonl").write_bytes(b"".join(lines[: place + 1]) + torn)
    return folder


def at(event: str, **data: Any) -> Callable[[JournalRecord], bool]:
    return lambda record: record.event == event and data.items() <= record.data.items()


def test_what_a_power_cut_has_left_of_the_last_write_is_not_taken_over(whole: RunResult, tmp_path: Path) -> None:
    """Also where its sectors came out of order: a hole, then whole lines."""
    clean = ended(killed(whole.folder, tmp_path / "clean", at("point", point=1)))
    hole = b'{"data":{"po' + bytes(600) + b'","seq":99}\n{"data":{},"seq":100}\n'
    left = ended(killed(whole.folder, tmp_path / "left", at("point", point=1), torn=hole))
    assert (left.progress.points, left.progress.chain) == (1, clean.progress.chain) and len(left.progress.chain) == 16


def go_on(blueprint: Blueprint, folder: Path, progress: Progress) -> RunResult:
    result = run_virtual(blueprint, folder / "out", LABELS, progress=progress)
    assert result.error is None
    return result


@pytest.mark.parametrize(
    ("last", "taken", "kinds"),
    [
        (at("run_started"), [], ["soak", "efficiency_map"]),
        (at("arming", stage="precharge"), [], ["soak", "efficiency_map"]),
        (at("step_started", kind="soak"), [], ["soak", "efficiency_map"]),
        (at("point", point=1), [1], ["soak", "efficiency_map"]),
        (at("point_started", point=3), [1, 2], ["soak", "efficiency_map"]),
        (at("point", point=3), [1, 2, 3], ["soak", "efficiency_map"]),
        (at("step_finished", kind="efficiency_map"), [1, 2, 3], []),
    ],
    ids=["begun", "arming", "soak", "one", "in_three", "all", "stopping"],
)
def test_a_run_goes_on_where_it_was(
    blueprint: Blueprint,
    whole: RunResult,
    tmp_path: Path,
    last: Callable[[JournalRecord], bool],
    taken: list[int],
    kinds: list[str],
) -> None:
    old = killed(whole.folder, tmp_path / "old", last, torn=b'{"data":{"po')
    left = ended(old)
    assert (left.world, left.seed, left.progress.points) == ("virtual", 1, len(taken))
    before = {record.data["point"]: record.data for record in journal(old) if record.event == "point"}
    new = go_on(blueprint, tmp_path, left.progress)
    records = journal(new.folder)
    rows = points_table(records)
    assert [row["point"] for row in rows] == [1, 2, 3]
    assert [row["point"] for row in rows if row.get("of_run") == "old"] == taken
    measured = [record.data["point"] for record in records if record.event == "point_started"]
    assert sorted(taken + measured) == [1, 2, 3], "each point is measured once, in one of the runs"
    for record in records:
        if record.event == "point" and "of_run" in record.data:
            assert record.data == {**before[record.data["point"]], "of_run": "old"}
    assert [record.data["kind"] for record in records if record.event == "step_started"] == kinds
    assert new.verdict is not None and (new.verdict.verdict, new.verdict.accepted) == ("passed", 3)
    told = [record.event for record in records]
    assert told.index("resumed") < told.index("arming") < told.index("armed") < told.index("sign_check")
    assert verify(DiskStorage(new.folder, create=False)) == []


def test_a_run_that_went_on_and_was_killed_while_arming_has_lost_nothing(
    blueprint: Blueprint, whole: RunResult, tmp_path: Path
) -> None:
    first = killed(whole.folder, tmp_path / "first", at("point", point=2))
    second = go_on(blueprint, tmp_path, ended(first).progress)
    third = killed(second.folder, tmp_path / "third", at("arming", stage="chain"))
    left = ended(third)
    assert left.progress.points == 2
    last = go_on(blueprint, tmp_path / "again", left.progress)
    rows = points_table(journal(last.folder))
    assert [(row["point"], row.get("of_run")) for row in rows] == [(1, "first"), (2, "first"), (3, None)]


@pytest.mark.parametrize("last", [at("run_started"), at("taken_over", step=1), at("point", point=1)])
def test_a_run_that_was_killed_before_it_had_taken_everything_over_has_lost_nothing(
    blueprint: Blueprint, whole: RunResult, tmp_path: Path, last: Callable[[JournalRecord], bool]
) -> None:
    """What counts then is the run that it goes on from."""
    first = killed(whole.folder, tmp_path / "first", at("point", point=2))
    second = go_on(blueprint, tmp_path, ended(first).progress)
    third = killed(second.folder, tmp_path / "third", last)
    assert (ended(third).progress.run, ended(third).progress.points) == ("first", 2)
    (third / "journal.jsonl").unlink()
    assert ended(third).progress.run == "first"
    shutil.move(first, tmp_path / "elsewhere")
    with pytest.raises(InputError, match="had taken over first, which is not beside it; resume first"):
        ended(third)


@pytest.mark.parametrize("name", ["../first", "/etc", ".."])
def test_a_run_goes_on_from_one_beside_it_only(whole: RunResult, tmp_path: Path, name: str) -> None:
    folder = killed(whole.folder, tmp_path / "in" / "old", at("run_started"))
    killed(whole.folder, tmp_path / "first", at("point", point=2))
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "resumes": name}))
    with pytest.raises(InputError, match="is not beside it"):
        ended(folder)


def test_a_whole_repetition_of_a_drive_cycle_is_not_driven_again(tmp_path: Path) -> None:
    (tmp_path / "twice.yaml").write_text(CYCLE)
    blueprint = draw(load_inputs(str(tmp_path / "twice.yaml"), None, None))
    whole = run_virtual(blueprint, tmp_path / "whole", LABELS)
    old = killed(whole.folder, tmp_path / "old", at("cycle_phase", repetition=1, phase="total"))
    new = go_on(blueprint, tmp_path, ended(old).progress)
    records = journal(new.folder)
    totals = [record.data for record in records if record.event == "cycle_phase" and record.data["phase"] == "total"]
    assert [(data["repetition"], data.get("of_run")) for data in totals] == [(1, "old"), (2, None)]


def test_a_cycle_that_was_driven_counts_once_however_often_the_run_was_killed(tmp_path: Path) -> None:
    (tmp_path / "cycles.yaml").write_text(ENDURANCE)
    blueprint = draw(load_inputs(str(tmp_path / "cycles.yaml"), None, None))
    whole = folder = run_virtual(blueprint, tmp_path / "whole", LABELS).folder
    for kill, cycle in enumerate((5, 9)):
        old = killed(folder, tmp_path / f"old{kill}", at("endurance_cycle", cycle=cycle), torn=b'{"da')
        folder = go_on(blueprint, tmp_path / f"new{kill}", ended(old).progress).folder
    told = [record.data for record in journal(folder) if record.event == "endurance_cycle"]
    assert [(data["cycle"], data.get("of_run")) for data in told] == [
        *((n, "old0") for n in range(1, 6)), *((n, "old1") for n in range(6, 10)), *((n, None) for n in range(10, 13)),
    ]  # fmt: skip
    (alone,), (after,) = (
        [record.data for record in journal(run) if record.event == "endurance"] for run in (whole, folder)
    )
    exact = ("cycles", "out_of_band", "verdict", "kind", "reason")
    assert {name: after[name] for name in exact} == {name: alone[name] for name in exact}
    assert after["load_s"] == pytest.approx(alone["load_s"]) and after["torque_damage"] > 0.0
    assert verify(DiskStorage(folder, create=False)) == []


def test_the_drift_is_judged_against_the_first_reference_of_all(tmp_path: Path) -> None:
    blueprint = draw(load_inputs("efficiency_map_quick", None, None))
    whole = run_virtual(blueprint, tmp_path / "whole", LABELS)
    old = killed(whole.folder, tmp_path / "old", at("point", point=11))
    new = go_on(blueprint, tmp_path, ended(old).progress)
    references = [record.data for record in journal(new.folder) if record.event == "reference"]
    assert [(data["reference"], data.get("of_run")) for data in references] == [(1, "old"), (2, None), (3, None)]
    first = references[0]["eta_edu"]
    assert references[2]["drift_pp"] == pytest.approx(100 * (references[2]["eta_edu"] - first))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: None, "has come to its end (verdict passed); nothing is left to do"),
        (lambda folder: (folder / "journal.jsonl").unlink(), "is no run that can be resumed: journal.jsonl"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "manifest.json is not complete"),
        (lambda folder: (folder / "manifest.json").write_text("["), "manifest.json is not readable"),
        (lambda folder: swap(folder, b'"point":2', b'"point":9'), "what a changed journal says is not taken over"),
    ],
)
def test_what_cannot_go_on_is_refused(
    whole: RunResult, tmp_path: Path, spoil: Callable[[Path], object], told: str
) -> None:
    folder = tmp_path / "old"
    shutil.copytree(whole.folder, folder)
    spoil(folder)
    with pytest.raises(InputError) as refused:
        ended(folder)
    assert told in str(refused.value.problems[0])


def swap(folder: Path, old: bytes, new: bytes) -> None:
    path = folder / "journal.jsonl"
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))


def test_it_waits_until_the_old_run_has_ended(whole: RunResult, tmp_path: Path) -> None:
    folder = killed(whole.folder, tmp_path / "old", at("point", point=1))
    content = (folder / "journal.jsonl").read_bytes()
    (folder / "journal.jsonl").unlink()
    file = DiskStorage(folder, create=False).open("journal.jsonl")
    told: list[float] = []

    def finish() -> None:
        time.sleep(0.3)
        file.append(content)
        file.close()

    closer = threading.Thread(target=finish)
    closer.start()
    left = ended(folder, lambda: told.append(time.monotonic()))
    closer.join()
    assert len(told) == 1 and left.progress.points == 1


@pytest.mark.parametrize(
    ("last", "verdict"), [(at("point", point=2), "interrupted"), (at("run_finished"), "passed")], ids=["early", "late"]
)
def test_a_run_that_nobody_closed_is_closed_from_its_journal(
    whole: RunResult, tmp_path: Path, last: Callable[[JournalRecord], bool], verdict: str
) -> None:
    folder = killed(whole.folder, tmp_path / "old", last, torn=b"{")
    manifest = json.loads((folder / "manifest.json").read_text())
    for made in ("points.csv", "points.parquet", "junit.xml", "dtcs.csv"):
        (folder / made).unlink(missing_ok=True)
    begun = {key: value for key, value in manifest.items() if key not in ("files", "verdict", "seal")}
    begun["sealed"] = False
    (folder / "manifest.json").write_bytes(text_of({**begun, "seal": seal_of(begun)}))
    assert recovered(folder) and not recovered(folder)
    assert verify(DiskStorage(folder, create=False)) == []
    told = json.loads((folder / "manifest.json").read_text())
    assert (told["verdict"], told["sealed"]) == (verdict, True)
    assert len((folder / "points.csv").read_text().splitlines()) == (3 if verdict == "interrupted" else 4)
    assert "html" in (folder / "report.html").read_text()


@pytest.mark.slow
@pytest.mark.alone
def test_a_killed_process_is_followed_by_one_that_goes_on(tmp_path: Path) -> None:
    run = subprocess.Popen([*COMMAND, "run", "efficiency_map_quick", "--json", "--out", str(tmp_path)])
    while not any(b'"event":"point"' in path.read_bytes() for path in tmp_path.glob("*/journal.jsonl")):
        assert run.poll() is None
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    (old,) = tmp_path.iterdir()
    done = len(points_table(journal_of_the_killed(old)))
    said = subprocess.run([*COMMAND, "resume", str(old), "--json"], capture_output=True, text=True, check=False)
    result = json.loads(said.stdout)
    assert (said.returncode, result["verdict"], result["points"]) == (0, "passed", 12), said
    rows = points_table(journal(Path(result["run"])))
    assert [row["point"] for row in rows] == list(range(1, 13))
    assert 1 <= done == sum(row.get("of_run") == old.name for row in rows) < 12
    assert Path(result["run"]).parent == tmp_path and Path(result["run"]) != old
    again = subprocess.run([*COMMAND, "resume", result["run"]], capture_output=True, text=True, check=False)
    assert again.returncode == 2 and "has come to its end" in again.stderr


def journal_of_the_killed(folder: Path) -> list[JournalRecord]:
    return read_journal((folder / "journal.jsonl").read_bytes())[0]


def test_a_run_that_begins_takes_nothing_over() -> None:
    assert BEGINNING.points == 0 and not [*BEGINNING.finished()] and not BEGINNING.of(0).records
