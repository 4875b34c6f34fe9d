"""What is left of a run that nobody could close: its samples are made whole, and what was lost is told.

Nothing is cut off and the journal is never written, so that recovering again, also after a kill in the middle of it,
finds the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from bench.base.time import seconds
from bench.record.inbox_log import read_inbox_log
from bench.record.journal import read_journal
from bench.record.mf4_mending import mend
from bench.record.recorder import INBOX_LOG, JOURNAL
from bench.record.sample_files import MARK, sample_names, spoilt_marks
from bench.record.storage import Storage, StorageError

_GAP_S = 0.1
"""What a kill alone may cost (faults.md, A2)."""


@dataclass(frozen=True, slots=True)
class Lost:
    """How far the records go (run time, s; ``None``: there are none), and in words what is not there."""

    journal_until_s: float | None
    samples_until_s: float | None
    words: tuple[str, ...]


def recover(run: Storage) -> Lost:
    """Finalise the samples' files. Raises ``StorageError`` where there is no journal."""
    data = run.read(JOURNAL)
    records, problems = read_journal(data, whole=False)
    torn = 0 if problems else len(data) - sum(map(len, islice(BytesIO(data), len(records))))
    words = [*problems, *([f"{JOURNAL}: {torn} bytes of a record that was not acknowledged"] if torn else [])]
    samples_s, dropped = _samples(run)
    spoilt = spoilt_marks(run, (record.data for record in records if record.event == MARK))
    words += [*dropped, *_inbox(run)]
    words += [f"{mark.file}: bytes {mark.begin} to {mark.end} are not what was recorded" for mark in spoilt]
    told = [record.t_ns for record in records if record.event != MARK]
    journal_s = seconds(max(told)) if told else None
    if journal_s is not None and (samples_s is None or journal_s - samples_s > _GAP_S):
        since = "the beginning" if samples_s is None else f"{samples_s:.3f} s"
        words.append(f"no samples from {since} to {journal_s:.3f} s, the last record of the journal")
    return Lost(journal_s, samples_s, tuple(words))


def _samples(run: Storage) -> tuple[float | None, list[str]]:
    until_s, words = None, []
    for name in sample_names(run.names()):
        try:
            mended = mend(run, name)
        except StorageError as error:
            words.append(str(error))
            continue
        until_s = mended.until_s if mended.until_s is not None else until_s
        if mended.dropped:
            words.append(f"{name}: {mended.dropped} bytes behind the last whole record")
    return until_s, words


def _inbox(run: Storage) -> Iterator[str]:
    if INBOX_LOG not in run.names():
        yield f"{INBOX_LOG}: not there"
        return
    content = read_inbox_log(run.read(INBOX_LOG))
    yield from content.problems
    if content.torn and not content.problems:
        yield f"{INBOX_LOG}: {content.torn} bytes of a chunk that was not acknowledged"
