"""F-16 in the virtual world: a flange that is wrong stops the run within 200 ms, and nothing else does."""

from collections.abc import Callable
from typing import Any

import pytest
from asammdf import MDF

from bench.base.time import NS_PER_MS, NS_PER_S

Runner = Callable[..., Any]
AT_S = 20
BUDGET_MS = 200
FAULTS = ("added:torque_l,400", "added:torque_r,-400", "scaled:torque_l,-3", "scaled:torque_r,5")


def stopped_after_ms(run: Any) -> float:
    told = next(record for record in run.journal if record.event == "core_stop")
    return float((told.t_ns - AT_S * NS_PER_S) / NS_PER_MS)


def furthest(run: Any) -> float:
    with MDF(run.folder / "samples.mf4") as samples:
        return float(abs(samples.get("core.torque_apart").samples).max())


@pytest.mark.parametrize("rig", ["e_axle_demo", "e_axle_fast"])
@pytest.mark.parametrize("fault", FAULTS)
def test_f16_a_flange_that_is_wrong_stops_within_the_budget(run_of: Runner, rig: str, fault: str) -> None:
    run = run_of("smoke", f"sensor.{fault}@{AT_S}s", rig=rig)
    assert (run.verdict.outcome, run.stop_cause) == ("stopped", "flange torque and inverter estimate differ")
    assert 0 < stopped_after_ms(run) <= BUDGET_MS


def test_what_is_within_the_band_stops_nothing(run_of: Runner) -> None:
    """100 Nm at a half-shaft are 11 Nm at the motor; the band is 30 Nm."""
    run = run_of("smoke", f"sensor.added:torque_l,100@{AT_S}s+5s")
    assert run.verdict.outcome == "finished"
    assert 0.1 < furthest(run) < 0.5


def test_the_shipped_map_and_smoke_plan_stay_far_from_it(smoke: Any, quick_map: Any) -> None:
    for run in (smoke, quick_map):
        assert run.verdict.verdict == "passed"
        assert furthest(run) < 0.1
