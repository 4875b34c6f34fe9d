"""The report as a reader and a CI server get it: self-contained, complete, the same bytes again, never a crash."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import synthetic

from bench.config.dut import Dut
from bench.config.located import load
from bench.record.journal import JournalRecord
from bench.record.manifest import Manifest
from bench.record.storage import MemoryStorage
from bench.report.html import render_html, tiles
from bench.report.junit import render_junit
from bench.report.maps import efficiency_map_png
from bench.report.model import build_model
from bench.report.plots import temperature_plot
from bench.report.write import envelope_of_dut, write_report

MANIFEST = {
    "plan": "efficiency_map",
    "start_s": 1_767_225_600,
    "versions": {"numpy": "2.4"},
    "identities": {"analyzer": {"maker": "YOKOGAWA", "model": "WT5000", "serial": "91X", "firmware": "F1"}},
    "inputs": {"inputs/plan.yaml": {"sha256": "ab" * 32, "bytes": 3}},
}


@pytest.fixture(scope="module")
def page() -> str:
    return render_html(build_model(synthetic.records(), manifest=MANIFEST, name="2026-01-01 00:00 UTC"))


class _Balance(HTMLParser):
    """Counts elements, and finds ids that two pictures share."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        self.ids.extend(value for key, value in attrs if key == "id" and value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_opens_offline(page: str) -> None:
    parser = _Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert parser.count["svg"] == 8 and "script" not in parser.count and "link" not in parser.count
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", page))
    assert all(address.startswith("http://www.w3.org/") for address in addresses)
    assert set(re.findall(r"url\(([^)]{0,2})", page)) <= {"#e", "#l", "#u", "#d", "#s", "#t"}


def test_the_page_shows_verdict_points_reasons_and_manifest(page: str) -> None:
    for wanted in (
        *(
            "178 of 180",
            "2 flagged",
            "derated: winding temperature 151.2 °C",
            "torque to zero",
            "YOKOGAWA WT5000 91X F1",
        ),
        *("ab" * 32, "2026-01-01 00:00 UTC", "+0.024 pp", "point 1: 500 rpm, 400.0 Nm (short_time)"),
    ):
        assert wanted in page, wanted
    assert page.count("<tr") >= 182
    assert "nan" not in re.sub(r"<[^>]*>", " ", page).lower().split()


@pytest.mark.slow
def test_the_same_run_gives_the_same_bytes_whatever_the_users_own_plot_settings(page: str) -> None:
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 22, "axes.facecolor": "black"}):
        assert render_html(build_model(synthetic.records(), manifest=MANIFEST, name="2026-01-01 00:00 UTC")) == page


@pytest.mark.parametrize("length", [0, 1, 3, 8, 20])
def test_a_run_that_broke_off_has_a_report(length: int) -> None:
    model = build_model(synthetic.records()[:length])
    page = render_html(model)
    assert "unfinished" in page
    assert (
        ElementTree.fromstring(render_junit(model)).find(".//testcase[@name='verdict of the run']/failure") is not None
    )


def test_three_points_are_a_report_with_their_values() -> None:
    model = build_model(synthetic.records(speeds=np.array([1000.0, 4000.0, 9000.0]), fractions=[0.4]))
    assert render_html(model).count("<svg") == 3 + 3


def test_a_unit_without_breakout_has_one_efficiency() -> None:
    names = ("eta_pe", "eta_motor_transmission", "u_eta_pe", "u_eta_motor_transmission", "ac_power_mean", "loss_pe_w")
    records = [
        record._replace(data={**record.data, **dict.fromkeys(names)}) if record.event == "point" else record
        for record in synthetic.records(speeds=[1000.0, 4000.0], fractions=[0.4])
    ]
    page = render_html(build_model(records))
    assert "η electronics" not in page and "η unit" in page and "power electronics" not in page


def test_what_is_hostile_in_a_file_stays_text() -> None:
    evil = "<script>alert(1)</script>"
    records = [
        JournalRecord(0, 0, "run_started", {"title": evil, "plan": evil, "dut": evil}),
        JournalRecord(1, 1, "run_finished", {"verdict": "failed", "reasons": [evil]}),
    ]
    model = build_model(records, manifest={"rig": evil, "identities": {evil: {"maker": evil}}}, name=evil)
    assert "<script" not in render_html(model)
    assert ElementTree.fromstring(render_junit(model)) is not None


@pytest.mark.slow
def test_hostile_text_in_a_drawing_stays_text() -> None:
    records = synthetic.records(speeds=[1000.0, 4000.0], fractions=[0.4])
    started = records[0]._replace(data={**records[0].data, "dut": '</text><script>x("&")</script> $\\frac{1$ --> <b>'})
    page = render_html(build_model([started, *records[1:]]))
    assert "<script" not in page and "<b> on" not in page


