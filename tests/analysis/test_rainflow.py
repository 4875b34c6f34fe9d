"""The streaming count against two others: the standard's text read word by word, and the package ``rainflow`` (where it
is installed: the extra ``test`` brings it)."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.analysis.rainflow import Cycles, Rainflow, Turns

Counted = list[tuple[float, float, float]]
Oracle = Callable[[list[float]], Counted]
VALUES = st.lists(
    st.one_of(st.integers(-6, 6).map(float), st.floats(-1e3, 1e3).map(lambda x: round(x, 9))), min_size=3, max_size=60
)
"""Nothing so small that the product of two steps, by which the oracles know a turn, would be zero."""


def by_the_text(series: list[float]) -> Counted:
    """ASTM E1049-85, 5.4.4, on the list of peaks and valleys of the whole history: read the next one, form X and Y,
    count, discard, begin again."""
    moves = [x for i, x in enumerate(series) if i == 0 or x != series[i - 1]]
    last = len(moves) - 1
    history = [x for i, x in enumerate(moves) if i in (0, last) or (x - moves[i - 1]) * (moves[i + 1] - x) < 0]
    found: Counted = []
    read: list[float] = []
    while True:
        while len(read) >= 3:
            x, y = abs(read[-1] - read[-2]), abs(read[-2] - read[-3])
            if x < y:
                break
            mean = (read[-2] + read[-3]) / 2
            if len(read) == 3:  # Y contains the starting point: one half cycle, the starting point goes
                found.append((y, mean, 0.5))
                read.pop(0)
            else:
                found.append((y, mean, 1.0))
                read[-3:-1] = []
        if not history:
            break
        read.append(history.pop(0))
    return found + [(abs(b - a), (a + b) / 2, 0.5) for a, b in pairwise(read)]


def by_the_package(series: list[float]) -> Counted:
    import rainflow

    return [(size, mean, count) for size, mean, count, _, _ in rainflow.extract_cycles(series)]


ORACLES: list[Oracle] = [by_the_text, *([by_the_package] if find_spec("rainflow") else [])]


def rows(cycles: Cycles) -> Counted:
    return list(zip(cycles.ranges.tolist(), cycles.means.tolist(), cycles.counts.tolist(), strict=True))


def stream(series: list[float], cuts: Iterable[int] = (), gate: float = 0.0) -> Counted:
    """Fed in pieces; between them the state goes through a journal's JSON."""
    flow, found = Rainflow(Turns(gate)), []
    edges = [0, *sorted({cut % len(series) for cut in cuts}), len(series)]
    for begin, end in pairwise(edges):
        found += rows(flow.feed(np.array(series[begin:end]), np.arange(begin, end, dtype=float)))
        flow = Rainflow.of(json.loads(json.dumps(flow.state())))
    return found + rows(flow.rest())


def moving(counted: Counted) -> Counted:
    return sorted(row for row in counted if row[0] > 0.0)


@settings(deadline=None, max_examples=300)
@given(series=VALUES, cuts=st.lists(st.integers(0, 100), max_size=6))
@pytest.mark.parametrize("oracle", ORACLES)
def test_the_count_is_that_of_the_standard_however_the_signal_is_cut(
    oracle: Oracle, series: list[float], cuts: list[int]
) -> None:
    wanted, found = moving(oracle(series)), moving(stream(series, cuts))
    assert len(found) == len(wanted)
    assert np.allclose(np.array(found), np.array(wanted), rtol=0.0, atol=1e-9)


def test_the_example_of_the_standard() -> None:
    counts: Counter[float] = Counter()
    for size, _, count in stream([-2.0, 1.0, -3.0, 5.0, -1.0, 3.0, -4.0, 4.0, -2.0]):
        counts[size] += count
    assert counts == {3.0: 0.5, 4.0: 1.5, 6.0: 0.5, 8.0: 1.0, 9.0: 0.5}


def test_the_rest_changes_nothing() -> None:
    flow = Rainflow()
    flow.feed(np.array([0.0, 5.0, 1.0, 4.0]), np.arange(4.0))
    before = flow.state()
    assert rows(flow.rest()) == rows(flow.rest()) and flow.state() == before


def test_a_cycle_knows_where_its_turning_points_lie() -> None:
    flow = Rainflow()
    closed = flow.feed(np.array([0.0, 0.0, 5.0, 5.0, 2.0, 3.0, 0.0, 9.0]), np.arange(8.0) * 0.5)
    assert rows(closed)[0] == (1.0, 2.5, 1.0)
    assert (closed.begins[0], closed.ends[0]) == (2.0, 2.5)


@settings(deadline=None)
@given(series=VALUES, cuts=st.lists(st.integers(0, 100), max_size=4), gate=st.floats(0.1, 5.0))
def test_behind_a_gate_there_are_no_small_cycles_and_the_cuts_do_not_matter(
    series: list[float], cuts: list[int], gate: float
) -> None:
    whole = stream(series, (), gate)
    assert whole == stream(series, cuts, gate)
    assert all(size > gate for size, _, _ in whole)


def test_noise_leaves_no_trail_behind_a_gate() -> None:
    """A signal of two levels with noise on it for as long as one likes: the state stays small."""
    drawn = np.random.default_rng(1)
    flow, closed = Rainflow(Turns(1.0)), 0.0
    for n in range(200):
        values = np.where(np.arange(100) < 50, 0.0, 100.0) + drawn.normal(0.0, 0.1, 100)
        closed += float(flow.feed(values, np.arange(100.0) + 100.0 * n).counts.sum())
    assert closed == pytest.approx(199, abs=10) and len(json.dumps(flow.state())) < 2000


@settings(deadline=None)
@given(series=VALUES, gate=st.floats(0.0, 5.0))
def test_the_turns_alone_count_as_the_signal_does(series: list[float], gate: float) -> None:
    """What a journal keeps of a signal is where it turned."""
    turns, whole = Turns(gate), Rainflow(Turns(gate))
    values, at = np.array(series), np.arange(float(len(series)))
    kept = turns.feed(values, at)
    again = Rainflow()
    closed = again.feed(np.array([value for _, value in kept]), np.array([where for where, _ in kept]))
    counted = Counter(rows(whole.feed(values, at)))
    assert Counter(rows(closed + again.rest())) == Counter(rows(Rainflow(open=list(whole.open)).rest())) + counted
