"""A million acceleration and deceleration cycles, killed a hundred times: each is driven and counted exactly once.

One chain of runs in virtual time, each in a process of its own that goes on where the one before was killed. A case is
one kill: it lets the chain go on to a number of cycles drawn by lot, and kills it at some instant of a cycle there; the
last case lets it come to its end, and looks into all journals of the chain. The chain stands in a folder of its own in
the system's temporary files, so that an interrupted proof goes on; samples of killed runs are removed.
"""

import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.record.recorder import JOURNAL
from bench.record.sample_files import sample_names
from bench.record.verify import verify
from bench.sequence.endurance.drive import CYCLE
from bench.sequence.progress import OF_RUN
from bench.sequence.steps.endurance import EVENT
from bench.service.ledger import program_digest
from bench.service.perf.row import PerfRow
from bench.service.proofs.proof import Figures, Proof

CYCLES, KILLS = 1_000_000, 100
SHORT = KILLS + 1
"""The number of a case that is a whole small chain."""
_SHORT_CYCLES, _SHORT_KILLS = 300, 3
_TORQUE_NM = 60.0
_PLAN = """
plan: million
title: Acceleration and deceleration, killed again and again
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - endurance:
      accel_decel: {{low: 2000 rpm, high: 2300 rpm, torque: {torque:g} Nm, hold: 200 ms}}
      cycles: {cycles}
      torque_rate: 500 Nm/s
      speed_rate: 1000 rpm/s
      band: {{torque: 20 Nm, speed: 60 rpm}}
      out_of_band: 0
"""
_COMMAND = [sys.executable, "-c", "from bench.cli import main; main()"]
_TAIL_BYTES = 4096
_NUMBER = re.compile(rb'"cycle":(\d+)')
_LOOK_S = 0.01
_LATE_S = 0.05
"""A kill comes up to this much after its number of cycles was seen: anywhere in a cycle, or in its record."""


class _Size(NamedTuple):
    cycles: int
    kills: int

    def until(self, case: int, drawn: random.Random) -> int:
        """The number of cycles at which a case kills."""
        each = self.cycles / self.kills
        return int(each * (case + drawn.uniform(0.1, 0.9)))


class Chain:
    """The runs of a proof, in a folder."""

    def __init__(self, parent: Path, size: _Size) -> None:
        self._parent, self._size = parent, size
        self._plan = parent / "million.yaml"
        parent.mkdir(parents=True, exist_ok=True)
        self._plan.write_text(_PLAN.format(cycles=size.cycles, torque=_TORQUE_NM), encoding="utf-8")

    def kill_at(self, case: int) -> int:
        """Go on to the case's number of cycles, and kill; how many kills that were (0: it is farther already)."""
        drawn = random.Random(case)
        until = self._size.until(case, drawn)
        if self._last is not None and _reached(self._last) >= until:
            return 0
        process = self._begin()
        while process.poll() is None and (self._last is None or _reached(self._last) < until):
            time.sleep(_LOOK_S)
        time.sleep(drawn.uniform(0.0, _LATE_S))
        process.kill()
        process.wait()
        for run in self._runs():
            for name in sample_names([path.name for path in run.iterdir()]):
                (run / name).unlink()
        return 1

    def end(self) -> None:
        """Let it come to its end."""
        self._begin().wait()

    def found(self) -> Figures:
        """What the journals say."""
        driven: Counter[int] = Counter()
        torn = 0
        for run in self._runs():
            records, problems = read_journal((run / JOURNAL).read_bytes())
            torn += len(problems)
            driven.update(r.data["cycle"] for r in records if r.event == CYCLE and OF_RUN not in r.data)
        last = self._last
        ended = [r.data for r in records if r.event == EVENT] if last is not None else []
        told: Mapping[str, Any] = ended[-1] if ended else {"cycles": 0, "out_of_band": 0, "verdict": "none"}
        return {
            "cycles": told["cycles"],
            "lost": len(set(range(1, self._size.cycles + 1)) - driven.keys()),
            "doubled": driven.total() - len(driven),
            "miscounted": abs(told["cycles"] - self._size.cycles) + told["out_of_band"],
            "not_passed": told["verdict"] != "passed",
            "torn": torn,
            "spoilt": last is None or bool(verify(DiskStorage(last, create=False))),
        }

    @property
    def _last(self) -> Path | None:
        runs = list(self._runs())
        return runs[-1] if runs else None

    def _begin(self) -> "subprocess.Popen[bytes]":
        going_on = ["resume", str(self._last)] if self._last else ["run", str(self._plan), "--out", str(self._parent)]
        quiet = subprocess.DEVNULL
        return subprocess.Popen([*_COMMAND, *going_on, "--json"], stdout=quiet, stderr=quiet)

    def _runs(self) -> Iterator[Path]:
        """Folders of runs that have a journal, in the order of their beginning (``..._million_...``, ``..._2``)."""
        runs = [path for path in self._parent.iterdir() if (path / JOURNAL).exists()]
        yield from sorted(runs, key=lambda path: int(found[1]) if (found := re.search(r"_(\d+)$", path.name)) else 1)


def _reached(run: Path) -> int:
    """The number of the last cycle that is in the journal, as far as its end tells."""
    with (run / JOURNAL).open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
        numbers = _NUMBER.findall(file.read())
    return int(numbers[-1]) if numbers else 0


def run(case: int) -> Figures:
    """One kill, or the end of the chain; ``SHORT``: a small chain of its own."""
    begin_s = time.monotonic()
    if case == SHORT:
        with tempfile.TemporaryDirectory() as folder:
            figures = _whole(Chain(Path(folder), _Size(_SHORT_CYCLES, _SHORT_KILLS)), _SHORT_KILLS)
    else:
        chain = Chain(Path(tempfile.gettempdir()) / f"edu-bench-cycles-{program_digest()}", _Size(CYCLES, KILLS))
        figures = {"kills": chain.kill_at(case)} if case < KILLS else _whole(chain, 0)
    return {**figures, "seconds": time.monotonic() - begin_s}


def _whole(chain: Chain, kills: int) -> Figures:
    killed = sum(chain.kill_at(case) for case in range(kills))
    chain.end()
    return {"kills": killed, **chain.found()}


def judge(sums: Figures) -> Sequence[PerfRow]:
    """Every cycle once."""
    wrong = {
        "lost": "cycles that are in no journal",
        "doubled": "cycles that were driven again although they were journalled",
        "miscounted": "cycles by which the last run's count is off, or out of band",
        "not_passed": "last runs that did not pass",
        "torn": "journals with damage other than a torn last line",
        "spoilt": "last runs that do not verify",
    }
    rows = [PerfRow("kill -9 in all", sums.get("kills", 0.0), "1")]
    rows += [PerfRow("cycles that the last run has counted", sums.get("cycles", 0.0), "1")]
    if cycles := sums.get("cycles", 0.0):
        rows.append(PerfRow("wall time of a cycle, breaks included", 1e3 * sums["seconds"] / cycles, "ms"))
    rows += [PerfRow(words, sums.get(name, 0.0), "1", goal=0.0, at_most=True) for name, words in wrong.items()]
    return rows


CYCLES_PROOF = Proof(
    "cycles", "a million cycles, killed a hundred times, each driven and counted once", KILLS + 1, (SHORT,), run, judge
)
