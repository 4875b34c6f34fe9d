"""Writes the report files of a run from what its folder holds: journal, manifest, and the copy of the DUT file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bench.base.errors import InputError
from bench.config.dut import Dut
from bench.config.located import load
from bench.record.journal import read_journal
from bench.record.manifest import NAME, file_hash
from bench.record.storage import Storage
from bench.report.html import render_html
from bench.report.junit import render_junit
from bench.report.model import Envelope, ReportModel, build_model

_REPORT_FILES = ("report.html", "junit.xml")
DUT_FILE, JOURNAL_FILE = "inputs/dut.yaml", "journal.jsonl"


def write_report(storage: Storage, manifest: Mapping[str, Any]) -> ReportModel:
    """Write ``report.html`` and ``junit.xml`` of the run in ``storage``; what they show."""
    records, problems = read_journal(storage.read(JOURNAL_FILE), whole=False)
    name, envelope = run_name(manifest), dut_envelope(storage)
    told = {**manifest, "files": _hashes(storage)}
    model = build_model(records, name=name, manifest=told, envelope=envelope, problems=problems)
    for file, data in zip(_REPORT_FILES, (render_html(model).encode(), render_junit(model)), strict=True):
        storage.write(file, data)
    return model


def _hashes(storage: Storage) -> dict[str, Any]:
    """Of all that is no report: the same before the run is sealed and after, so a report drawn again has its bytes."""
    return {name: file_hash(storage, name) for name in storage.names() if name not in (*_REPORT_FILES, NAME)}


def run_name(manifest: Mapping[str, Any]) -> str:
    """When the run began, in its own time: given, virtual or real."""
    start_s = manifest.get("start_s")
    return "" if start_s is None else datetime.fromtimestamp(start_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def dut_envelope(storage: Storage) -> Envelope | None:
    """The torque limits in the run's copy of its DUT file; ``None`` if that is missing or cannot be read."""
    if DUT_FILE not in storage.names():
        return None
    try:
        return envelope_of_dut(load(storage.read(DUT_FILE).decode(), Dut, DUT_FILE))
    except (InputError, UnicodeDecodeError):
        return None


def envelope_of_dut(dut: Dut) -> Envelope:
    """The limits at every corner of the DUT's curves."""
    curves = dut.envelope.peak_torque, dut.envelope.continuous_torque, dut.envelope.regeneration_torque
    corners = {speed for curve in curves if curve is not None for speed, _ in curve.points if speed < dut.speed_max_rpm}
    speeds = tuple(sorted(corners | {0.0, dut.speed_max_rpm}))
    return Envelope(
        speeds,
        tuple(map(dut.torque_max_nm, speeds)),
        tuple(map(dut.torque_min_nm, speeds)),
        tuple(map(dut.continuous_torque_nm, speeds)),
    )
