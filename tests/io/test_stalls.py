"""Who notes that the emulated side stood still, and who tells; time is handed in."""

from typing import Any

import pytest
from small_bench import MS

from bench.io.stalls import STALL_NS, Stalls, Turns, stood_still_ns
from bench.io.status import EMULATORS, FINISHED, RUNNING, STATUS, make_status


@pytest.fixture
def status() -> Any:
    status = make_status()
    status[EMULATORS]["phase"] = RUNNING
    return status


def turn(status: Any, *begun_ms: float) -> Turns:
    turns = Turns(status[EMULATORS])
    for each in begun_ms:
        turns.begin(round(each * MS))
    return turns


def test_a_turn_that_took_too_long_is_told_once(status: Any) -> None:
    stalls = Stalls(status)
    turns = turn(status, 1000, 1001, 1021)
    assert stalls.new(1021 * MS) is None, "20 ms are none yet"
    turns.begin(1114 * MS)
    stalled = stalls.new(1115 * MS)
    assert stalled is not None
    assert (stalled.stalls, stalled.stalled_ns, stalled.since_ns) == (1, 93 * MS, 1021 * MS)
    words = "the emulated side stood still for 93 ms: this machine is busy; not a fault of the bench"
    assert stalled.told()["means"] == stalled.words() == words
    assert (stalled.told()["stalled_s"], stalled.told()["since_s"]) == (0.093, 1.021)
    assert stalls.new(1116 * MS) is None and stalls.rest() is None


def test_the_first_turn_has_none_before_it(status: Any) -> None:
    turn(status, 5000)
    assert Stalls(status).new(5001 * MS) is None


def test_stalls_are_told_once_a_second_and_none_is_lost(status: Any) -> None:
    stalls, told = Stalls(status), []
    turns = Turns(status[EMULATORS])
    for t_ms in range(0, 4000, 50):  # nothing but stalls
        turns.begin(t_ms * MS)
        if (stalled := stalls.new(t_ms * MS)) is not None:
            told.append((t_ms, stalled))
    assert [t_ms for t_ms, _ in told] == [50, 1050, 2050, 3050]
    rest = stalls.rest()
    assert rest is not None
    assert sum(stalled.stalls for _, stalled in told) + rest.stalls == 79
    assert told[1][1].since_ns == 50 * MS and told[1][1].stalls == 20
    assert "20 times, for 1000 ms" in told[1][1].words()


def test_own_work_is_not_called_a_busy_machine(status: Any) -> None:
    stalls, turns = Stalls(status), turn(status, 0)
    status[EMULATORS]["worked_ns"] += 25 * MS  # as if a thread had run for so long
    turns.begin(30 * MS)
    stalled = stalls.new(31 * MS)
    assert stalled is not None
    assert "fell behind for 30 ms, at work for 25 ms of it" in stalled.words() and "busy" not in stalled.words()


@pytest.mark.parametrize(
    ("t_ms", "still_ms"),
    [(990, 0), (1010, 60), (1050, 60), (1059, 60), (1259, 60), (1261, 0), (1400, 0), (1421, 21), (1460, 60)],
)
def test_around_a_stop_it_is_known_how_long_the_other_side_stood_still(status: Any, t_ms: int, still_ms: int) -> None:
    """Still from 1000 to 1060 ms, and again since 1400 ms."""
    turns = turn(status, 999, 1000, 1060, *range(1061, 1400, 10), 1400)
    assert stood_still_ns(status, t_ms * MS) == still_ms * MS
    del turns
    status[EMULATORS]["phase"] = FINISHED
    assert stood_still_ns(status, t_ms * MS) == 0, "it has ended: nobody misses it"


def test_on_a_bench_without_emulators_nobody_stands_still() -> None:
    assert stood_still_ns(make_status(), 3_600_000 * MS) == 0


def test_a_row_in_the_middle_of_a_change_is_not_read(status: Any) -> None:
    stalls, _ = Stalls(status), turn(status, 0, 100)
    status[EMULATORS]["sequence"] += 1
    assert stalls.new(101 * MS) is None and stood_still_ns(status, 50 * MS) == 0
    status[EMULATORS]["sequence"] += 1
    assert stalls.new(102 * MS) is not None and stood_still_ns(status, 50 * MS) == 100 * MS


def test_the_first_missed_frame_comes_after_the_first_stall_that_is_told() -> None:
    """F-01: three cycles of 10 ms and 10 ms more."""
    assert STALL_NS < 40 * MS
    assert STATUS.itemsize % 64 == 0
