"""A run survives ``kill -9`` at any instant: what it has journalled stays, and it goes on at the first open point.

Each case runs a plan in a process of its own, kills it again and again at instants drawn from the case's number, and
lets ``bench resume`` go on, until one comes to its end (``bench recover`` closes one that is killed after that). Then
the points of the last run are compared with all that was ever journalled. In virtual time a run is over in seconds; in
wall time it is the service that is killed, the others bring the bench to rest, and who goes on waits for that.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.io.disk import DiskStorage
from bench.record.journal import JournalRecord, read_journal
from bench.record.points import points_table
from bench.record.recorder import JOURNAL
from bench.record.verify import verify
from bench.sequence.progress import OF_RUN
from bench.service.perf.row import PerfRow
from bench.service.proofs.proof import Figures, Proof

CASES, WALL_CASES = 2000, 200
"""About a kill each: half of the instants in virtual time lie after the end of a run."""
AT_WORK_S = 5.0
"""So soon after the end of the old run's stop, or after its own start, the next one has to be at work."""
_PLAN, _POINTS = "smoke", 3
_COMMAND = [sys.executable, "-c", "from bench.cli import main; main()"]
_REFUSED = 2
_RUNS_MAX = 30
_LOOK_S = 0.02


class _World(NamedTuple):
    """Where the runs are. ``latest_s``: a run takes about as long, start of the interpreter included."""

    name: str
    latest_s: float
    kills_max: int


_VIRTUAL, _WALL = _World("virtual", 3.0, 12), _World("loopback", 50.0, 3)


