"""The end of a run's folder: the table of points, the identities, the seal. Whoever is the last does it."""

from bench.record.journal import JournalRecord, read_journal
from bench.record.manifest import Manifest
from bench.record.points import points_table, write_csv, write_parquet
from bench.record.recorder import JOURNAL
from bench.record.storage import Storage

INTERRUPTED = "interrupted"


def write_results(storage: Storage, manifest: Manifest) -> None:
    """The table of points, from the journal alone, and into the manifest the identities and what the operating system
    had granted."""
    records, _ = read_journal(storage.read(JOURNAL))
    for record in records:
        if record.event == "armed":
            for part, told in record.data["parts"].items():
                manifest.identify(part, told["identity"])
        elif record.event == "realtime":
            manifest.content["realtime"] = dict(record.data)
    rows = points_table(records)
    storage.write("points.csv", write_csv(rows))
    storage.write("points.parquet", write_parquet(rows))


def close_orphan(storage: Storage) -> None:
    """Results and seal of a run whose service is no more; nothing to do where it has sealed the run itself.

    The verdict is the sequence's own if it came to one, else ``interrupted``.
    """
    manifest = Manifest.reopen(storage)
    if manifest.content["sealed"]:
        return
    records, _ = read_journal(storage.read(JOURNAL))
    write_results(storage, manifest)
    manifest.seal(verdict=_verdict(records))


def _verdict(records: list[JournalRecord]) -> str:
    finished = [record.data["verdict"] for record in records if record.event == "run_finished"]
    return str(finished[-1]) if finished else INTERRUPTED
