"""What the recorder was too slow for is counted by kind, once."""

from small_bench import MS, Bench, small_design

from bench.core import inbox
from bench.io.gaps import Gaps


def test_full_rings_are_told_once() -> None:
    bench = Bench(small_design(log_full=True))
    gaps = Gaps(bench.rings)
    bench.run(10)
    assert gaps.new() == {}
    for _ in range(200):  # nobody takes samples or the inbox's log away
        bench.command(*(inbox.heartbeat(1) for _ in range(100)))
        bench.run(1, step_ns=100 * MS)
    lost = gaps.new()
    assert set(lost) == {"inbox", "samples"}
    taken_in = int(bench.state.counters["taken_in"][0])
    assert taken_in > len(bench.rings.inbox_log.records)
    assert gaps.new() == {}
