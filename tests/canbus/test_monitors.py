"""Cycle statistics against numpy on the same times, and the rules for late, missing, burst, learned and unknown ids."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.base.records import FRAME
from bench.canbus import monitors as m
from bench.canbus.database import Database
from bench.canbus.frame_bits import bits_of
from bench.canbus.tables import build_tables

MS = 1_000_000
DBC = Path(__file__).parents[2] / "dbc" / "edu_gen5.dbc"
STATUS, IDENT = 0, 1


@pytest.fixture(scope="module")
def tables():
    database = Database.load(DBC)
    return build_tables([(database, 0, "EDU_STATUS"), (database, 0, "EDU_IDENT")], lambda *_: -1)


@pytest.fixture
def seen(tables):
    monitors = np.zeros(2, m.MONITOR)
    monitors["period_ns"] = 10 * MS, 1000 * MS
    return m.make_seen(tables, monitors, 1)


def frame(number: int = 0x110, length: int = 8, bus: int = 0) -> np.void:
    record = np.zeros(1, FRAME)
    record["id"], record["length"], record["bus"] = number, length, bus
    return record[0]


def send(seen, times_ns, index=STATUS) -> np.void:
    for t_ns in times_ns:
        m.see(seen, index, frame(), int(t_ns))
    m.look(seen, index, int(times_ns[-1]))
    return seen.rows[index]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1_000, 500 * MS), min_size=1, max_size=300))
def test_min_mean_max_and_p99_are_those_of_the_gaps(tables, gaps):
    monitors = np.zeros(2, m.MONITOR)
    monitors["period_ns"] = 10 * MS
    row = send(m.make_seen(tables, monitors, 1), np.cumsum([0, *gaps]))
    assert (row["frames"], row["gaps"]) == (len(gaps) + 1, len(gaps))
    assert (row["min_ns"], row["max_ns"], row["sum_ns"]) == (min(gaps), max(gaps), sum(gaps))
    p99 = sorted(gaps)[-(-99 * len(gaps) // 100) - 1]  # the smallest gap that 99 % of all do not exceed
    assert p99 <= row["p99_ns"] <= max(p99 * (1 + 1 / 64), 8192 * (1 + 1 / 64))
    assert row["late"] == sum(gap > 11 * MS for gap in gaps)
    assert row["missing"] == sum(gap > 25 * MS for gap in gaps)
    assert row["burst"] == sum(gap < 5 * MS for gap in gaps)


def test_the_percentile_follows_when_it_is_asked_in_between(seen):
    rng, t_ns, gaps = np.random.default_rng(1), 0, []
    m.see(seen, STATUS, frame(), 0)
    for turn in range(2000):
        gaps.append(int(rng.choice([10 * MS, 40 * MS, MS], p=[0.97, 0.02, 0.01])))
        t_ns += gaps[-1]
        m.see(seen, STATUS, frame(), t_ns)
        if turn % 37 == 0:
            m.look(seen, STATUS, t_ns)
            exact = sorted(gaps)[-(-99 * len(gaps) // 100) - 1]
            assert exact <= seen.rows[STATUS]["p99_ns"] <= exact * (1 + 1 / 64)


def test_a_silence_is_late_and_missing_once_whether_a_frame_ends_it_or_not(seen):
    send(seen, [0, 10 * MS])
    for t_ms, late, missing in ((21, 0, 0), (22, 1, 0), (35, 1, 0), (36, 1, 1), (900, 1, 1)):
        m.look(seen, STATUS, t_ms * MS)
        assert (seen.rows[STATUS]["late"], seen.rows[STATUS]["missing"]) == (late, missing)
    row = send(seen, [910 * MS, 920 * MS])
    assert (row["late"], row["missing"]) == (1, 1)
    row = send(seen, [950 * MS])
    assert (row["late"], row["missing"]) == (2, 2)


def test_a_message_that_never_comes_is_missing(seen):
    m.look(seen, STATUS, 26 * MS)
    m.look(seen, IDENT, 26 * MS)
    assert list(seen.rows["missing"][:2]) == [1, 0]
    assert seen.rows["frames"][0] == 0


def test_a_time_stamp_that_goes_back_spoils_no_statistics(seen):
    row = send(seen, [0, 10 * MS, 9 * MS, 19 * MS])
    assert (row["frames"], row["gaps"], row["min_ns"]) == (4, 2, 10 * MS)


@pytest.mark.parametrize(
    ("gaps_ms", "period_ms"),
    [
        ([20] * 33, 20),
        ([99.9, 100.1] * 17, 100),
        ([12.5] * 33, 12.5),  # no whole millisecond is near enough
        ([20] * 30, 0),  # too few
        ([10, 30] * 40, 0),  # not cyclic
        ([5, 500, *[20] * 70], 20),  # learned from the next 32 that agree
    ],
)
def test_an_unknown_id_learns_its_cycle_time(seen, gaps_ms, period_ms):
    for t_ns in np.cumsum([0, *(round(gap * MS) for gap in gaps_ms)]):
        m.see_unknown(seen, 2, frame(0x321), int(t_ns))
    row = seen.rows[2]
    assert (row["id"], row["frames"]) == (0x321, len(gaps_ms) + 1)
    assert row["period_ns"] == period_ms * MS
    assert (seen.buses["unknown_ids"][0], seen.buses["unknown"][0]) == (1, len(gaps_ms) + 1)


def test_a_flood_of_ids_takes_no_more_rows_than_there_are(seen):
    for turn in range(2):
        for number in range(300):
            m.see_unknown(seen, 2, frame(0x80000000 | number), (300 * turn + number) * MS)
    assert seen.buses["unknown_ids"][0] == m.LEARNED_MAX
    assert seen.buses["unknown"][0] == 600
    assert set(seen.rows["id"][2:]) == {0x80000000 | number for number in range(m.LEARNED_MAX)}
    assert set(seen.rows["frames"][2:]) == {2}
    m.see_unknown(seen, 2, frame(1, bus=7), 0)  # a bus that the bench does not have


def test_the_load_is_the_share_of_bits_on_the_wire(seen):
    for number in range(10):
        m.see(seen, STATUS, frame(), number * 10 * MS)
    m.look_at_bus(seen.buses[0], 500_000, 100 * MS)
    assert seen.buses["load"][0] == pytest.approx(100.0 * 10 * bits_of(0x110, bytes(8)) / 50_000)
    m.look_at_bus(seen.buses[0], 500_000, 200 * MS)
    assert seen.buses["load"][0] == 0.0
