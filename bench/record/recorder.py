"""Everything a run leaves behind while it runs: journal, inbox log, samples. The same object in every world.

It holds no clock and no thread; its owner hands it what the core has told, as it comes.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.quality import GOOD
from bench.base.records import INBOX
from bench.record.core_events import Names, describe
from bench.record.inbox_log import DIGEST_PERIOD_NS, InboxLog
from bench.record.journal import Journal
from bench.record.later import Later
from bench.record.mf4 import Mf4Writer
from bench.record.mf4_blocks import Group
from bench.record.samples import SampleWriter
from bench.record.storage import Storage

JOURNAL, INBOX_LOG, SAMPLES = "journal.jsonl", "inbox.log", "samples.mf4"


class Recorder:
    """Opens the three files of a run and fills them. ``full_inbox``: keep every record, not only the digest; ``later``
    packs them."""

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
    ) -> None:
        self._names = names
        self._full_inbox = full_inbox
        self._next_digest_ns = 0
        self.journal = Journal(storage.open(JOURNAL))
        header = {"program": program, "mode": "full" if full_inbox else "digest"}
        self._inbox = InboxLog(storage.open(INBOX_LOG), header, later if full_inbox else None)
        stream = Mf4Writer(storage.open(SAMPLES), groups, start_ns=start_ns, properties=properties)
        self._samples = SampleWriter(stream)

    def record(self, t_ns: int, event: str, data: Mapping[str, Any]) -> None:
        """A decision of the sequence: on disk when this returns."""
        self.journal.append(t_ns, event, data)

    def on_events(self, events: NDArray[np.void]) -> None:
        """What the core has told."""
        self.journal.extend(describe(events, self._names))

    def samples(self, group: int, t_ns: NDArray[np.int64], values: NDArray[Any], quality: NDArray[np.uint8]) -> None:
        """Rows of one sample group."""
        self._samples.add(group, t_ns, values, quality == GOOD)

    def inbox(self, records: NDArray[np.void]) -> None:
        """Records that the core took in, in order (full mode)."""
        assert records.dtype == INBOX
        self._inbox.append(records)

    def digest(self, t_ns: int, count: int, digest: int) -> None:
        """The core's rolling digest; kept once a minute."""
        if t_ns >= self._next_digest_ns:
            self._next_digest_ns = (t_ns // DIGEST_PERIOD_NS + 1) * DIGEST_PERIOD_NS
            self._inbox.digest(t_ns, count, digest)

    def flush(self) -> None:
        """Hand everything held to the files, without a sync: a killed process then loses nothing older."""
        self._samples.flush()
        self._inbox.flush(sync=False)

    def close(self, t_ns: int, count: int, digest: int) -> None:
        """The last digest, then finalise and close all three."""
        self._inbox.digest(t_ns, count, digest)
        self._inbox.close()
        self._samples.finalise()
        self.journal.close()
