"""Ctrl-C and SIGTERM to a real process: exit 4; a run that had begun is stopped, closed and readable."""

import json
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from bench_command import BENCH, environment

from bench.config.search import find
from bench.io.disk import DiskStorage
from bench.record.verify import verify

pytestmark = pytest.mark.slow


def start(place: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BENCH), "run", *arguments, "--json"], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip


def wait_for(journal_in: Path, event: str, process: subprocess.Popen[str]) -> None:
    deadline_s = time.monotonic() + 60.0
    while time.monotonic() < deadline_s and process.poll() is None:
        if any(event in path.read_text() for path in journal_in.glob("runs/*/journal.jsonl")):
            return
        time.sleep(0.005)
    raise AssertionError(f"no {event!r} came; exit {process.poll()}, {process.communicate()}")


@pytest.fixture
def long(tmp_path: Path) -> str:
    """A plan whose first point comes soon and whose last one is far away."""
    text, changed = re.subn(
        r"speeds: \[.*?\]", "speeds: {from: 1000 rpm, to: 9000 rpm, count: 60}", find("plan", "smoke").read_text()
    )
    assert changed == 1
    (tmp_path / "long.yaml").write_text(text)
    return "long.yaml"


@pytest.mark.parametrize(
    ("number", "event"),
    [
        (signal.SIGINT, '"event":"point"'),
        (signal.SIGTERM, '"event":"step_started"'),
        (signal.SIGTERM, '"event":"arming"'),
    ],
)
def test_a_signal_in_the_run_is_a_controlled_stop(
    tmp_path: Path, long: str, number: signal.Signals, event: str
) -> None:
    process = start(tmp_path, long)
    wait_for(tmp_path, event, process)
    process.send_signal(number)
    process.send_signal(number)  # an impatient operator changes nothing
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, (out, err)
    said = json.loads(out)
    assert said["exit"] == 4
    assert said["verdict"] == "failed"
    assert said["outcome"] == "aborted"
    assert verify(DiskStorage(tmp_path / said["run"], create=False)) == []
    records = [json.loads(line) for line in (tmp_path / said["run"] / "journal.jsonl").read_text().splitlines()]
    assert records[-1]["event"] == "run_finished"
    assert records[-1]["data"]["stop_confirmed"]


def listens(process: subprocess.Popen[str]) -> bool:
    """Whether the signal would be ours to handle, from our first line on."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(re.search(r"^SigCgt:\t(\w+)$", status, re.MULTILINE)[1], 16)  # type: ignore[index]
    return bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("delay_s", [0.0, 0.3, 0.8])
def test_a_signal_before_the_run_leaves_nothing_or_a_closed_run(tmp_path: Path, delay_s: float) -> None:
    process = start(tmp_path, "efficiency_map")
    while not listens(process):
        time.sleep(0.001)
    time.sleep(delay_s)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, (out, err)
    said = json.loads(out) if out else {}
    if "run" in said:
        assert verify(DiskStorage(tmp_path / said["run"], create=False)) == []
    else:
        assert not (tmp_path / "runs").exists()


def test_a_signal_before_our_first_line_ends_the_interpreter_and_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "efficiency_map")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGTERM, 4)
    assert process.returncode == 4 or not (tmp_path / "runs").exists()
