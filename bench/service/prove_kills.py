"""A run survives ``kill -9`` at any instant: what it has journalled stays, and it goes on at the first open point.

Each case runs a plan in virtual time in a process of its own, kills it again and again at instants drawn from the
case's number, and lets ``bench resume`` go on, until one comes to its end (``bench recover`` closes one that is killed
after that). Then the points of the last run are compared with all that was ever journalled.
"""

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.io.disk import DiskStorage
from bench.record.journal import JournalRecord, read_journal
from bench.record.points import points_table
from bench.record.recorder import JOURNAL
from bench.record.verify import verify
from bench.sequence.progress import OF_RUN
from bench.service.perf_row import PerfRow
from bench.service.proof import Figures, Proof

CASES = 2000
"""About a kill each: half of the instants lie after the end of a run."""
_PLAN, _POINTS = "smoke", 3
_COMMAND = [sys.executable, "-c", "from bench.cli import main; main()"]
_LATEST_S = 3.0
"""A run takes about as long, start of the interpreter included."""
_KILLS_MAX = 12
_REFUSED = 2


class _Case:
    """One chain of runs in ``parent``."""

    def __init__(self, parent: Path, drawn: random.Random) -> None:
        self._parent, self._drawn = parent, drawn
        self._journalled: dict[int, tuple[Path, dict[str, Any]]] = {}
        self._folders: list[Path] = []
        self.kills = self.lost = self.doubled = self.changed = self.torn = 0

    def run(self) -> None:
        """Until a run was not killed."""
        while True:
            code = self._once(killed=self.kills < _KILLS_MAX)
            if code is None:
                self.kills += 1
                self._look_back()
            elif code == _REFUSED:  # it was killed before it had begun, or after its end
                assert self._last is not None, "a run from its beginning is never refused"
                if self._ended(self._last):
                    subprocess.run([*_COMMAND, "recover", str(self._last)], capture_output=True, check=True)
                    break
                self._folders.pop()
            else:
                break
        self._judge()

    @property
    def _last(self) -> Path | None:
        """The last run that has begun."""
        return self._folders[-1] if self._folders else None

    def _once(self, *, killed: bool) -> int | None:
        """The exit code; ``None``: killed."""
        before = set(self._parent.iterdir())
        going_on = ["resume", str(self._last)] if self._last else ["run", _PLAN, "--out", str(self._parent)]
        process = subprocess.Popen(
            [*_COMMAND, *going_on, "--json"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            code = process.wait(self._drawn.uniform(0.0, _LATEST_S) if killed else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = None
        self._folders += set(self._parent.iterdir()) - before
        return code

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


def run(case: int) -> Figures:
    """One chain of runs."""
    begin_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        chain = _Case(Path(folder), random.Random(case))
        chain.run()
        spoilt = chain.spoilt()
    told = {"kills": chain.kills, "lost": chain.lost, "doubled": chain.doubled, "changed": chain.changed}
    return {**told, "torn": chain.torn, "spoilt": spoilt, "seconds": time.monotonic() - begin_s}


def judge(sums: Figures) -> Sequence[PerfRow]:
    """Nothing is lost, doubled or changed."""
    wrong = {
        "lost": "points that the last run does not have",
        "doubled": "points that were measured again although they were journalled",
        "changed": "points whose journalled values changed on the way",
        "torn": "journals with damage other than a torn last line",
        "spoilt": "last runs that do not verify",
    }
    rows = [PerfRow("kill -9 in all", sums.get("kills", 0.0), "1")]
    rows += [PerfRow(words, sums.get(name, 0.0), "1", goal=0.0, at_most=True) for name, words in wrong.items()]
    return rows


KILLS = Proof("kills", "a run in virtual time survives kill -9 at any instant and goes on", CASES, (0,), run, judge)
