"""Drive cycles in the virtual world: the books against what the emulated plant really did, and the same bytes twice."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bench.config.search import find
from bench.emulators.world import make_world

Runner = Callable[..., Any]
PLAN = """
plan: short_trace
title: A short trace
dut: gen5_bev
rig: e_axle_demo
steps:
  - drive_cycle:
      trace: [[0 s, 0 km/h], [3 s, 0 km/h], [15 s, 70 km/h], [25 s, 70 km/h], [35 s, 15 km/h], [38 s, 0 km/h]]
      repetitions: 1
      vehicle:
        mass: 2 t
        rolling_resistance: 0.009
        drag_area: 0.74 m²
        tyre_radius: 0.36 m
        regeneration: {share: 90 %, fade: 5..15 km/h}
"""
SIDES = {"dc": ("p_dc_w",), "ac": ("p_ac_w",), "shaft": ("p_out_l_w", "p_out_r_w")}


@pytest.fixture(scope="module")
def whole_truth() -> Iterator[None]:
    """The plant's truth at every update of the analyzer, not around measuring windows alone."""

    def made(*arguments: Any, **more: Any) -> Any:
        return make_world(*arguments, **{**more, "fast": lambda: True})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.assembly.make_world", made)
        yield


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("plans") / "short_trace.yaml"
    path.write_text(PLAN, encoding="utf-8")
    return str(path)


def true_energies(run: Any, phase: Mapping[str, Any]) -> dict[str, float]:
    """By column of the table, Wh: every mean of 50 ms times its length, each direction by itself."""
    table = pq.ParquetFile(run.folder / "truth.parquet", pre_buffer=False).read(use_threads=False)
    t_ns = table["t_ns"].to_numpy()
    inside = (t_ns >= phase["start_ns"]) & (t_ns < phase["end_ns"])
    found = {}
    for side, names in SIDES.items():
        power = sum(table[name].to_numpy()[inside] for name in names) * 0.05 / 3600.0
        towards, back = ("driving", "braking") if side == "shaft" else ("in", "out")
        found[f"{side}_{towards}_wh"] = float(power[power > 0.0].sum())
        found[f"{side}_{back}_wh"] = float(-power[power < 0.0].sum())
        found[f"{side}_net_wh"] = float(power.sum())
    return found


def compare(run: Any, phase: Mapping[str, Any]) -> None:
    for name, true_wh in true_energies(run, phase).items():
        error_wh, u_wh = phase[name] - true_wh, phase[f"u_{name}"]
        # directions are parted update by update: noise around zero power goes to either side
        assert abs(error_wh) <= 1.5 * u_wh + 2e-3 * abs(true_wh) + 0.02, (name, phase[name], true_wh, u_wh)


@pytest.mark.parametrize("rig", ["e_axle_demo", "e_axle_fast"])
def test_the_books_are_those_of_the_plant(run_of: Runner, plan: str, whole_truth: None, rig: str) -> None:
    run = run_of(plan, rig=rig)
    assert run.verdict.verdict == "passed", run.verdict.reasons
    whole, total = run.told("cycle_phase")
    assert (whole["phase"], total["phase"]) == ("whole", "total")
    compare(run, whole)
    assert total["dc_net_wh"] == whole["dc_net_wh"] and total["u_dc_net_wh"] == whole["u_dc_net_wh"]
    assert whole["distance_km"] == pytest.approx((70 * 6 + 70 * 10 + 42.5 * 10 + 7.5 * 3) / 3600.0, rel=3e-3)


def test_energy_comes_back_while_braking_and_never_more_than_was_there(run_of: Runner, plan: str) -> None:
    (whole, _) = run_of(plan).told("cycle_phase")
    assert whole["braking_demand_wh"] > whole["shaft_braking_wh"] > whole["ac_out_wh"] > whole["dc_out_wh"] > 20.0
    assert whole["shaft_driving_wh"] < whole["ac_in_wh"] < whole["dc_in_wh"]
    assert whole["speed_rms_kmh"] < 0.5 and whole["torque_rms_nm"] < 5.0
    (trace,) = run_of(plan).told("cycle_trace")
    assert len(trace["wanted_kmh"]) == len(trace["speed_kmh"]) == 39
    assert min(trace["dc_kw"]) < -10.0 < 20.0 < max(trace["dc_kw"])
    assert min(trace["torque_nm"]) < -50.0 < 50.0 < max(trace["torque_nm"])


def test_the_same_seed_gives_the_same_bytes(run_of: Runner, plan: str) -> None:
    first, second = run_of(plan, seed=5), run_of(plan, seed=5)
    for name in ("journal.jsonl", "samples.mf4", "inbox.log"):
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes(), name


def test_a_derating_unit_fails_and_is_told(run_of: Runner, tmp_path: Path, plan: str) -> None:
    dut = find("dut", "gen5_bev").read_text("utf-8")
    cold = dut.replace("winding: {warn: 150 °C, derate: 155 °C", "winding: {warn: 25 °C, derate: 25 °C")
    assert cold != dut
    (tmp_path / "tired.yaml").write_text(cold, encoding="utf-8")
    run = run_of(plan, dut=str(tmp_path / "tired.yaml"))
    assert run.verdict.verdict == "failed"
    assert any("the inverter derated for" in reason for reason in run.verdict.reasons), run.verdict.reasons
    assert run.told("cycle_phase")[0]["derated_s"] > 1.0


@pytest.mark.slow
def test_the_shipped_plan_passes_and_its_books_are_true(run_of: Runner, whole_truth: None) -> None:
    run = run_of("wltc_energy")
    assert run.verdict.verdict == "passed", run.verdict.reasons
    *phases, total = run.told("cycle_phase")
    assert [phase["phase"] for phase in phases] == ["low", "medium", "high", "extra_high"]
    for phase in phases:
        compare(run, phase)
    assert total["distance_km"] == pytest.approx(23.266, rel=1e-3)
    assert 12.0 < total["consumption_kwh_100km"] < 20.0 and total["u_consumption_kwh_100km"] < 0.3
    assert total["outside_occasions"] == 0 and total["lost_s"] == 0.0
