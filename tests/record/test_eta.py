"""How much of a run is left, told from its journal."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.record.eta import Eta, eta_of

S = 1_000_000_000


@dataclass
class Told:
    t_ns: int
    event: str
    data: dict[str, Any] = field(default_factory=dict)


def journal(real_s: list[float], foreseen_s: list[float], total_s: float, end_s: float) -> list[Told]:
    """Points at ``real_s`` that were foreseen at ``foreseen_s``."""
    records = [
        Told(0, "run_started", {"estimate_s": total_s}),
        Told(0, "foreseen", {"total_s": total_s, "marks": {"point": foreseen_s}}),
        *(Told(round(t_s * S), "point") for t_s in real_s),
        Told(round(end_s * S), "run_finished"),
    ]
    return sorted(records, key=lambda record: record.t_ns)


def eta_after(records: list[Told], t_s: float) -> Eta:
    eta = Eta()
    for record in records:
        if record.t_ns <= t_s * S:
            eta.take(record.t_ns, record.event, record.data)
    return eta


def test_a_run_that_goes_as_foreseen_is_told_exactly() -> None:
    at = [10.0 * n for n in range(1, 10)]
    records = journal(at, at, 100.0, 100.0)
    for t_s in (0.0, 7.0, 35.0, 90.0, 99.0):
        assert eta_after(records, t_s).remaining_s(round(t_s * S)) == pytest.approx(100.0 - t_s)
        assert eta_after(records, t_s).done(round(t_s * S)) == pytest.approx(t_s / 100.0)
    told = eta_of(records)
    assert told["worst_percent"] == 0.0 and set(told["error_percent"]) == {"0", "10", "25", "50", "75"}


@given(st.floats(0.5, 2.0))
def test_a_pace_is_learned(pace: float) -> None:
    at = [10.0 * n for n in range(1, 10)]
    told = eta_of(journal([pace * t for t in at], at, 100.0, 100.0 * pace))
    first, last = (abs(told["error_percent"][share]) for share in ("0", "75"))
    assert first == pytest.approx(abs(100.0 / pace - 100.0), abs=0.01)
    assert last <= 0.35 * first + 0.01


def test_a_point_that_does_not_come_holds_the_end_off() -> None:
    records = journal([10.0], [10.0, 20.0], 100.0, 100.0)
    eta = eta_after(records, 10.0)
    assert [eta.remaining_s(t_s * S) for t_s in (10, 20, 50)] == pytest.approx([90.0, 80.0, 80.0])


@pytest.mark.parametrize(("event", "on"), [("held", "resumed_from_hold"), ("suspended", "resumed_from_suspend")])
def test_a_pause_is_neither_progress_nor_an_error(event: str, on: str) -> None:
    at = [10.0 * n for n in range(1, 10)]
    records = [
        *journal(at[:3], at, 100.0, 160.0),
        Told(35 * S, event),
        Told(95 * S, on),
        *(Told(round((t + 60.0) * S), "point") for t in at[3:]),
    ]
    records.sort(key=lambda record: record.t_ns)
    assert eta_after(records, 60.0).remaining_s(60 * S) == pytest.approx(65.0)
    assert eta_after(records, 60.0).clock_s(60 * S) == pytest.approx(35.0)
    told = eta_of(records)
    assert told["took_s"] == 100.0 and told["stood_s"] == 60.0 and told["worst_percent"] == 0.0


def test_a_pause_ends_with_a_stop() -> None:
    records = [*journal([10.0], [10.0], 100.0, 50.0), Told(20 * S, "suspended"), Told(40 * S, "stop_requested")]
    records.sort(key=lambda record: record.t_ns)
    assert eta_of(records)["took_s"] == 30.0


def test_what_was_taken_over_is_no_progress() -> None:
    records = journal([], [10.0, 20.0], 100.0, 100.0)
    records.insert(2, Told(0, "point", {"of_run": "before"}))
    assert eta_after(records, 0.0).remaining_s(0) == 100.0


def test_a_journal_without_an_end_has_no_error() -> None:
    assert eta_of(journal([10.0], [10.0], 100.0, 100.0)[:-1]) == {}


def test_without_foresight_the_estimate_counts_down() -> None:
    eta = Eta()
    eta.take(0, "run_started", {"estimate_s": 100.0})
    assert not eta.foreseen and eta.remaining_s(30 * S) == 70.0


def test_many_records_are_thinned() -> None:
    at = [0.01 * n for n in range(1, 10_000)]
    told = eta_of(journal(at, at, 100.0, 100.0))
    assert abs(told["worst_percent"]) < 0.1


def test_one_delay_is_no_pace() -> None:
    """Somebody answers a prompt after half a minute: all that follows comes as foreseen, only later."""
    at = [10.0 * n for n in range(1, 10)]
    records = journal([10.0, *(t + 30.0 for t in at[1:])], at, 100.0, 130.0)
    assert eta_after(records, 50.0).remaining_s(50 * S) == pytest.approx(80.0)
    assert eta_of(records)["error_percent"]["50"] == 0.0
