"""The table of CAN messages in the report."""

import re

from bench.record.journal import JournalRecord
from bench.report.html import render_html
from bench.report.model import build_model

REGULAR = {
    "bus": "can_dut", "message": "EDU_DC", "id": "0x130", "sent": False, "cycle_s": 0.01, "frames": 500, "late": 0,
    "missing": 0, "burst": 0, "foreign": 0, "bad_length": 0, "bad_counter": 0, "bad_crc": 0, "bad_range": 0,
    "period_min_s": 0.0098, "period_mean_s": 0.01, "period_p99_s": 0.010141, "period_max_s": 0.0102,
}  # fmt: skip
SPOILED = {**REGULAR, "message": "EDU_LIMITS", "missing": 2, "bad_crc": 3}
OURS = {**REGULAR, "message": "VCU_GEAR", "sent": True, "foreign": 4}
UNKNOWN = {**REGULAR, "message": "", "id": "0x7FF", "cycle_s": None, "period_min_s": None, "period_mean_s": None,
           "period_p99_s": None, "period_max_s": None}  # fmt: skip


def rows(*told: dict) -> list[tuple[bool, str]]:
    """Of each row of the table: whether it is marked, and its text."""
    records = [JournalRecord(n, n, "can_message", data) for n, data in enumerate(told)]
    page = render_html(build_model(records))
    if 'id="can"' not in page:
        return []
    body = page.partition('id="can"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        ("flagged" in row, " ".join(re.sub("<[^>]+>", " ", row.partition(">")[2]).split()))
        for row in body.split("<tr")[1:]
    ]


def test_each_message_is_a_row_in_milliseconds_and_what_is_wrong_is_marked() -> None:
    assert rows(REGULAR, SPOILED, OURS, UNKNOWN) == [
        (False, "can_dut EDU_DC 0x130 500 10.000 9.800 10.000 10.141 10.200 0 0 0"),
        (True, "can_dut EDU_LIMITS 0x130 500 10.000 9.800 10.000 10.141 10.200 0 2 0 3 CRC"),
        (True, "can_dut VCU_GEAR (sent) 0x130 500 10.000 9.800 10.000 10.141 10.200 0 0 0 4 from another sender"),
        (False, "can_dut unknown 0x7FF 500 0 0 0"),
    ]


def test_a_run_without_frames_has_no_table() -> None:
    assert rows() == []
