"""A journal that goes on from process to process: a queue, an outbox. Who appends holds a lock meanwhile.

It is small, and read whole at each look. What a power cut has left half written is taken away before the next record.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from bench.record.journal import GENESIS, Journal, JournalRecord, read_journal
from bench.record.storage import Storage, StorageError

Exclusive = Callable[[], AbstractContextManager[object]]
"""While it is entered, nobody else appends."""


class SharedJournal:
    """The journal ``name`` in ``storage``; made with its first record."""

    def __init__(self, storage: Storage, name: str, exclusive: Exclusive) -> None:
        self._storage = storage
        self._name = name
        self._exclusive = exclusive

    def records(self) -> list[JournalRecord]:
        """All that is in it. Raises ``StorageError`` where it was changed: what follows cannot be trusted."""
        return self._read()[0]

    def append(
        self, t_ns: int, make: Callable[[list[JournalRecord]], tuple[str, Mapping[str, Any]] | None]
    ) -> JournalRecord | None:
        """Append what ``make`` makes of all records so far (``None``: nothing), as one step that nobody comes between.
        It is on the disk before this returns."""
        with self._exclusive():
            records, chain = self._read(mend=True)
            made = make(records)
            if made is None:
                return None
            journal = self._writer(records, chain)
            try:
                return journal.append(t_ns, *made)
            finally:
                journal.close()

    def taken_over(self) -> tuple[list[JournalRecord], Journal]:
        """All records, and the journal to go on with, for who is its only writer."""
        records, chain = self._read(mend=True)
        return records, self._writer(records, chain)

    def _writer(self, records: list[JournalRecord], chain: str) -> Journal:
        exists = self._name in self._storage.names()
        file = self._storage.reopen(self._name) if exists else self._storage.open(self._name)
        return Journal(file, chain, len(records))

    def _read(self, mend: bool = False) -> tuple[list[JournalRecord], str]:
        """The records, and the end of their chain."""
        if self._name not in self._storage.names():
            return [], GENESIS
        data = self._storage.read(self._name)
        records, problems = read_journal(data)
        if problems:
            remedy = f"set {self._name} aside and begin a new one"
            raise StorageError(f"{self._name}: {problems[0]}; {remedy}")
        whole = data[: data.rfind(b"\n") + 1]
        if mend and len(whole) < len(data):
            self._storage.write(self._name, whole)
        return records, whole[-19:-3].decode() if whole else GENESIS
