"""Single cases: who looks at the plant sees what is safe, and what is not."""

from dataclasses import replace

import pytest

from bench.campaign.case import judge
from bench.campaign.catalogue import find_fault
from bench.campaign.states import STATES


@pytest.mark.parametrize(
    ("fault", "state", "seed"),
    [
        ("F-01", "motoring", 1),
        ("F-49", "precharge", 1),  # the step waits for a voltage: the stop must not be told that it has come
        ("F-54", "ramping", 1),
        ("F-27", "motoring", 2),
        ("F-01", "idle", 1),
    ],
)
def test_a_case_is_met(fault: str, state: str, seed: int) -> None:
    outcome = judge(find_fault(fault), STATES[state], seed)
    assert outcome.met, outcome
    assert outcome.applies and outcome.safe


def test_the_same_case_has_the_same_outcome() -> None:
    fault, state = find_fault("F-03"), STATES["motoring"]
    assert judge(fault, state, 3) == judge(fault, state, 3) != judge(fault, state, 4)


def test_a_reaction_beyond_its_budget_is_not_met_and_says_so() -> None:
    hasty = replace(find_fault("F-54"), budget_ms=0.001)
    outcome = judge(hasty, STATES["motoring"], 1)
    assert (outcome.met, outcome.detected, outcome.safe, outcome.in_time) == (False, True, True, False)
    assert "ms" in outcome.why


def test_another_stop_than_expected_is_no_detection() -> None:
    mistaken = replace(find_fault("F-54"), causes=find_fault("F-27").causes)
    outcome = judge(mistaken, STATES["motoring"], 1)
    assert not outcome.detected and not outcome.met
    assert "stopped by the operator" in outcome.why


def test_what_is_open_is_not_met() -> None:
    outcome = judge(find_fault("F-21"), STATES["motoring"], 1)
    assert not outcome.met and "does not exist yet" in outcome.why


def test_what_cannot_be_has_nothing_to_meet() -> None:
    outcome = judge(find_fault("F-35"), STATES["motoring"], 1)
    assert outcome.met and not outcome.applies
