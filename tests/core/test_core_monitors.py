"""What is seen of the buses becomes channels: told ten times a second, recorded and limited like any other."""

import numpy as np
from small_bench import (
    CHANNELS,
    DC,
    STATUS,
    STATUS_RULE,
    VCU,
    Bench,
    can_tables,
    of_kind,
    protected_frame,
    small_design,
)

from bench.base.channel import Channel, Channels
from bench.base.records import EV_FRAME_BAD, EV_LIMIT, EV_STOP
from bench.base.units import Unit
from bench.canbus.monitors import STATISTICS
from bench.config.monitors import BUS_STATISTICS, MESSAGE_STATISTICS
from bench.core import inbox
from bench.core.causes import Cause
from bench.core.design import BusMonitor, Limit, Monitor

RECEIVED = {each: f"can_dut.edu_status_{each}" for each in STATISTICS if each != "foreign"}
SENT = {each: f"can_dut.vcu_{each}" for each in (*STATISTICS[:8], "foreign")}
OF_BUS = tuple(f"can_dut.{each}" for each in BUS_STATISTICS)
ALL = Channels([*CHANNELS, *(Channel(n, Unit.ONE) for n in (*RECEIVED.values(), *SENT.values(), *OF_BUS))])


def watching(*limits: Limit) -> Bench:
    return Bench(
        small_design(
            channels=ALL,
            limits=limits,
            receives=(STATUS_RULE,),
            monitors=(Monitor(STATUS, RECEIVED), Monitor(VCU, SENT)),
            buses=(BusMonitor(500_000, OF_BUS), BusMonitor(500_000)),
        )
    )


def told(bench: Bench, name: str) -> float:
    return float(bench.state.image["value"][ALL.index(f"can_dut.{name}")])


def run(bench: Bench, frames: int, first: int = 0, spoil=lambda data: data) -> None:
    for counter in range(first, first + frames):
        number, data = protected_frame("EDU_STATUS", counter % 15, State=3, TorqueEst=1.0, Speed=100.0)
        inbox.post(bench.rings.inbox_can, inbox.frame_in(0, number, spoil(data), bench.t_ns))
        bench.run(10)


def test_names_of_files_and_of_the_core_are_the_same() -> None:
    assert tuple(MESSAGE_STATISTICS) == STATISTICS


def test_statistics_of_received_and_of_sent_messages_are_channels() -> None:
    bench = watching()
    bench.run()
    run(bench, 12)
    run(bench, 3, 12, lambda data: bytes([data[0] ^ 1]) + data[1:])
    run(bench, 2, 0, lambda data: data[:-1])
    bench.run(250)
    figures = {each: told(bench, f"edu_status_{each}") for each in RECEIVED}
    assert figures.pop("period_p99") == figures["period_max"]
    assert figures == {
        "frames": 17, "period_min": 0.01, "period_mean": 0.01, "period_max": 0.01, "late": 1, "missing": 1,
        "burst": 0, "bad_length": 2, "bad_counter": 0, "bad_crc": 3, "bad_range": 0,
        "e2e_state": 4, "e2e_refused": 1,
    }  # fmt: skip
    assert told(bench, "vcu_period_mean") == 0.01
    assert told(bench, "vcu_foreign") == 0
    assert 0.0 < told(bench, "load") < 5.0


def test_statistics_that_are_not_asked_for_move_no_other() -> None:
    names = {each: RECEIVED[each] for each in ("frames", "period_max", "late", "bad_crc")}
    channels = Channels([*CHANNELS, *(Channel(name, Unit.ONE) for name in names.values())])
    bench = Bench(small_design(channels=channels, receives=(STATUS_RULE,), monitors=(Monitor(STATUS, names),)))
    run(bench, 1, 0, lambda data: bytes([data[0] ^ 1]) + data[1:])  # one frame: there is no time between two yet
    bench.run(250)
    values = bench.state.image["value"]
    assert [values[channels.index(names[each])] for each in ("frames", "late", "bad_crc")] == [1, 1, 1]


def test_a_limit_on_a_monitor_stops_like_any_other() -> None:
    bench = watching(Limit("status regular", RECEIVED["late"], high=2.0))
    bench.run()
    run(bench, 12)
    bench.command(inbox.arm())
    for late in range(3):
        bench.run(5)
        run(bench, 12, 12 * (late + 1))
    stops = of_kind(bench.told, EV_STOP)
    assert [int(stop["id"]) for stop in stops] == [Cause.LIMIT]
    assert [event["extra"] for event in of_kind(bench.told, EV_LIMIT)] == [3.0]


def test_unknown_ids_and_foreign_frames_are_told_by_bus() -> None:
    bench = watching()
    bench.run()
    ours = int(can_tables().messages["id"][VCU])
    for number in (0x600, 0x601, 0x600, ours):
        inbox.post(bench.rings.inbox_can, inbox.frame_in(0, number, bytes(8), bench.t_ns))
    bench.run(250)
    figures = [told(bench, each) for each in ("unknown_ids", "unknown_count", "foreign_count", "vcu_foreign")]
    assert figures == [2, 3, 1, 1]
    bad = of_kind(bench.told, EV_FRAME_BAD)
    assert [(int(event["id"]), event["value"]) for event in bad] == [(VCU, 6.0)]


def test_what_our_controller_says_is_told_once_it_has_spoken() -> None:
    bench = watching()
    bench.run(250)
    assert np.isnan(told(bench, "tec"))
    own = np.zeros(1, bench.state.wire.dtype)[0]
    own["tec"], own["rec"], own["state"] = 96, 3, 1
    inbox.post(bench.rings.inbox_can, inbox.wire_in(0, own, bench.t_ns))
    bench.run(250)
    assert [told(bench, each) for each in ("tec", "rec", "state")] == [96, 3, 1]


def test_a_message_that_nobody_tells_of_is_watched_all_the_same() -> None:
    bench = watching()
    bench.run(250)
    assert bench.state.seen.rows["missing"][DC] == 1
