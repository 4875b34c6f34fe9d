"""Step ``latency``: the rig file's figure is found on ramps, and a wrong one is told with the right one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.latency import Ramp, lag_s
from bench.base.errors import InputError
from bench.config.search import find
from bench.service.preparation import prepare

Runner = Callable[..., Any]
PLAN = """
plan: latency
title: How late the analyzer is
dut: {dut}
rig: e_axle_demo
allowance: 0 %
steps:
  - latency: {{low: {low}, high: {high}, rate: {rate}}}
"""


def plan(
    folder: Path, dut: str = "gen5_bev", low: str = "600 rpm", high: str = "2600 rpm", rate: str = "500 rpm/s"
) -> str:
    path = folder / "latency.yaml"
    path.write_text(PLAN.format(dut=dut, low=low, high=high, rate=rate))
    return str(path)


@pytest.mark.parametrize("rig", ["e_axle_demo", "e_axle_fast"])  # flanges at the analyzer; only its phases
def test_the_figure_of_the_rig_file_is_found(run_of: Runner, tmp_path: Path, rig: str) -> None:
    run = run_of(plan(tmp_path), rig=rig)
    (told,) = run.told("latency")
    assert told["of_rig_s"] == 0.01 and len(told["lags_s"]) == 3
    assert told["found_s"] == pytest.approx(0.01, abs=0.002)
    assert run.verdict.verdict == "passed"


def test_an_analyzer_that_is_later_than_its_rig_file_says_fails_with_the_figure_to_write(
    run_of: Runner, tmp_path: Path
) -> None:
    text = find("rig", "e_axle_demo").read_text()
    assert "latency: {value: 10 ms" in text
    rig = tmp_path / "rig.yaml"
    rig.write_text(text)
    run = run_of(plan(tmp_path), "analyzer.late:30ms@20s+1h", rig=str(rig))
    (told,) = run.told("latency")
    # 30 ms later than the rig file's 10 ms; the inverter's own millisecond on CAN is taken for the analyzer's
    assert told["found_s"] == pytest.approx(0.04, abs=0.002)
    assert run.verdict.verdict == "failed"
    assert "write 39 ms into the rig file (analyzer.latency)" in " ".join(run.verdict.reasons)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"low": "3000 rpm"}, "must be below high (2600 rpm); lower it"),
        ({"rate": "5000 rpm/s"}, "5000 rpm/s is more than the rig allows (1000 rpm/s)"),
        ({"low": "2500 rpm"}, "holds less than 20 updates of the analyzer; lower it to 100 rpm/s"),
        ({"high": "30000 rpm"}, "30000 rpm"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_the_start(tmp_path: Path, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(InputError) as refused:
        prepare(plan(tmp_path, **wrong))
    assert told in "\n".join(map(str, refused.value.problems))


def ramp(sign: int, lag: float, offset: float, slope: float, interval_s: float, stairs_s: float) -> Ramp:
    """A speed that rises (or falls) in stairs from 1 s to 5 s, seen every 10 ms and as means over ``interval_s``."""
    fine_s = np.arange(0.0, 6.0, 1e-4)
    risen_s = np.clip(fine_s - 1.0, 0.0, 4.0)
    value = 1000.0 + sign * slope * (np.floor(risen_s / stairs_s) * stairs_s if stairs_s else risen_s)
    summed = np.concatenate([[0.0], np.cumsum(value)]) * 1e-4
    at_s = np.arange(0.5, 5.5, interval_s)
    ends = [np.interp(at_s - lag + half, np.append(fine_s, 6.0), summed) for half in (interval_s / 2, -interval_s / 2)]
    judged = (ends[0] - ends[1]) / interval_s + offset
    return Ramp(np.rint(fine_s[::100] * 1e9), value[::100], np.rint(at_s * 1e9), judged)


@given(
    lag=st.floats(-0.15, 0.15),
    offset=st.floats(-50, 50),
    slope=st.floats(50, 2000),
    interval_s=st.sampled_from([0.05, 0.1, 0.2]),
    stairs_s=st.sampled_from([0.0, 0.1]),
)
def test_the_lag_is_found_on_ramps_and_stairs_whatever_the_offset(
    lag: float, offset: float, slope: float, interval_s: float, stairs_s: float
) -> None:
    both = [ramp(sign, lag, offset, slope, interval_s, stairs_s) for sign in (1, -1)]
    # stairs are known to a sample of the true channel, 10 ms, no better than to half of it
    assert lag_s(both, interval_s) == pytest.approx(lag, abs=0.006 if stairs_s else 0.0005)


def test_too_little_to_see_is_no_figure() -> None:
    none, still = np.zeros(0), ramp(1, 0.0, 0.0, 0.0, 0.05, 0.0)
    assert np.isnan(lag_s([], 0.05)) and np.isnan(lag_s([Ramp(none, none, none, none), still], 0.05))
    assert np.isnan(lag_s([still, still], 0.05)), "nothing moves"
    far = [ramp(sign, 0.4, 0.0, 500.0, 0.05, 0.0) for sign in (1, -1)]
    assert np.isnan(lag_s(far, 0.05)), "later than anybody looks"
