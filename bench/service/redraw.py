"""Everything that is derived from a run's journal, made again."""

import json
from typing import Any

from bench.base.errors import InputError, Problem
from bench.io.disk import DiskStorage
from bench.record.closing import tables_of
from bench.record.journal import read_journal
from bench.record.manifest import NAME, reseal
from bench.record.recorder import JOURNAL
from bench.report.write import write_report

_REPORT = ("report.html", "junit.xml")


def redraw(storage: DiskStorage) -> tuple[str, ...]:
    """Write tables and report again; the names of the files. A sealed manifest takes their new hashes, no others.

    Raises ``InputError`` when the journal or the manifest is missing or damaged.
    """
    content = _manifest(storage)
    records, problems = (
        read_journal(storage.read(JOURNAL), whole=False) if JOURNAL in storage.names() else ([], ["is missing"])
    )
    if problems:
        raise InputError([Problem(JOURNAL, 0, 0, problem) for problem in problems])
    tables = tables_of(records)
    for name, table in tables.items():
        storage.write(name, table)
    write_report(storage, content)
    written = tuple(name for name in (*tables, *_REPORT) if name in storage.names())
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
