"""A queue of plans in a folder: its journal is its only truth; any number of processes may look and order."""

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.io.folder_lock import Taken, locked
from bench.record.journal import JournalRecord
from bench.record.shared_journal import SharedJournal
from bench.record.storage import StorageError
from bench.service.queue.state import Order, QueueState, Status, state_of

JOURNAL, OUTBOX = "queue.jsonl", "outbox.jsonl"
_PATIENCE_S = 10.0
_OPEN_MAX = 1000


class WorkQueue:
    """The queue in ``folder``, which is made if it is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._storage = DiskStorage(folder / "journal")
        self._journal = SharedJournal(self._storage, JOURNAL, self._exclusive)

    def outbox(self) -> SharedJournal:
        """The journal of its messages."""
        return SharedJournal(self._storage, OUTBOX, self._exclusive)

    def state(self) -> QueueState:
        """What stands in it now. Raises ``InputError`` where its journal was changed."""
        try:
            return state_of(self._journal.records())
        except StorageError as error:
            raise self._problem(str(error)) from None

    # --- orders ------------------------------------------------------------------------------------------------------
    def add(self, order: Order) -> int:
        """Order a run; its number. Raises ``InputError`` for more than a queue holds."""
        number = 0

        def make(state: QueueState) -> tuple[str, Mapping[str, Any]]:
            nonlocal number
            if sum(entry.open for entry in state.entries) >= _OPEN_MAX:
                raise self._problem(f"{_OPEN_MAX} orders are open already; let some of them end")
            number = len(state.entries) + 1
            return "ordered", {"entry": number, "order": asdict(order)}

        self._append(make)
        return number

    def remove(self, number: int) -> None:
        """Take an order out that has not begun. Raises ``InputError`` for any other."""

        def make(state: QueueState) -> tuple[str, Mapping[str, Any]]:
            entry = state.entry(number)
            if entry is None or entry.status != "waiting":
                told = "is not there" if entry is None else f"is {entry.status}"
                raise self._problem(f"entry {number} {told}; only those that wait can be removed ('bench queue list')")
            return "removed", {"entry": number}

        self._append(make)

    def hold(self, reason: str, by: str) -> None:
        """Begin nothing more; what runs goes on. Holding twice changes nothing."""
        self._append(lambda state: None if state.held else ("held", {"reason": reason, "by": by}))

    def release(self) -> bool:
        """Begin again what waits; ``False`` where it was not held."""
        return self._append(lambda state: ("released", {}) if state.held else None) is not None

    # --- the runner's ------------------------------------------------------------------------------------------------
    def begin(self, number: int, run: str) -> bool:
        """An attempt begins, going on from ``run`` (\"\": from the beginning). ``False`` where it must not: removed or
        held meanwhile."""

        def make(state: QueueState) -> tuple[str, Mapping[str, Any]] | None:
            entry = state.entry(number)
            if entry is None or not entry.open or state.held:
                return None
            return "begun", {"entry": number, "run": run}

        return self._append(make) is not None

    def end(self, number: int, status: Status, exit_code: int | None, told: str, run: str) -> None:
        """An entry has come to its end."""
        data = {"entry": number, "status": status, "exit": exit_code, "told": told, "run": run}
        self._append(lambda _state: ("ended", data))

    def _append(self, make: Any) -> JournalRecord | None:
        try:
            return self._journal.append(time.time_ns(), lambda records: make(state_of(records)))
        except StorageError as error:
            raise self._problem(str(error)) from None
        except Taken:
            raise self._problem("somebody else has been writing to it for too long; try again") from None

    def _exclusive(self) -> AbstractContextManager[object]:
        return locked(self.folder / "journal" / "lock", _PATIENCE_S)

    def _problem(self, told: str) -> InputError:
        return InputError([Problem(str(self.folder), 0, 0, told)])
