"""Are the stated uncertainties true? Points against what the emulated plant really did."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.analysis.coverage import Deviation, by_efficiency, coverage
from bench.base.errors import InputError
from bench.service.truth import truth_of_run, truth_over_seeds


def test_coverage_of_normal_errors_at_k_2() -> None:
    """Known answer: 95.45 % of normal errors lie inside 2 s, and 1.96 s is their 95th percentile."""
    errors = np.random.default_rng(1).normal(0.001, 0.005, 200_000)
    found = coverage("edu", [Deviation("edu", float(error), 0.01) for error in errors])
    assert found.mean_error_pp == pytest.approx(0.1, abs=0.005)
    assert found.inside == pytest.approx(0.9493, abs=0.002)
    assert found.ratio_p95 == pytest.approx(0.997, abs=0.01)
    assert found.true


@pytest.mark.parametrize(("scale", "why"), [(0.3, "inflated"), (1.3, "too small")])
def test_a_wrong_uncertainty_is_not_called_true(scale: float, why: str) -> None:
    errors = np.random.default_rng(1).normal(0.0, 0.005 * scale, 5000)
    assert not coverage("edu", [Deviation("edu", float(error), 0.01) for error in errors]).true, why


def test_each_efficiency_is_judged_alone() -> None:
    edu, pe = Deviation("edu", 0.001, 0.002), Deviation("pe", 0.004, 0.002)
    found = by_efficiency([edu, pe, edu])
    assert [(one.efficiency, one.count, one.inside) for one in found] == [("edu", 2, 1.0), ("pe", 1, 0.0)]


def test_points_of_the_quick_map_lie_near_the_truth(quick_map: Any) -> None:
    """One draw of instrument errors: nothing may be far outside, and every efficiency has its truth."""
    found = truth_of_run(quick_map.folder)
    assert found.points == 12
    assert [one.efficiency for one in found.efficiencies] == ["pe", "motor_transmission", "edu"]
    assert all(one.count == 12 and one.ratio_p95 < 1.6 and one.p95_error_pp < 1.0 for one in found.efficiencies)


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"truth\.parquet missing"):
        truth_of_run(tmp_path)


@pytest.mark.slow
def test_fresh_errors_for_each_seed_fill_the_stated_uncertainty() -> None:
    """The honest test, small: 24 seeds show a wrong model; `bench truth --plan truth --seeds 200` shows more."""
    found = truth_over_seeds("truth", 24, workers=1)
    assert found.failed == ()
    assert (found.seeds, found.all.count) == (24, 24 * 6 * 3)
    assert found.all.inside > 0.88
    assert 0.7 < found.all.ratio_p95 < 1.25


def test_another_seed_draws_other_instrument_errors_over_the_same_truth(run_of: Callable[..., Any]) -> None:
    """Points, journal and samples of two runs differ in instrument errors only: the truth is the same for both."""
    import pyarrow.parquet as pq

    first, other = run_of("smoke", seed=11), run_of("smoke", seed=12)
    truths = [
        pq.ParquetFile(run.folder / "truth.parquet", pre_buffer=False).read(use_threads=False) for run in (first, other)
    ]
    powers = [float(np.mean(table["p_dc_w"].to_numpy())) for table in truths]
    assert powers[0] == pytest.approx(powers[1], rel=1e-4)
    assert first.points[0]["eta_edu"] != other.points[0]["eta_edu"]
