"""Drive cycles in the report: tiles, curves, table, cases for CI."""

from xml.etree import ElementTree

import numpy as np
from cycle_journal import journal, phase, two_repetitions

from bench.report.html import render_html, tiles
from bench.report.junit import render_junit
from bench.report.model import build_model


def test_the_page_shows_consumption_regeneration_tracking_and_what_was_limited() -> None:
    model = build_model(two_repetitions())
    found = {tile.label: tile for tile in tiles(model)}
    assert found["consumption per 100 km"].value == "15.00 kWh"
    assert found["regenerated"].note.startswith("25.0 % of what was taken")
    assert (found["speed error"].value, found["speed error"].mood) == ("0.08 km/h", "bad")
    assert "points accepted" not in found
    page = render_html(model)
    assert "20.0<small>± 0.3</small>" in page and "torque off by 9.00 Nm" in page
    assert "3 s (400 instead of 412 Nm)" in page
    assert page.count("<svg") == 2 and 'href="#cycles"' in page and 'href="#points"' not in page
    assert "trace 2 times 20 s, torque limited to the unit&#39;s envelope at 1 seconds" in page


def test_curves_of_a_repetition_are_joined_and_what_is_missing_stays_blank() -> None:
    found = build_model(two_repetitions()).cycles
    assert found is not None
    first, second = found.traces
    assert (first.repetition, second.repetition) == (1, 2)
    assert first.phases == (("low", 10), ("high", 20)) and np.isfinite(first.curves["dc_kw"]).all()
    assert np.isnan(second.curves["speed_kmh"][:10]).all() and np.isfinite(second.curves["speed_kmh"][10:]).all()


def test_a_repetition_is_a_case_for_ci() -> None:
    suite = ElementTree.fromstring(render_junit(build_model(two_repetitions())))[0]
    cases = {case.attrib["name"]: case for case in suite}
    assert cases["cycle 01: trace, repetition 1"].attrib["time"] == "20.000"
    failure = cases["cycle 01: trace, repetition 2"].find("failure")
    assert failure is not None and failure.attrib["message"] == "torque off by 9.00 Nm"


def test_values_that_are_missing_are_blank() -> None:
    blank = dict.fromkeys(
        ("consumption_kwh_100km", "u_consumption_kwh_100km", "dc_in_wh", "dc_out_wh", "speed_rms_kmh")
    )
    model = build_model(journal(phase(1, "low", **blank), phase(1, "total", **blank)))
    assert [(tile.label, tile.value) for tile in tiles(model)][:1] == [("speed error", "–")]
    assert "Drive cycles" in render_html(model)
