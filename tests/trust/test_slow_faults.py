"""F-20 and F-23 in the virtual world: what goes wrong little by little."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.base.time import NS_PER_S

Runner = Callable[..., Any]


@pytest.mark.parametrize("rate", [5.0, 20.0])
def test_f23_a_winding_that_grows_warmer_warns_and_then_stops(run_of: Runner, rate: float) -> None:
    run = run_of("smoke", f"plant.winding_rising:{rate:g} K/s@10s")
    assert (run.verdict.outcome, run.stop_cause) == ("stopped", "over-temperature")
    told = [(record.data["limit"], record.t_ns) for record in run.journal if record.event == "core_limit"]
    names = [name for name, _ in told]
    assert names.index("winding hot") < names.index("winding too hot")
    trip_ns = dict(reversed(told))["winding too hot"]
    warn_ns = dict(reversed(told))["winding hot"]
    assert 0.0 < (trip_ns - warn_ns) / NS_PER_S < 100.0 / rate


@pytest.mark.parametrize(("rate", "outcome"), [(5.0, "finished"), (3000.0, "stopped")])
def test_f20_a_flange_that_drifts_far_stops_and_a_little_is_for_the_zero_check(
    run_of: Runner, rate: float, outcome: str
) -> None:
    run = run_of("smoke", f"sensor.drifting:torque_l,{rate:g}@24s")
    assert run.verdict.outcome == outcome
    if outcome == "stopped":
        assert run.stop_cause == "flange torque and inverter estimate differ"
