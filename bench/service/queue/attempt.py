"""What attempts at a run have left behind in a folder, however they ended."""

from pathlib import Path
from typing import NamedTuple

from bench.io.bench_command import told_in
from bench.record.journal import read_journal
from bench.record.recorder import JOURNAL

_MANIFEST = "manifest.json"
_STAMP = len("20260101T000000Z")


class Left(NamedTuple):
    """``run``: the folder of the last run, if one was made; ``finished``: it came to an end by itself; ``exit``: as of
    ``bench run``; ``told``: why, in one line."""

    run: Path | None = None
    finished: bool = False
    exit: int | None = None
    verdict: str = ""
    told: str = ""


def runs_in(place: Path) -> list[Path]:
    """The folders of runs in ``place``, in the order of their beginning."""
    if not place.is_dir():
        return []
    found = [path for path in place.iterdir() if path.is_dir() and (path / _MANIFEST).exists()]
    return sorted(found, key=lambda path: (path.name[:_STAMP], len(path.name), path.name))


def left_in(place: Path, attempt: int) -> Left:
    """What the attempt of this number has left."""
    run, told = next(reversed(runs_in(place)), None), told_in(place, attempt)
    if "exit" in told:
        problems = [str(problem.get("message", "")) for problem in told.get("problems", ())]
        why = "; ".join(map(str, told.get("reasons") or problems)) or str(told.get("verdict", ""))
        return Left(run, True, int(told["exit"]), str(told.get("verdict", "")), why)
    return _of_journal(run) if run is not None else Left(told="was killed before it had a folder")


def _of_journal(run: Path) -> Left:
    """A run whose process was killed may have come to its end before."""
    try:
        records, _ = read_journal((run / JOURNAL).read_bytes(), whole=False)
    except OSError:
        return Left(run, told="was killed before its journal was begun")
    last = next((record.data for record in reversed(records) if record.event == "run_finished"), None)
    if last is None:
        return Left(run, told="was killed")
    why = "; ".join(map(str, last["reasons"])) or str(last["verdict"])
    return Left(run, True, int(last["exit_code"]), str(last["verdict"]), why)
