"""Whether a run is as it was when it ended: every hash, chain and checksum, and the points against the journal."""

import json
from collections.abc import Mapping
from typing import Any

from bench.record.cycles import tables_of_cycles
from bench.record.inbox_log import read_inbox_log
from bench.record.journal import read_journal
from bench.record.manifest import NAME, file_hash, seal_of, text_of
from bench.record.points import points_table, write_csv
from bench.record.sample_files import MARK, spoilt_marks
from bench.record.storage import Storage, StorageError


def verify(run: Storage) -> list[str]:
    """Everything that is wrong with the run; empty for an untouched one."""
    names = set(run.names())
    if NAME not in names:
        return [f"{NAME} is missing: this is no run folder, or it was never begun"]
    content, problems = _manifest(run.read(NAME))
    if content is not None:
        problems += _files(run, content, names)
    if "journal.jsonl" in names:
        problems += _journal(run, names)
    if "inbox.log" in names:
        problems += read_inbox_log(run.read("inbox.log")).problems
    return problems


def _manifest(data: bytes) -> tuple[dict[str, Any] | None, list[str]]:
    try:
        content = json.loads(data)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return None, [f"{NAME}: changed (not readable)"]
    if content.get("seal") != seal_of(content) or text_of(content) != data:
        return content, [f"{NAME}: changed (its seal does not fit)"]
    if not content.get("sealed"):
        return content, [f"{NAME}: not sealed; the run did not end"]
    return content, []


def _files(run: Storage, content: Mapping[str, Any], names: set[str]) -> list[str]:
    listed: Any = content.get("files", content.get("inputs", {}))
    if not isinstance(listed, dict):
        return [f"{NAME}: changed (its list of files is not readable)"]
    problems = [f"{name}: missing" for name in sorted(listed.keys() - names)]
    if content.get("sealed"):
        problems += [f"{name}: not there when the run ended" for name in sorted(names - listed.keys() - {NAME})]
    return problems + [problem for name in sorted(listed.keys() & names) for problem in _file(run, name, listed[name])]


def _file(run: Storage, name: str, told: Any) -> list[str]:
    try:
        return [] if file_hash(run, name) == told else [f"{name}: changed (its SHA-256 does not fit)"]
    except StorageError as error:
        return [str(error)]


def _journal(run: Storage, names: set[str]) -> list[str]:
    records, problems = read_journal(run.read("journal.jsonl"), whole=False)
    if problems:
        return problems
    spoilt = spoilt_marks(run, (record.data for record in records if record.event == MARK))
    problems = [f"{mark.file}: bytes {mark.begin} to {mark.end} are not what was recorded" for mark in spoilt]
    tables = {"points.csv": write_csv(points_table(records)), **tables_of_cycles(records)}
    return problems + [
        f"{name}: not what the journal says; build it again with bench report"
        for name in ("points.csv", "cycles.csv")
        if name in names and tables.get(name) != run.read(name)
    ]
