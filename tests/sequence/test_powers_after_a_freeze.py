"""What a freeze has come into is measured again: zero, repetitions at full torque, half an hour at a point."""

from typing import Any

import pytest
from fake_bench import FakeBench
from sequence_helpers import make_context, plan_of

from bench.schedule.outcomes import Held
from bench.sequence.registry import step_kinds

PLAN = """
plan: powers
title: Powers
dut: fake
rig: fake
allowance: 0 %
steps:
  - zero_check: {time: 1 s, limit: 10 Nm}
  - thirty_minute_power: {speed: 4000 rpm, torque: 100 Nm, time: 60 s}
  - peak_power:
      {speed: 4000 rpm, torque: 300 Nm, winding_start: 120 °C, recover_speed: 3000 rpm, recover_torque: 20 Nm,
       recover_timeout: 60 s, repetitions: 3}
"""


class Freezing(FakeBench):
    """The requests of these kinds are answered by ``Held``, once each."""

    def __init__(self, *kinds: str) -> None:
        super().__init__()
        for kind in kinds:
            setattr(self, f"_on_{kind}", self._held_once(kind, getattr(self, f"_on_{kind}")))

    def _held_once(self, kind: str, usual: Any) -> Any:
        def answer(request: Any) -> Any:
            setattr(self, f"_on_{kind}", usual)
            usual(request)
            raise Held("service silent", 0.5)

        return answer


@pytest.mark.parametrize(
    ("step", "disturbed", "event", "label"),
    [
        (0, "measure", "zero_check", {"step": "zero_check"}),
        (1, "collected", "thirty_minute_power", {"step": "thirty_minute_power"}),
        (2, "collected", "peak_repetition", {"repetition": 1}),
    ],
)
def test_it_begins_anew_and_then_passes(step: int, disturbed: str, event: str, label: dict[str, Any]) -> None:
    plan, kinds = plan_of(PLAN).value, step_kinds()
    told: dict[str, list[dict[str, Any]]] = {}
    for bench in (FakeBench(), Freezing(disturbed)):
        bench.armed = True
        bench.setpoints |= {"dut.state_request": 2.0, "dyno_l.enable_cmd": 1.0, "dyno_r.enable_cmd": 1.0}
        verdict = bench.run(kinds[plan.steps[step].kind].run(plan.steps[step].parameters, make_context()))
        assert verdict.verdict == "passed", verdict.reasons
        told[type(bench).__name__] = bench.events(event)
        repeated = bench.events("repeated")
    assert [{key: data[key] for key in label} for data in repeated] == [label]
    assert "service silent" in repeated[0]["reason"]
    assert len(told["FakeBench"]) == len(told["Freezing"]), "what was disturbed is not told as a result"
