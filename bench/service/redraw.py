"""Everything that is derived from a run's journal, made again."""

import json
from typing import Any

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.record.journal import read_journal
from bench.record.manifest import NAME, reseal
from bench.record.points import points_table, write_csv, write_parquet
from bench.record.recorder import JOURNAL
from bench.report.write import write_report

_DERIVED = ("points.csv", "points.parquet", "report.html", "junit.xml")


def redraw(storage: DiskStorage) -> tuple[str, ...]:
    """Write table and report again; the names of the files. A sealed manifest takes their new hashes, no others.

    Raises ``InputError`` when the journal or the manifest is missing or damaged.
    """
    content = _manifest(storage)
    records, problems = read_journal(storage.read(JOURNAL)) if JOURNAL in storage.names() else ([], ["is missing"])
    if problems:
        raise InputError([Problem(JOURNAL, 0, 0, problem) for problem in problems])
    rows = points_table(records)
    storage.write("points.csv", write_csv(rows))
    storage.write("points.parquet", write_parquet(rows))
    write_report(storage, content)
    written = tuple(name for name in _DERIVED if name in storage.names())
    if content.get("sealed"):
        reseal(storage, written)
    return written


def _manifest(storage: DiskStorage) -> dict[str, Any]:
    try:
        content = json.loads(storage.read(NAME)) if NAME in storage.names() else None
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise InputError([Problem(NAME, 0, 0, "is missing or not readable; without it there is no report")])
    return content
