"""Does a map look like one of a real drive unit? Points and the plant's truth against physics and the press."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

Runner = Callable[..., Any]

FADING = """
plan: fading
title: Less and less torque at one speed
dut: gen5_bev
rig: e_axle_demo
allowance: 0 %
steps:
  - efficiency_map:
      points:
        - {speed: 4000 rpm, torque: 100 Nm}
        - {speed: 4000 rpm, torque: 30 Nm}
        - {speed: 4000 rpm, torque: 10 Nm}
        - {speed: 4000 rpm, torque: 5 Nm}
        - {speed: 4000 rpm, torque: 3 Nm}
        - {speed: 4000 rpm, torque: 0 Nm}
      ramp: {torque: 200 Nm/s, speed: 1000 rpm/s}
      settle: {torque: 3 Nm, speed: 10 rpm, temperature: 5 K, window: 1 s, timeout: 20 s}
      measure: {revolutions: 10, updates: 10, at_least: 1 s}
"""


@pytest.fixture(scope="module")
def fading(run_of: Runner, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path: Path = tmp_path_factory.mktemp("plans") / "fading.yaml"
    path.write_text(FADING)
    return run_of(str(path))


def test_no_measured_loss_is_negative(quick_map: Any) -> None:
    assert len(quick_map.points) == 12
    for point in quick_map.points:
        assert point["verdict"] == "accepted"
        assert min(point["loss_w"], point["loss_pe_w"], point["loss_mt_w"]) > 0.0
        assert point["loss_w"] == pytest.approx(point["loss_pe_w"] + point["loss_mt_w"], abs=1.0)
        assert all(0.0 < point[f"eta_{name}"] < 1.0 for name in ("pe", "motor_transmission", "edu"))


def test_no_true_loss_is_negative_at_any_update(quick_map: Any, fading: Any) -> None:
    for run in (quick_map, fading):
        truth = pq.ParquetFile(run.folder / "truth.parquet", pre_buffer=False).read(use_threads=False).to_pydict()
        dc, out = np.array(truth["p_dc_w"]), np.array(truth["p_out_l_w"]) + np.array(truth["p_out_r_w"])
        motor = np.array(truth["p_ac_w"]) + np.array(truth["p_f_w"])
        fed = dc != 0.0  # before, at the shunt check, nothing is lost and nothing gained
        assert fed.sum() > 100
        assert (dc - motor)[fed].min() > 0.0
        assert (motor - out)[fed].min() > 0.0
        assert not motor[~fed].any() and not out[~fed].any()


def test_the_best_point_is_near_the_published_93_percent(quick_map: Any) -> None:
    best = max(point["eta_edu"] for point in quick_map.points)
    assert 0.92 < best < 0.945
    where = max(quick_map.points, key=lambda point: point["eta_edu"])
    assert where["speed_rpm"] > 2000 and abs(where["torque_nm"]) > 50  # mid speed, good load: not in a corner


def test_the_unit_is_worse_than_its_parts_and_they_multiply(quick_map: Any) -> None:
    for point in quick_map.points:
        assert point["eta_edu"] == pytest.approx(point["eta_pe"] * point["eta_motor_transmission"], rel=1e-6)


def test_efficiency_falls_to_nothing_with_the_power(fading: Any) -> None:
    rows = fading.points
    ratio = [row["p_out_w"] / row["dc_power_mean"] for row in rows]
    assert ratio == sorted(ratio, reverse=True)
    assert ratio[0] > 0.88
    assert 0.0 < ratio[4] < 0.6
    assert ratio[5] <= 0.0  # at no torque the shaft has to be turned: there is a loss, and no efficiency
    assert rows[5]["eta_edu"] is None
    assert rows[5]["loss_w"] > 0.0


def test_what_is_too_uncertain_is_left_blank(fading: Any) -> None:
    rows = fading.points
    shown = [row["u_eta_edu"] for row in rows if row["u_eta_edu"] is not None]
    assert shown == sorted(shown)  # the less power, the less certain
    assert max(shown) <= 0.02
    assert rows[0]["eta_edu"] is not None
    assert all((row["eta_edu"] is None) == (row["u_eta_edu"] is None) for row in rows)


def test_regeneration_mirrors_motoring(quick_map: Any) -> None:
    """The same torque either way loses nearly the same power; braking lets a little less back than driving takes."""
    by_place = {(point["speed_rpm"], point["torque_nm"]): point for point in quick_map.points}
    pairs = [(point, by_place[speed, -torque]) for (speed, torque), point in by_place.items() if torque > 0]
    assert len(pairs) == 6
    for driving, braking in pairs:
        assert driving["quadrant"] == 1 and braking["quadrant"] == 4
        assert braking["dc_power_mean"] < 0.0 < driving["dc_power_mean"]
        assert abs(driving["loss_w"] - braking["loss_w"]) < 0.05 * driving["loss_w"] + driving["u_loss_w"]
        assert abs(driving["eta_edu"] - braking["eta_edu"]) < 0.012


def test_losses_grow_with_torque_and_with_speed(quick_map: Any) -> None:
    loss = {(point["speed_rpm"], point["fraction"]): point["loss_w"] for point in quick_map.points}
    for speed in (2000.0, 5000.0, 9000.0):
        assert loss[speed, 0.5] > loss[speed, 0.2]
    assert loss[2000.0, 0.2] < loss[5000.0, 0.2]
