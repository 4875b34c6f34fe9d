"""The catalogue tells what stands in the run folders: all of it, once, whatever was changed, broken or interrupted."""

import csv
import json
import shutil
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.cli.guard import run_command
from bench.io.disk import DiskStorage
from bench.record.closing import write_results
from bench.record.journal import Journal
from bench.record.manifest import Manifest
from bench.record.verify import verify
from bench.service import catalogue as catalogue_module
from bench.service.catalogue import Catalogue
from bench.service.perf.by_name import run_benchmark
from bench.service.perf.catalogue import measure
from bench.service.run_queries import Filter, kpi, list_runs, sql

DAY = 86_400


def make_run(
    parent: Path, name: str, etas: list[float | None], *, verdict: str = "passed", start_s: int = DAY, **more: Any
) -> Path:
    storage = DiskStorage(parent / name)
    labels: dict[str, Any] = {"plan": "map", "dut": "unit", "rig": "rig", "world": "virtual", "seed": 1, "program": "p"}
    labels |= more
    manifest = Manifest(storage, **labels, versions={}, inputs=[], more={"title": "t", "start_s": start_s})
    journal = Journal(storage.open("journal.jsonl"))
    for number, eta in enumerate(etas):
        journal.append(number, "point", {"point": number, "eta_edu": eta, "verdict": "accepted", "range": {"dc": 50}})
    journal.append(7_000_000_000, "zero_check", {"offset_nm": 0.25, "passed": True})
    journal.append(
        9_000_000_000, "run_finished", {"verdict": verdict, "outcome": "finished", "planned": 3, "points": 2}
    )
    journal.close()
    write_results(storage, manifest)
    manifest.seal(verdict=verdict)
    return parent / name


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    make_run(tmp_path, "a", [0.9, 0.8])
    make_run(tmp_path, "b", [0.5, None, 0.7], verdict="failed", start_s=2 * DAY, dut="other")
    make_run(tmp_path, "c", [], start_s=3 * DAY)
    return tmp_path


def opened(parent: Path) -> Catalogue:
    made = Catalogue(parent)
    made.update()
    return made


def names(catalogue: Catalogue, **wanted: Any) -> list[str]:
    columns, rows = list_runs(catalogue, Filter(**wanted))
    return [row[columns.index("run")] for row in rows]


def kpis(catalogue: Catalogue, name: str = "eta_edu", **wanted: Any) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[4:] for row in kpi(catalogue, name, Filter(**wanted))[1]}


def test_the_list_is_the_latest_first_and_filters(runs: Path) -> None:
    catalogue = opened(runs)
    assert names(catalogue) == ["c", "b", "a"]
    assert names(catalogue, verdict="failed") == names(catalogue, dut="other") == ["b"]
    assert names(catalogue, since_s=2 * DAY) == ["c", "b"] and names(catalogue, plan="nothing") == []
    columns, rows = list_runs(catalogue, Filter(dut="other"))
    told = dict(zip(columns, rows[0], strict=True))
    assert (told["start"], told["planned"], told["duration_s"], told["problem"]) == ("1970-01-03T00:00:00Z", 3, 9.0, "")


def test_a_kpi_is_what_the_tables_of_the_runs_say(runs: Path) -> None:
    found = kpis(opened(runs))
    for run in ("a", "b"):
        with (runs / run / "points.csv").open() as file:
            values = [float(row["eta_edu"]) for row in csv.DictReader(file) if row["eta_edu"]]
        assert found[run] == pytest.approx((len(values), mean(values), min(values), max(values)))
    assert set(found) == {"a", "b"}
    assert kpis(opened(runs), "zero_check.offset_nm", verdict="passed") == dict.fromkeys("ac", (1, 0.25, 0.25, 0.25))
    assert kpis(opened(runs), "duration_s")["c"][1] == 9.0


def test_only_what_is_new_or_has_changed_is_read_again(runs: Path) -> None:
    catalogue = opened(runs)
    read: list[str] = []
    assert Catalogue(runs).update(read.append) == 0
    make_run(runs, "d", [0.6])
    assert opened(runs).update(read.append) == 0
    shutil.rmtree(runs / "a")
    (runs / "b" / "journal.jsonl").unlink()
    assert Catalogue(runs).update(read.append) == 1 and read == ["b"]
    catalogue = opened(runs)
    assert sorted(names(catalogue)) == ["b", "c", "d"] and set(kpis(catalogue)) == {"d"}
    assert "journal.jsonl" in sql(catalogue, "SELECT problem FROM runs WHERE run = 'b'")[1][0][0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", b""), ("manifest.json", b"[]"), ("manifest.json", b"\xff\xfe"), ("manifest.json", b"{}"),
        ("manifest.json", b'{"start_s": "x", "sealed": 1}'), ("journal.jsonl", b"garbage\n"), ("journal.jsonl", None),
    ],
)  # fmt: skip
def test_a_broken_run_is_told_and_the_others_are_there(runs: Path, name: str, content: bytes | None) -> None:
    (runs / "a" / name).unlink() if content is None else (runs / "a" / name).write_bytes(content)
    catalogue = opened(runs)
    assert sorted(names(catalogue)) == ["a", "b", "c"] and "b" in kpis(catalogue)
    assert sql(catalogue, "SELECT problem FROM runs WHERE run = 'a'")[1][0][0]


