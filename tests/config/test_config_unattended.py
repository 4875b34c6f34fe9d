"""The presence policy of a rig: what it allows while nobody is there, and its mistakes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.errors import InputError
from bench.config.located import load
from bench.config.rig import Rig
from bench.config.unattended import Hours, Unattended

RIG = (Path(__file__).parents[2] / "bench/rigs/e_axle_demo.yaml").read_text(encoding="utf-8")
H = 3600.0


def rig_with(policy: str) -> Rig:
    return load(f"{RIG}\nunattended: {policy}\n", Rig)


def test_a_rig_that_says_nothing_allows_nothing() -> None:
    assert load(RIG, Rig).unattended == Unattended()
    assert Unattended().refusal(0.0, 1.0) == (
        "this rig allows nothing unattended; stay with the run, or set 'allowed: true'"
    )


def test_the_whole_policy() -> None:
    policy = rig_with("{allowed: true, resume: true, hours: '22:00..06:00', guards: [io.fire, io.leak]}").unattended
    assert policy.hours == Hours(22 * 3600, 6 * 3600) and str(policy.hours) == "22:00..06:00"
    assert policy.guards == ("io.fire", "io.leak") and policy.resume


@pytest.mark.parametrize(
    ("begin_h", "hours", "fits"),
    [
        (22.0, 8.0, True),
        (22.0, 8.01, False),
        (21.9, 1.0, False),
        (2.0, 4.0, True),
        (2.0, 4.1, False),
        (6.0, 0.1, False),
    ],
)
def test_the_whole_run_must_fit(begin_h: float, hours: float, fits: bool) -> None:
    refusal = Unattended(allowed=True, hours="22:00..06:00").refusal(begin_h * H, hours * H)
    assert (refusal == "") is fits
    if not fits:
        assert refusal == (
            f"the run would take {hours:.1f} h and not lie inside 22:00..06:00; start it later, or shorten it"
        )


@given(st.integers(0, 86399), st.integers(0, 86399), st.integers(0, 86399), st.integers(0, 86399))
def test_a_stretch_covers_exactly_what_each_of_its_seconds_does(begin: int, end: int, at: int, length: int) -> None:
    hours = Hours(begin, end)
    inside = {s % 86400 for s in range(begin, end + 1 + (86400 if end < begin else 0))} if begin != end else {begin}
    whole = at % 86400 in inside and (at - begin) % 86400 + length <= (end - begin) % 86400
    assert hours.covers(at, length) is whole


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{resume: true}", "means nothing without 'allowed: true'; add that, or take this out"),
        ("{allowed: true, hours: 22-6}", "'22-6' is no stretch of the day; write local times such as 22:00..06:00"),
        ("{allowed: true, hours: '24:00..06:00'}", "is no stretch of the day"),
        ("{allowed: true, hours: '06:00..06:00'}", "is empty; leave 'hours' out where every hour is allowed"),
        ("{allowed: true, guards: [oil.temp]}", "'oil.temp' is no digital input; name one"),
        ("{allowed: true, guards: [io.contactor_cmd]}", "'io.contactor_cmd' is no digital input"),
        ("{allowed: true, guards: [io.fier]}", "channel 'io.fier' is not known"),
        ("{allowed: true, guards: [io.leak, io.leak]}", "'io.leak' is named twice; take one out"),
    ],
)
def test_mistakes(policy: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        rig_with(policy)
    assert message in str(refused.value)
