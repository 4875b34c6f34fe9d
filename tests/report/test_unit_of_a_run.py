"""The drive unit in tables, report and manifest, from the journal alone."""

import csv
import io
from typing import Any

import pytest

from bench.record.closing import tables_of, write_results
from bench.record.journal import Journal, JournalRecord, read_journal
from bench.record.manifest import Manifest
from bench.record.storage import MemoryStorage
from bench.report.html import render_html
from bench.report.model import build_model

EXPECTED = {"serial": "4711"}
DTC = {"code": "U0100-87", "text": "lost <b>", "status": 0x2F, "active": True, "stored": True, "details": "0102"}
OLD = {**DTC, "code": "P0A78-00", "text": "", "status": 0x28, "active": False}
BEFORE = {"when": "before", "identity": {"serial": "4711", "vin": "W1"}, "dtcs": [OLD], "expected": EXPECTED}
AFTER = {"when": "after", "identity": {"serial": "4711", "vin": "W2"}, "dtcs": [OLD, DTC], "expected": EXPECTED}


def storage_of(*told: dict[str, Any]) -> MemoryStorage:
    storage = MemoryStorage()
    journal = Journal(storage.open("journal.jsonl"))
    for number, data in enumerate(told):
        journal.append(number * 1_500_000_000, "diagnostics", data)
    journal.close()
    return storage


def journal_of(*told: dict[str, Any]) -> list[JournalRecord]:
    return read_journal(storage_of(*told).read("journal.jsonl"))[0]


def test_the_table_of_trouble_codes():
    table = tables_of(journal_of(BEFORE, AFTER))["dtcs.csv"]
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    assert [(row["when"], row["t_s"], row["code"], row["active"], row["stored"], row["status"]) for row in rows] == [
        ("before", "0.0", "P0A78-00", "0", "1", "0x28"), ("after", "1.5", "P0A78-00", "0", "1", "0x28"),
        ("after", "1.5", "U0100-87", "1", "1", "0x2F"),
    ]  # fmt: skip
    assert rows[2]["details"] == "0102"


@pytest.mark.parametrize("told", [(), ({"when": "before", "skipped": "none"},), ({"when": "after", "problem": "no"},)])
def test_no_table_where_nothing_was_read(told):
    assert "dtcs.csv" not in tables_of(journal_of(*told))


def test_the_page_tells_the_unit_and_hostile_words_stay_text():
    page = render_html(build_model(journal_of(BEFORE, AFTER)))
    for word in ("The drive unit and its trouble codes", "4711", "W2", "U0100-87", "lost &lt;b&gt;", "0x2F"):
        assert word in page
    assert "lost <b>" not in page and 'href="#unit"' in page


@pytest.mark.parametrize(("told", "words"), [
    ((BEFORE, {"when": "after", "problem": "dut: no answer in time"}), "after: dut: no answer in time"),
    (({"when": "before", "skipped": "the DUT profile has no section"},), "before: the DUT profile has no section"),
    (({**BEFORE, "dtcs": []},), "No trouble codes."),
])  # fmt: skip
def test_the_page_tells_what_could_not_be_read(told, words):
    assert words in render_html(build_model(journal_of(*told)))


def test_a_journal_without_a_word_of_it_gives_a_page_without_the_section():
    assert 'id="unit"' not in render_html(build_model(journal_of()))


def test_the_manifest_names_the_unit():
    storage = storage_of(BEFORE, AFTER)
    names = {"plan": "p", "dut": "d", "rig": "r", "world": "virtual", "program": "0"}
    manifest = Manifest(storage, **names, seed=1, versions={}, inputs=())
    write_results(storage, manifest)
    assert manifest.content["identities"]["dut"] == BEFORE["identity"]
    assert "dtcs.csv" in storage.names()
