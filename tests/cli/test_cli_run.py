"""``bench run`` as a user and as a script sees it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench_command import bench, bench_json

Smoke = tuple[Path, int, dict[str, Any]]


@pytest.mark.slow
def test_run_prints_one_object_and_leaves_a_run_that_verifies(smoke_run: Smoke) -> None:
    place, code, said = smoke_run
    assert code == 0
    assert said["exit"] == 0
    assert said["verdict"] == "passed"
    assert said["points"] == 3
    assert said["virtual_s"] > 20
    assert said["wall_s"] > 0
    run = place / said["run"]
    assert run.parent == place / "runs"
    assert {"journal.jsonl", "points.csv", "samples.mf4", "manifest.json"} <= {path.name for path in run.iterdir()}
    assert bench("verify", said["run"], cwd=place).returncode == 0


@pytest.mark.slow
def test_verify_finds_a_changed_byte_in_every_file(smoke_run: Smoke, tmp_path: Path) -> None:
    place, _, said = smoke_run
    files = [path for path in (place / said["run"]).rglob("*") if path.is_file()]
    copy = tmp_path / "run"
    shutil.copytree(place / said["run"], copy)
    from bench.io.disk import DiskStorage
    from bench.record.verify import verify

    for path in files:
        changed = copy / path.relative_to(place / said["run"])
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        changed.write_bytes(content)
        assert verify(DiskStorage(copy, create=False)), path.name
        changed.write_bytes(path.read_bytes())
    changed.write_bytes(content)
    code, data = bench_json("verify", str(copy), cwd=tmp_path)
    assert code == 1
    assert not data["untouched"]
    assert data["problems"]


@pytest.mark.slow
def test_report_is_drawn_again_from_the_journal_and_the_run_stays_sealed(
    smoke_run: Smoke, tmp_path: Path, bench_inside: Callable[..., Any]
) -> None:
    place, _, said = smoke_run
    copy = tmp_path / "run"
    shutil.copytree(place / said["run"], copy)
    table = (copy / "points.csv").read_bytes()
    for name in ("points.csv", "points.parquet", "report.html"):
        (copy / name).unlink()
    code, data = bench_inside("report", str(copy))
    assert code == 0
    assert {"points.csv", "report.html"} <= set(data["written"])
    assert (copy / "points.csv").read_bytes() == table
    assert bench_inside("verify", str(copy))[0] == 0


@pytest.mark.slow
def test_truth_of_a_run_tells_every_efficiency(smoke_run: Smoke, bench_inside: Callable[..., Any]) -> None:
    place, _, said = smoke_run
    code, data = bench_inside("truth", str(place / said["run"]))
    assert code == 0
    assert data["points"] == 3


@pytest.mark.slow
def test_start_names_the_folder_out_is_its_parent_and_text_goes_to_the_right_stream(tmp_path: Path) -> None:
    start = "2026-07-01T10:00:00+02:00"
    done = bench("run", "smoke", "--out", "here/there", "--start", start, cwd=tmp_path)
    assert done.returncode == 0, done
    folder = "here/there/20260701T080000Z_smoke_gen5_bev"
    assert (tmp_path / folder).is_dir()
    assert "passed" in done.stdout
    assert f"{folder}/report.html" in done.stdout
    assert "Three points" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("fault", "code"),
    [("analyzer.silence@25s", 3), ("flange_l.flipped@0s", 1)],
)
def test_a_fault_gives_its_exit_code_and_a_run_that_verifies(
    bench_inside: Callable[..., Any], fault: str, code: int
) -> None:
    found, said = bench_inside("run", "smoke", "--fault", fault)
    assert found == code == said["exit"]
    assert said["verdict"] == "failed"
    assert said["reasons"]
    assert bench_inside("verify", said["run"])[0] == 0
