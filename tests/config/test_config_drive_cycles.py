"""The cycles that come with the bench: their known figures, and traces of a plan's own."""

import pytest

from bench.analysis.road_load import distance_km
from bench.config.drive_cycles import CYCLES, shipped_cycle, trace_cycle


@pytest.mark.parametrize(("name", "seconds", "km", "kmh"), [
    ("wltc_3b", 1800, 23.266, 131.3),
    ("ftp_75", 1874, 17.770, 91.25),
    ("us06", 600, 12.888, 129.23),
    ("hwfet", 765, 16.507, 96.40),
    ("cadc_urban", 993, 4.870, 57.7),
    ("cadc_road", 1081, 17.272, 111.5),
    ("cadc_motorway_130", 1067, 28.736, 131.8),
    ("cadc_motorway_150", 1067, 29.545, 150.4),
])  # fmt: skip
def test_a_cycle_is_as_published(name: str, seconds: int, km: float, kmh: float) -> None:
    cycle = shipped_cycle(name)
    assert cycle.seconds == seconds
    assert distance_km(cycle.speed_kmh) == pytest.approx(km, abs=0.001)
    assert cycle.speed_kmh.max() == pytest.approx(kmh, abs=0.006)
    assert cycle.speed_kmh[0] == cycle.speed_kmh[-1] == 0.0
    starts, ends = [first for _, first, _ in cycle.phases], [last for _, _, last in cycle.phases]
    assert starts == [0, *ends[:-1]] and ends[-1] == seconds
    assert all(cycle.speed_kmh[end] == 0.0 for end in ends if name == "wltc_3b")


def test_all_cycles_have_figures_above() -> None:
    assert len(CYCLES) == 8


def test_an_unknown_cycle_is_refused_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'wltc_3b'"):
        shipped_cycle("wltc_3a")


def test_a_trace_is_linear_between_its_points() -> None:
    cycle = trace_cycle([(0.0, 0.0), (4.0, 40.0), (6.0, 0.0)])
    assert cycle.speed_kmh.tolist() == [0.0, 10.0, 20.0, 30.0, 40.0, 20.0, 0.0]
    assert cycle.phases == (("whole", 0, 6),)


@pytest.mark.parametrize(("points", "what"), [
    ([(1.0, 0.0), (4.0, 0.0)], "begin at 0 s"),
    ([(0.0, 0.0), (4.5, 10.0), (9.0, 0.0)], "whole seconds"),
    ([(0.0, 0.0), (4.0, 10.0), (4.0, 0.0)], "rise"),
    ([(0.0, 10.0), (4.0, 0.0)], "begins and ends at 0 km/h"),
    ([(0.0, 0.0), (4.0, 10.0)], "begins and ends at 0 km/h"),
    ([(0.0, 0.0), (4.0, -10.0), (9.0, 0.0)], "goes forward"),
])  # fmt: skip
def test_a_trace_that_is_none_is_refused(points: list[tuple[float, float]], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        trace_cycle(points)
