"""Runs of the real command in a process of its own, in places that can be looked through afterwards."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from disturbed import explained

from bench.config.search import find
from bench.record.journal import JournalRecord, read_journal

FASTER = {
    "pump: {value: 2 s,": "pump: {value: 200 ms,",
    "rate: 100 V/s": "rate: 1000 V/s",
    "hold: 2 s": "hold: 100 ms",
    "speed_rate: 150 rpm/s": "speed_rate: 200 rpm/s",
    "cooling_after: 5 s": "cooling_after: 200 ms",
}
"""What the rig of these runs does sooner than the demo rig: arming, the sign check, and the stop."""
COMMAND = [sys.executable, "-c", "from bench.cli import main; main()"]
PLAN = Path(__file__).parent / "one_point.yaml"
LATE_CYCLES = 20
"""Cycles of the core that come late together: it has stood still, or nearly so."""
TOLD_S = 1.0
"""So much later the journal may tell of them."""


class WallRun:
    """One ``bench`` command. ``private`` is where its processes meet; ``out`` the parent of run folders."""

    def __init__(self, private: Path, out: Path, arguments: Sequence[str]) -> None:
        self.private = private
        self.out = out
        environment = {**os.environ, "XDG_RUNTIME_DIR": str(private)}
        self._complaints = tempfile.TemporaryFile("ab+")  # noqa: SIM115 (closed with the run)
        self.process = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=self._complaints, text=True, env=environment
        )

    @property
    def folder(self) -> Path:
        """The run folder."""
        return next(self.out.iterdir())

    def end(self, timeout_s: float = 240.0) -> tuple[int, dict[str, Any]]:
        """Wait for the end: exit code and what was said for machines."""
        said, _ = self.process.communicate(timeout=timeout_s)
        assert said, self.complaints()
        return self.process.returncode, json.loads(said)

    def complaints(self) -> str:
        """What was said for people so far."""
        return os.pread(self._complaints.fileno(), 1 << 20, 0).decode()

    def close(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._complaints.close()

    def wait_for(self, event: str, timeout_s: float = 240.0) -> None:
        """Wait until the journal tells of ``event``."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            if any(self.out.iterdir()) and (self.folder / "journal.jsonl").exists() and self.told(event):
                return
            assert self.process.poll() is None, (self.process.communicate(), self.complaints())
            time.sleep(0.05)
        raise AssertionError(f"{event} did not come within {timeout_s} s")

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the journal tells of ``event``."""
        return [record.data for record in self.journal() if record.event == event]

    def journal(self) -> list[JournalRecord]:
        """All whole records."""
        return read_journal((self.folder / "journal.jsonl").read_bytes())[0]

    def last_word(self) -> JournalRecord:
        """The last record, but for those that come whenever the machine is busy."""
        return [record for record in self.journal() if record.event not in ("core_late", "emulators_stalled")][-1]

    def disturbance(self, decisive: str) -> str:
        """What the journal tells of stalls of this machine that began before the first ``decisive`` event."""
        records = self.journal() if any(self.out.iterdir()) and (self.folder / "journal.jsonl").exists() else []
        end_s = next((1e-9 * record.t_ns for record in records if record.event == decisive), float("inf"))
        told = []
        for record in records:
            data = record.data
            if record.event == "emulators_stalled" and data["since_s"] < end_s:
                told.append(f"at {data['since_s']:.3f} s {data['means']}")
            if record.event == "core_late" and data["cycles"] >= LATE_CYCLES and 1e-9 * record.t_ns < end_s + TOLD_S:
                told.append(f"at {1e-9 * record.t_ns:.3f} s {data['cycles']} cycles of the core came late")
        return "; ".join(told)

    def warnings(self) -> Callable[[], str]:
        """Asks what it has said since now of emulators that stood still."""
        before = len(self.complaints())
        return lambda: "\n".join(line for line in self.complaints()[before:].splitlines() if "emulated side" in line)

    def processes(self) -> list[int]:
        """Processes of this run, the service aside."""
        return [pid for pid, line in _command_lines() if str(self.private) in line]

    def wait_gone(self, timeout_s: float = 60.0) -> bool:
        """Whether all processes of the run end in time."""
        deadline_s = time.monotonic() + timeout_s
        while self.processes() and time.monotonic() < deadline_s:
            time.sleep(0.1)
        return not self.processes()

    def left(self) -> list[str]:
        """Files that were left in the private places."""
        return [str(path.relative_to(self.private)) for path in self.private.rglob("*") if not path.is_dir()]


def _command_lines() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue


@contextmanager
def wall_run(*arguments: str, private: Path | None = None, decisive: str = "core_safe") -> Iterator[WallRun]:
    """A running command; whatever it leaves behind is ended and removed. ``private``: it meets those of another.

    A failure is ``Disturbed`` if the journal tells of a stall before the ``decisive`` event.
    """
    with tempfile.TemporaryDirectory(prefix="w") as own, tempfile.TemporaryDirectory() as out:
        run = WallRun(private or Path(own), Path(out), [text.replace("OUT", out) for text in arguments])
        others = run.processes()
        try:
            with explained(lambda: run.disturbance(decisive)):
                yield run
        finally:
            for pid in set(run.processes()) - set(others):
                os.kill(pid, signal.SIGKILL)
            run.close()


def faster_rig(name: str = "e_axle_demo") -> str:
    """The rig ``name`` with less waiting."""
    text = find("rig", name).read_text()
    for shipped, faster in FASTER.items():
        assert shipped in text, f"{name} has no {shipped!r} any more"
        text = text.replace(shipped, faster)
    return text


@contextmanager
def loopback(plan: str | Path, *more: str, decisive: str = "core_safe") -> Iterator[WallRun]:
    """``bench run`` in the loopback world, on the rig with less waiting."""
    with on_faster_rig("run", str(plan), "--world", "loopback", "--out", "OUT", *more, decisive=decisive) as run:
        yield run


@contextmanager
def on_faster_rig(*arguments: str, decisive: str = "core_safe") -> Iterator[WallRun]:
    """A running command, on the rig with less waiting; its end is told for machines."""
    with tempfile.TemporaryDirectory() as files:
        rig = Path(files) / "rig.yaml"
        rig.write_text(faster_rig())
        with wall_run(*arguments, "--rig", str(rig), "--json", decisive=decisive) as run:
            yield run
