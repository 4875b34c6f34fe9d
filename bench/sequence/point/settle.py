"""When a point is steady, by stated criteria; the evidence goes into the journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.base.time import ns
from bench.schedule.requests import Condition, Now, Operation, Read, Record, Until
from bench.sequence.context import Context
from bench.sequence.waiting import describe

_ECHO_TOLERANCE_NM = 0.5


@dataclass(frozen=True, slots=True)
class Criteria:
    """Bands: motor torque +- Nm, motor speed +- rpm; temperatures within ``temperature_k`` (max - min); over a full
    window of ``window_s``. ``temperature_k`` 0: temperatures are not judged (short-time zone)."""

    torque_nm: float
    speed_rpm: float
    temperature_k: float
    window_s: float
    timeout_s: float
    temperatures: tuple[str, ...] = ("dut.winding_temp", "dut.oil_temp")


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether, when and what was seen; ``reason`` is empty when settled."""

    reason: str
    start_ns: int
    end_ns: int
    values: Mapping[str, float | None]


def conditions(context: Context, speed_rpm: float, torque_nm: float, criteria: Criteria) -> tuple[Condition, ...]:
    """The criteria at one operating point as conditions of the core."""
    window_ns = ns(criteria.window_s)
    flange_nm = 2.0 * criteria.torque_nm * context.bench.shaft_ratio / len(context.roles.flanges)
    found = [
        Condition("deviation", "dut.torque_echo", torque_nm, _ECHO_TOLERANCE_NM, window_ns),
        Condition("range", "dut.torque_est", 0.0, 2.0 * criteria.torque_nm, window_ns),
        Condition("deviation", "dut.speed", speed_rpm, criteria.speed_rpm, window_ns),
    ]
    found += [Condition("range", f"{flange}.torque", 0.0, flange_nm, window_ns) for flange in context.roles.flanges]
    if criteria.temperature_k > 0.0:
        found += [Condition("range", name, 0.0, criteria.temperature_k, window_ns) for name in criteria.temperatures]
    return tuple(found)


def _evidence(found: tuple[Condition, ...]) -> list[dict[str, Any]]:
    return [
        {
            "channel": c.channel,
            "kind": c.kind,
            "reference": c.reference,
            "tolerance": c.tolerance,
            "window_s": c.window_ns / 1e9,
        }
        for c in found
    ]


def _unsettled(found: tuple[Condition, ...], values: Mapping[str, float | None], timeout_s: float) -> str:
    """The bands that are visibly left come first; a range shows nothing in a single value."""
    left = []
    for c in found:
        value = values[c.channel]
        if value is None or (c.kind == "deviation" and abs(value - c.reference) > c.tolerance):
            left.append(f"{describe(c)}, but it is {'not good' if value is None else f'{value:g}'}")
    text = "; ".join(left) if left else "one of " + ", ".join(describe(c) for c in found)
    return f"not settled within {timeout_s:g} s: {text}"


def settle(
    context: Context, speed_rpm: float, torque_nm: float, criteria: Criteria, label: Mapping[str, Any]
) -> Operation[Settled]:
    """Wait until all criteria hold at once, journal ``settled`` with the evidence, and tell."""
    found = conditions(context, speed_rpm, torque_nm, criteria)
    start_ns: int = yield Now()
    steady: bool = yield Until(found, ns(criteria.timeout_s))
    end_ns: int = yield Now()
    channels = tuple(dict.fromkeys(condition.channel for condition in found))
    readings = yield Read(channels)
    values = {reading.channel: reading.value if reading.good else None for reading in readings}
    reason = "" if steady else _unsettled(found, values, criteria.timeout_s)
    evidence = {"start_ns": start_ns, "end_ns": end_ns, "criteria": _evidence(found), "values": values}
    yield Record("settled", {**label, "satisfied": bool(steady), "reason": reason, **evidence})
    return Settled(reason, start_ns, end_ns, values)
