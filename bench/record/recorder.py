"""Everything a run leaves behind while it runs: journal, inbox log, samples. The same object in every world.

It holds no clock and no thread; its owner hands it what the core has told, as it comes. A disk that refuses never
takes the owner by surprise: what can still be recorded is, ``trouble`` says that the run must end and why, and only a
decision that cannot be made durable raises.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD
from bench.base.records import INBOX
from bench.record.core_events import Names, describe
from bench.record.inbox_log import DIGEST_PERIOD_NS, InboxLog
from bench.record.journal import Journal
from bench.record.later import AtOnce, Later
from bench.record.mf4_blocks import Group
from bench.record.sample_files import FIRST, MARK, SampleFiles
from bench.record.samples import SampleWriter
from bench.record.space import FULL, MIB, RESERVE_BYTES, STOP, SpaceWatch
from bench.record.storage import Storage, StorageError

JOURNAL, INBOX_LOG, SAMPLES = "journal.jsonl", "inbox.log", FIRST
_SCARCE = "the disk is full; the run ends on the space that was kept back for it"


class Recorder:
    """Opens the three files of a run and fills them. ``full_inbox``: keep every record, not only the digest; ``later``
    packs them; ``beside`` makes samples and inbox log durable."""

    def __init__(
        self,
        storage: Storage,
        names: Names,
        groups: Sequence[Group],
        *,
        start_ns: int,
        program: str,
        full_inbox: bool,
        properties: Mapping[str, str],
        later: Later | None = None,
        beside: Later | None = None,
    ) -> None:
        self.trouble = ""
        """Why the run must end; empty while all is recorded."""
        self._names = names
        self._full_inbox = full_inbox
        self._next_mark_ns = 0
        self._lost: set[str] = set()
        self._storage, self._space = storage, SpaceWatch(storage)
        storage.set_aside(RESERVE_BYTES)
        self.journal = Journal(storage.open(JOURNAL))
        header = {"program": program, "mode": "full" if full_inbox else "digest"}
        self._inbox_file = storage.open(INBOX_LOG)
        self._inbox = InboxLog(self._inbox_file, header, later if full_inbox else None)
        self._beside, self._syncing = beside or AtOnce(), False
        self._not_synced: dict[str, StorageError] = {}
        wait = self._beside.wait
        self._files = SampleFiles(storage, groups, start_ns=start_ns, properties=properties, between=wait)
        self._samples = SampleWriter(self._files)

    @property
    def lost(self) -> tuple[str, ...]:
        """Files that could not be written to their end."""
        return tuple(sorted(self._lost))

    @property
    def journal_lost(self) -> bool:
        """Whether not even decisions can be recorded any more."""
        return JOURNAL in self._lost

    def record(self, t_ns: int, event: str, data: Mapping[str, Any]) -> None:
        """A decision of the sequence: on disk when this returns. Raises ``StorageError``."""
        try:
            self.journal.append(t_ns, event, data)
        except StorageError as error:
            self._lose(JOURNAL, t_ns, error)
            raise

    def on_events(self, events: NDArray[np.void]) -> None:
        """What the core has told. It has happened: without a journal it goes unrecorded, and ``trouble`` says so."""
        if len(events):
            t_ns = int(events["t_ns"][-1])
            self._guarded(JOURNAL, t_ns, lambda: self.journal.extend(describe(events, self._names)))

    def samples(self, group: int, t_ns: NDArray[np.int64], values: NDArray[Any], quality: NDArray[np.uint8]) -> None:
        """Rows of one sample group."""
        if len(t_ns):
            self._guarded(SAMPLES, int(t_ns[-1]), lambda: self._samples.add(group, t_ns, values, quality == GOOD))

    def inbox(self, records: NDArray[np.void]) -> None:
        """Records that the core took in, in order (full mode)."""
        assert records.dtype == INBOX
        if len(records):
            self._guarded(INBOX_LOG, int(records["t_ns"][-1]), lambda: self._inbox.append(records))

    def mark(self, t_ns: int, count: int, digest: int) -> None:
        """The run has come to ``t_ns``. Once a minute of run time: the core's rolling digest, and what the samples'
        files hold so far. Each time: a look at the disk."""
        if t_ns >= self._next_mark_ns:
            self._next_mark_ns = (t_ns // DIGEST_PERIOD_NS + 1) * DIGEST_PERIOD_NS
            self._guarded(INBOX_LOG, t_ns, lambda: self._inbox.digest(t_ns, count, digest))
            self._guarded(SAMPLES, t_ns, self._samples.flush)
            self._mark_samples(t_ns)
        self._look_at_disk(t_ns)

    def flush(self, t_ns: int) -> None:
        """Hand everything held to the files, without a sync: a killed process then loses nothing older."""
        self._guarded(SAMPLES, t_ns, self._samples.flush)
        self._guarded(INBOX_LOG, t_ns, lambda: self._inbox.flush(sync=False))

    def sync(self, t_ns: int) -> None:
        """Make samples and inbox log durable, beside the run; not while the last time is still under way."""
        if not self._syncing:
            self._hear_of_syncs(t_ns)
            self._syncing = True
            self._beside.submit(self._sync)

    def close(self, t_ns: int, count: int, digest: int) -> None:
        """The last digest, then finalise and close all three. No mark: the seal follows, and the run's own last word
        stays the journal's last."""
        self._beside.wait()
        self._hear_of_syncs(t_ns)
        self._guarded(INBOX_LOG, t_ns, lambda: self._inbox.digest(t_ns, count, digest))
        self._guarded(INBOX_LOG, t_ns, self._inbox.close)
        self._guarded(SAMPLES, t_ns, self._samples.finalise)
        self._look_at_disk(t_ns)
        self._guarded(JOURNAL, t_ns, self.journal.close)
        for let_go in (self._inbox_file.close, self._files.close, self.journal.close):
            with suppress(StorageError):  # of what was lost; who goes on from this run waits for the journal's writer
                let_go()
        self._storage.give_back()

    def _sync(self) -> None:
        """Beside the recording, which hears of a failure at its next turn."""
        for name, sync in ((SAMPLES, self._files.sync), (INBOX_LOG, self._inbox_file.sync)):
            try:
                if name not in self._lost:
                    sync()
            except StorageError as error:
                self._not_synced[name] = error
        self._syncing = False

    def _hear_of_syncs(self, t_ns: int) -> None:
        for name, error in self._not_synced.items():
            if name not in self._lost:
                self._lose(name, t_ns, error)

    def _mark_samples(self, t_ns: int) -> None:
        if marks := [] if SAMPLES in self._lost else self._files.marks():
            told = [(t_ns, MARK, mark._asdict()) for mark in marks]
            self._guarded(JOURNAL, t_ns, lambda: self.journal.extend(told))

    def _look_at_disk(self, t_ns: int) -> None:
        level, room = self._space.look()
        if level:
            told = {"level": level, "free_mib": room.free // MIB, "of_mib": room.total // MIB}
            self._guarded(JOURNAL, t_ns, lambda: self.journal.append(t_ns, "disk_low", told))
        if level == STOP:
            self.trouble = self.trouble or f"{room.free // MIB} MiB of the disk are free; free it and resume the run"
        elif level == FULL:
            self.trouble = self.trouble or _SCARCE

    def _guarded(self, name: str, t_ns: int, work: Callable[[], object]) -> None:
        """Do ``work`` on one of the three, unless it was lost; losing it is no reason to lose the others."""
        if name in self._lost:
            return
        try:
            work()
        except StorageError as error:
            self._lose(name, t_ns, error)

    def _lose(self, name: str, t_ns: int, error: StorageError) -> None:
        self._lost.add(name)
        self.trouble = self.trouble or str(error)
        told = {"file": name, "reason": str(error)}
        self._guarded(JOURNAL, t_ns, lambda: self.journal.append(t_ns, "recording_failed", told))
