"""The same unit without its transmission on the motor bench, and what the difference says about the transmission."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.analysis.share import Share, transmission_share

pytestmark = pytest.mark.slow  # two whole maps

Runner = Callable[..., Any]
SPECIMEN = 0.002
SPECIMEN_W = 60.0
"""By how much two specimens of the motor may differ; here it is the same one, but its temperatures are not the same."""


@pytest.fixture(scope="module")
def motor_map(run_of: Runner) -> Any:
    return run_of("efficiency_map_quick", rig="motor_demo", seed=7)


def test_the_quick_map_runs_on_the_motor_bench(motor_map: Any) -> None:
    assert motor_map.verdict.reasons == ()
    assert (motor_map.verdict.verdict, motor_map.verdict.accepted) == ("passed", 12)
    for point in motor_map.points:
        assert point["flange_m_speed_mean"] == pytest.approx(point["speed_rpm"], rel=1e-3)
        assert point["flange_m_torque_mean"] == pytest.approx(
            point["torque_nm"], abs=6.0
        )  # less the drag of the motor itself
        assert "flange_l_torque_mean" not in point


def test_without_transmission_the_unit_loses_less(quick_map: Any, motor_map: Any) -> None:
    for whole, motor in zip(quick_map.points, motor_map.points, strict=True):
        assert (whole["speed_rpm"], whole["torque_nm"]) == (motor["speed_rpm"], motor["torque_nm"])
        assert whole["eta_edu"] < motor["eta_edu"]
        assert whole["loss_w"] > motor["loss_w"]
        assert whole["eta_pe"] == pytest.approx(motor["eta_pe"], abs=whole["u_eta_pe"] + motor["u_eta_pe"])


def value(point: Mapping[str, Any], name: str) -> tuple[float, float]:
    return point[name], point[f"u_{name}"]


def share_of(whole: Mapping[str, Any], motor: Mapping[str, Any], specimen: float, specimen_w: float) -> Share:
    values = [value(point, name) for name in ("eta_edu", "loss_w") for point in (whole, motor)]
    return transmission_share(*values, specimen, specimen_w)


def truth(run: Any, point: Mapping[str, Any]) -> tuple[float, float]:
    """What the transmission really took in and gave out in a point's window, W."""
    table = pq.ParquetFile(run.folder / "truth.parquet", pre_buffer=False).read(use_threads=False).to_pydict()
    t_ns = np.array(table["t_ns"])
    inside = (t_ns >= point["start_ns"]) & (t_ns <= point["end_ns"])
    mean = {name: float(np.mean(np.array(column)[inside])) for name, column in table.items()}
    shaft_w = mean["torque_shaft_nm"] * mean["speed_motor_rpm"] * np.pi / 30.0
    return shaft_w, mean["p_out_l_w"] + mean["p_out_r_w"]


def test_the_difference_of_both_benches_gives_the_transmission_within_its_uncertainty(
    quick_map: Any, motor_map: Any
) -> None:
    inside = 0
    for point, motor in zip(quick_map.points, motor_map.points, strict=True):
        share = share_of(point, motor, SPECIMEN, SPECIMEN_W)
        shaft_w, out_w = truth(quick_map, point)
        true = out_w / shaft_w if out_w > 0.0 else shaft_w / out_w
        assert 0.9 < share.efficiency < 1.0
        assert share.loss_w > 0.0
        assert 0.0 < share.u_efficiency < 0.01
        efficiency_fits = abs(share.efficiency - true) <= share.u_efficiency
        inside += efficiency_fits and abs(share.loss_w - (shaft_w - out_w)) <= share.u_loss_w
    assert inside >= 10  # of 12, with about 95 % for each; all share one draw of errors a bench


def test_the_uncertainty_of_the_difference_holds_both_benches_and_the_specimens(quick_map: Any, motor_map: Any) -> None:
    for whole, motor in zip(quick_map.points, motor_map.points, strict=True):
        alone, both = share_of(whole, motor, 0.0, 0.0), share_of(whole, motor, SPECIMEN, SPECIMEN_W)
        assert max(whole["u_loss_w"], motor["u_loss_w"]) < alone.u_loss_w < both.u_loss_w
        assert alone.u_efficiency < both.u_efficiency
