"""The benchmarks of recording measure what they say; figures to rely on come from a quiet machine."""

from collections.abc import Iterator

import pytest

from bench.service.perf import steps as steps_benchmark
from bench.service.perf.by_name import run_benchmark
from bench.service.perf.record import measure


def test_the_stream_is_measured_beside_asammdf_and_over_a_day() -> None:
    rate, p99, memory = measure(blocks=50, rounds=1, day_s=4 * 3600)
    assert "asammdf" in rate.what and rate.control and rate.ratio
    assert p99.at_most and 0.0 < p99.value < 100.0
    assert memory.met


def test_steps_without_bluesky_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps_benchmark, "find_spec", lambda _name: None)
    durable, volatile = steps_benchmark.measure(steps=20, rounds=1)
    assert "bluesky is not installed" in durable.what and durable.ratio is None and durable.met is None
    assert volatile.value > durable.value > 0.0


def test_steps_are_compared_with_the_control_of_the_same_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Control:
        def run(self, steps: int, file: object) -> float:
            return 1e9

    monkeypatch.setattr(steps_benchmark, "find_spec", lambda _name: True)
    monkeypatch.setattr(steps_benchmark, "_Bluesky", Control)
    rows = steps_benchmark.measure(steps=20, rounds=2)
    assert isinstance(rows, Iterator)
    durable, volatile = rows
    assert durable.goal == 10.0 and durable.met and volatile.met is None


def test_both_have_names() -> None:
    with pytest.raises(Exception, match=r"record.*steps"):
        run_benchmark("nothing")
