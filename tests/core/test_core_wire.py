"""What our own CAN controllers say: kept for everybody to see, and a stop where nothing can be commanded any more."""

import numpy as np
import pytest
from small_bench import Bench, of_kind

from bench.base.records import (
    EV_STOP,
    WIRE_ACTIVE,
    WIRE_BUS_OFF,
    WIRE_GONE,
    WIRE_PASSIVE,
    WIRE_STATE,
    WIRE_WARNING,
)
from bench.core import inbox
from bench.core.causes import Cause, latched


def told(bench: Bench, state: int, bus: int = 1, **counts: int) -> None:
    own = np.zeros((), WIRE_STATE)
    own["state"] = state
    for name, value in counts.items():
        own[name] = value
    inbox.post(bench.rings.inbox_can, inbox.wire_in(bus, own[()], bench.t_ns))


def test_every_figure_is_kept_for_its_bus() -> None:
    bench = Bench().armed()
    told(bench, WIRE_WARNING, tec=104, rec=3, load_permille=613, error_frames=13, lost=2)
    bench.run()
    row = bench.state.wire[1]
    figures = ("t_ns", "state", "tec", "rec", "load_permille", "error_frames", "lost")
    assert [int(row[name]) for name in figures] == [bench.t_ns - 1_000_000, WIRE_WARNING, 104, 3, 613, 13, 2]
    assert bench.state.wire["t_ns"][0] == -1
    assert not len(of_kind(bench.told, EV_STOP))


@pytest.mark.parametrize(
    ("state", "cause"),
    [(WIRE_PASSIVE, Cause.BUS_PASSIVE), (WIRE_BUS_OFF, Cause.BUS_OFF), (WIRE_GONE, Cause.BUS_GONE)],
)
def test_without_a_working_controller_an_armed_bench_stops_in_the_same_cycle(state: int, cause: Cause) -> None:
    bench = Bench().armed()
    told(bench, state)
    stop = of_kind(bench.run(), EV_STOP)
    assert [(int(e["id"]), int(e["value"]), int(e["extra"]), int(e["t_ns"])) for e in stop] == [
        (cause, 1, 1, bench.t_ns)
    ]
    assert latched(cause)


def test_a_bench_that_is_not_armed_does_not_stop_and_a_bus_that_is_not_there_is_no_bus() -> None:
    bench = Bench()
    told(bench, WIRE_BUS_OFF)
    told(bench, WIRE_ACTIVE, bus=8)
    bench.run()
    assert not len(of_kind(bench.told, EV_STOP))
    assert bench.state.counters["unknown"][0] == 1