def test_a_run_that_nobody_has_closed_is_open(runs: Path) -> None:
    content = json.loads((runs / "a" / "manifest.json").read_bytes()) | {"sealed": False}
    (runs / "a" / "manifest.json").write_text(json.dumps(content))
    assert names(opened(runs), verdict="open") == ["a"]


def test_an_interrupted_update_goes_on_and_counts_nothing_twice(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_module, "_RUNS_A_PART", 1)

    def interrupt(name: str) -> None:
        if name == "b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Catalogue(runs).update(interrupt)
    read: list[str] = []
    Catalogue(runs).update(read.append)
    assert read == ["b", "c"] and sorted(names(opened(runs))) == ["a", "b", "c"]
    assert kpis(opened(runs))["a"][0] == 2


def test_parts_that_become_one_answer_the_same(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_module, "_RUNS_A_PART", 1)
    make_run(runs, "e", [0.1], seed=None)
    before = kpis(opened(runs))
    catalogue = opened(runs)
    catalogue.compact()
    assert kpis(catalogue) == before
    whole = opened(runs)
    monkeypatch.setattr(catalogue_module, "_PARTS_MAX", 2)
    make_run(runs, "f", [0.2])
    whole.update()
    assert len(list((runs / ".catalogue").glob("points-*.parquet"))) == 1 and set(kpis(whole)) == {*before, "f"}


def test_a_catalogue_that_was_damaged_is_made_anew(runs: Path) -> None:
    opened(runs)
    for path in (runs / ".catalogue").glob("points-*"):
        path.unlink()
    assert set(kpis(opened(runs))) == {"a", "b"}
    (runs / ".catalogue" / "index.json").write_text("{")
    assert set(kpis(opened(runs))) == {"a", "b"}


@pytest.mark.parametrize(
    "query",
    [
        "DROP VIEW runs", "COPY runs TO 'x.csv'", "ATTACH 'x.db'", "SELECT 1; SELECT 2", "CREATE TABLE x AS SELECT 1",
        "SET threads = 1", "SELECT * FROM read_csv('/etc/hostname')", "SELECT * FROM '../x.parquet'", "SELEC 1", "",
        "SELECT nothing FROM runs", "INSTALL httpfs", "PRAGMA database_list", "CALL pragma_version()",
    ],
)  # fmt: skip
def test_sql_only_reads_and_only_the_catalogue(runs: Path, query: str) -> None:
    with pytest.raises(InputError):
        sql(opened(runs), query)
    assert not (runs / "x.csv").exists() and sql(opened(runs), "SELECT count(*) FROM runs")[1] == [(3,)]


def test_a_table_without_rows_answers_with_none(runs: Path) -> None:
    assert sql(opened(runs), "SELECT * FROM cycles")[1] == []


def test_a_folder_without_runs_and_no_folder_at_all(tmp_path: Path) -> None:
    catalogue = opened(tmp_path)
    assert list_runs(catalogue, Filter()) == ([], []) and not (tmp_path / ".catalogue").exists()
    with pytest.raises(InputError, match="there is none"):
        kpi(catalogue, "eta_edu", Filter())
    with pytest.raises(InputError, match="is no folder"):
        Catalogue(tmp_path / "nothing")


def test_the_runs_stay_sealed(runs: Path) -> None:
    opened(runs)
    assert verify(DiskStorage(runs / "a")) == []


def test_commands(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--in", str(runs)]
    assert run_command(["runs", "list", *place, "--since", "1970-01-03"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["start", "1970-01-04T00:00:00Z", "1970-01-03T00:00:00Z"]
    assert run_command(["runs", "kpi", "eta_edu", *place, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rows"][0][0] == "a" and told["columns"][-1] == "max"
    assert (
        run_command(["runs", "sql", "SELECT 'nan'::DOUBLE AS x, run FROM runs WHERE run = 'a'", *place, "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["rows"] == [[None, "a"]]
    for wrong in (["list", "--since", "yesterday"], ["kpi", "eta_edi"], ["sql", "DROP VIEW runs"]):
        assert run_command(["runs", *wrong, *place]) == 2
    assert "did you mean 'eta_edu'?" in capsys.readouterr().err


def test_the_benchmark_asks_the_catalogue() -> None:
    rows = list(measure(rounds=1, runs=50))
    assert [row.goal for row in rows] == [0.2, 0.2, None] and all(row.value > 0.0 for row in rows)
    with pytest.raises(InputError, match="catalogue"):
        run_benchmark("catalog")
