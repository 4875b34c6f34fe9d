"""The end of a run's folder: the tables, the identities, the seal. Whoever is the last does it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from bench.record.cycles import tables_of_cycles
from bench.record.eta import eta_of
from bench.record.journal import JournalRecord, read_journal
from bench.record.manifest import Manifest
from bench.record.points import points_table, write_csv, write_parquet
from bench.record.recorder import JOURNAL
from bench.record.recovery import recover
from bench.record.storage import Storage
from bench.record.trouble_codes import EVENT, NAME, trouble_codes, write_trouble_codes

INTERRUPTED = "interrupted"
Draw = Callable[[Storage, dict[str, Any]], object]


def write_results(storage: Storage, manifest: Manifest) -> None:
    """The tables, from the journal alone, and into the manifest the identities, what the operating system had granted,
    and how well the end of the run was known."""
    records, _ = read_journal(storage.read(JOURNAL), whole=False)
    for record in records:
        if record.event == "armed":
            for part, told in record.data["parts"].items():
                manifest.identify(part, told["identity"])
        elif record.event == EVENT and record.data.get("when") == "before" and "identity" in record.data:
            manifest.identify("dut", record.data["identity"])
        elif record.event == "realtime":
            manifest.content["realtime"] = dict(record.data)
    if foresight := eta_of(records):
        manifest.content["foresight"] = foresight
    for name, table in tables_of(records).items():
        storage.write(name, table)


def tables_of(records: Sequence[JournalRecord]) -> dict[str, bytes]:
    """The tables that follow from a journal, by file name."""
    points, codes = points_table(records), trouble_codes(records)
    tables = {"points.csv": write_csv(points), "points.parquet": write_parquet(points), **tables_of_cycles(records)}
    return tables if codes is None else {**tables, NAME: write_trouble_codes(codes)}


def close_orphan(storage: Storage, draw: Draw = lambda _storage, _content: None) -> bool:
    """Samples, results and seal of a run whose service is no more; ``False`` where it has sealed the run itself.
    ``draw`` makes the report from the manifest's content, which says what was lost (``recovered``).

    The verdict is the sequence's own if it came to one, else ``interrupted``.
    """
    manifest = Manifest.reopen(storage)
    if manifest.content["sealed"]:
        return False
    records, _ = read_journal(storage.read(JOURNAL), whole=False)
    lost = recover(storage)
    if lost.words or _verdict(records) == INTERRUPTED:
        manifest.content["recovered"] = asdict(lost)
    write_results(storage, manifest)
    draw(storage, manifest.content)
    manifest.seal(verdict=_verdict(records))
    return True


def _verdict(records: list[JournalRecord]) -> str:
    finished = [record.data["verdict"] for record in records if record.event == "run_finished"]
    return str(finished[-1]) if finished else INTERRUPTED