class _Case:
    """One chain of runs in ``parent``."""

    def __init__(self, parent: Path, drawn: random.Random, world: _World) -> None:
        self._parent, self._drawn, self._world = parent, drawn, world
        self._journalled: dict[int, tuple[Path, dict[str, Any]]] = {}
        self._folders: list[Path] = []
        self.kills = self.lost = self.doubled = self.changed = self.torn = self.late = self.early = self.resumed = 0
        self.waited_s = 0.0

    def run(self) -> None:
        """Until a run has come to its end."""
        for _ in range(_RUNS_MAX):
            code = self._once(killed=self.kills < self._world.kills_max)
            if code == 0:
                break
            if code is None:
                self.kills += 1
                self._look_back()
            elif code == _REFUSED:  # it was killed before it had begun, or after its end
                assert self._last is not None, "a run from its beginning is never refused"
                if self._ended(self._last):
                    subprocess.run([*_COMMAND, "recover", str(self._last)], capture_output=True, check=True)
                    break
                self._folders.pop()
            else:  # a fault ended it, for example a machine that had other things to do
                self.early += 1
        self._judge()

    @property
    def _last(self) -> Path | None:
        """The last run that has begun."""
        return self._folders[-1] if self._folders else None

    def _once(self, *, killed: bool) -> int | None:
        """The exit code; ``None``: killed."""
        before = set(self._parent.iterdir())
        first = ["run", _PLAN, "--out", str(self._parent), "--world", self._world.name]
        going_on = ["resume", str(self._last)] if self._last else first
        process = subprocess.Popen(
            [*_COMMAND, *going_on, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        code = self._watched(process, self._drawn.uniform(0.0, self._world.latest_s) if killed else None, before)
        self._folders += set(self._parent.iterdir()) - before
        return code

    def _watched(self, process: subprocess.Popen[bytes], for_s: float | None, before: set[Path]) -> int | None:
        """Its exit code; it is killed when it has worked for ``for_s``. One that is late at work is counted."""
        old, free_s = self._last, time.monotonic()
        work_s: float | None = None
        begin_s = free_s
        while process.poll() is None:
            now_s = time.monotonic()
            if work_s is None and _at_work(set(self._parent.iterdir()) - before):
                work_s = now_s
                if old is not None:
                    self.resumed, self.waited_s = self.resumed + 1, self.waited_s + work_s - free_s
                    self.late += work_s - free_s > AT_WORK_S
            elif work_s is None and old is not None and _busy(old):
                free_s = begin_s = now_s  # the stop of the one before has not ended
            if for_s is not None and now_s - begin_s > for_s:
                process.kill()
                process.wait()
                return None
            time.sleep(_LOOK_S)
        return process.returncode

    def _look_back(self) -> None:
        """What the killed run has journalled must be there for ever."""
        for record in self._records():
            if record.event == "point":
                assert self._last is not None
                self._journalled.setdefault(record.data["point"], (self._last, record.data))

    def _records(self) -> list[JournalRecord]:
        path = None if self._last is None else self._last / JOURNAL
        if path is None or not path.exists():
            return []
        records, problems = read_journal(path.read_bytes())
        self.torn += len(problems)
        return records

    def _ended(self, folder: Path) -> bool:
        path = folder / JOURNAL
        return path.exists() and any(r.event == "run_finished" for r in read_journal(path.read_bytes())[0])

    def spoilt(self) -> bool:
        """Whether the last run does not verify."""
        return self._last is None or bool(verify(DiskStorage(self._last, create=False)))

    def _judge(self) -> None:
        records = self._records()
        rows = {row["point"]: row for row in points_table(records)}
        measured = [record.data["point"] for record in records if record.event == "point" and OF_RUN not in record.data]
        earlier = {number for number, (folder, _) in self._journalled.items() if folder != self._last}
        self.lost = _POINTS - len(rows.keys() & set(range(1, _POINTS + 1)))
        self.doubled = len(earlier.intersection(measured)) + len(measured) - len(set(measured))
        last = {record.data["point"]: record.data for record in records if record.event == "point"}
        self.changed = sum(
            {name: value for name, value in last.get(number, {}).items() if name != OF_RUN}
            != {name: value for name, value in data.items() if name != OF_RUN}
            for number, (_, data) in self._journalled.items()
        )


def _busy(folder: Path) -> bool:
    """Whether somebody still writes its journal."""
    return (folder / JOURNAL).exists() and DiskStorage(folder, create=False).busy(JOURNAL)


def _at_work(folders: set[Path]) -> bool:
    """Whether something is journalled there."""
    return any((folder / JOURNAL).exists() and (folder / JOURNAL).stat().st_size > 0 for folder in folders)


def run(case: int, world: _World = _VIRTUAL) -> Figures:
    """One chain of runs."""
    begin_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        chain = _Case(Path(folder), random.Random(case), world)
        chain.run()
        spoilt = chain.spoilt()
    figures = {"kills": chain.kills, "lost": chain.lost, "doubled": chain.doubled, "changed": chain.changed}
    seconds = time.monotonic() - begin_s
    figures |= {"torn": chain.torn, "spoilt": spoilt, "early": chain.early, "late": chain.late}
    return {**figures, "resumed": chain.resumed, "waited_s": chain.waited_s, "seconds": seconds}


def judge(sums: Figures) -> Sequence[PerfRow]:
    """Nothing is lost, doubled or changed."""
    wrong = {
        "lost": "points that the last run does not have",
        "doubled": "points that were measured again although they were journalled",
        "changed": "points whose journalled values changed on the way",
        "torn": "journals with damage other than a torn last line",
        "spoilt": "last runs that do not verify",
        "late": f"runs that were not at work within {AT_WORK_S:g} s of the end of the stop before",
    }
    rows = [PerfRow("kill -9 in all", sums.get("kills", 0.0), "1")]
    rows.append(PerfRow("runs that a fault ended early, and another took over", sums.get("early", 0.0), "1"))
    if resumed := sums.get("resumed", 0.0):
        rows.append(
            PerfRow(
                "from the end of the stop to the first record of the next run, mean", sums["waited_s"] / resumed, "s"
            )
        )
    rows += [PerfRow(words, sums.get(name, 0.0), "1", goal=0.0, at_most=True) for name, words in wrong.items()]
    return rows


KILLS = Proof("kills", "a run in virtual time survives kill -9 at any instant and goes on", CASES, (0,), run, judge)
WALL_KILLS = Proof(
    "kills_in_wall_time",
    "a run in wall time survives kill -9 of its service at any instant: the others end it, and the next goes on",
    WALL_CASES,
    (0,),
    partial(run, world=_WALL),
    judge,
)
