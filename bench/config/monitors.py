"""The channels of the CAN monitors: which exist depends on the databases, how they are called does not.

``can_dut.edu_status_period_p99`` is bus, message in lower case and statistic; ``can_dut.load`` is of the bus.
"""

from bench.base.channel import Channel
from bench.base.units import Unit

BUSES = {"dut": "can_dut", "bench_io": "can_bench_io"}
"""The part of channel names by the role of the bus."""

MESSAGE_STATISTICS: dict[str, tuple[Unit, str]] = {
    "frames": (Unit.ONE, "frames so far"),
    "period_min": (Unit.SECOND, "shortest time between two frames so far"),
    "period_mean": (Unit.SECOND, "mean time between two frames so far"),
    "period_p99": (Unit.SECOND, "99 of 100 times between two frames so far were not longer, at most 1.6 % too much"),
    "period_max": (Unit.SECOND, "longest time between two frames so far"),
    "late": (Unit.ONE, "frames later than one cycle time and 1 ms"),
    "missing": (Unit.ONE, "silences of more than 2.5 cycle times"),
    "burst": (Unit.ONE, "frames less than half a cycle time after the last"),
    "bad_length": (Unit.ONE, "frames of wrong length"),
    "bad_counter": (Unit.ONE, "frames whose counter stood still or jumped"),
    "bad_crc": (Unit.ONE, "frames with a wrong CRC"),
    "bad_range": (Unit.ONE, "frames with a value out of its range, or a page that the database does not have"),
    "foreign": (Unit.ONE, "frames that another node sent, though the message is ours"),
    "e2e_state": (Unit.ONE, "receiver of the protected message: 0 valid, 2 no data, 3 init, 4 invalid"),
    "e2e_refused": (Unit.ONE, "good frames that were not used, since the receiver was not in valid"),
}
"""By the last word of the name. Received messages have no ``foreign``, sent ones nothing ``bad``; received ones with
E2E have the last two."""

BUS_STATISTICS: dict[str, tuple[Unit, str]] = {
    "load": (Unit.PERCENT, "share of the last 100 ms in which the bus was occupied"),
    "unknown_ids": (Unit.ONE, "identifiers seen that stand in no database, 64 at most on all buses"),
    "unknown_count": (Unit.ONE, "frames of identifiers that stand in no database"),
    "foreign_count": (Unit.ONE, "frames that another node sent, though their message is ours"),
    "tec": (Unit.ONE, "transmit error counter of our controller"),
    "rec": (Unit.ONE, "receive error counter of our controller"),
    "state": (Unit.ONE, "our controller: 0 active, 1 warning, 2 error passive, 3 bus-off, 4 gone"),
}


def is_monitor(name: str) -> bool:
    """Whether ``name`` is a channel of a monitor."""
    return name.partition(".")[0] in BUSES.values()


def monitor_channel(name: str) -> Channel | None:
    """The channel ``name``, if it has the form of a monitor's; whether there is such a message, the databases tell."""
    part, _, quantity = name.partition(".")
    if part not in BUSES.values():
        return None
    if quantity in BUS_STATISTICS:
        return Channel(name, *BUS_STATISTICS[quantity])
    for statistic, (unit, description) in MESSAGE_STATISTICS.items():
        if quantity.endswith(f"_{statistic}") and len(quantity) > len(statistic) + 1:
            return Channel(name, unit, description)
    return None