def test_figures_are_those_of_the_points() -> None:
    found = {tile.label: tile for tile in tiles(build_model(synthetic.records()))}
    best = max(
        (record.data for record in synthetic.records() if record.event == "point" and record.data["torque_nm"] > 0),
        key=lambda data: data["eta_edu"],
    )
    assert found["best, motoring"].value == f"{100 * best['eta_edu']:.1f} %"
    assert found["stop"].mood == "good" and found["points accepted"].value == "178 of 180"


def test_junit_counts_points_and_conditions() -> None:
    suite = ElementTree.fromstring(render_junit(build_model(synthetic.records()))).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("183", "0", "2")
    assert suite.get("timestamp") is None
    assert suite.find("testcase[@name='stop confirmed']") is not None
    failed = [
        record._replace(
            data={**record.data, "verdict": "failed", "reasons": ["too many flags"], "stop_confirmed": False}
        )
        if record.event == "run_finished"
        else record
        for record in synthetic.records()
    ]
    suite = ElementTree.fromstring(render_junit(build_model(failed))).find("testsuite")
    assert suite is not None and suite.get("failures") == "2"
    failure = suite.find("testcase[@name='verdict of the run']/failure")
    assert failure is not None and failure.get("message") == "too many flags"


def test_files_are_written_with_the_envelope_of_the_dut_file() -> None:
    storage = MemoryStorage()
    synthetic.write_run(storage, speeds=[1000.0, 4000.0], fractions=[0.4])
    text = Path("bench/duts/gen5_bev.yaml").read_text(encoding="utf-8")
    storage.write("inputs/dut.yaml", text.encode())
    model = write_report(storage, MANIFEST)
    assert model.envelope is not None and max(model.envelope.torque_max_nm) == 400.0
    assert storage.read("report.html").startswith(b"<!doctype html>") and b"<testsuite" in storage.read("junit.xml")
    dut = load(text, Dut, "dut.yaml")
    envelope = envelope_of_dut(dut)
    for speed in np.linspace(0, dut.speed_max_rpm, 97):
        assert np.interp(speed, envelope.speed_rpm, envelope.torque_max_nm) == pytest.approx(dut.torque_max_nm(speed))


@pytest.mark.slow
def test_a_report_drawn_again_after_the_seal_has_the_same_bytes() -> None:
    storage = MemoryStorage()
    synthetic.write_run(storage, speeds=[1000.0, 4000.0], fractions=[0.4])
    names = {"plan": "efficiency_map", "dut": "d", "rig": "r", "world": "virtual", "seed": 1, "program": "p"}
    manifest = Manifest(storage, **names, versions={}, inputs=[], more={"start_s": 0})
    write_report(storage, manifest.content)
    first = storage.read("report.html")
    manifest.seal(verdict="passed")
    write_report(storage, manifest.content)
    assert storage.read("report.html") == first
    assert manifest.content["files"]["journal.jsonl"]["sha256"].encode() in first


def test_a_damaged_journal_or_dut_file_still_gives_a_report_that_says_so() -> None:
    storage = MemoryStorage()
    synthetic.write_run(storage)
    storage.files["journal.jsonl"].data[20_000] ^= 1
    storage.write("inputs/dut.yaml", b"name: [")
    model = write_report(storage, {})
    assert any("changed" in reason for reason in model.reasons)
    assert "Why this run did not pass" in storage.read("report.html").decode()


def test_the_map_is_a_picture_for_a_readme() -> None:
    data = efficiency_map_png(build_model(synthetic.records(speeds=[1000.0, 4000.0, 9000.0])), dpi=50)
    assert data.startswith(b"\x89PNG") and len(data) > 10_000


def test_thermocouples_of_the_bench_are_drawn_beside_the_units_own() -> None:
    own = {"scanner_hot_spot_temp_mean": 90.0, "scanner_sump_temp_mean": None}
    records = [r._replace(data={**r.data, **own}) if r.event == "point" else r for r in synthetic.records()]
    with_own, without = (
        temperature_plot(build_model(told, manifest=MANIFEST)) for told in (records, synthetic.records())
    )
    assert (with_own.count("dasharray"), without.count("dasharray")) == (2, 0)  # one dotted curve and its key


def test_the_parameters_of_the_plan_are_shown_with_what_was_set() -> None:
    told = {**MANIFEST, "parameters": {"speed": "4 krpm", "times": 3}, "set": ["speed"]}
    text = render_html(build_model(synthetic.records(), manifest=told))
    for words in ("Parameters of the plan", "4 krpm (set)", ">3<"):
        assert words in text
