"""What the report makes of endurance cycles and drift charts: of a whole run, and of one that was killed."""

from xml.etree import ElementTree

import pytest
from fake_bench import FakeBench
from test_endurance import CHECKED, ENDURANCE, SHORT, drive, ready_bench, worn

from bench.record.journal import JournalRecord
from bench.report.html import render_html, tiles
from bench.report.junit import render_junit
from bench.report.model import ReportModel, build_model


def model_of(bench: FakeBench, cut: int | None = None) -> ReportModel:
    """As if the step were the first of a run."""
    told = [
        ("run_started", {"title": "Load"}),
        ("step_started", {"step": 0, "kind": "endurance"}),
        *bench.journal[:cut],
    ]
    return build_model([JournalRecord(i, i * 10**9, event, data) for i, (event, data) in enumerate(told)])


@pytest.fixture(scope="module")
def checked() -> FakeBench:
    return drive(CHECKED)[0]


def test_counts_collectives_and_damage_stand_in_the_report(checked: FakeBench) -> None:
    model = model_of(checked)
    (step,), (row,) = model.endurance.steps, model.results["endurance"]
    ended = checked.events("endurance")[-1]
    assert {name: row[name] for name in ended} == ended and row["curve"] == "assumed"
    assert sum(count for size, count in step.torque.by_range() if size == 220.0) == pytest.approx(19.5, abs=1)
    assert step.winding.total_s == pytest.approx(ended["under_s"], rel=0.01)
    found = {tile.label: tile for tile in tiles(model)}
    assert (found["cycles in band"].value, found["cycles in band"].mood) == ("20 of 20", "good")
    assert (found["drift"].value, found["drift"].mood) == ("none found", "good")
    page = render_html(model)
    assert page.count("<svg") == 2 and "ISO 21782-6:2019" in page and 'href="#drift"' in page
    assert "accel_decel: 20 cycles in band, 0 out of band" in page
    cases = {case.attrib["name"]: case for case in ElementTree.fromstring(render_junit(model))[0]}
    assert {"endurance, accel_decel", "drift of reference"} <= cases.keys()


def test_points_between_the_cycles_are_held_against_those_of_the_first_round(checked: FakeBench) -> None:
    rows = model_of(checked).results["check_point"]
    assert [row["changed_pp"] for row in rows[:2]] == [0.0, 0.0]
    for row in rows[2:]:
        first = rows[row["number"] - 1]
        assert row["changed_pp"] == pytest.approx(100.0 * (row["eta_edu"] - first["eta_edu"]))


def test_a_run_that_was_killed_shows_what_it_had_counted() -> None:
    bench, _ = drive(ENDURANCE)
    place = [i for i, (event, _) in enumerate(bench.journal) if event == "endurance_cycle"][12]
    model = model_of(bench, place + 1)
    (row,) = model.results["endurance"]
    assert (row["cycles"], row["verdict"]) == (13, "unfinished")
    assert next(tile for tile in tiles(model) if tile.label == "cycles in band").mood == ""
    assert "unfinished" in render_html(model)


def test_drift_is_shown_where_it_was_found() -> None:
    model = model_of(drive(SHORT, ready_bench(worn(14, 0.002)))[0])
    (row,) = model.results["drift"]
    assert (row["found_at"], row["verdict"], row["checks"]) == (16, "failed", 22)
    tile = next(tile for tile in tiles(model) if tile.label == "drift")
    assert tile.mood == "bad" and tile.value.startswith("−0.1")
    failure = next(case for case in ElementTree.fromstring(render_junit(model))[0] if "drift of" in case.attrib["name"])
    assert "found at check 16" in failure[0].attrib["message"]
    assert "drift of -0.1" in render_html(model)


def test_a_chart_without_a_check_that_counts_is_no_picture() -> None:
    def still(bench: FakeBench, image: dict[str, float]) -> None:
        image["dut.derating"] = 1.0

    model = model_of(drive(SHORT, ready_bench(still))[0])
    assert model.results["drift"][0]["verdict"] == "failed" and "Drift chart" not in render_html(model)
