"""Shift notes: what somebody wants to tell of a run to who comes next, and who has read it.

They stand in one chained journal beside the run folders (``handover.jsonl``), never in a run: a sealed run is not
changed, and the journal of a live one has one writer. Times are those of the wall, Unix nanoseconds.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.io.folder_lock import Taken, locked
from bench.record.journal import JournalRecord
from bench.record.shared_journal import SharedJournal
from bench.record.storage import StorageError

NAME = "handover.jsonl"
_LOCK = ".handover.lock"
_PATIENCE_S = 10.0
_TEXT_MAX = 4000


@dataclass(frozen=True, slots=True)
class Note:
    """One note. ``read_by``: who has acknowledged it, in order."""

    number: int
    t_ns: int
    run: str
    by: str
    text: str
    read_by: tuple[str, ...] = ()


class Handover:
    """The notes of all runs in ``parent``."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._journal = SharedJournal(DiskStorage(parent, create=False), NAME, self._exclusive)

    def notes(self, run: str = "") -> list[Note]:
        """All notes, or those of one run, the oldest first. Raises ``InputError`` where the file was changed."""
        try:
            found = notes_of(self._journal.records())
        except StorageError as error:
            raise InputError([Problem(str(self._parent / NAME), 0, 0, str(error))]) from None
        return [note for note in found if not run or note.run == run]

    def write(self, run: str, text: str, by: str, t_ns: int) -> None:
        """One more note. Raises ``InputError`` for one that says nothing, or too much."""
        if not text.strip() or len(text) > _TEXT_MAX:
            raise InputError([Problem("TEXT", 0, 0, f"write 1 to {_TEXT_MAX} characters")])
        self._append(t_ns, "note", {"run": run, "by": _named(by), "text": text.strip()})

    def acknowledge(self, run: str, by: str, t_ns: int) -> int:
        """``by`` has read all notes of the run; how many were new to them."""
        name = _named(by)
        open_notes = [note.number for note in self.notes(run) if name not in note.read_by]
        if open_notes:
            self._append(t_ns, "acknowledged", {"run": run, "by": name, "notes": open_notes})
        return len(open_notes)

    def _append(self, t_ns: int, event: str, data: Mapping[str, Any]) -> None:
        try:
            self._journal.append(t_ns, lambda _records: (event, data))
        except StorageError as error:
            raise InputError([Problem(str(self._parent / NAME), 0, 0, str(error))]) from None
        except Taken:
            told = "somebody else has been writing to it for too long; try again"
            raise InputError([Problem(str(self._parent / NAME), 0, 0, told)]) from None

    def _exclusive(self) -> AbstractContextManager[object]:
        return locked(self._parent / _LOCK, _PATIENCE_S)


def notes_of(records: Iterable[JournalRecord]) -> list[Note]:
    """The notes that a hand-over journal holds, with who has read them."""
    notes: list[Note] = []
    for record in records:
        data = record.data
        if record.event == "note":
            notes.append(Note(len(notes) + 1, record.t_ns, data["run"], data["by"], data["text"]))
        elif record.event == "acknowledged":
            for number in data["notes"]:
                read = notes[number - 1]
                notes[number - 1] = replace(read, read_by=(*read.read_by, data["by"]))
    return notes


def _named(name: str) -> str:
    """``name``, which must be one."""
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise InputError([Problem("--by", 0, 0, f"{name!r} is no name; write 1 to 100 letters")])
    return name.strip()
