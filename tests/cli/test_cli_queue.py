"""``bench queue`` as a user runs it: orders, mistakes, a unit for systemd, and what kill -9 leaves."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from bench_command import BENCH, bench, bench_json, environment

from bench.config.search import find


def listed(place: Path) -> dict[str, Any]:
    code, told = bench_json("queue", "list", cwd=place)
    assert code == 0
    return told


@pytest.mark.slow
def test_orders_are_checked_listed_removed_held_and_run(tmp_path: Path) -> None:
    code, told = bench_json("queue", "add", "smok", cwd=tmp_path)
    assert code == 2 and "did you mean 'smoke'" in told["problems"][0]["message"]
    assert not (tmp_path / "queue").exists()
    text = find("plan", "smoke").read_text().replace("\nsteps:\n", "\nparameters: {fast: 9 krpm}\nsteps:\n", 1)
    (tmp_path / "mine.yaml").write_text(re.sub(r"speeds: \[.*?\]", "speeds: [1000 rpm, $fast]", text))
    assert bench("queue", "add", "mine.yaml", "--set", "fast=20 krpm", cwd=tmp_path).returncode == 2
    assert bench("queue", "add", "mine.yaml", "--set", "fast=4 krpm", cwd=tmp_path).returncode == 0
    assert bench("queue", "add", "smoke", cwd=tmp_path).returncode == 0
    assert bench("queue", "remove", "2", cwd=tmp_path).returncode == 0
    code, told = bench_json("queue", "remove", "2", cwd=tmp_path)
    assert code == 2 and "entry 2 is removed; only those that wait" in told["problems"][0]["message"]
    assert bench("queue", "hold", "people in the cell", cwd=tmp_path).returncode == 0
    assert bench("queue", "run", cwd=tmp_path).returncode == 3
    assert "held: people in the cell" in bench("queue", "list", cwd=tmp_path).stdout
    assert bench("queue", "release", cwd=tmp_path).returncode == 0
    done = bench("queue", "run", cwd=tmp_path)
    assert done.returncode == 0 and "smoke_gen5_bev: passed" in done.stderr and "the queue is empty" in done.stderr
    first, second = listed(tmp_path)["entries"]
    assert first["status"] == "done" and second["status"] == "removed"
    assert Path(first["order"]["plan"]).is_absolute() and first["order"]["settings"] == ["fast=4 krpm"]
    points = (tmp_path / first["run"] / "points.csv").read_text()
    assert ",4000.0," in points and ",9000.0," not in points
    assert bench("verify", first["run"], cwd=tmp_path).returncode == 0


def test_the_unit_for_systemd_has_a_watchdog_and_lets_a_run_stop_in_order(tmp_path: Path) -> None:
    (tmp_path / "notify.conf").write_text("json://localhost")
    unit = bench("queue", "unit", "--notify", "notify.conf", cwd=tmp_path).stdout
    lines = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and not line.startswith("#"))
    assert lines["Type"] == "notify" and lines["WatchdogSec"] == "60" and lines["KillMode"] == "mixed"
    words = lines["ExecStart"].split()
    assert words[0] == str(BENCH) and words[1:4] == ["queue", "run", "--stay"]
    assert words[4:] == ["--queue", str(tmp_path / "queue"), "--notify", str(tmp_path / "notify.conf")]
    refused = bench("queue", "unit", "--queue", "two words", cwd=tmp_path)
    assert refused.returncode == 2 and "letters, digits" in refused.stderr


def test_without_apprise_messages_are_refused_before_anything_runs(tmp_path: Path) -> None:
    try:
        import apprise  # type: ignore[import-not-found]  # noqa: F401
    except ImportError:
        code, told = bench_json("queue", "run", "--notify", "nothing.conf", cwd=tmp_path)
        assert code == 2 and "pip install 'edu-bench[notify]'" in told["problems"][0]["message"]
    else:
        code, told = bench_json("queue", "run", "--notify", "nothing.conf", cwd=tmp_path)
        assert code == 2 and "is no file" in told["problems"][0]["message"]


@pytest.fixture
def long(tmp_path: Path) -> str:
    """A plan of some seconds."""
    text, changed = re.subn(
        r"speeds: \[.*?\]", "speeds: {from: 1000 rpm, to: 9000 rpm, count: 40}", find("plan", "smoke").read_text()
    )
    assert changed == 1
    (tmp_path / "long.yaml").write_text(text)
    return "long.yaml"


def begun(place: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """A runner whose run has measured its first points; and the process of the run."""
    runner = subprocess.Popen([str(BENCH), "queue", "run"], cwd=place, env=environment(), stderr=subprocess.DEVNULL)
    deadline_s = time.monotonic() + 120.0
    while time.monotonic() < deadline_s and runner.poll() is None:
        journals = [path.read_text() for path in place.glob("queue/runs/0001/*/journal.jsonl")]
        if any(text.count('"event":"point"') >= 3 for text in journals):
            children = Path(f"/proc/{runner.pid}/task/{runner.pid}/children").read_text().split()
            return runner, int(children[0])
        time.sleep(0.01)
    raise AssertionError(f"no point came; exit {runner.poll()}")


@pytest.mark.slow
@pytest.mark.parametrize("both", [True, False], ids=["runner and run", "runner alone"])
def test_after_kill_9_the_next_runner_goes_on_and_no_point_is_lost_or_doubled(
    tmp_path: Path, long: str, both: bool
) -> None:
    for plan in (long, "smoke"):
        assert bench("queue", "add", plan, cwd=tmp_path).returncode == 0
    runner, run = begun(tmp_path)
    os.kill(runner.pid, signal.SIGKILL)
    if both:
        os.kill(run, signal.SIGKILL)
    runner.wait()
    done = bench("queue", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = listed(tmp_path)["entries"]
    assert first["status"] == second["status"] == "done"
    assert first["attempts"] == (2 if both else 1)
    journal = [json.loads(line) for line in (tmp_path / first["run"] / "journal.jsonl").read_text().splitlines()]
    numbers = [record["data"]["point"] for record in journal if record["event"] == "point"]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1
    assert len(numbers) == next(r["data"]["points"] for r in journal if r["event"] == "run_finished")


@pytest.mark.slow
def test_two_runners_do_not_meet_and_a_wish_to_stop_is_obeyed(tmp_path: Path, long: str) -> None:
    bench("queue", "add", long, cwd=tmp_path)
    runner, _ = begun(tmp_path)
    code, told = bench_json("queue", "run", cwd=tmp_path)
    assert code == 2 and "another 'bench queue run' is at work here" in told["problems"][0]["message"]
    runner.send_signal(signal.SIGTERM)
    assert runner.wait(60) == 4
    told = listed(tmp_path)
    assert told["entries"][0]["status"] == "marked" and told["entries"][0]["exit"] == 4 and told["held"]
