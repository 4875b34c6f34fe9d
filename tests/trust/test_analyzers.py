"""Each analyzer carries an efficiency plan to its end, through its own bytes, with the uncertainty of its own table."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rig_variants import rig_with

from bench.config.rig import load_rig
from bench.sequence.point.budget import budget_of
from bench.service.truth import truth_of_run

Runner = Callable[..., Any]
FAMILIES = [
    ("wt3000e", "motor_demo", ("edu",)),  # four inputs: the rotor winding is not measured
    ("wt1800e", "motor_demo", ("pe", "motor_transmission", "edu")),
    ("lmg670", "e_axle_demo", ("pe", "motor_transmission", "edu")),
    ("pw8001", "e_axle_demo", ("pe", "motor_transmission", "edu")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("analyzer", "base", "wanted"), FAMILIES, ids=[name for name, *_ in FAMILIES])
def test_an_efficiency_plan_comes_to_its_end(
    run_of: Runner, tmp_path: Path, analyzer: str, base: str, wanted: tuple[str, ...]
) -> None:
    run = run_of("smoke", rig=str(rig_with(analyzer, base, tmp_path)))
    assert (run.verdict.verdict, run.verdict.reasons) == ("passed", ())
    assert len(run.points) == 3
    for point in run.points:
        known = tuple(name for name in ("pe", "motor_transmission", "edu") if point[f"eta_{name}"] is not None)
        assert known == wanted
        assert all(0.0 < point[f"u_eta_{name}"] < 0.02 for name in wanted)
        assert point["u_basis"] == "assumed"
        assert point["range_dc_v"] == 600.0
    judged = truth_of_run(run.folder)
    assert [one.efficiency for one in judged.efficiencies] == list(wanted)
    assert all(one.count == 3 and one.ratio_p95 < 1.6 for one in judged.efficiencies), judged
    identity = run.told("armed")[0]["parts"]["analyzer"]["identity"]
    assert analyzer[:3].upper() in identity["model"].upper()


@pytest.mark.parametrize("analyzer", [name for name, *_ in FAMILIES])
def test_the_budget_is_that_of_the_analyzers_own_table(tmp_path: Path, analyzer: str) -> None:
    rig = load_rig(rig_with(analyzer, "e_axle_fast", tmp_path)).value
    budget = budget_of(rig).with_ranges({}, 200.0)
    table = {"wt3000e": (0.05, 0.05), "wt1800e": (0.2, 0.1), "lmg670": (0.03, 0.05), "pw8001": (0.03, 0.05)}[analyzer]
    sensor = 0.02 if analyzer == "wt3000e" else 0.0
    assert budget.elements["ac"].of_reading == pytest.approx((table[0] ** 2 + sensor**2) ** 0.5 / 100.0)
    assert budget.elements["ac"].of_range == pytest.approx(table[1] / 100.0)
