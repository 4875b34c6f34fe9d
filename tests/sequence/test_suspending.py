"""When a plan suspends itself, look by look; and what an operator or a script may ask for."""

import math

import pytest

from bench.base.errors import BenchError
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.config.expression import expression
from bench.config.suspend_when import SuspendWhen
from bench.schedule.requests import Record
from bench.sequence.pause.pauses import Pauses, Scripted, Wish, read_script, typed
from bench.sequence.pause.suspending import Suspending

RULE = SuspendWhen(condition=expression("coolant.temp_in > 70 °C"), clear=expression("coolant.temp_in < 60 °C"))
NAN = math.nan


def reading(value: float) -> Reading:
    quality = Quality.NOT_A_NUMBER if math.isnan(value) else Quality.GOOD
    return Reading("coolant.temp_in", value, quality, 0, 0)


def at_work() -> Pauses:
    """The pauses of a sequence that has just checked its signs."""

    def broken(_error: BenchError) -> None:
        raise AssertionError("nothing waits here")

    pauses = Pauses(lambda: 0, broken)

    def sequence():  # type: ignore[no-untyped-def]
        yield Record("sign_check", {})
        yield Record("step_finished", {})

    running = pauses.pausable(sequence())
    next(running)
    running.send(None)
    return pauses


@pytest.mark.parametrize(
    ("values", "suspended"),
    [
        ([60.0, 69.9, 70.0], [False, False, False]),
        ([70.1, 69.0, 60.0, 59.9], [True, True, True, False]),
        ([70.1, 59.9, 70.1], [True, False, True]),
        ([NAN, NAN, 65.0, 59.0], [True, True, True, False]),
        ([71.0, NAN, 59.0], [True, True, False]),
    ],
)
def test_hysteresis_and_silence(values: list[float], suspended: list[bool]) -> None:
    """NaN suspends and never clears."""
    pauses, now = at_work(), iter(values)
    suspending = Suspending(RULE, pauses, lambda _names: {"coolant.temp_in": reading(next(now))})
    seen = []
    for _ in values:
        suspending.look()
        seen.append(pauses.wanted is not None)
    assert seen == suspended


def test_a_channel_that_nobody_tells_suspends() -> None:
    pauses = at_work()
    Suspending(RULE, pauses, lambda _names: {}).look()
    assert pauses.wanted is not None and pauses.wanted.by == "condition"


def test_a_look_that_is_not_possible_changes_nothing() -> None:
    pauses = at_work()
    Suspending(RULE, pauses, lambda _names: None).look()
    assert pauses.wanted is None


def test_what_an_operator_wants_no_condition_takes_back() -> None:
    pauses = at_work()
    pauses.want(Wish("suspend", "operator"))
    Suspending(RULE, pauses, lambda _names: {"coolant.temp_in": reading(20.0)}).look()
    assert pauses.wanted == Wish("suspend", "operator")
    pauses.want(Wish("hold", "operator"))
    assert pauses.wanted == Wish("suspend", "operator")
    pauses.want(Wish("resume", "operator"))
    assert pauses.wanted is None


def test_while_the_bench_arms_nobody_looks() -> None:
    pauses = Pauses(lambda: 0, lambda _error: None)
    Suspending(RULE, pauses, lambda _names: {"coolant.temp_in": reading(99.0)}).look()
    assert pauses.wanted is None


@pytest.mark.parametrize(("text", "kind"), [("h", "hold"), ("S", "suspend"), ("resume", "resume"), ("x", ""), ("", "")])
def test_keys(text: str, kind: str) -> None:
    wish = typed(text)
    assert (wish.kind if wish else "") == kind


def test_a_script() -> None:
    assert read_script(["hold@300s+60s", "suspend@20min"]) == [
        Scripted(300_000_000_000, Wish("hold", "script")),
        Scripted(360_000_000_000, Wish("resume", "script")),
        Scripted(1_200_000_000_000, Wish("suspend", "script")),
    ]


@pytest.mark.parametrize("text", ["hold", "stop@3s", "hold@3", "hold@3s+", "hold@3 bar", "hold@3s+x"])
def test_a_script_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"write one such as"):
        read_script([text])
