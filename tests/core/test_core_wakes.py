"""Watches, meter and samples: who waits is woken by good values only, and what is measured is fresh."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_bench import CHANNELS, MS, TORQUE, Bench, of_kind

from bench.base.quality import GOOD, WRONG
from bench.base.records import EV_REFUSED, EV_WAKE
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.meter import metered
from bench.core.rings import drain_samples
from bench.core.tables import CONDITIONS, METER_ROWS, WOKE
from bench.schedule.requests import Condition

FAR = 10**12


def waiting(*conditions: Condition, deadline_ns: int = FAR) -> Bench:
    bench = Bench()
    bench.run(2)
    bench.command(inbox.watch(0, [(one, CHANNELS.index(one.channel)) for one in conditions], deadline_ns))
    bench.run(1)
    return bench


def wakes(bench: Bench) -> list[tuple[int, int]]:
    return [(int(e["id"]), int(e["value"])) for e in of_kind(bench.told, EV_WAKE)]


@pytest.mark.parametrize(
    ("kind", "outside", "inside"),
    [("above", 50.0, 50.1), ("below", 50.0, 49.9), ("within", 53.1, 53.0), ("within", 46.9, 47.0)],
)
def test_a_threshold_wakes_when_it_has_held_for_its_window(kind, outside, inside):
    bench = waiting(Condition(kind, "supply.voltage", 50.0, 3.0, 20 * MS))
    bench.keep["supply.voltage"] = outside
    bench.run(50)
    bench.keep["supply.voltage"] = inside
    bench.run(15)
    bench.keep["supply.voltage"] = outside
    bench.run(1)
    bench.keep["supply.voltage"] = inside
    bench.run(20)
    assert wakes(bench) == []
    bench.run(1)
    assert wakes(bench) == [(0, 1)]
    assert bench.bits[-1] & WOKE


STATISTICS = {
    "range": lambda w, ref, tol: w.max() - w.min() < tol,
    "deviation": lambda w, ref, tol: ref - tol <= w.min() and w.max() <= ref + tol,
    "std": lambda w, ref, tol: w.std(ddof=1) < tol,
    "variation": lambda w, ref, tol: abs(w.mean()) < ref or w.std(ddof=1) / abs(w.mean()) < tol,
}


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(sorted(STATISTICS)),
    values=st.lists(st.sampled_from([9.0, 9.9, 10.0, 10.1, 11.0]), min_size=40, max_size=60),
    tolerance=st.sampled_from([0.05, 0.15, 0.3, 1.5]),
)
def test_windows_agree_with_numpy(kind, values, tolerance):
    window = 10
    bench = Bench()
    bench.keep = {}
    bench.read("supply.voltage", 0.0)
    bench.run(1)
    bench.command(inbox.watch(3, [(Condition(kind, "supply.voltage", 10.0, tolerance, window * MS), 12)], FAR))
    woke = None
    for n, value in enumerate(values):
        bench.read("supply.voltage", value)
        bench.run(1)
        if wakes(bench):
            woke = n
            break
    full = [
        n for n in range(window, len(values)) if STATISTICS[kind](np.array(values[n - window : n + 1]), 10.0, tolerance)
    ]
    assert woke == (full[0] if full else None)


def test_a_value_that_is_not_good_empties_the_window_and_satisfies_nothing():
    bench = waiting(Condition("range", "supply.voltage", 0.0, 1.0, 100 * MS))
    for _ in range(5):
        bench.keep["supply.voltage"] = 400.0
        bench.run(95)
        bench.keep["supply.voltage"] = math.nan
        bench.run(1)
    assert wakes(bench) == []
    bench.keep["supply.voltage"] = 400.0
    bench.run(101)
    assert wakes(bench) == [(0, 1)]


def test_a_long_window_is_judged_from_equal_steps_over_its_whole_length():
    bench = waiting(Condition("range", "supply.voltage", 0.0, 0.5, 5000 * MS))
    for n in range(40):
        bench.keep["supply.voltage"] = 400.0 + (n == 10)
        bench.run(100)
    assert wakes(bench) == []
    bench.run(2000)
    assert wakes(bench) == []  # 1100 ms + 5 s has not passed
    bench.run(200)
    assert wakes(bench) == [(0, 1)]


def test_near_zero_a_coefficient_of_variation_says_nothing_and_is_satisfied():
    bench = waiting(Condition("variation", "supply.voltage", 5.0, 0.01, 20 * MS))
    for n in range(60):
        bench.keep["supply.voltage"] = 10.0 + (n % 2)  # mean 10.5, std 0.5: 5 %
        bench.run(1)
    assert wakes(bench) == []
    for n in range(22):
        bench.keep["supply.voltage"] = -0.5 + (n % 2)
        bench.run(1)
    assert wakes(bench) == [(0, 1)]


def test_a_time_passes_whatever_the_readings_are():
    bench = Bench()
    bench.keep = {}
    bench.command(inbox.watch(0, [(Condition("elapsed", "supply.voltage", 0.0, 0.0, 50 * MS), 12)], FAR))
    bench.run(50)
    assert wakes(bench) == []
    bench.run(1)
    assert wakes(bench) == [(0, 1)]


def test_all_conditions_must_hold_at_once():
    bench = waiting(Condition("above", "supply.voltage", 100.0), Condition("below", "dut.winding_temp", 50.0))
    bench.keep.update({"supply.voltage": 400.0, "dut.winding_temp": 60.0})
    bench.run(10)
    bench.keep.update({"supply.voltage": 0.0, "dut.winding_temp": 40.0})
    bench.run(10)
    assert wakes(bench) == []
    bench.keep["supply.voltage"] = 400.0
    bench.run(1)
    assert wakes(bench) == [(0, 1)]


def test_the_end_of_a_trajectory_wakes():
    bench = Bench().armed()
    bench.command(
        inbox.set_point(TORQUE, 100.0, 1000.0), inbox.watch(2, [(Condition("done", "dut.torque_cmd"), 0)], FAR)
    )
    bench.run(98)
    assert wakes(bench) == []
    bench.run(2)
    assert wakes(bench) == [(2, 1)]


def test_a_deadline_wakes_with_zero_and_a_stop_with_minus_one():
    bench = waiting(Condition("above", "supply.voltage", 100.0), deadline_ns=100 * MS)
    bench.run(97)
    assert wakes(bench) == []
    bench.run(1)
    assert wakes(bench) == [(0, 0)]
    bench.command(inbox.watch(1, [(Condition("above", "supply.voltage", 100.0), 12)], FAR))
    bench.run(5)
    bench.keep["supply.voltage"] = 400.0
    bench.command(inbox.stop_now(Cause.OPERATOR))
    bench.run(1)
    assert wakes(bench)[1:] == [(1, -1)]


def test_impossible_watches_are_refused():
    bench = Bench()
    bench.run(2)
    far = [(Condition("above", "supply.voltage", 1.0), 12)] * (CONDITIONS + 1)
    bench.command(inbox.watch(0, far, FAR))
    bench.command(inbox.watch(99, [(Condition("above", "supply.voltage"), 12)], FAR))
    bench.command(inbox.watch(1, [(Condition("done", "dut.speed"), 5)], FAR))
    assert len(of_kind(bench.run(), EV_REFUSED)) == 1 + 3 + 2


def test_the_meter_keeps_each_fresh_value_once_with_its_quality():
    bench = Bench()
    bench.keep = {}
    bench.read("supply.voltage", -1.0)
    bench.run(2)
    bench.command(inbox.meter([12, 0]))
    bench.run(1)
    sent = []
    for n in range(100):
        if n % 7 == 0:
            bench.read("supply.voltage", float(n), WRONG if n % 3 == 0 else GOOD)
            sent.append((bench.t_ns + MS, float(n), WRONG if n % 3 == 0 else GOOD))
        bench.run(1)
    bench.command(inbox.stop_meter())
    bench.run(1)
    bench.read("supply.voltage", 5.0)
    bench.run(1)
    counts = bench.state.meter_channels["rows"].tolist()
    rows, lost = metered(bench.state, 0, 0, counts[0])
    assert rows.tolist() == sent and lost == 0
    assert len(metered(bench.state, 1, 0, counts[1])[0]) == 10  # a set-point: every 10 ms
    assert metered(bench.state, 0, 10, counts[0])[0].tolist() == sent[10:]


def test_a_watch_may_wait_for_a_number_of_updates():
    bench = Bench()
    bench.keep = {}
    bench.command(inbox.meter([12]), inbox.watch(0, [(Condition("updates", "supply.voltage", 5.0), 12)], FAR))
    bench.run(1)
    for n in range(5):
        assert wakes(bench) == []
        bench.read("supply.voltage", float(n))
        bench.run(10)
    assert wakes(bench) == [(0, 1)]


def test_in_a_full_meter_the_oldest_give_way_and_the_reader_sees_it():
    bench = Bench()
    bench.keep = {}
    bench.command(inbox.meter([12]))
    for n in range(METER_ROWS + 50):
        bench.read("supply.voltage", float(n))
        bench.run(1)
    count, first = int(bench.state.meter_channels["rows"][0]), bench.state.meter_rows["value"][0].min()
    rows, lost = metered(bench.state, 0, 0, count)
    assert rows["value"].tolist() == [float(n) for n in range(int(first), METER_ROWS + 50)]
    assert len(rows) == METER_ROWS and lost == count - METER_ROWS
    assert metered(bench.state, 0, lost + 7, count)[1] == 0


def test_samples_come_at_their_pace_and_with_each_trigger():
    bench = Bench()
    bench.keep = {"dut.speed": 100.0}
    bench.run(1000)
    slow = drain_samples(bench.program, bench.rings.samples, 0)
    assert slow.t_ns.tolist() == [n * 100 * MS for n in range(10)]
    assert slow.values.tolist() == [[0.0, 100.0]] * 10
    bench.command(inbox.sampling(True))
    bench.run(100)
    assert len(drain_samples(bench.program, bench.rings.samples, 0).t_ns) == 10
    for n in range(20):
        bench.read("dyno_m.speed", float(n), GOOD if n % 2 else WRONG)
        bench.run(3)
    dyno = drain_samples(bench.program, bench.rings.samples, 1)
    assert dyno.values[:, 0].tolist() == [float(n) for n in range(16)]  # 16 rows: the rest is dropped and counted
    assert dyno.quality[:, 0].tolist() == [WRONG, GOOD] * 8
    assert bench.rings.samples.header[1, 16] == 4
