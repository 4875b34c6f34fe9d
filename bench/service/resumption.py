"""Going on with a run that has ended too early: killed, without power, stopped by a fault or by the operator.

It becomes a run of its own, in a folder of its own, that takes over all that the old one has finished; the old folder
is read and never written. Nothing of the old run's state is taken for granted: the bench arms from rest, the signs are
checked, the unit is brought to temperature, and only then goes the plan on.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.record.closing import close_orphan
from bench.record.journal import read_journal
from bench.record.manifest import NAME
from bench.record.recorder import JOURNAL
from bench.record.storage import StorageError
from bench.report.write import write_report
from bench.sequence.progress import RESUMED, Progress, progress_of
from bench.service.preparation import Prepared

_LOOK_S = 0.1
_SEAL_S = 10.0
"""After the last writer of the journal: its tables and seal."""


class Ended(NamedTuple):
    """What is left of a run: where it ran, its seed, the core's program, its beginning (Unix seconds), its progress."""

    folder: Path
    world: str
    seed: int
    start_s: int
    program: str
    progress: Progress

    def inputs(self) -> tuple[str, str, str]:
        """The copies of plan, rig and DUT that it was made with."""
        plan, rig, dut = (str(self.folder / "inputs" / f"{kind}.yaml") for kind in ("plan", "rig", "dut"))
        return plan, rig, dut

    def require_same(self, prepared: Prepared) -> None:
        """Raises ``InputError`` if the bench has changed: half of a run by another core is no run."""
        if prepared.blueprint.program_hash != self.program:
            told = "was made with another version of the bench, or with other databases; run the plan anew"
            raise InputError([Problem(str(self.folder), 0, 0, told)])


def ended(folder: Path, waiting: Callable[[], object] = lambda: None) -> Ended:
    """What is left of the run in ``folder``, after its stop has ended: while its journal is still written, this waits
    (``waiting`` is called once). Of a run that ended before it had taken over the one before: what is left of that.
    Raises ``InputError`` where there is nothing to go on with."""
    try:
        storage = DiskStorage(folder, create=False)
        before = _manifest(storage).get("resumes", "")
        if before and JOURNAL not in storage.names():
            return _of_the_one_before(folder, before, waiting)
        _wait(storage, waiting)
        manifest = _manifest(storage)
        journal = storage.read(JOURNAL)
        records, problems = read_journal(journal, whole=False)
    except StorageError as error:
        raise _refusal(folder, f"is no run that can be resumed: {error}") from None
    if problems:
        raise _refusal(folder, f"{problems[0]}; what a changed journal says is not taken over")
    last = next((record for record in reversed(records) if record.event == "run_finished"), None)
    if last is not None and last.data["outcome"] == "finished":
        more = "" if manifest["sealed"] else "; 'bench recover' writes its tables, report and seal"
        raise _refusal(folder, f"has come to its end (verdict {last.data['verdict']}); nothing is left to do{more}")
    if before and not any(record.event == RESUMED for record in records):
        return _of_the_one_before(folder, before, waiting)
    progress = progress_of(folder.resolve().name, _chain(journal, records[-1].seq + 1 if records else 0), records)
    world, seed, start_s, program = (manifest[key] for key in ("world", "seed", "start_s", "program"))
    return Ended(folder, world, seed, start_s, program, progress)


def _of_the_one_before(folder: Path, name: str, waiting: Callable[[], object]) -> Ended:
    """A run that ended before it had taken over what it goes on from has nothing of its own."""
    before = folder.resolve().parent / name
    if Path(name).name != name or name == ".." or not before.is_dir():
        raise _refusal(folder, f"ended before it had taken over {name}, which is not beside it; resume {name}")
    return ended(before, waiting)


def recovered(folder: Path, waiting: Callable[[], object] = lambda: None) -> bool:
    """Close the folder of a run that nobody could close: tables, report and seal, from its journal. ``False`` where it
    is closed. Raises ``InputError`` for a folder that was never begun."""
    try:
        storage = DiskStorage(folder, create=False)
        if _wait(storage, waiting):
            _wait_for_seal(storage)
        _manifest(storage)
        return close_orphan(storage, write_report)
    except StorageError as error:
        raise _refusal(folder, f"is no run that can be closed: {error}") from None


def _wait(storage: DiskStorage, waiting: Callable[[], object]) -> bool:
    """Until nobody writes the journal any more; whether somebody did."""
    busy = storage.busy(JOURNAL)
    if busy:
        waiting()
        while storage.busy(JOURNAL):
            time.sleep(_LOOK_S)
    return busy


def _wait_for_seal(storage: DiskStorage) -> None:
    """Whoever wrote the journal goes on with tables and seal."""
    deadline_s = time.monotonic() + _SEAL_S
    while not _manifest(storage)["sealed"] and time.monotonic() < deadline_s:
        time.sleep(_LOOK_S)


def _manifest(storage: DiskStorage) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(storage.read(NAME))
    except ValueError:
        raise StorageError(f"{NAME} is not readable") from None
    if not isinstance(content, dict) or not {"world", "seed", "start_s", "program", "sealed"} <= content.keys():
        raise StorageError(f"{NAME} is not complete")
    return content


def _chain(journal: bytes, records: int) -> str:
    """The end of the chain of a journal with so many whole records."""
    last = deque(islice(BytesIO(journal), records), 1)
    return last[0][-19:-3].decode() if last else ""


def _refusal(folder: Path, told: str) -> InputError:
    return InputError([Problem(str(folder), 0, 0, told)])
