"""The drive unit's trouble codes of a run, from the journal alone: one row for each code of each reading."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from bench.base.time import seconds
from bench.record.journal import JournalRecord

EVENT = "diagnostics"
NAME = "dtcs.csv"
COLUMNS = ("when", "t_s", "code", "text", "active", "stored", "status", "details")
"""``when``: ``before`` the plan, ``cleared`` on its wish, ``after`` its stop; ``status``, ``details``: as the unit told
them (ISO 14229-1, D.2; the maker's extended data in hex)."""


def trouble_codes(records: Iterable[JournalRecord]) -> list[dict[str, Any]] | None:
    """The rows in order; ``None`` if the unit was never read."""
    read = [record for record in records if record.event == EVENT and "dtcs" in record.data]
    if not read:
        return None
    return [_row(record, dtc) for record in read for dtc in record.data["dtcs"]]


def _row(record: JournalRecord, dtc: Mapping[str, Any]) -> dict[str, Any]:
    told = {"when": record.data["when"], "t_s": seconds(record.t_ns), **dtc, "status": f"0x{dtc['status']:02X}"}
    return {name: told[name] for name in COLUMNS}


def write_trouble_codes(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows as CSV (UTF-8, comma, LF)."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "active": int(row["active"]), "stored": int(row["stored"])} for row in rows)
    return text.getvalue().encode()
